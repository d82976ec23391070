import Addressing
import Compilation
import FTPSession
import LiveSupport
import Nftables
import Policy

/// Writes policies with `reach` blocks for the addresses of the bench. The gateway's sides are swapped there: client
/// and stranger of the bench are the users, and its server is somebody else's.
struct BenchReachGenerator {
  var random: RulesetGenerator

  init(seed: UInt64) { random = RulesetGenerator(seed: seed) }

  /// One or two `reach` blocks, now and then beside a publication and a crowd of others.
  mutating func policy() -> String {
    var text = """
      gateway edge { outside eth1; inside eth0; external ip 203.0.113.129, \(BenchNetwork.routedGateway6) }
      clients friends = 198.51.100.0/24, 2001:db8:51::/64\(others)

      """
    if random.chance(5) { text = text.replacing("outside eth1; inside eth0; ", with: "") }
    text += reach(0)
    if random.chance(3) { text += reach(1) }
    if random.chance(3) {
      text += """
        publish own {
          server local vsftpd
          external ip 203.0.113.129
          passive range 40000-40099
          tls off
          helper on
          allow friends
        }

        """
    }
    if random.chance(3) { text += crowd }
    return text
  }

  /// A long list is kept once where it is said more than once.
  private var others: String {
    mutating get { random.chance(2) ? (1...20).map { ", 198.19.0.\(2 * $0)" }.joined() : "" }
  }

  private var crowd: String {
    let rest = "passive range 50000-50399; tls explicit required; allow friends"
    return (1...120).map { "reach \(Crowd.prefix)\($0) { server 198.18.1.\($0); \(rest) }\n" }.joined()
  }

  private mutating func reach(_ index: Int) -> String {
    let tls = random.pick(["off", "off", "explicit optional", "explicit required", "implicit"])
    let helper = tls == "off" ? random.chance(2) : tls == "explicit optional" && random.chance(2)
    let families = random.pick([[AddressFamily.ipv4], [.ipv6], AddressFamily.allCases, AddressFamily.allCases])
    let servers = families.map { BenchNetwork.routedServer(index, $0) }.joined(separator: ", ")
    var text = "reach r\(index) {\n  server \(servers)\n  tls \(tls)\n"
    if random.chance(4), tls != "implicit" { text += "  control port \(2121 + index)\n" }
    if tls != "off" || !helper || random.chance(2) {
      let low = 50_000 + index * 1000
      let range = random.chance(5) ? "any" : "\(low)-\(low + random.number(100...399))"
      text += "  passive range \(range)\n"
    }
    if helper { text += "  helper on\n" }
    if helper, tls == "off", random.chance(2) { text += "  active on\n" }
    if random.chance(2) { text += "  allow friends\n" }
    if random.chance(5) { text += "  deny 192.0.2.0/24, 2001:db8:66::/64\n" }
    if random.chance(2) { text += "  source gateway\n" }
    if random.chance(4) { text += "  log \(random.pick(["new", "denied", "all"]))\n" }
    return text + "}\n"
  }
}

/// The sessions of the `reach` blocks of an accepted policy, as `explain` judges them on the bench.
struct BenchReachSessions {
  let compilation: Compilation
  let tables: [SessionTable]

  init?(_ text: String, ruleset: Ruleset? = nil) {
    let compilation = compile(text)
    guard compilation.isAccepted, let rules = ruleset ?? compilation.ruleset(gateway: 0) else { return nil }
    self.compilation = compilation
    let outbound = compilation.policy.outbound
    let study = SessionStudy(outbound, gateway: 0, ruleset: rules)
    tables = outbound.publications.filter { !$0.name.value.hasPrefix(Crowd.prefix) }
      .map { study.table(of: $0, at: BenchNetwork.site) }
  }

  /// Cells with something to play.
  var cells: [SessionCell] { tables.flatMap(\.cells).filter { $0.performance != nil } }

  func duel(_ cell: SessionCell, _ name: String) -> Duel? {
    guard let session = cell.performance?.session, case .host(let host) = session.server.party else { return nil }
    return Duel(
      name: "\(name), \(cell.title)", client: BenchNetwork.host(cell.place),
      serverAddresses: host.addresses.map(\.description), model: session)
  }
}
