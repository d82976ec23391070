import Compilation
import Diagnostics
import Nftables
import Platforms
import Policy
import Testing

/// Elements of sets that go away by themselves: a file is read later than it was saved.
@Suite struct PassingElementTests {
  private let policy = workedCase("platform nftables; outside eth0; inside eth1")

  private func rules(_ flags: String, _ rest: String = "", others: String = "") -> String {
    """
    table inet filter {
    \tset friends {
    \t\ttype ipv4_addr
    \t\tflags \(flags)
    \t\telements = { 198.51.100.0/24\(rest) }
    \t}
    \(others)
    \tchain pre {
    \t\ttype nat hook prerouting priority dstnat; policy accept;
    \t\tiifname "eth0" ip daddr 203.0.113.10 tcp dport 2121 dnat ip to 10.10.20.200:21
    \t\tiifname "eth0" ip daddr 203.0.113.10 tcp dport 5000-5500 dnat ip to 10.10.20.200
    \t}
    \tchain forward {
    \t\ttype filter hook forward priority filter; policy drop;
    \t\tct state established,related accept
    \t\tiifname "eth0" ip saddr @friends ip daddr 10.10.20.200 tcp dport { 21, 5000-5500 } accept
    \t}
    }

    """
  }

  @Test("elements that stay let sessions work") func staying() throws {
    let audited = try AuditedText(rules("interval"), against: policy)
    #expect(!audited.found.contains { $0.severity != .note }, "\(audited.description)")
  }

  @Test("elements that let clients in, and go away, are undecided") func friends() throws {
    for text in [rules("interval,timeout", " timeout 1h expires 59m"), rules("interval,timeout")] {
      let audited = try AuditedText(text, against: policy)
      let open = audited.found.filter { $0.code == "gateway-undecided" }
      #expect(open.contains { $0.message.contains("elements of `friends` go away") }, "\(audited.description)")
      #expect(!audited.found.contains { $0.severity == .error }, "\(audited.description)")
    }
  }

  @Test("elements that keep a stranger out, and go away, are undecided; those about others say nothing")
  func banned() throws {
    func text(_ address: String, _ saddr: String) -> String {
      rules(
        "interval",
        others:
          "\tset banned {\n\t\ttype ipv4_addr\n\t\tflags interval,timeout\n"
          + "\t\telements = { \(address) timeout 1h expires 5m }\n\t}"
      ).replacing("ip saddr @friends ip daddr", with: "\(saddr) ip daddr")
    }
    let strangers = try AuditedText(text("0.0.0.0-198.51.99.255", "ip saddr != @banned"), against: policy)
    #expect(
      strangers.found.contains { $0.code == "gateway-undecided" || $0.code == "gateway-admits-others" },
      "\(strangers.description)")
    let others = try AuditedText(
      text("100.64.0.1", "ip saddr @friends ip saddr != @banned"), against: policy)
    #expect(!others.found.contains { $0.severity != .note }, "\(others.description)")
  }

  @Test("ipset says which of its elements go away") func ipsets() {
    let sets = SavedSets.read(
      Array(
        """
        create a hash:ip family inet timeout 300
        add a 192.0.2.1 timeout 120
        add a 192.0.2.2 timeout 0
        add a 192.0.2.3
        create b hash:ip family inet
        add b 192.0.2.1

        """.utf8))
    #expect(sets.map { $0.elements.map(\.goesAway) } == [[true, false, true], [false]])
  }
}
