import Addressing
import Diagnostics
import Nftables

/// Gathers the rules of one chain, and those of its place that are switched off.
struct SRXChain {
  static let table = "device"

  let name: String
  let base: BaseChain
  private(set) var rules: [Rule] = []
  private(set) var idle: [IdleRule] = []

  init(_ name: String, _ base: BaseChain) { (self.name, self.base) = (name, base) }

  var chain: Chain { Chain(name, base, rules: rules) }

  /// - Parameter isIdle: Whether something switches the rule off.
  mutating func add(_ statements: [Statement], _ words: String, at span: SourceSpan?, isIdle: Bool = false) {
    // What was not read comes last of what matches, so that it concerns no other packet.
    let isMatch: (Statement) -> Bool = { if case .match = $0 { true } else { false } }
    let isDoubt: (Statement) -> Bool = { if case .unread = $0 { true } else { false } }
    let ordered =
      statements.filter(isMatch) + statements.filter(isDoubt) + statements.filter { !isMatch($0) && !isDoubt($0) }
    var rule = Rule(ordered, provenance: span.map { [$0] } ?? [])
    rule.quotation = words
    if isIdle {
      idle.append(
        IdleRule(table: Self.table, chain: name, position: rules.count, rule: rule, reason: "is inactive"))
    } else {
      rules.append(rule)
    }
  }
}

/// What several readers of parts of a configuration have in common.
struct SRXParts {
  let root: JunosNode
  let lines: GatewayText
  let zones: SRXZones
  let interfaces: SRXInterfaces
  var books: SRXAddressBooks
  var applications: SRXApplications
  let context: GatewayContext

  init(_ root: JunosNode, _ text: GatewayText, _ context: GatewayContext) {
    (self.root, lines, self.context) = (root, text, context)
    zones = SRXZones(root, context)
    interfaces = SRXInterfaces(root)
    books = SRXAddressBooks(root)
    applications = SRXApplications(root)
  }

  func span(_ line: Int) -> SourceSpan {
    lines.lines.indices.contains(line) ? lines.lines[line].span : lines.whole
  }
  func span(_ node: JunosNode) -> SourceSpan { span(node.line) }

  /// Whether groups may bring zones or their interfaces, which is not read.
  var bringsZones: Bool {
    (root["groups"]?.active ?? []).contains { group in
      (group["security"]?.active ?? []).contains { $0.word == "zones" || $0.word.hasPrefix("<") }
    }
  }

  /// Whether the FTP ALG reads control connections at all; it does unless `security alg ftp disable` says otherwise.
  var hasInspection: Bool { root["security", "alg", "ftp", "disable"] == nil }
}

extension Statement {
  /// The destination was not translated.
  static let isUntranslated = Statement.match(.conntrack("status"), .lacks, .flags(["dnat"]))

  /// TCP to one of some ports; `nil` for every port.
  static func ports(_ set: IntervalSet<UInt16>, _ field: String = "dport") -> Statement? {
    let ranges = set.intervals.compactMap { PortRange(low: $0.lowerBound, high: $0.upperBound) }
    guard let first = ranges.first else { return nil }
    if ranges.count == 1, first.low == 0, first.high == .max { return .isTCP }
    let value: Expression =
      ranges.count == 1 ? .value(Value(first)) : .members(ranges.map { Member(.value(Value($0))) })
    return .match(.payload("tcp", field), .equal, value)
  }

  static let isTCP = Statement.transport("tcp")
  static func transport(_ name: String) -> Statement {
    .match(.meta("l4proto"), .equal, Int64(name).map { .value(.number($0)) } ?? .value(.symbol(name)))
  }
}

extension SRXServices {
  /// What packets match that are of one of the services, with what the ALG does with them.
  ///
  /// - Parameter isInspecting: Whether the ALG is at work. Where several services have a port in common, nobody has
  ///   seen whose ALG counts.
  func matches(isInspecting: Bool) -> [SRXMatch] {
    var found: [SRXMatch] = []
    var ports: [SRXTerm.Inspection: IntervalSet<UInt16>] = [:]
    let all = IntervalSet<UInt16>([0...UInt16.max])
    var others: Set<String> = []
    for term in terms {
      guard term.transport == "tcp" else {
        others.insert(term.transport)
        continue
      }
      let own = term.ports.map { IntervalSet([$0.ports]) } ?? all
      if let sources = term.sources, sources.low > 1024 || sources.high < 65_535 {
        found += Self.inspected([term.inspection: own], isInspecting).map { match in
          SRXMatch([Statement.ports(IntervalSet([sources.ports]), "sport")].compactMap(\.self) + match.statements)
        }
      } else {
        ports[term.inspection] = (ports[term.inspection] ?? IntervalSet()).union(own)
      }
    }
    if isAny { ports[.standard] = all }
    found += Self.inspected(ports, isInspecting)
    if isAny { found.append(SRXMatch()) }
    found += others.sorted().map { SRXMatch([.transport($0)]) }
    return found + unread.map { SRXMatch([.unread($0)]) }
  }

  /// The ports that have the ALG, those of which nobody knows it, and the others.
  private static func inspected(
    _ ports: [SRXTerm.Inspection: IntervalSet<UInt16>], _ isInspecting: Bool
  ) -> [SRXMatch] {
    let (named, none, standard) = (
      ports[.ftp] ?? IntervalSet(), ports[.none] ?? IntervalSet(), ports[.standard] ?? IntervalSet()
    )
    guard isInspecting else {
      return [Statement.ports(named.union(none).union(standard))].compactMap { $0.map { SRXMatch([$0]) } }
    }
    // A well-known port triggers the ALG where the application names none.
    let ftp = named.union(standard.intersection(IntervalSet([21...21])))
    let open = ftp.intersection(none)
    let rest = none.union(standard).subtracting(ftp)
    return [
      Statement.ports(open).map {
        SRXMatch([$0, .unread("applications of one policy that differ about the FTP ALG on this port")])
      },
      Statement.ports(ftp.subtracting(open)).map { SRXMatch([$0, .assignHelper("ftp")]) },
      Statement.ports(rest).map { SRXMatch([$0]) },
    ].compactMap(\.self)
  }
}
