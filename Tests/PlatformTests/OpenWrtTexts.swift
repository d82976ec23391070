import Testing

/// Configurations of OpenWrt routers, and the mistakes that people make in them.
enum OpenWrtTexts {
  /// What a new router has, without what a policy publishes.
  static let surroundings = """
    config defaults
    \toption syn_flood '1'
    \toption input 'REJECT'
    \toption output 'ACCEPT'
    \toption forward 'REJECT'

    config zone
    \toption name 'lan'
    \tlist network 'lan'
    \toption input 'ACCEPT'
    \toption output 'ACCEPT'
    \toption forward 'ACCEPT'

    config zone
    \toption name 'wan'
    \tlist network 'wan'
    \tlist network 'wan6'
    \toption input 'REJECT'
    \toption output 'ACCEPT'
    \toption forward 'REJECT'
    \toption masq '1'
    \toption mtu_fix '1'

    config forwarding
    \toption src 'lan'
    \toption dest 'wan'

    config rule
    \toption name 'Allow-DHCP-Renew'
    \toption src 'wan'
    \toption proto 'udp'
    \toption dest_port '68'
    \toption target 'ACCEPT'
    \toption family 'ipv4'

    config rule
    \toption name 'Allow-ICMPv6-Input'
    \toption src 'wan'
    \toption proto 'icmp'
    \tlist icmp_type 'echo-request'
    \tlist icmp_type 'bad-header'
    \tlist icmp_type 'router-solicitation'
    \tlist icmp_type 'neighbour-solicitation'
    \tlist icmp_type 'neighbour-advertisement'
    \toption limit '1000/sec'
    \toption family 'ipv6'
    \toption target 'ACCEPT'


    """

  /// Policies of the worked case, by what they ask of the gateway.
  static let kinds: [(name: String, policy: String)] = [
    ("range", "tls explicit required; passive range 5000-5500"),
    ("helper", "tls off; helper on # allow: tls-off"),
    ("both", "tls explicit optional; passive range 5000-5500; helper on"),
    ("hairpin", "tls explicit required; passive range 5000-5500; hairpin on"),
  ]

  /// What else routers have.
  private static let others = [
    """
    config zone
    \toption name 'guest'
    \toption network 'guest'
    \toption input 'REJECT'
    \toption output 'ACCEPT'
    \toption forward 'REJECT'

    config forwarding
    \toption src 'guest'
    \toption dest 'wan'

    config rule
    \toption name 'Guest-DNS'
    \toption src 'guest'
    \toption dest_port '53'
    \tlist proto 'tcp'
    \tlist proto 'udp'
    \toption target 'ACCEPT'

    """,
    """
    config zone 'vpn'
    \toption name 'vpn'
    \tlist device 'wg0'
    \tlist device 'tun+'
    \toption input 'ACCEPT'
    \toption output 'ACCEPT'
    \toption forward 'ACCEPT'
    \toption masq '0'

    config forwarding
    \toption src 'vpn'
    \toption dest 'lan'

    """,
    """
    config redirect
    \toption name 'Web'
    \toption target 'DNAT'
    \toption src 'wan'
    \toption dest 'lan'
    \toption proto 'tcp'
    \toption src_dport '443'
    \toption dest_ip '10.10.20.10'
    \toption dest_port '8443'

    config redirect
    \toption enabled '0'
    \toption src 'wan'
    \toption src_dport '22'
    \toption dest_ip '10.10.20.200'
    \toption dest 'lan'

    """,
    """
    config ipset
    \toption name 'blocked'
    \tlist match 'src_net'
    \tlist entry '192.0.2.0/24'
    \tlist entry '203.0.113.128/25'

    config rule
    \toption name 'Block'
    \toption src 'wan'
    \toption dest '*'
    \toption proto 'all'
    \toption ipset 'blocked'
    \toption target 'DROP'

    config rule
    \toption src 'lan'
    \toption dest 'wan'
    \toption src_mac '00:11:22:33:44:55'
    \toption start_time '21:00:00'
    \toption stop_time '06:00:00'
    \toption weekdays 'mon tue wed'
    \toption target 'REJECT'

    """,
    """
    config include
    \toption path '/etc/firewall.user'

    config include 'old'
    \toption enabled '0'
    \toption path '/usr/share/old.include'
    \toption type 'script'

    config nat
    \toption name 'To the modem'
    \toption src 'wan'
    \toption dest_ip '192.168.100.1'
    \toption target 'SNAT'
    \toption snat_ip '192.168.100.2'

    """,
  ]

  /// A router with some of it, before and after what publishes, in one of the layouts.
  static func router(_ publication: String, seed: Int) -> String {
    var text = surroundings
    for (index, other) in others.enumerated() where seed >> index & 1 == 1 && index % 2 == 0 { text += other + "\n" }
    text += publication
    for (index, other) in others.enumerated() where (seed >> index & 1 == 1) != (index % 2 == 0) {
      text += "\n" + other
    }
    return laid(out: text, seed % 4)
  }

  /// The same text as another program would write it.
  static func laid(out text: String, _ layout: Int) -> String {
    switch layout {
    case 1:
      // `uci export`.
      return "package firewall\n\n" + text
    case 2:
      // By hand.
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
        let hasBlanks = line.split(separator: "'").dropFirst().first.map { $0.contains(" ") } ?? false
        return String(line).replacing("'", with: hasBlanks ? "\"" : "").replacing("\t", with: "   ")
      }
      return "# my firewall\r\n" + lines.joined(separator: "  # a comment\r\n")
    case 3: return shown(text)
    default: return text
    }
  }

  /// What `uci show` prints of it.
  static func shown(_ text: String) -> String {
    var lines: [String] = []
    var counts: [String: Int] = [:]
    var section = ""
    var lists: [String: Int] = [:]
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.drop { $0 == "\t" }.split(separator: " ", maxSplits: 2).map { String($0) }
      guard words.count > 1 else { continue }
      if words[0] == "config" {
        let count = counts[words[1], default: 0]
        counts[words[1]] = count + 1
        section = words.count > 2 ? words[2].filter { $0 != "'" } : "@\(words[1])[\(count)]"
        lines.append("firewall.\(section)=\(words[1])")
        lists = [:]
      } else if words[0] == "list", let known = lists[words[1]] {
        lines[known] += " \(words[2])"
      } else {
        lists[words[1]] = lines.count
        lines.append("firewall.\(section).\(words[1])=\(words[2])")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  // MARK: - Mistakes

  struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var kind = "range"
    var gateway: String?
    var codes: Set<String>
    /// What the line has to which a finding points; empty for any.
    var line: String
    var edit: @Sendable (String) -> String

    var testDescription: String { name }
  }

  private static let stops: Set = ["gateway-stops-session"]
  private static let others2: Set = ["gateway-admits-others"]
  private static let remark: Set = ["gateway-remark"]

  private static func mistake(
    _ name: String, _ codes: Set<String>, _ line: String = "", kind: String = "range", gateway: String? = nil,
    _ edit: @escaping @Sendable (String) -> String
  ) -> Mistake {
    Mistake(name: name, kind: kind, gateway: gateway, codes: codes, line: line, edit: edit)
  }

  /// Changes an option of a section.
  private static func setting(_ section: String, _ option: String, _ value: String?) -> @Sendable (String) -> String {
    { text in
      var parts = text.components(ofSection: section)
      let lines = parts.section.split(separator: "\n", omittingEmptySubsequences: false).filter {
        !$0.contains("option \(option) '")
      }
      let added = value.map { ["\toption \(option) '\($0)'"] } ?? []
      parts.section = (lines.prefix(1).map(String.init) + added + lines.dropFirst().map(String.init))
        .joined(separator: "\n")
      return parts.before + parts.section + parts.after
    }
  }

  private static func without(_ section: String) -> @Sendable (String) -> String {
    { text in
      let parts = text.components(ofSection: section)
      return parts.before + parts.after
    }
  }

  private static func adding(_ section: String, before other: String = "config redirect")
    -> @Sendable (String) -> String
  {
    { text in
      guard let range = text.firstRange(of: other) else { return text }
      return String(text[..<range.lowerBound]) + section + "\n" + text[range.lowerBound...]
    }
  }

  static let mistakes: [Mistake] = [
    mistake("range missing", stops, "", without("sallyport_ftp1_pasv")),
    mistake("range partly forwarded", stops, "", setting("sallyport_ftp1_pasv", "src_dport", "5000-5400")),
    mistake("range begins late", stops, "", setting("sallyport_ftp1_pasv", "src_dport", "5001:5500")),
    mistake(
      "range shifted", stops, "config redirect sallyport_ftp1_pasv",
      setting("sallyport_ftp1_pasv", "dest_port", "6000-6500")),
    mistake(
      "range to one port", stops, "config redirect sallyport_ftp1_pasv",
      setting("sallyport_ftp1_pasv", "dest_port", "5000")),
    mistake(
      "control port kept", stops, "config redirect sallyport_ftp1_ctl",
      setting("sallyport_ftp1_ctl", "dest_port", "2121")),
    mistake(
      "another server", stops, "config redirect sallyport_ftp1_pasv",
      setting("sallyport_ftp1_pasv", "dest_ip", "10.10.20.201")),
    mistake("another address", stops, "", setting("sallyport_ftp1_ctl", "src_dip", "203.0.113.11")),
    mistake("a permit and no translation", stops, "") { text in
      without("sallyport_ftp1_pasv")(text)
        + "config rule\n\toption src 'wan'\n\toption dest 'lan'\n\toption proto 'tcp'\n\toption dest_ip '10.10.20.200'\n"
        + "\toption dest_port '5000-5500'\n\toption target 'ACCEPT'\n"
    },
    mistake(
      "a rule denies it before", stops, "config rule shut",
      adding(
        "config rule 'shut'\n\toption src 'wan'\n\toption dest '*'\n\toption proto 'tcp'\n\toption dest_port '5000-6000'\n"
          + "\toption target 'DROP'\n")),
    mistake(
      "a rule for any source denies it before", stops, "config rule shut",
      adding(
        "config rule 'shut'\n\toption src '*'\n\toption dest 'lan'\n\toption dest_ip '10.10.20.200'\n"
          + "\toption target 'REJECT'\n")),
    mistake(
      "a redirect before it takes all", stops, "config redirect dmz",
      adding(
        "config redirect 'dmz'\n\toption src 'wan'\n\toption dest 'lan'\n\toption proto 'all'\n"
          + "\toption dest_ip '10.10.20.99'\n")),
    mistake("disabled", stops, "", setting("sallyport_ftp1_pasv", "enabled", "0")),
    mistake("wrong zone", stops, "", setting("sallyport_ftp1_ctl", "src", "lan")),
    mistake(
      "no such zone", remark, "config redirect sallyport_ftp1_pasv", setting("sallyport_ftp1_pasv", "src", "WAN")),
    mistake("wrong protocol", stops, "", setting("sallyport_ftp1_pasv", "proto", "udp")),
    mistake(
      "wrong family", remark, "config redirect sallyport_ftp1_pasv", setting("sallyport_ftp1_pasv", "family", "ipv6")),
    mistake("clients too wide", others2, "config redirect", setting("sallyport_ftp1_ctl", "src_ip", nil)),
    mistake("clients shut out", stops, "", setting("sallyport_ftp1_pasv", "src_ip", "198.51.100.128/25")),
    mistake("helper on, and no range under TLS", stops, "", kind: "both", without("sallyport_ftp1_pasv")),
    mistake("helper missing", stops, "", kind: "helper", without("sallyport_ftp1_alg")),
    mistake(
      "helper at the external address", stops, "", kind: "helper",
      setting("sallyport_ftp1_alg", "dest_ip", "203.0.113.10")),
    mistake(
      "helper at the external port", stops, "", kind: "helper", setting("sallyport_ftp1_alg", "dest_port", "2121")),
    mistake("helper of no name", stops, "", kind: "helper", setting("sallyport_ftp1_alg", "set_helper", nil)),
    mistake("no reflection", stops, "", kind: "hairpin", setting("sallyport_ftp1_pasv", "reflection", "0")),
    mistake("reflection and no masquerading", stops, "", kind: "hairpin") {
      $0.replacing("\toption masq '1'\n", with: "")
    },
    mistake("a list where one value stands", remark, "config redirect sallyport_ftp1_pasv") {
      $0.replacing(
        "\toption src_dport '5000-5500'", with: "\tlist src_dport '5000-5500'\n\tlist src_dport '990'")
    },
    mistake(
      "two ports in one redirect", remark, "config redirect sallyport_ftp1_pasv",
      setting("sallyport_ftp1_pasv", "src_dport", "20 5000-5500")),
    mistake(
      "a range that ends before it begins", remark, "config redirect sallyport_ftp1_pasv",
      setting("sallyport_ftp1_pasv", "src_dport", "5500-5000")),
    mistake("port 20", remark, "src_dport 20") {
      $0 + "\nconfig redirect\n\toption src 'wan'\n\toption proto 'tcp'\n\toption src_dport '20'\n"
        + "\toption dest_ip '10.10.20.200'\n\toption src_ip '198.51.100.0/24'\n"
    },
    mistake("UDP", remark, "src_dport 21") {
      $0 + "\nconfig redirect\n\toption src 'wan'\n\toption proto 'udp'\n\toption src_dport '21'\n"
        + "\toption dest_ip '10.10.20.200'\n"
    },
    mistake("a set of which nothing is known", ["gateway-undecided"], "config redirect sallyport_ftp1_pasv") {
      setting("sallyport_ftp1_pasv", "ipset", "partners src")($0)
        + "\nconfig ipset\n\toption name 'partners'\n\tlist match 'src_ip'\n\toption loadfile '/etc/partners'\n"
    },
    mistake("a set without the client", stops, "") {
      setting("sallyport_ftp1_pasv", "ipset", "partners src")($0)
        + "\nconfig ipset\n\toption name 'partners'\n\tlist match 'src_ip'\n\tlist entry '192.0.2.9'\n"
    },
    mistake(
      "only at night", ["gateway-undecided"], "config redirect sallyport_ftp1_pasv",
      setting("sallyport_ftp1_pasv", "start_time", "22:00:00")),
    mistake("a script of its own", ["gateway-undecided"], "config include upnp") {
      $0 + "\nconfig include 'upnp'\n\toption type 'script'\n\toption path '/usr/share/miniupnpd/firewall.include'\n"
    },
    mistake("rules of its own at the beginning of a chain", ["gateway-undecided"], "config include mine") {
      $0 + "\nconfig include 'mine'\n\toption type 'nftables'\n\toption path '/etc/mine.nft'\n"
        + "\toption position 'chain-pre'\n\toption chain 'forward_wan'\n"
    },
    mistake("the zone is disabled", stops, "") {
      $0.replacing("\toption name 'wan'\n", with: "\toption name 'wan'\n\toption enabled '0'\n")
    },
    mistake("the zone names no network", ["gateway-undecided"], "config zone") {
      $0.replacing("\tlist network 'wan'\n\tlist network 'wan6'\n", with: "")
    },
    mistake("a second outside", stops, "", gateway: "platform openwrt; outside wan, wan2; inside lan") {
      var text = $0
      for section in ["sallyport_ftp1_ctl2", "sallyport_ftp1_pasv2"] { text = without(section)(text) }
      return text
        + "\nconfig zone\n\toption name 'wan2'\n\tlist network 'wan2'\n\toption input 'REJECT'\n\toption forward 'REJECT'\n"
    },
  ]
}

extension String {
  /// The lines of a section, and what stands before and after them.
  fileprivate func components(ofSection name: String) -> (before: String, section: String, after: String) {
    guard let start = firstRange(of: "'\(name)'")?.lowerBound,
      let line = self[..<start].lastIndex(of: "\n")
    else { return (self, "", "") }
    let from = index(after: line)
    let end = self[start...].firstRange(of: "\n\n")?.upperBound ?? endIndex
    return (String(self[..<from]), String(self[from..<end]), String(self[end...]))
  }
}
