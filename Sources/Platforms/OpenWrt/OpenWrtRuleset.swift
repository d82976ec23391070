import Addressing
import Diagnostics
import Nftables

/// What fw4 makes of the sections: the chains that its template has for each zone (ruleset.uc), with hooks
/// and priorities. A zone stands for its devices. fw3 does the same in chains of iptables, at the same places.
///
/// Zones are others' business: those outside are taken to reject what nothing accepts, as `wan` does on a new router;
/// what other zones do with new connections is not known. A reflection asks for the networks of the zone, here for its
/// devices.
extension OpenWrtSections {
  var table: Table {
    var rules: [String: [Rule]] = [:]
    for (chain, rule) in sections.flatMap(\.rules) { rules[chain, default: []].append(rule) }
    let zones = outside + inside.filter { !outside.contains($0) }
    let helped = zones.filter { rules["helper_\($0)"] != nil }
    /// To the chains of the zones.
    func jumps(_ chain: String, to zones: [String], _ condition: (String) -> Statement) -> [Rule] {
      zones.map { .of(condition($0), .verdict(.jump("\(chain)_\($0)"))) }
    }
    func incoming(_ chain: String) -> [Rule] { jumps(chain, to: zones) { .comesFrom($0) } }
    func outgoing(_ chain: String) -> [Rule] { jumps(chain, to: zones) { .leavesTo($0) } }
    var chains = [
      Chain(
        "input", BaseChain(.filter, .input, priority: 0),
        rules: [.of(.comesFromLoopback, .verdict(.accept)), .acceptsKnown] + incoming("input") + [.unknown]),
      Chain(
        "forward", BaseChain(.filter, .forward, priority: 0),
        rules: [.acceptsKnown] + rules["forward", default: []] + incoming("forward") + [.unknown]),
      Chain(
        "output", BaseChain(.filter, .output, priority: 0),
        rules: [.of(.leavesLoopback, .verdict(.accept)), .acceptsKnown] + outgoing("output") + [.unknown]),
      Chain(
        "prerouting", BaseChain(.filter, .prerouting, priority: 0),
        rules: jumps("helper", to: helped) { .comesFrom($0) }),
      Chain("dstnat", BaseChain(.nat, .prerouting, priority: -100), rules: incoming("dstnat")),
      Chain(
        "srcnat", BaseChain(.nat, .postrouting, priority: 100),
        rules: rules["srcnat", default: []] + outgoing("srcnat")),
    ]
    for zone in zones {
      let end = outside.contains(zone) ? Rule.of(.reject("tcp reset", code: nil)) : .unknown
      for (chain, following) in [
        ("input", [.translated, end]), ("forward", [.translated, end]), ("output", [.unknown]), ("helper", []),
        ("dstnat", []), ("srcnat", []),
      ] as [(String, [Rule])] {
        let name = "\(chain)_\(zone)"
        chains.append(Chain(name, rules: rules[name, default: []] + following))
      }
    }
    return Table("fw4", helpers: helped.isEmpty ? [] : [HelperObject("ftp", type: "ftp")], chains: chains)
  }
}

extension OpenWrtSection {
  /// The rules that come of the section, each with its chain.
  fileprivate var rules: [(chain: String, rule: Rule)] {
    var rules = [(chain, Rule(matches + action, provenance: [provenance]))]
    guard isReflected, let zone = to, case .redirect(let address, let port) = kind else { return rules }
    rules.append(("dstnat_\(zone)", Rule(destinationMatches + action, provenance: [provenance])))
    let atServer: [Statement] = [
      .comesFrom(zone), .match(.destination(family), .equal, .value(.address(address))),
      .match(.destinationPort, .equal, .value(port.map { .port($0) } ?? ports.map { Value($0) } ?? .port(0))),
      .masquerade,
    ]
    rules.append(("srcnat_\(zone)", Rule(atServer, provenance: [provenance])))
    return rules
  }

  private var chain: String {
    switch kind {
    case .redirect: "dstnat_\(from ?? "")"
    case .helper: "helper_\(from ?? "")"
    case .masquerade, .source: from.map { "srcnat_\($0)" } ?? "srcnat"
    case .accept, .drop:
      switch (from, to) {
      case ("*"?, _): "forward"
      case (let zone?, nil): "input_\(zone)"
      case (let zone?, _?): "forward_\(zone)"
      case (nil, let zone): "output_\(zone ?? "")"
      }
    }
  }

  private var isVerdict: Bool {
    switch kind {
    case .accept, .drop: true
    case .redirect, .helper, .masquerade, .source: false
    }
  }

  private var matches: [Statement] {
    var matches: [Statement] = []
    // What is accepted towards a zone is so in a chain of the zone.
    if isVerdict, let to, to != "*", from != nil { matches.append(.leavesTo(to)) }
    if let source { matches.append(.match(.source(family), .equal, .value(Value(source)))) }
    if let sourcePort { matches.append(.match(.sourcePort, .equal, .value(.port(sourcePort)))) }
    return matches + destinationMatches
  }

  private var destinationMatches: [Statement] {
    [
      destination.map { .match(.destination(family), .equal, .value(Value($0))) },
      ports.map { .match(.destinationPort, .equal, .value(Value($0))) },
    ].compactMap(\.self)
  }

  private var action: [Statement] {
    switch kind {
    case .redirect(let address, let port):
      // Without a port of its own a redirect names those that it matches, which keeps each of them.
      let target = port.map { Value.port($0) } ?? ports.map { Value($0) }
      return [
        .translate(
          Translation(
            .destination, family, address: .value(.address(address)), port: target.map { .value($0) }))
      ]
    case .accept: return [.verdict(.accept)]
    case .drop: return [.verdict(.drop)]
    case .helper: return [.assignHelper("ftp")]
    case .masquerade: return [.masquerade]
    case .source(let address):
      return [.translateSource(family, .value(.address(address)))]
    }
  }
}

extension Rule {
  fileprivate static func of(_ statements: Statement...) -> Rule { Rule(statements, provenance: []) }

  fileprivate static let translated = of(.isTranslated, .verdict(.accept))
  fileprivate static let unknown = unknown("what the zones of the router do with other new connections")
}

extension Statement {
  /// The packet leaves by an interface, or by those of a zone of that name.
  static func leavesTo(_ zone: String) -> Statement { .match(.outputInterface, .equal, .value(.interface(zone))) }
}
