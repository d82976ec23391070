/// Names and comments as somebody chooses them who may write rules, and a program that gives them to objects of the
/// kernel.
enum Hostile {
  /// Reads `NAME = ...` from the command line and makes objects of table inet sallyport with them over netlink, since
  /// nft's own text and JSON take no such comments of tables, chains and sets:
  ///
  ///     table COMMENT | chain NAME COMMENT | set NAME COMMENT
  ///
  /// Numbers as in `linux/netfilter/nf_tables.h`; comments as in libnftnl's `udata.h`.
  static let program = #"""
    import socket, struct, sys

    def attribute(kind, value): return struct.pack("=HH", len(value) + 4, kind) + value + bytes(-len(value) % 4)
    def text(kind, value): return attribute(kind, value.encode() + b"\0")
    def number(kind, value): return attribute(kind, struct.pack(">I", value))
    def comment(kind, tag, value):
        data = value.encode() + b"\0"
        return attribute(kind, bytes([tag, len(data)]) + data)

    def message(kind, flags, family, resource, body):
        payload = struct.pack("=BBH", family, 0, socket.htons(resource)) + body
        return struct.pack("=IHHII", 16 + len(payload), kind, flags, 1, 0) + payload

    what, *words = sys.argv[1:]
    kind, body = {
        "table": lambda: (0, text(1, "sallyport") + comment(6, 0, words[0])),
        "chain": lambda: (3, text(1, "sallyport") + text(3, words[0]) + comment(12, 0, words[1])),
        "set": lambda: (9, text(1, "sallyport") + text(2, words[0]) + number(3, 0) + number(4, 19) + number(5, 4)
                        + number(10, 1) + comment(13, 7, words[1])),
    }[what]()
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
    link.send(message(0x10, 1, 0, 10, b"") + message(10 << 8 | kind, 0x605, 1, 0, body) + message(0x11, 1, 0, 10, b""))
    answer = link.recv(65536)
    error = struct.unpack("=i", answer[16:20])[0]
    sys.exit(f"the kernel refuses it: {error}" if error else 0)
    """#

  /// Words for a shell: `evil N` is a comment that ends so many blocks of a listing and goes on with commands.
  static let words = #"""
    cat >hostile.py <<'END'
    \#(program)
    END
    hostile() { python3 hostile.py "$@"; }
    evil() {
      local tail
      case $1 in
        1) tail='' ;;
        2) tail=' chain q {' ;;
        3) tail=$' set q { type mark\nelements = { 1' ;;
      esac
      printf 'x"'; for i in $(seq $1); do printf '\n}'; done
      printf '\nflush table ip victim\ninclude "/etc/passwd"\ntable inet sallyport {%s comment "y' "$tail"
    }
    # A text as JSON.
    quoted() { printf %s "$1" | python3 -c 'import json, sys; print(json.dumps(sys.stdin.read()))'; }
    # Adds one object of our table, given as `KIND MEMBERS`, with `NAME` and `EVIL` in it replaced.
    add() { printf '{"nftables": [{"add": {"%s": {"family": "inet", "table": "sallyport", %s}}}]}' "$1" "$2" | nft -j -f -; }
    victim() {
      nft -f - <<'END'
    table ip victim { set s { type mark; elements = { 1 }; }; chain c { type filter hook forward priority 0; counter accept; }; }
    END
      nft -s list table ip victim >victim
    }
    unharmed() {
      nft -s list table ip victim | cmp - victim || fail "$*: the victim"
      ! grep -q 'root:.*:0:0' out || fail "$*: a file is shown: $(cat out)"
    }

    """#

  /// Where the kernel keeps a comment, and the lines that put one there; `$evil` is the comment and `$json` the same in
  /// JSON.
  static let comments: [(place: String, lines: String)] = [
    (
      "table",
      """
      $S remove $A >>out 2>&1; hostile table "$evil"
      $S compile old.sally 2>>out | sed '/^\\(delete \\)*table inet sallyport$/d' | nft -f -
      """
    ),
    ("chain", #"hostile chain strange "$evil""#),
    ("set", #"hostile set strange "$evil""#),
    ("rule of ours", #"add rule "\"chain\": \"publish\", \"comment\": $json, \"expr\": [{\"accept\": null}]""#),
    (
      "rule of others",
      #"nft add chain inet sallyport others; add rule "\"chain\": \"others\", \"comment\": $json, \"expr\": [{\"accept\": null}]""#
    ),
    (
      "log prefix",
      #"add rule "\"chain\": \"publish\", \"expr\": [{\"log\": {\"prefix\": $json}}]""#
    ),
    (
      "element of ours",
      #"add element "\"name\": \"passive4\", \"elem\": [[{\"elem\": {\"val\": {\"concat\": [\"203.0.113.77\", 4000]}, \"comment\": $json}}, \"10.10.20.200\"]]""#
    ),
    (
      "element of others",
      #"nft 'add set inet sallyport others { type mark; }'; add element "\"name\": \"others\", \"elem\": [{\"elem\": {\"val\": 7, \"comment\": $json}}]""#
    ),
    ("object", #"add counter "\"name\": \"others\", \"comment\": $json""#),
    (
      "element without name",
      #"add rule "\"chain\": \"publish\", \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"payload\": {\"protocol\": \"tcp\", \"field\": \"dport\"}}, \"right\": {\"set\": [{\"elem\": {\"val\": 21, \"comment\": $json}}]}}}]""#
    ),
  ]

  /// Names that end a command or a block. Of an interface fifteen bytes are all.
  static let names = [
    "sp_gen; flush table ip victim #", #"sp_gen; include "/etc/passwd" #"#,
    "x {\n}\n}\nflush table ip victim\ntable inet sallyport { chain q", "drop", "include", #"x" y"#,
  ]

  /// What somebody may name, and the lines that make it; `$json` is the name in JSON.
  static let objects: [(kind: String, lines: String)] = [
    ("set", #"add set "\"name\": $json, \"type\": \"mark\"""#),
    ("map", #"add map "\"name\": $json, \"type\": \"mark\", \"map\": \"verdict\"""#),
    ("chain", #"add chain "\"name\": $json""#),
    (
      "chain with a rule",
      #"add chain "\"name\": $json"; add rule "\"chain\": $json, \"expr\": [{\"accept\": null}]""#
    ),
    (
      "base chain",
      #"add chain "\"name\": $json, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 7, \"policy\": \"accept\"""#
    ),
    ("counter", #"add counter "\"name\": $json""#),
    ("ct helper", #"add "ct helper" "\"name\": $json, \"type\": \"ftp\", \"protocol\": \"tcp\"""#),
    // Some kernels have none: what is seen there is a change like any other.
    (
      "flowtable",
      #"add flowtable "\"name\": $json, \"hook\": \"ingress\", \"prio\": 0, \"dev\": \"lo\"" 2>>out || true"#
    ),
  ]
}
