import Addressing
import Nftables

extension IptablesRuleset {
  /// The same rules as tables of nftables, as a listing of what iptables-nft loads has them: with the hooks and
  /// priorities of iptables (`enum nf_ip_hook_priorities`).
  var model: [Table] {
    IptablesTable.allCases.compactMap { table in
      let entrances = self.entrances(table)
      guard !entrances.isEmpty else { return nil }
      let builtIn = entrances.map { entrance in
        Chain(entrance.builtIn, entrance.base, rules: [jump(entrance).model(family, isNamed: false)])
      }
      let own = (chains[table] ?? []).map { chain in
        Chain(chain.name, rules: chain.rules.map { $0.model(family, isNamed: true) })
      }
      return Table(table.rawValue, family: family == .ipv4 ? .ip : .ip6, chains: builtIn + own)
    }
  }
}

extension IptablesEntrance {
  fileprivate var base: BaseChain {
    let hook: BaseChain.Hook =
      switch self {
      case .help, .admission, .publish: .prerouting
      case .helpOutput, .output: .output
      case .mark, .forward: .forward
      case .source: .postrouting
      case .input: .input
      }
    let priority =
      switch table {
      case .raw: -300
      case .mangle: -150
      case .nat: self == .source ? 100 : -100
      case .filter: 0
      }
    return BaseChain(table == .nat ? .nat : .filter, hook, priority: priority)
  }
}

extension IptablesRule {
  /// - Parameter isNamed: Whether the text stands beside it, for those who read which rule decided.
  fileprivate func model(_ family: AddressFamily, isNamed: Bool) -> Rule {
    var rule = Rule(
      matches.flatMap { $0.statements(family) } + target.statements(family), comment: comment,
      provenance: provenance.map { [$0] } ?? [])
    rule.quotation = text
    return rule
  }
}

extension IptablesMatch {
  fileprivate func statements(_ family: AddressFamily) -> [Statement] {
    switch self {
    case .comesIn(let name): [.match(.inputInterface, .equal, .value(.interface(name)))]
    case .leaves(let name): [.match(.outputInterface, .equal, .value(.interface(name)))]
    case .from(let prefix): [.match(.source(family), .equal, .value(Value(prefix)))]
    case .to(let prefix): [.match(.destination(family), .equal, .value(Value(prefix)))]
    case .tcp: [.match(.meta("l4proto"), .equal, .value(.symbol("tcp")))]
    case .sends(let ports): [.match(.sourcePort, .equal, .value(Value(ports)))]
    case .dials(let ports): [.match(.destinationPort, .equal, .value(Value(ports)))]
    case .state(let state): [state.match]
    case .dialled(let address, let port, let state):
      [
        state?.match, .match(.tuple("original", "\(family.header) daddr"), .equal, .value(.address(address))),
        port.map { .match(.tuple("original", "proto-dst"), .equal, .value(.port($0))) },
      ].compactMap(\.self)
    case .answered(let address):
      [.match(.tuple("reply", "\(family.header) daddr"), .equal, .value(.address(address)))]
    // The model knows one helper of FTP, whatever port it has in its name.
    case .helper: [.match(.conntrack("helper"), .equal, .value(.string("ftp")))]
    case .connections(let limit, _): [.connectionCount(over: limit)]
    case .rate(let count, _): [.limit(Rate(count, per: .minute, burst: count, over: true))]
    case .loggable: [.limit(Rate(5, per: .second, burst: 10))]
    case .fromSet: [.xtables(Xtables(type: "match", name: "set"))]
    case .marked:
      [
        .match(
          .arithmetic(.and, [.meta("mark"), .value(.number(Int64(masqueradeMark)))]), .equal,
          .value(.number(Int64(masqueradeMark))))
      ]
    }
  }
}

extension ConnectionState {
  fileprivate var match: Statement {
    .match(.conntrack("state"), .equal, .flags([rawValue.lowercased()]))
  }
}

extension IptablesTarget {
  fileprivate func statements(_ family: AddressFamily) -> [Statement] {
    switch self {
    case .accept: [.verdict(.accept)]
    case .drop: [.verdict(.drop)]
    case .return: [.verdict(.return)]
    case .jump(let chain): [.verdict(.jump(chain))]
    case .goto(let chain): [.verdict(.goto(chain))]
    case .destination(let address, let port):
      [
        .translate(
          Translation(
            .destination, family, address: .value(.address(address)), port: port.map { .value(.port($0)) }))
      ]
    case .source(let address): [.translateSource(family, .value(.address(address)))]
    case .masquerade: [.masquerade]
    // nft has no statement of its own for a helper that is chosen before connection tracking.
    case .help: [.xtables(Xtables(type: "target", name: "CT", revision: 2, info: helperInfo))]
    case .log(let prefix): [.log(prefix: prefix)]
    case .mark:
      [
        .set(
          .meta("mark"), to: .arithmetic(.or, [.meta("mark"), .value(.number(Int64(masqueradeMark)))]))
      ]
    }
  }
}

/// `struct xt_ct_target_info_v1` with the helper `ftp` and nothing else: flags, zone and two masks of events, the name
/// of the helper in 16 bytes, that of a timeout in 32, and a pointer of the kernel after padding.
private let helperInfo: String = {
  var info = [UInt8](repeating: 0, count: 72)
  info.replaceSubrange(12..<15, with: Array("ftp".utf8))
  return Octets(info).hex
}()
