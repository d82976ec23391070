import Addressing
import FTPSession
import LiveSupport

/// What one gateway of a row does about an FTP server.
struct RowRules: Sendable {
  enum Data: String, CaseIterable, Sendable {
    case forwarded, none, shifted, elsewhere, half
  }

  /// The address that clients dial there; `nil` for a gateway that only filters.
  var external: String?
  /// Where it leads to.
  var target: String
  var data = Data.none
  /// An address that nobody has, for data that is led elsewhere.
  var wrong = ""
  var hasHelper = false
  /// Whether packets that the helper expects are accepted.
  var acceptsRelated = true
  /// What its forward chain does to the rest: `drop`, `reject`, `accept`.
  var rest = "drop"
  /// The interface on the way out of which it puts its own address in the place of the sender's.
  var masquerades: String?
  /// Whether it lets its own side open connections.
  var letsOut = false
  /// Whether the server runs on it.
  var isServer = false
  /// The family that it is about; addresses of IPv4 stand for those beside them.
  var family = AddressFamily.ipv4

  static let range = "50000-50100"

  /// How rules call the family.
  private var word: String { family == .ipv4 ? "ip" : "ip6" }

  /// An address of the family.
  private func place(_ address: String) -> String { family == .ipv4 ? address : Row.ipv6(address) }

  var script: String {
    """
    table inet fw {
      ct helper f { type "ftp" protocol tcp; }
      chain c_pre { type filter hook prerouting priority -150;
        \(hasHelper ? #"tcp dport 21 ct helper set "f""# : "")
      }
      chain c_fwd { type filter hook forward priority 0; policy \(rest == "accept" ? "accept" : "drop");
        ct state established accept
        \(acceptsRelated ? "ct state related accept" : "")
        \(word) daddr \(place(target)) tcp dport 21 accept
        \(permit)
        \(letsOut ? "iifname \"eth1\" oifname \"eth0\" accept" : "")
        \(rest.hasPrefix("reject") ? rest : "")
      }
      \(isServer ? input : "")
    }
    table \(word) n {
      chain p { type nat hook prerouting priority -100;
        \(translations.joined(separator: "\n    "))
      }
      chain q { type nat hook postrouting priority 100;
        \(masquerades.map { "oifname \"\($0)\" masquerade" } ?? "")
      }
    }

    """
  }

  private var input: String {
    """
    chain c_in { type filter hook input priority 0; policy \(rest == "accept" ? "accept" : "drop");
        iifname "lo" accept
        \(family == .ipv6 ? "meta l4proto ipv6-icmp accept" : "")
        ct state established accept
        \(acceptsRelated ? "ct state related accept" : "")
        tcp dport 21 accept
        \(permit)
        \(rest.hasPrefix("reject") ? rest : "")
      }
    """
  }

  private var permit: String {
    switch data {
    case .none: ""
    case .forwarded: "\(word) daddr \(place(target)) tcp dport \(Self.range) accept"
    case .half: "\(word) daddr \(place(target)) tcp dport 50000-50049 accept"
    case .shifted: "tcp dport 60000-60100 accept"
    case .elsewhere: "tcp dport \(Self.range) accept"
    }
  }

  private var translations: [String] {
    guard let external = external.map(place) else { return [] }
    let target = place(target)
    let control = "\(word) daddr \(external) tcp dport 21 dnat to \(target)"
    let ports = "\(word) daddr \(external) tcp dport \(Self.range) dnat to"
    switch data {
    case .none: return [control]
    case .forwarded, .half: return [control, "\(ports) \(target)"]
    case .shifted: return [control, "\(ports) \(family == .ipv4 ? target : "[\(target)]"):60000-60100"]
    case .elsewhere: return [control, "\(ports) \(place(wrong))"]
    }
  }
}

/// Writes rows of one to three gateways, right ones and wrong ones, and sessions to try on them.
struct RowGenerator {
  var random: RulesetGenerator

  init(seed: UInt64) { random = RulesetGenerator(seed: seed) }

  /// The rules of a row, the gateway next to the client first, and sessions.
  mutating func trial(_ name: String, _ row: Row) -> (gateways: [RowGateway], duels: [Duel]) {
    // Once in so many times everything is as it should be, or all but a thing or two.
    let faults = random.pick([0, 1, 1, 2, 3])
    let isLocal = row.box == nil && random.chance(6)
    let last = row.gateways - 1
    // The box leads to the external address of the gateway after it.
    let translates = (0...last).map { gateway in
      let isFixed = row.box.map { $0 == gateway || $0 + 1 == gateway } ?? false
      return isFixed || !random.chance(4) && !(isLocal && gateway == last)
    }
    let server =
      isLocal
      ? Row.external(last)
      : translates.contains(true) && !random.chance(4) ? Address.server : Address.routedServer
    let common = RowRules(
      target: server, data: random.chance(3) ? .none : .forwarded, hasHelper: random.chance(2),
      letsOut: random.chance(3), family: random.chance(3) ? .ipv6 : .ipv4)
    var rules: [RowRules] = []
    for gateway in 0..<row.gateways {
      var own = common
      let next = (gateway + 1..<max(row.gateways, gateway + 1)).first { translates[$0] }
      own.target = next.map(Row.external) ?? server
      own.external = translates[gateway] ? Row.external(gateway) : nil
      own.wrong = random.pick([
        Address.server2, gateway + 1 < row.gateways ? Row.nobody(gateway + 1) : "10.10.20.99", Row.external(0),
      ])
      own.isServer = isLocal && gateway == last
      rules.append(own)
    }
    for _ in 0..<faults { spoil(&rules[random.number(0...(rules.count - 1))]) }
    let dialled = translates.firstIndex(of: true).map(Row.external) ?? server
    let duels = duels(name, row, server, isLocal: isLocal, dialled, translates, common.family)
    let gateways = rules.enumerated().map { index, rules in
      RowGateway(script: index == row.box ? Row.boxScript(index) : rules.script)
    }
    return (gateways, duels)
  }

  private mutating func spoil(_ rules: inout RowRules) {
    switch random.number(0...7) {
    case 0, 1: rules.data = random.pick(RowRules.Data.allCases)
    case 2: rules.hasHelper.toggle()
    case 3: rules.acceptsRelated.toggle()
    case 4, 5: rules.masquerades = random.pick(["eth0", "eth1"])
    case 6: rules.rest = random.pick(["accept", "accept", "reject", "reject with tcp reset"])
    default: rules.letsOut.toggle()
    }
  }

  private mutating func duels(
    _ name: String, _ row: Row, _ server: String, isLocal: Bool, _ dialled: String, _ translates: [Bool],
    _ family: AddressFamily
  ) -> [Duel] {
    func place(_ address: String) -> String { family == .ipv4 ? address : Row.ipv6(address) }
    let addresses: [String?] = [nil, dialled, dialled] + translates.indices.map { Row.external($0) }
    let announced = random.pick(addresses)
    let checksPeer = random.chance(2)
    let activePort: UInt16? = random.chance(2) ? 20 : nil
    let encryption = [FTPSession.Encryption.plain, .plain, .explicit]
    let hasMiddle = row.gateways > 1 && row.box == nil
    let clients = [LabHost.client, .client, random.pick(hasMiddle ? [.stranger, .inside] : [.inside])]
    let party: Party =
      isLocal
      ? .gateway([BenchNetwork.ip(place(server))], at: row.gateways - 1) : RowBench.server(row, place(server))
    var duels: [Duel] = []
    let word = family == .ipv4 ? "IPv4" : "IPv6"
    for client in clients {
      for mode in FTPSession.DataMode.allCases where family == .ipv4 || mode.hasIPv6Form {
        var ftp = FTPServer(party, passivePorts: [UInt16(50_000 + random.number(0...100))])
        ftp.announced = family == .ipv4 ? announced.map(BenchNetwork.ip) : nil
        ftp.announcedEncrypted = ftp.announced
        ftp.offersTLS = true
        ftp.allowsClearControl = true
        ftp.activePort = activePort
        ftp.checksPeer = checksPeer
        // Who stands between gateways dials the inner one now and then.
        let inner = client == .stranger && translates.count > 1 && translates[1] && random.chance(2)
        var session = Session(
          client: RowBench.client(row, client, 0, family), server: ftp,
          dialled: BenchNetwork.ip(place(inner ? Row.external(1) : dialled)), port: 21, random.pick(encryption), mode)
        session.clearsControl = session.encryption == .explicit && random.chance(3)
        let title = "\(name) \(word) \(client.rawValue) \(session.encryption.rawValue) \(mode.rawValue)"
        var duel = Duel(name: title, client: client, serverAddresses: [place(server)], model: session)
        duel.serverHost = isLocal ? row.hosts.last : nil
        duels.append(duel)
      }
    }
    return RulesetGenerator.spread(duels)
  }
}
