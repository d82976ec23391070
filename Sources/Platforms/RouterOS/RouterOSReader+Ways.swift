import Addressing
import Diagnostics
import Nftables

/// What may take packets off the way that routes and rules give them: rules of routing, and filters of bridges.
///
/// What these do is not played; packets that meet them are undecided.
extension RouterOSRuleset {
  var chainsOfWays: [Chain] { [routingRules, bridgeFilter].compactMap(\.self) }

  private func rule(_ entry: RouterOSEntry, _ menu: String, _ conditions: [Statement], _ end: Statement) -> Rule {
    var rule = Rule(conditions + [end], provenance: [entry.span])
    rule.quotation = "\(menu) \(entry.words)"
    return rule
  }

  private func chain(_ name: String, _ rules: [Rule]) -> Chain? {
    let isOfUse = rules.contains { $0.statements.contains { if case .unread = $0 { true } else { false } } }
    // After the filter, so that what this turns away is still told.
    return isOfUse ? Chain(name, BaseChain(.filter, .forward, priority: 10), rules: rules) : nil
  }

  /// The addresses of an entry that are understood; `nil` where they are of the other family.
  private func addresses(_ entry: RouterOSEntry, _ source: String, _ destination: String) -> [Statement]? {
    var found: [Statement] = []
    for (name, side) in [(source, Expression.source(family)), (destination, .destination(family))] {
      guard let text = entry[name], !text.isEmpty else { continue }
      let isNegated = text.hasPrefix("!")
      guard let value = RouterOSValue.addresses(isNegated ? String(text.dropFirst()) : text, family) else {
        return nil
      }
      if case .addresses(let low, let high) = value, low.value == 0, high.value == family.highest, !isNegated {
        continue
      }
      found.append(.match(side, isNegated ? .notEqual : .equal, .value(value)))
    }
    return found
  }

  // MARK: Rules of routing

  /// `/routing rule` of 7, and `/ip route rule` of 6.
  private var routingRules: Chain? {
    let menus = ["routing rule", "\(family.routerOSMenu) route rule"]
    let rules = menus.flatMap { menu in
      configuration.entries(menu).compactMap { $0.isDisabled ? nil : routingRule($0, menu) }
    }
    return chain("routing rule", rules)
  }

  private func routingRule(_ entry: RouterOSEntry, _ menu: String) -> Rule? {
    guard var conditions = addresses(entry, "src-address", "dst-address") else { return nil }
    if let interface = entry["interface"], !interface.isEmpty {
      conditions.append(.match(.inputInterface, .equal, .value(.interface(interface))))
    }
    let isMarked = !(entry["routing-mark"] ?? "").isEmpty
    let action = entry["action"] ?? "lookup"
    if action.hasPrefix("lookup") {
      // The usual table, and those from which packets leave towards clients.
      if entry["table"] ?? "main" == "main" {
        return isMarked ? nil : rule(entry, menu, conditions, .verdict(.accept))
      }
      // Rules for marks come from what sets these.
      if isMarked { return nil }
      if routes.leadsOutside(entry["table"] ?? "") {
        guard !context.outside.isEmpty else { return nil }
        conditions.append(.match(.inputInterface, .equal, outside))
      }
    }
    return rule(entry, menu, conditions, .unread("\(menu) action=\(action)"))
  }

  /// The interfaces where clients are.
  var outside: Expression {
    .members(
      context.outside.flatMap { [$0] + (interfaces.interfaces($0) ?? []) }.map { Member(.value(.interface($0))) })
  }

  // MARK: Filters of bridges

  private var bridgeFilter: Chain? {
    let menu = "interface bridge filter"
    return chain(
      menu,
      configuration.entries(menu).compactMap { entry in
        guard !entry.isDisabled, entry["action"] == "drop", let conditions = frames(entry) else { return nil }
        return rule(entry, menu, conditions, .unread("\(menu) action=drop"))
      })
  }

  /// What an entry matches of what is routed; `nil` where that is nothing.
  private func frames(_ entry: RouterOSEntry) -> [Statement]? {
    let kind = family == .ipv4 ? "ip" : "ipv6"
    guard ["host", "other-host", nil].contains(entry["packet-type"]), entry["mac-protocol"] ?? kind == kind,
      ["tcp", "6", nil].contains(entry["ip-protocol"]), !entry.isForMany
    else { return nil }
    let isOfOtherFamily = (family == .ipv4 ? ["src-address6", "dst-address6"] : ["src-address", "dst-address"])
      .contains { !(entry[$0] ?? "").isEmpty }
    let names = family == .ipv4 ? ("src-address", "dst-address") : ("src-address6", "dst-address6")
    guard !isOfOtherFamily, var conditions = addresses(entry, names.0, names.1) else { return nil }
    for (name, field) in [("src-port", "sport"), ("dst-port", "dport")] {
      guard let text = entry[name], !text.isEmpty else { continue }
      if let ranges = RouterOSValue.ports(text) {
        conditions.append(
          .match(.payload("tcp", field), .equal, .members(ranges.map { Member(.value(Value($0))) })))
      }
    }
    switch entry["chain"] {
    case "output": break
    // Frames of the bridge, on which clients are not.
    case "input" where !context.outside.isEmpty: conditions.append(.match(.inputInterface, .notEqual, outside))
    case "input": break
    // What is routed is not bridged, but for routers that are bridges, whose filters name what they are about.
    case "forward" where !conditions.isEmpty: break
    default: return nil
    }
    return conditions
  }
}

extension RouterOSEntry {
  /// Whether it is about frames to many.
  fileprivate var isForMany: Bool {
    guard let first = self["dst-mac-address"]?.split(separator: ":").first, let byte = UInt8(first, radix: 16) else {
      return false
    }
    return byte & 1 == 1
  }
}
