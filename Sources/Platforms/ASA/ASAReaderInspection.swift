import Addressing
import Nftables

/// Which control connections a device inspects, by its service policies (`inspect ftp`).
///
/// An inspection asks for the real port. Of classes of one policy the first that a connection meets counts; where it
/// has other inspections and a later one has that of FTP, it is not documented what happens (Cisco's guides say that
/// most inspections should not be combined). The policy of an interface comes before the global one for an inspection
/// that both have.
struct ASAInspectionWriter {
  private(set) var chains: [Chain] = []
  private let configuration: ASAConfiguration
  private var names: ASALookup
  private var maker: ASAConditionMaker

  static let plain = "ftp"
  static let strict = "ftp strict"
  static let helpers = [HelperObject(plain, type: "asa-ftp"), HelperObject(strict, type: "asa-ftp-strict")]

  init(_ configuration: ASAConfiguration, _ names: inout ASALookup, _ maker: inout ASAConditionMaker) {
    (self.configuration, self.names, self.maker) = (configuration, names, maker)
    var rules: [Rule] = []
    var written: Set<String> = []
    let own = configuration.servicePolicies.filter { $0.interface != nil }
    for service in own + configuration.servicePolicies.filter({ $0.interface == nil }) {
      guard let classes = configuration.policies[service.policy], classes.contains(where: { $0.ftp != nil }) else {
        continue
      }
      let chain = "policy-map \(service.policy)"
      if written.insert(service.policy).inserted { write(classes, chain) }
      guard let interface = service.interface else {
        rules.append(.of(service.line, [.verdict(.jump(chain))]))
        continue
      }
      for side in [Statement.comesFrom(interface), .leavesTo(interface)] {
        rules.append(.of(service.line, [side, .verdict(.jump(chain))]))
        rules.append(.of(service.line, [side, .verdict(.accept)]))
      }
    }
    chains.insert(Chain("inspect", BaseChain(.filter, .forward, priority: -10), rules: rules), at: 0)
    (names, maker) = (self.names, self.maker)
  }

  private mutating func write(_ classes: [ASAConfiguration.PolicyClass], _ title: String) {
    var rules: [Rule] = []
    for (place, entry) in classes.enumerated() where entry.inspects {
      let chain = "\(title) class \(entry.name)"
      if let line = entry.ftp {
        let helper = line[2] == "strict" ? Self.strict : Self.plain
        var actions: [Statement] = [.assignHelper(helper), .verdict(.accept)]
        if line[2] == "strict", configuration.strictMaps[line[3]] != nil {
          // It is strict whatever the map asks for.
          actions.insert(.unread("`\(line.text)` looks at what is said"), at: 1)
        }
        chains.append(Chain(chain, rules: conditions(of: entry, line, actions)))
        rules.append(.of(line, [.verdict(.jump(chain))]))
        continue
      }
      let later = classes[(place + 1)...].compactMap { other in other.ftp.map { (other, $0) } }
      guard let line = entry.actions.first, !later.isEmpty else { continue }
      let doubt = "\(chain), then inspect ftp"
      chains.append(
        Chain(
          doubt,
          rules: later.flatMap { other, ftp in
            conditions(
              of: other, ftp,
              [.unread("`inspect ftp` in a class after `\(entry.name)`, which has inspections as well")])
          }))
      chains.append(Chain(chain, rules: conditions(of: entry, line, [.verdict(.jump(doubt))])))
      rules.append(.of(line, [.verdict(.jump(chain))]))
    }
    chains.append(Chain(title, rules: rules))
  }

  /// The rules for connections of a class.
  private mutating func conditions(
    of entry: ASAConfiguration.PolicyClass, _ line: ASALine, _ actions: [Statement]
  ) -> [Rule] {
    let matches = configuration.classes[entry.name]?.matches ?? []
    if entry.name == "class-default" || matches.contains(where: { $0[1] == "any" }) {
      return [.of(line, [.isTCP, .unread("whether `\(line.text)` reads every port")])]
    }
    let isDefault = matches.contains { $0[1] == "default-inspection-traffic" }
    let port: [Statement] = isDefault ? [.ports(.destinationPort, [PortRange(21)])] : []
    var rules: [Rule] = []
    for match in matches {
      switch match[1] {
      case "access-list":
        for item in configuration.lists[match[2]] ?? [] {
          guard let entry = names.entry(item), !entry.isInactive, entry.isOfTCP else { continue }
          let ending = entry.isPermit ? actions : [.verdict(.return)]
          // Ports of a list that narrows the default traffic are ignored.
          let conditions =
            entry.isBroken
            ? [ASAConditions(doubt: "`\(item.text)`")]
            : maker.conditions(entry.source, entry.destination, entry.services, ignoresPorts: isDefault)
          rules += conditions.map { .of(line, port + $0.matches + Self.doubt($0.doubt ?? entry.doubt) + ending) }
        }
      case "default-inspection-traffic":
        if !matches.contains(where: { $0[1] == "access-list" }) { rules.append(.of(line, port + actions)) }
      case "port":
        guard match[2] == "tcp" else { continue }
        var words = match.dropping(3)
        let ports = ASAProtocol.ports(&words)
        let condition: Statement = ports.map { .ports(.destinationPort, $0) } ?? .unread("`\(match.text)`")
        rules.append(.of(line, [condition] + actions))
      // Tunnels and what is no TCP.
      case "tunnel-group", "rtp", "flow": continue
      default: rules.append(.of(line, [.isTCP, .unread("`\(match.text)`")]))
      }
    }
    return rules
  }

  private static func doubt(_ words: String?) -> [Statement] { words.map { [.unread($0)] } ?? [] }
}

extension ASAConfiguration.PolicyClass {
  /// The line that inspects FTP.
  fileprivate var ftp: ASALine? { actions.first { $0.starts(with: "inspect", "ftp") } }
  fileprivate var inspects: Bool { actions.contains { $0.first == "inspect" } }
}

extension Rule {
  static func of(_ line: ASALine, _ statements: [Statement]) -> Rule {
    var rule = Rule(statements, provenance: [line.span])
    rule.quotation = line.text
    return rule
  }
}
