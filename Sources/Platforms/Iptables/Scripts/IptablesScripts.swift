/// The scripts that put rules in place and take them away: POSIX sh with awk, for both backends. They hold no text of a
/// policy, so they are the same for every gateway.
enum IptablesScripts {
  static let artifacts = [
    Artifact(
      name: "apply.sh", pieces: [Array(apply.utf8)], destination: "/etc/sallyport/apply.sh",
      purpose: "puts the rules beside it in place, as often as you like"),
    Artifact(
      name: "remove.sh", pieces: [Array(remove.utf8)], destination: "/etc/sallyport/remove.sh",
      purpose: "the way back: takes our chains and sets away"),
  ]

  /// What both scripts begin with.
  ///
  /// What is there is read from `iptables-save`, which every version has; `-C` came with 1.4.11. A line of a save file
  /// is a line for restore, with its quotes.
  private static let head = #"""
    set -eu
    # XTABLES=-nft or XTABLES=-legacy chooses a backend where a machine has both.
    suffix=${XTABLES:-}
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM

    has() { command -v "$1" >/dev/null 2>&1; }

    # Waits for others who change rules, where restore can (1.6.2 and newer).
    restore() {
      program=$1$suffix-restore
      shift
      if "$program" -w --noflush --test </dev/null >/dev/null 2>&1; then set -- -w "$@"; fi
      "$program" --noflush "$@"
    }

    # What is loaded now. A family that the kernel does not have has nothing.
    now() { if has "$1$suffix-save"; then "$1$suffix-save" 2>/dev/null >"$2" || : >"$2"; else : >"$2"; fi; }

    # Takes away chains of ours that the file $2 does not declare, and rules that lead to them: $1 is what is loaded.
    leftovers() {
      awk '
        FILENAME == ARGV[1] && /^\*/ { kept = substr($1, 2) }
        FILENAME == ARGV[1] && /^:/ { keep[kept, substr($1, 2)] = 1 }
        FILENAME == ARGV[1] { next }
        /^\*/ { table = substr($1, 2); order[++tables] = table }
        /^:SALLYPORT-/ && !((table, substr($1, 2)) in keep) {
          chain = substr($1, 2)
          empty[table] = empty[table] ":" chain " - [0:0]\n"
          gone[table] = gone[table] "-X " chain "\n"
        }
        /^-A / && $NF ~ /^SALLYPORT-/ && $2 !~ /^SALLYPORT-/ && !((table, $NF) in keep) {
          jump[table] = jump[table] "-D" substr($0, 3) "\n"
        }
        END {
          for (i = 1; i <= tables; i++) {
            table = order[i]
            if (jump[table] empty[table] != "")
              printf "*%s\n%s%s%sCOMMIT\n", table, jump[table], empty[table], gone[table]
          }
        }' "$2" "$1"
    }

    # Takes away what the file $2 does not have, in the family of the program $1.
    clean() {
      now "$1" "$work/now"
      leftovers "$work/now" "$2" >"$work/gone"
      if [ -s "$work/gone" ]; then restore "$1" <"$work/gone"; fi
    }

    # Takes away sets of ours that the file $1 does not have. The kernel lets go of a set some time after the rules are
    # gone.
    clean_sets() {
      has ipset || return 0
      for set in $(ipset list -n 2>/dev/null | grep '^sallyport-' || :); do
        if grep -q "^create $set " "$1"; then continue; fi
        for try in 1 2 3 4 5; do
          if ipset destroy "$set" 2>/dev/null; then break; fi
          sleep 1
        done
      done
    }

    """#

  static let apply =
    #"""
    #!/bin/sh
    # Written by sallyport: puts the rules beside this file in place. Run it as often as you like: nothing doubles, and
    # what an earlier policy had is gone.

    """# + head + #"""
      cd "$(dirname "$0")"

      # The rules $2 without what leads to our chains where that is loaded already: $1 is what is loaded.
      missing() {
        awk '
          /^\*/ { table = substr($1, 2) }
          FILENAME == ARGV[1] && /^-A / && $NF ~ /^SALLYPORT-/ { led[table, $2, $NF] = 1 }
          FILENAME == ARGV[1] { next }
          /^-I / && ((table, $2, $NF) in led) { next }
          { print }' "$1" "$2"
      }

      : >"$work/none"
      sets=$work/none
      if [ -f sallyport.ipset ]; then
        sets=sallyport.ipset
        ipset -exist restore <"$sets"
      fi
      # Both families are tried before either is loaded.
      for family in 4 6; do
        if [ "$family" = 4 ]; then tool=iptables; else tool=ip6tables; fi
        [ -f "sallyport.v$family.rules" ] || continue
        now "$tool" "$work/now"
        missing "$work/now" "sallyport.v$family.rules" >"$work/$family"
        restore "$tool" --test <"$work/$family"
      done
      for family in 4 6; do
        if [ "$family" = 4 ]; then tool=iptables; else tool=ip6tables; fi
        rules=$work/none
        if [ -f "$work/$family" ]; then
          rules=sallyport.v$family.rules
          restore "$tool" <"$work/$family"
        fi
        clean "$tool" "$rules"
      done
      clean_sets "$sets"

      """#

  static let remove =
    #"""
    #!/bin/sh
    # Written by sallyport: takes away our chains in every table, the rules that lead to them, and our sets. Nothing of
    # anybody else's is touched. Run it as often as you like.

    """# + head + #"""
      : >"$work/none"
      for tool in iptables ip6tables; do clean "$tool" "$work/none"; done
      clean_sets "$work/none"

      """#
}
