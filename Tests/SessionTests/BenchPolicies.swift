import Addressing
import Compilation
import Diagnostics
import FTPSession
import LiveSupport
import Nftables
import Policy
import PolicySyntax

/// Compiles one text.
func compile(_ policy: String) -> Compilation {
  Compilation(loadSources([SourceFile(name: "policy.sally", text: policy)]) { _ in .failure(.missing) })
}

extension BenchNetwork {
  /// The bench as a place where a policy runs.
  static let site = SessionSite(
    network: network, server: { server($0.map(\.description)) },
    client: { place, family in ip(clientAddress(host(place), 0, family)) },
    party: { place, address, _ in client(host(place), address.description) })

  static func host(_ place: ClientPlace) -> LabHost {
    switch place {
    case .allowed: .client
    case .stranger: .stranger
    case .inside: .inside
    }
  }
}

/// Writes policies for the addresses of the bench.
struct BenchPolicyGenerator {
  var random: RulesetGenerator
  private var text = ""
  private var ranges: [String] = []
  private(set) var certificate: (path: String, key: String)

  init(seed: UInt64, certificate: (path: String, key: String) = ("/etc/ssl/a.pem", "/etc/ssl/a.key")) {
    random = RulesetGenerator(seed: seed)
    self.certificate = certificate
  }

  /// One or two publications, now and then beside a hundred that have much in common with them; `software` where the
  /// server is to be run.
  mutating func policy(software: [String] = ["pure-ftpd", "proftpd", "vsftpd", "iis", "filezilla", "other"]) -> String
  {
    text = ""
    ranges = []
    let hasGateway = !random.chance(4)
    if hasGateway { text += "gateway edge { outside eth0; inside eth1; }\n" }
    // A long list is kept once where it is said more than once.
    let others = random.chance(2) ? (1...20).map { ", 198.19.0.\(2 * $0), 2001:db8:cc::\(2 * $0)" } : []
    text += "clients friends = 198.51.100.0/24, 2001:db8:51::/64\(others.joined())\n"
    publication(0, hasGateway, software)
    if software.count > 1, random.chance(3) { publication(1, hasGateway, software) }
    if software.count > 1, random.chance(3), let range = ranges.last {
      text += Crowd.text(range: range, clients: "friends", hasIPv6: random.chance(2))
    }
    return text
  }

  private mutating func publication(_ index: Int, _ hasGateway: Bool, _ programs: [String]) {
    let software = random.pick(programs)
    let kind = random.pick(["translated", "translated", "translated", "routed", "local"])
    let families = kind == "routed" ? [4] : random.pick([[4], [4], [4, 6], [6]])
    let external = families.map { family in
      kind == "routed"
        ? "203.0.113.\(130 + index)" : family == 4 ? "203.0.113.\(10 + index)" : "2001:db8:113::1\(index)"
    }
    let inner = families.map { $0 == 4 ? "10.10.20.\(200 + index)" : "2001:db8:20::\(200 + index)" }
    let address = kind == "local" ? ["local"] : kind == "routed" ? external : inner
    let tls = mode(of: software)
    let helper = tls == "off" || tls == "explicit optional" ? random.chance(2) : false
    text += "server s\(index) {\n  address \(address.joined(separator: ", "))\n  software \(software)\n"
    if software == "iis" { text += "  site \"Site\"\n" }
    if tls != "off" {
      text +=
        software == "iis"
        ? "  certificate thumbprint 57686F6120447564652C2049495320526F636B73\n"
        : "  certificate \"\(certificate.path)\" key \"\(certificate.key)\"\n"
    }
    text += "}\npublish p\(index) {\n  server s\(index)\n  external ip \(external.joined(separator: ", "))\n"
    if random.chance(4), tls != "implicit" {
      text += "  control port \(2121 + index)\(random.chance(2) ? " -> 21" : "")\n"
    }
    if tls != "off" || !helper || random.chance(2) {
      let low = 50_000 + index * 1000
      let range = "\(low)-\(low + random.number(100...399))"
      ranges.append(range)
      text += "  passive range \(range)\n"
    }
    text += "  tls \(tls)\n"
    if helper { text += "  helper on\n" }
    if random.chance(2), software != "filezilla" { text += "  active on\n" }
    if random.chance(2) { text += "  allow friends\n" }
    if random.chance(6) { text += "  deny 192.0.2.0/24\n" }
    if random.chance(4) { text += "  limit 500 sessions\n" }
    if hasGateway, kind == "translated", random.chance(2) { text += "  hairpin on\n" }
    if kind != "local", random.chance(5) { text += "  source gateway\n" }
    if random.chance(4) { text += "  log \(random.pick(["new", "denied", "all"]))\n" }
    text += "}\n"
  }

  private mutating func mode(of software: String) -> String {
    var modes = ["explicit optional", "explicit optional", "explicit required"]
    if software != "filezilla" { modes += ["off", "off"] }
    if software != "pure-ftpd" { modes.append("implicit") }
    return random.pick(modes)
  }
}

/// The sessions of the publications of an accepted policy, as `explain` judges them on the bench.
struct PolicySessions {
  let compilation: Compilation
  let tables: [SessionTable]

  init?(_ text: String, ruleset: Ruleset? = nil) {
    let compilation = compile(text)
    guard compilation.isAccepted else { return nil }
    self.compilation = compilation
    let gateway = compilation.policy.gateways.isEmpty ? nil : 0
    let study = SessionStudy(
      compilation.policy, gateway: gateway, ruleset: ruleset ?? Ruleset([compilation.table(gateway: gateway)]))
    tables = compilation.policy.publications.filter { !$0.name.value.hasPrefix(Crowd.prefix) }
      .map { study.table(of: $0, at: BenchNetwork.site) }
  }

  var script: String {
    compilation.table(gateway: compilation.policy.gateways.isEmpty ? nil : 0).script().text
  }

  /// Cells with something to play.
  var cells: [SessionCell] { tables.flatMap(\.cells).filter { $0.performance != nil } }

  /// A cell as a session for the bench.
  func duel(_ cell: SessionCell, _ name: String) -> Duel? {
    guard let session = cell.performance?.session else { return nil }
    let isLocal: Bool
    let addresses: [String]
    switch session.server.party {
    case .gateway(let own, _): (isLocal, addresses) = (true, own.map(\.description))
    case .host(let host): (isLocal, addresses) = (false, host.addresses.map(\.description))
    }
    return Duel(
      name: "\(name), \(cell.title)", client: BenchNetwork.host(cell.place), serverIsLocal: isLocal,
      serverAddresses: addresses, model: session)
  }
}
