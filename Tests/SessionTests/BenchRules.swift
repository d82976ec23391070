import Nftables

/// Rulesets for tests without a kernel, as a listing has them.
enum BenchRules {
  /// A helper and a dnat of the control port, nothing else.
  static let helper: Ruleset = {
    let listing = """
      {"nftables": [{"table": {"family": "inet", "name": "t"}},
      {"ct helper": {"family": "inet", "table": "t", "name": "f", "type": "ftp", "protocol": "tcp", "l3proto": "inet"}},
      {"chain": {"family": "inet", "table": "t", "name": "h", "type": "filter", "hook": "prerouting", "prio": -150, "policy": "accept"}},
      {"chain": {"family": "inet", "table": "t", "name": "n", "type": "nat", "hook": "prerouting", "prio": -100, "policy": "accept"}},
      {"rule": {"family": "inet", "table": "t", "chain": "h", "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 21}}, {"ct helper": "f"}]}},
      {"rule": {"family": "inet", "table": "t", "chain": "n", "expr": [
        {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 21}},
        {"dnat": {"family": "ip", "addr": "10.10.20.200"}}]}}]}
      """
    return (try? Ruleset.read(listing: Array(listing.utf8))) ?? Ruleset()
  }()
}
