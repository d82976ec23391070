# Everything that a newcomer and a maintainer type.

SWIFT ?= swift
PREFIX ?= /usr/local
SETUP ?= scripts/setup
RELEASE := .build/release
PROGRAMS := sallyport sallyport-netfilter sallyport-probe
SOURCES := Package.swift Sources Tests templates docs Benchmarks/Package.swift Benchmarks/Sources

# OFFLINE=FOLDER: clones of the Swift packages, FOLDER/OWNER/NAME.git, in the place of those of GitHub.
ifdef OFFLINE
export GIT_CONFIG_COUNT := 1
export GIT_CONFIG_KEY_0 := url.file://$(OFFLINE)/.insteadOf
export GIT_CONFIG_VALUE_0 := https://github.com/
endif

.DEFAULT_GOAL := help
.PHONY: help setup build release install install-only manual manual-only docs packages test prove fuzz bench lint format demo fleet-demo clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building and testing need (Debian packages, as root)
	@$(SETUP)

build: setup ## debug build
	$(SWIFT) build

# What small modules ask of one another is compiled in place.
OPTIMISED := --static-swift-stdlib --disable-local-rpath -Xswiftc -cross-module-optimization -Xlinker --build-id=none

release: setup ## optimised build with the Swift runtime linked in: .build/release
	for program in $(PROGRAMS); do \
	  $(SWIFT) build -c release --product $$program $(OPTIMISED) $(SWIFTFLAGS) && \
	  objcopy --remove-section .swift_modhash $(RELEASE)/$$program || exit; done # hashes for rebuilding, not alike in two builds
	@! { readelf -d $(PROGRAMS:%=$(RELEASE)/%) | grep RUNPATH; } # none that would have other libraries loaded

# Where `make install` puts things; packages say PREFIX=/usr, and DESTDIR.
LIBEXEC = $(PREFIX)/libexec/sallyport
DOC = $(PREFIX)/share/doc/sallyport
UNITS ?= $(PREFIX)/lib/systemd/system
TO = $(DESTDIR)$(PREFIX)

install: release ## install into PREFIX (default /usr/local), without symbols
	@$(MAKE) --no-print-directory manual-only PROGRAM=$(RELEASE)/sallyport
	@$(MAKE) --no-print-directory install-only STRIP=$(STRIP)

STRIP ?= -s

install-only: ## the same of what `make release` has built already
	install -D $(STRIP) -m 755 $(RELEASE)/sallyport $(TO)/bin/sallyport
	for worker in sallyport-netfilter sallyport-probe; do \
	  install -D $(STRIP) -m 755 $(RELEASE)/$$worker $(DESTDIR)$(LIBEXEC)/$$worker || exit; done
	install -D -m 755 packaging/sallyport-boot $(DESTDIR)$(LIBEXEC)/sallyport-boot
	install -d -m 755 $(DESTDIR)$(UNITS) $(DESTDIR)/etc/sallyport
	install -d -m 700 $(DESTDIR)/var/lib/sallyport # where `apply --persist` keeps the ruleset for boot
	for unit in packaging/systemd/*.in; do \
	  sed 's|@BIN@|$(PREFIX)/bin|; s|@LIBEXEC@|$(LIBEXEC)|; s|@DOC@|$(DOC)|' $$unit \
	    >$(DESTDIR)$(UNITS)/$$(basename $$unit .in) || exit; done
	install -m 644 packaging/systemd/*.timer $(DESTDIR)$(UNITS)
	install -D -m 644 LICENSE $(DESTDIR)$(DOC)/LICENSE
	install -D -m 644 Sources/sallyport-netfilter/LICENSE $(DESTDIR)$(DOC)/LICENSE.netfilter
	install -D -m 644 Tests/Corpus/20-codes.md $(DESTDIR)$(DOC)/diagnostics.md
	install -D -m 644 packaging/boot.md $(DESTDIR)$(DOC)/boot.md
	install -D -m 644 -t $(DESTDIR)$(DOC) docs/*.md
	install -D -m 644 -t $(DESTDIR)$(DOC)/rules docs/rules/*.md
	install -D -m 644 -t $(DESTDIR)$(DOC)/start docs/start/*.md
	install -D -m 644 -t $(DESTDIR)$(DOC)/schemas docs/schemas/*.json
	install -D -m 644 -t $(DESTDIR)$(DOC)/examples policies/*.sally
	install -D -m 644 -t $(DESTDIR)$(DOC)/examples/shared policies/shared/*.sally
	packaging/install-editors $(TO)
	# Manual pages and completions, where a build has made them.
	! [ -d $(MANUAL) ] || for section in 1 5 7; do \
	  install -D -m 644 -t $(TO)/share/man/man$$section $(MANUAL)/*.$$section || exit; done
	! [ -e $(COMPLETIONS)/sallyport.bash ] || \
	  install -D -m 644 $(COMPLETIONS)/sallyport.bash $(TO)/share/bash-completion/completions/sallyport
	! [ -e $(COMPLETIONS)/_sallyport ] || \
	  install -D -m 644 $(COMPLETIONS)/_sallyport $(TO)/share/zsh/site-functions/_sallyport
	! [ -e $(COMPLETIONS)/sallyport.fish ] || \
	  install -D -m 644 $(COMPLETIONS)/sallyport.fish $(TO)/share/fish/vendor_completions.d/sallyport.fish

# *.1, *.5, *.7; and sallyport.bash, _sallyport, sallyport.fish.
MANUAL := .build/manual
COMPLETIONS := .build/completions
PROGRAM ?= .build/debug/sallyport

manual: build ## manual pages, and completions for bash, zsh and fish: .build/manual, .build/completions
	@$(MAKE) --no-print-directory manual-only

manual-only: # of the program that is there
	scripts/manual $(PROGRAM) $(MANUAL)
	scripts/completions $(PROGRAM) $(COMPLETIONS)

docs: build ## the book, as static HTML: .build/book/site
	scripts/book .build/debug/sallyport .build/book

packages: ## Debian packages from a clean root, tried in Debian 12, 13 and sid; an RPM spec (root; packaging/README.md)
	packaging/packages all

test: setup lint ## everything: lint, unit, corpus and live tests, some fuzzing (live ones need root)
	-@scripts/fetch-daemons >/dev/null # the tests that need them say so when they are missing
	-@scripts/fetch-releases >/dev/null
	-@scripts/powershell-parser >/dev/null
	-@scripts/firewall-readers >/dev/null
	-@scripts/fetch-firewalld >/dev/null
	-@scripts/uci-reader >/dev/null
	-@scripts/format-readers >/dev/null
	-@scripts/lsp-client >/dev/null
	$(SWIFT) test -Xswiftc -warnings-as-errors
	scripts/test-documents .build/debug/sallyport
	scripts/fuzz 2000x
	scripts/fuzz-commands .build/debug/sallyport 400x 1
	scripts/test-ansible .build/debug small

prove: setup ## 10,000 policies load; 1,000 play 16,000 sessions as explain says; servers do what audit reads (root; half an hour)
	scripts/setup prove
	SALLYPORT_PROVE=10000 $(SWIFT) test --filter 'GeneratedPolicies|AgreementTests'
	scripts/prove-sessions
	SALLYPORT_PROVE_GATEWAYS=100 $(SWIFT) test --filter PlatformTests # and 1,000 policies of each platform
	SALLYPORT_PROVE_EDITS=10000 $(SWIFT) test --filter RandomEditTests
	SALLYPORT_PROVE_TICKETS=all $(SWIFT) test --filter TicketBenchTests
	scripts/test-ansible .build/debug large # a rollout on 40 gateways and 40 servers

fuzz: setup ## libFuzzer on every reader, ten minutes each, and random commands; FUZZ=SECONDS for another time each
	scripts/fuzz $(FUZZ)
	$(SWIFT) build -c release --product sallyport
	scripts/fuzz-commands $(RELEASE)/sallyport $(FUZZ)

bench: release ## speed, medians side by side (root for all of it; FULL=1 for more, PEERS=DIR for other programs)
	$(SWIFT) build -c release --package-path Benchmarks
	Benchmarks/.build/release/sallyport-bench $(RELEASE) $(BENCH)

lint: ## formatting of the sources
	$(SWIFT) format lint --strict --recursive --parallel $(SOURCES)

format: ## bring the sources into the house format
	$(SWIFT) format --in-place --recursive --parallel $(SOURCES)

demo: build ## from a fresh clone to a published server, on a throw-away gateway
	@scripts/demo .build/debug/sallyport .build/debug/sallyport-demo

fleet-demo: build ## a rollout by Ansible on eight gateways, of which one locks its administrator out and comes back (root)
	@scripts/test-ansible .build/debug demo

clean: ## remove what was built
	rm -rf .build Benchmarks/.build
