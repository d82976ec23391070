import Addressing
import Diagnostics
import Nftables

/// Makes rules of sections as fw4 does (fw4.uc and its template ruleset.uc).
///
/// A jump to what a zone does with packets (`accept_to_wan` and its like) is written as the rules to which it leads, so
/// that each bears the line that asks for it; limits of SYN packets, flow tables, logs and helpers other than that of
/// FTP are left out, because they decide about no session. What packages put into /usr/share/nftables.d and people
/// into /etc/nftables.d is in no section, and nothing is known of it.
struct OpenWrtLowering {
  let context: GatewayContext
  let defaults: OpenWrtDefaults
  var gateway = SavedGateway()
  private(set) var zones: [OpenWrtZone] = []
  private var positions: [String: Int] = [:]
  /// Zones that do nothing, with what keeps them from it.
  private(set) var idleZones: [String: (reason: String, span: SourceSpan)] = [:]
  var sets: [String: OpenWrtSet] = [:]
  /// Rules by their chain, in the order of fw4.
  var rules: [String: [Rule]] = [:]
  /// Zones into which connections are redirected, so that what is translated is accepted.
  var translating: Set<String> = []

  static let table = "fw4"

  init(_ file: UCIFile, _ text: GatewayText, _ context: GatewayContext) {
    self.context = context
    let sections = Dictionary(grouping: file.sections, by: \.type)
    defaults = OpenWrtDefaults(sections["defaults"]?.first, text.whole)
    for section in sections["ipset", default: []] { addSet(section) }
    for section in sections["zone", default: []] { addZone(section) }
    nameInterfaces()
    for zone in zones {
      guard let span = zone.helper else { continue }
      let statements: [Statement] = [.match(.destinationPort, .equal, .value(.port(21))), .assignHelper("ftp")]
      add(statements, to: "helper_\(zone.name)", zone.section, at: span)
    }
    for section in sections["rule", default: []] { addRule(section) }
    for section in sections["forwarding", default: []] { addForwarding(section) }
    for section in sections["redirect", default: []] { addRedirect(section) }
    for section in sections["nat", default: []] { addTranslation(section) }
    for section in sections["include", default: []] { addInclude(section) }
    addRemarks(file.sections)
  }

  // MARK: - Zones

  private mutating func addZone(_ section: UCISection) {
    var options = OpenWrtOptions(section)
    let zone = OpenWrtZone(&options, defaults: defaults)
    let name = zone?.name ?? section.options["name"]?.values.first ?? ""
    guard let zone, options.flag("enabled", true) else {
      idleZones[name] = (options.fault ?? "is disabled", section.span)
      return
    }
    if positions[name] == nil { positions[name] = zones.count }
    zones.append(zone)
  }

  /// Says by which names of the policy packets of each zone come and go: by that of the zone, of one of its networks or
  /// of its devices.
  private mutating func nameInterfaces() {
    var owners: [String: Int] = [:]
    var patterns: [(start: String, zone: Int)] = []
    for (index, zone) in zones.enumerated() {
      for name in (zone.networks + zone.devices).filter({ !$0.isInverted }).map(\.value) {
        if name.hasSuffix("+") {
          patterns.append((String(name.dropLast()), index))
        } else if owners[name] == nil {
          owners[name] = index
        }
      }
    }
    var names: [Int: [String]] = [:]
    let asked = context.outside + context.inside.filter { !context.outside.contains($0) }
    for name in asked {
      let owner = positions[name] ?? owners[name] ?? patterns.first { name.hasPrefix($0.start) }?.zone
      if let owner {
        names[owner, default: []].append(name)
      } else if idleZones[name] == nil {
        unknown.append(name)
      }
    }
    for index in zones.indices {
      let zone = zones[index]
      let own =
        [zone.name]
        + (zone.networks + zone.devices).filter { !$0.isInverted }.map {
          $0.value.hasSuffix("+") ? $0.value.dropLast() + "*" : $0.value
        }
      let interfaces = names[index] ?? own.filter { !asked.contains($0) && $0 != "*" }
      zones[index].interfaces = interfaces.isEmpty ? ["zone \(zone.name)"] : interfaces
    }
  }

  /// Names of the policy that are of no zone.
  private(set) var unknown: [String] = []

  func zone(_ name: String) -> OpenWrtZone? { positions[name].map { zones[$0] } }

  /// A zone that an option names; `nil` where it has none, or names all by `*`.
  func zone(_ option: String, _ options: inout OpenWrtOptions) -> (zone: OpenWrtZone?, isAny: Bool)? {
    guard let name = options.single(option) else { return nil }
    if name == "*" { return (nil, true) }
    guard let zone = zone(name) else {
      options.fail(idleZones[name] == nil ? "there is no zone `\(name)`" : "the zone `\(name)` does nothing")
      return nil
    }
    return (zone, false)
  }

  // MARK: - Rules

  mutating func add(
    _ statements: [Statement], to chain: String, _ section: UCISection, at span: SourceSpan? = nil,
    idle reason: String? = nil
  ) {
    // What is not known decides last: where what is known lets a packet pass, it matters to none.
    let isUnread = { (statement: Statement) in if case .unread = statement { true } else { false } }
    let first = statements.dropLast().filter { !isUnread($0) }
    let all = first + statements.dropLast().filter(isUnread) + statements.suffix(1)
    var rule = Rule(all, provenance: [span ?? section.span])
    rule.quotation = section.summary
    guard let reason else { return rules[chain, default: []].append(rule) }
    gateway.idle.append(
      IdleRule(
        table: Self.table, chain: chain, position: rules[chain]?.count ?? 0, rule: rule, reason: reason))
  }

  /// Notes a section that fw4 leaves out.
  mutating func leaveOut(_ section: UCISection, _ chain: String, _ reason: String) {
    add([], to: chain, section, idle: reason)
    remarkLeftOut(section, reason)
  }

  private mutating func addForwarding(_ section: UCISection) {
    var options = OpenWrtOptions(section)
    let isEnabled = options.flag("enabled", true)
    let family = options.family()
    let (source, target) = (zone("src", &options), zone("dest", &options))
    if source == nil || target == nil { options.fail("it lacks a zone") }
    let chain = source?.zone.map { "forward_\($0.name)" } ?? "forward"
    let families = OpenWrtFamilies(family, networks: [], zones: [source?.zone, target?.zone])
    if families.isContradictory { options.fail("its zones are of different families") }
    if let fault = options.fault { return leaveOut(section, chain, fault) }
    for family in families.rules {
      let match = OpenWrtMatch(family: family, proto: OpenWrtMatch.protocolAny).statements
      for condition in target?.zone?.conditions(leaving: true) ?? [[]] {
        add(match + condition + [.verdict(.accept)], to: chain, section, idle: isEnabled ? nil : "is disabled")
      }
    }
  }

  /// A file of further rules, of which nothing is known.
  private mutating func addInclude(_ section: UCISection) {
    var options = OpenWrtOptions(section)
    let path = options.single("path") ?? ""
    let isScript = (options.word("type", ["script", "nftables"]) ?? "script") == "script"
    // The file of fw3 is not run unless the section says so.
    let isCompatible = options.flag("fw4_compatible", path != "/etc/firewall.user")
    let position = options.single("position") ?? "table-append"
    let chain = options.single("chain")
    let words: [Statement] = [.unread("what \(path) adds")]
    let isInChain = !isScript && position.hasPrefix("chain") && chain != nil
    let reason = options.flag("enabled", true) ? nil : "is disabled"
    guard options.fault == nil, !isScript || isCompatible, !path.isEmpty else { return }
    guard isInChain, let chain else {
      for hook in ["input", "forward"] { add(words, to: "other_\(hook)", section, idle: reason) }
      return
    }
    let place = position.hasPrefix("chain-pre") ? "before_\(chain)" : "after_\(chain)"
    add(words, to: place, section, idle: reason)
  }
}
