import Foundation
import LiveSupport
import Testing

/// `explain --running` on a gateway whose routes, rules, interfaces and settings stand in the way, against real
/// connections.
@Suite(.live) struct MachineWayTests {
  private static let policy = """
    gateway edge { outside eth0; inside eth1; }
    publish files {
      server         10.10.20.200, 2001:db8:20::200 vsftpd
      external ip    203.0.113.10, 2001:db8:113::10
      passive range  50000-50399
      tls            off
    }
    publish own {
      server         local vsftpd
      external ip    203.0.113.11, 2001:db8:113::11
      passive range  20000-20399
      tls            off
      hairpin        on
    }
    """

  /// Something that is done to the gateway, and what to do to have it as it was.
  private struct Change: Sendable {
    var lines: String
    var undo: String
    /// What the reason says over IPv4.
    var reason = ""
    var publication = "files"
    /// Whether nobody can tell.
    var isOpen = false
  }

  private static let rp = "net.ipv4.conf.eth0.rp_filter"
  private static let changes = [
    Change(lines: "true", undo: "true"),
    Change(
      lines: "ip route add 10.10.20.200 dev eth0; ip -6 route add 2001:db8:20::200 dev eth0 metric 1",
      undo: "ip route del 10.10.20.200 dev eth0; ip -6 route del 2001:db8:20::200 dev eth0 metric 1",
      reason: "out of eth0, and the server is behind eth1"),
    Change(
      lines: "ip route del 10.10.20.0/24 dev eth1", undo: "ip route add 10.10.20.0/24 dev eth1 src 10.10.20.1",
      reason: "no route to 10.10.20.200"),
    route("blackhole"), route("unreachable"), route("prohibit"), route("throw", "no route"),
    Change(
      lines: "sysctl -qw net.ipv4.conf.eth0.forwarding=0 net.ipv6.conf.eth0.forwarding=0",
      undo: "sysctl -qw net.ipv4.conf.eth0.forwarding=1 net.ipv6.conf.eth0.forwarding=1",
      reason: "net.ipv4.conf.eth0.forwarding is 0"),
    Change(
      lines: "sysctl -qw net.ipv4.conf.eth1.forwarding=0", undo: "sysctl -qw net.ipv4.conf.eth1.forwarding=1",
      reason: "net.ipv4.conf.eth1.forwarding is 0"),
    Change(
      lines: "sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0",
      undo: "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1", reason: "net.ipv4.ip_forward is 0"),
    Change(
      lines: "sysctl -qw net.ipv4.conf.eth0.forwarding=0", undo: "sysctl -qw net.ipv4.conf.eth0.forwarding=1",
      publication: "own"),
    Change(
      lines: "sysctl -qw \(rp)=1; ip route add 198.51.100.10 dev eth1",
      undo: "sysctl -qw \(rp)=0; ip route del 198.51.100.10 dev eth1", reason: "rp_filter of eth0 is 1 (strict)"),
    Change(
      lines: "sysctl -qw \(rp)=2; ip route add unreachable 198.51.100.10",
      undo: "sysctl -qw \(rp)=0; ip route del unreachable 198.51.100.10"),
    Change(lines: "sysctl -qw \(rp)=1", undo: "sysctl -qw \(rp)=0"),
    Change(
      lines: "ip route add 198.51.100.10 dev eth1", undo: "ip route del 198.51.100.10 dev eth1",
      reason: "out of eth1, and the client is behind eth0"),
    rule("from 198.51.100.0/24 blackhole"), rule("from 10.10.20.200 unreachable"), rule("iif eth1 prohibit"),
    rule("ipproto tcp dport 21 blackhole"), rule("fwmark 0x6 blackhole"),
    rule("to 10.10.20.200 dport 21 fwmark 0 unreachable"),
    rule("from 203.0.113.11 unreachable", "own"), rule("iif lo sport 21 blackhole", "own"),
    Change(
      lines: "ip rule add pref 90 iif eth0 lookup 77; ip route add default via 10.10.20.200 table 77",
      undo: "ip rule del pref 90; ip route flush table 77"),
    Change(
      lines:
        "ip rule add pref 90 fwmark 5 blackhole; nft 'table ip marks { chain p { type filter hook prerouting priority "
        + "-140; iifname eth0 meta mark set 5; }; }'", undo: "ip rule del pref 90; nft delete table ip marks",
      reason: "blackhole"),
    Change(
      lines: "ip rule add pref 90 tos 0x10 blackhole", undo: "ip rule del pref 90", reason: "DSCP", isOpen: true),
    Change(
      lines: "ip rule add pref 90 uidrange 5000-5001 blackhole", undo: "ip rule del pref 90",
      reason: "the user of the",
      publication: "own", isOpen: true),
    Change(
      lines: "ip route add 10.10.20.200 nexthop dev eth1 nexthop dev eth0", undo: "ip route del 10.10.20.200",
      reason: "several next hops, on eth0 and eth1", isOpen: true),
    Change(
      lines: "ip neigh replace 10.10.20.200 dev eth1 nud failed", undo: "ip neigh del 10.10.20.200 dev eth1",
      reason: "did not answer", isOpen: true),
  ]

  private static func route(_ type: String, _ reason: String? = nil) -> Change {
    Change(
      lines: "ip route add \(type) 10.10.20.200; ip -6 route add \(type) 2001:db8:20::200 metric 1",
      undo: "ip route del \(type) 10.10.20.200; ip -6 route del \(type) 2001:db8:20::200 metric 1",
      reason: reason ?? type)
  }

  private static func rule(_ text: String, _ publication: String = "files") -> Change {
    Change(lines: "ip rule add pref 90 \(text)", undo: "ip rule del pref 90", publication: publication)
  }

  /// - Parameter address: The client; `nil` for those that `explain` chooses, whose way the machine's routes do not
  ///   change.
  private func sessions(_ lab: Lab, of publication: String, from address: String? = nil) async throws
    -> [ExplainedSessions.Entry]
  {
    try await lab.explainRunning(publication, of: Self.policy, address.map { ["--client", $0] } ?? []).cells
  }

  private func shell(_ lab: Lab, _ lines: String, on host: LabHost = .gateway) async throws {
    let result = try await lab.run(["sh", "-c", "set -e; \(lines)"], on: host)
    guard result.succeeded else { throw LabError("\(lines): \(result.errorText)") }
  }

  /// Compares what is said of a client with what it meets.
  private func compare(
    _ lab: Lab, _ publication: String, client: String = "allowed",
    from host: LabHost = .client, isOpen: Bool = false, reason: String = "", _ title: String
  ) async throws {
    let cells = try await sessions(lab, of: publication).filter {
      $0.client == client && $0.tls == "plain" && $0.mode == "epsv"
    }
    #expect(cells.count == 2, "\(title)")
    for cell in cells {
      let isIPv4 = cell.family == "ipv4"
      if isIPv4, !reason.isEmpty { #expect(cell.reason.contains(reason), "\(title): \(cell)") }
      if isOpen, isIPv4 {
        #expect(cell.outcome == "undecided", "\(title): \(cell)")
        continue
      }
      let own = publication == "own"
      let address = isIPv4 ? own ? Address.external2 : Address.external : own ? Address.external26 : Address.external6
      let works = cell.outcome == "works"
      // Nobody listens, so what gets through is refused. What works has time, what does not is not waited for.
      let reached = try await lab.tcpConnect(
        from: host, to: address, port: 21, within: works ? Patience.arrival : Patience.absence)
      #expect((reached == .refused) == works, "\(title): \(reached), and \(cell)")
      #expect(cell.outcome != "undecided", "\(title): \(cell)")
    }
  }

  /// A route that leads to the client through the inside interface: `explain` takes it for one inside, and nothing of
  /// it works.
  private func compareMisled(_ lab: Lab, _ change: Change) async throws {
    let cells = try await sessions(lab, of: change.publication, from: Address.client)
    #expect(!cells.isEmpty && cells.allSatisfy { $0.outcome != "works" }, "\(change.lines): \(cells)")
    let address = change.publication == "own" ? Address.external2 : Address.external
    let reached = try await lab.tcpConnect(from: .client, to: address, port: 21, within: Patience.absence)
    #expect(reached != .refused, "\(change.lines)")
  }

  @Test("A8: the way of each packet is the kernel's, over both families") func ways() async throws {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    try await withLab { lab in
      try await lab.load(ruleset: script)
      for change in Self.changes {
        try await shell(lab, change.lines)
        if change.lines.contains(Address.client) {
          try await compareMisled(lab, change)
        } else {
          try await compare(lab, change.publication, isOpen: change.isOpen, reason: change.reason, change.lines)
        }
        try await shell(lab, change.undo)
      }
      try await compare(lab, "files", "as it was")
    }
  }

  @Test("A8: an interface without carrier, one that is down, a VRF") func links() async throws {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    try await withLab { lab in
      try await lab.load(ruleset: script)
      try await shell(lab, "ip link set gateway1 down", on: .wire)
      try await shell(lab, "while ip -o link show eth1 | grep -q LOWER_UP; do sleep 0.1; done")
      try await compare(lab, "files", reason: "eth1, which has no carrier", "no carrier")
      try await compare(lab, "own", "no carrier elsewhere")
      try await shell(lab, "ip link set eth1 down")
      try await compare(lab, "files", "down")
      // Kernels without VRFs have none to be judged.
      guard try await lab.run(["ip", "link", "add", "blue", "type", "vrf", "table", "98"], on: .gateway).succeeded
      else {
        return
      }
      try await shell(lab, "ip link add red type vrf table 99; ip link set red up; ip link set eth0 master red")
      let cells = try await sessions(lab, of: "own").filter {
        $0.client == "allowed" && $0.tls == "plain" && $0.mode == "epsv"
      }
      #expect(cells.allSatisfy { $0.outcome == "undecided" && $0.reason.contains("VRF red") }, "\(cells)")
    }
  }

  /// Lines, the sessions over IPv4 that they leave, and whether the kernel lets one through; `nil` for what depends on
  /// other machines.
  private static let doubts: [(lines: String, undo: String, outcome: String, reason: String, passes: Bool?)] = [
    // On the way in the kernel compares addresses as they were before translation (`nf_nat_decode_session`).
    (transform("fwd", "dport 21", "", to: "203.0.113.10"), flush, "undecided", "an IPsec policy covers it", false),
    (transform("fwd", "dport 21", ""), flush, "works", "", true),
    (transform("out", "", ""), flush, "undecided", "dir out src 0.0.0.0/0 dst 10.10.20.200)", false),
    (transform("out", "", "priority 9") + bypass("priority 1"), flush, "works", "", true),
    (transform("out", "", "priority 1") + bypass("priority 9"), flush, "undecided", "an IPsec policy", false),
    (transform("out", "proto udp", "") + transform("fwd", "dport 80", ""), flush, "works", "", true),
    (transform("out", "", "mark 7 mask 0xff"), flush, "works", "", true),
    (
      "ip xfrm policy add src 0.0.0.0/0 dst 203.0.113.10/32 dir fwd action block", flush, "undecided",
      "dir fwd src 0.0.0.0/0 dst 203.0.113.10)", false
    ),
    (
      "ip link set eth1 arp off; ip neigh flush all", "ip link set eth1 arp on", "undecided", "ARP is off on eth1",
      false
    ),
    ("ip link set eth1 mtu 1300", "ip link set eth1 mtu 1500", "works", "", true),
    ("ip link set eth1 mtu 400", "ip link set eth1 mtu 1500", "undecided", "the MTU of eth1 is 400", nil),
  ]
  private static let flush = "ip xfrm policy flush"

  private static func transform(
    _ direction: String, _ selector: String, _ more: String, to destination: String = "10.10.20.200"
  ) -> String {
    let upper = selector.hasPrefix("dport") ? "proto tcp " : ""
    return "ip xfrm policy add src 0.0.0.0/0 dst \(destination)/32 \(upper)\(selector) dir \(direction) \(more) "
      + "tmpl src 203.0.113.10 dst 203.0.113.99 proto esp mode tunnel; "
  }

  private static func bypass(_ more: String) -> String {
    "ip xfrm policy add src 198.51.100.0/24 dst 10.10.20.0/24 dir out \(more)"
  }

  @Test("IPsec policies, ARP that is off and a small MTU leave open what becomes of packets") func doubts()
    async throws
  {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    try await withLab { lab in
      try await lab.load(ruleset: script)
      for (lines, undo, outcome, reason, passes) in Self.doubts {
        try await shell(lab, lines)
        let cells = try await sessions(lab, of: "files").filter {
          $0.client == "allowed" && $0.tls == "plain" && $0.mode == "epsv" && $0.family == "ipv4"
        }
        #expect(cells.map(\.outcome) == [outcome], "\(lines): \(cells)")
        #expect(cells.allSatisfy { reason.isEmpty || $0.reason.contains(reason) }, "\(lines): \(cells)")
        if let passes {
          let reached = try await lab.tcpConnect(
            from: .client, to: Address.external, port: 21, within: passes ? Patience.arrival : Patience.absence)
          #expect((reached == .refused) == passes, "\(lines): \(reached)")
        }
        try await shell(lab, undo)
      }
    }
  }

  @Test("A9: with hairpin, clients inside reach a server on the gateway by its external address") func hairpin()
    async throws
  {
    let script = try await Sallyport.besideThisProgram.ruleset(of: Self.policy)
    try await withLab { lab in
      try await lab.load(ruleset: script)
      try await compare(lab, "own", client: "inside", from: .inside, "hairpin")
      try await compare(lab, "own", "from outside")
    }
  }
}
