import Addressing
import Compilation
import LiveSupport
import Policy

/// Writes policies for a row whose first gateways are those of users: what these may reach is a publication behind the
/// others, or a server of somebody else.
struct RowReachGenerator {
  private var random: RulesetGenerator
  private let row: Row
  private var isDual = false

  init(seed: UInt64, _ row: Row) {
    random = RulesetGenerator(seed: seed)
    self.row = row
  }

  /// Addresses of users who may be allowed and of others, of each family.
  static let users = [Row.client(.client, 0), Row.otherClient(0)].flatMap { [$0, Row.ipv6($0)] }

  /// A policy that the compiler accepts.
  mutating func accepted() -> (text: String, compilation: Compilation) {
    while true {
      let text = policy()
      let compilation = compile(text)
      if compilation.isAccepted { return (text, compilation) }
    }
  }

  private mutating func policy() -> String {
    isDual = random.chance(2)
    // Now and then all gateways are the users'.
    let isForeign = row.gateways == 2 && random.chance(4)
    let own = isForeign ? row.gateways : row.clientSide
    let translates = (0..<row.gateways).map { $0 >= own || random.chance(2) }
    var text = "clients friends = 198.51.100.0/24\(isDual ? ", 2001:db8:51::/64" : "")\n"
    for index in 0..<row.gateways {
      let isUsers = index < own
      text += "gateway \(RowBench.names[index]) {\n"
      // The first of all is the innermost of the users', and the last the innermost of the others.
      if isUsers, index + 1 < own { text += "  behind \(RowBench.names[index + 1])\n" }
      if !isUsers, index > own { text += "  behind \(RowBench.names[index - 1])\n" }
      text += isUsers ? "  inside eth0\n  outside eth1\n" : "  outside eth0\n  inside eth1\n"
      if translates[index] {
        text += "  external ip \(both(isUsers ? "172.16.\(index + 1).1" : Row.external(index)))\n"
      }
      text += "}\n"
    }
    let hides = translates.first == true && random.chance(2)
    let last = (0..<own).last { translates[$0] && hides }
    let tls = random.pick(["off", "off", "explicit optional", "explicit required", "implicit"])
    let isReadable = tls == "off" || tls == "explicit optional"
    let active = tls == "off" && random.chance(2)
    var reach = "reach r {\n  gateway \(RowBench.names[0])\n"
    if isForeign {
      reach += "  server \(both(Address.routedServer))\n  tls \(tls)\n  passive range 50000-50399\n"
    } else {
      text += publication(tls, isReadable: isReadable, active: active, seen: last.map { "172.16.\($0 + 1).1" })
      reach += "  publication files\n"
    }
    if isReadable, random.chance(2) { reach += "  helper on\n" }
    if active, random.chance(2) { reach += "  active on\n" }
    if random.chance(2) { reach += "  allow friends\n" }
    if hides { reach += "  source gateway\n" }
    return text + reach + "}\n"
  }

  private mutating func publication(_ tls: String, isReadable: Bool, active: Bool, seen: String?) -> String {
    let port = tls != "implicit" && random.chance(3) ? "  control port 2121 -> 21\n" : ""
    let helper = isReadable && random.chance(2)
    var text = """
      server s {
        address \(both(Address.server))
        software proftpd
        certificate "/etc/ssl/a.pem" key "/etc/ssl/a.key"
      }
      publish files {
        gateway \(RowBench.names[row.gateways - 1])
        server s
        tls \(tls)

      """ + port
    if !helper || !random.chance(3) { text += "  passive range 50000-\(50_000 + random.number(100...399))\n" }
    if helper { text += "  helper on\n" }
    if active { text += "  active on\n" }
    if random.chance(2) { text += "  allow \(seen.map(both) ?? "friends")\n" }
    return text + "}\n"
  }

  /// An address, and the one of IPv6 beside it.
  private func both(_ address: String) -> String { isDual ? "\(address), \(Row.ipv6(address))" : address }
}
