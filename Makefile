# Everything that a newcomer and a maintainer type.

SWIFT ?= swift
PREFIX ?= /usr/local
RELEASE := .build/release
PROGRAMS := sallyport sallyport-netfilter sallyport-probe
SOURCES := Package.swift Sources Tests templates docs Benchmarks/Package.swift Benchmarks/Sources

.DEFAULT_GOAL := help
.PHONY: help setup build release install test prove fuzz bench lint format demo clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what building and testing need (Debian packages, as root)
	@scripts/setup

build: setup ## debug build
	$(SWIFT) build

# What small modules ask of one another is compiled in place.
OPTIMISED := --static-swift-stdlib --disable-local-rpath -Xswiftc -cross-module-optimization

release: setup ## optimised build with the Swift runtime linked in: .build/release
	for program in $(PROGRAMS); do $(SWIFT) build -c release --product $$program $(OPTIMISED) || exit; done
	@! { readelf -d $(PROGRAMS:%=$(RELEASE)/%) | grep RUNPATH; } # none that would have other libraries loaded

install: release ## install into PREFIX (default /usr/local), without symbols
	install -D -s -m 755 $(RELEASE)/sallyport $(DESTDIR)$(PREFIX)/bin/sallyport
	install -D -s -m 755 $(RELEASE)/sallyport-netfilter $(DESTDIR)$(PREFIX)/libexec/sallyport/sallyport-netfilter
	install -D -s -m 755 $(RELEASE)/sallyport-probe $(DESTDIR)$(PREFIX)/libexec/sallyport/sallyport-probe
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/sallyport/LICENSE
	install -D -m 644 Sources/sallyport-netfilter/LICENSE $(DESTDIR)$(PREFIX)/share/doc/sallyport/LICENSE.netfilter
	install -D -m 644 Tests/Corpus/20-codes.md $(DESTDIR)$(PREFIX)/share/doc/sallyport/diagnostics.md
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/sallyport docs/*.md
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/sallyport/rules docs/rules/*.md

test: setup lint ## everything: lint, unit, corpus and live tests, some fuzzing (live ones need root)
	-@scripts/fetch-daemons >/dev/null # the tests that need them say so when they are missing
	-@scripts/fetch-releases >/dev/null
	-@scripts/powershell-parser >/dev/null
	-@scripts/firewall-readers >/dev/null
	-@scripts/fetch-firewalld >/dev/null
	-@scripts/uci-reader >/dev/null
	-@scripts/lsp-client >/dev/null
	$(SWIFT) test -Xswiftc -warnings-as-errors
	scripts/fuzz 2000x
	scripts/fuzz-commands .build/debug/sallyport 400x 1

prove: setup ## 10,000 policies load; 1,000 play 16,000 sessions as explain says; servers do what audit reads (root; half an hour)
	SALLYPORT_PROVE=10000 $(SWIFT) test --filter 'GeneratedPolicies|AgreementTests'
	scripts/prove-sessions
	SALLYPORT_PROVE_GATEWAYS=100 $(SWIFT) test --filter PlatformTests # and 1,000 policies of each platform
	SALLYPORT_PROVE_EDITS=10000 $(SWIFT) test --filter RandomEditTests
	SALLYPORT_PROVE_TICKETS=all $(SWIFT) test --filter TicketBenchTests

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

clean: ## remove what was built
	rm -rf .build Benchmarks/.build
