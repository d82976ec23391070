import Addressing
import Diagnostics
import Nftables

/// The policies: those between two zones, then the global ones, then the default.
///
/// They look at the addresses and ports of the server, after static and destination NAT (documented).
struct SRXPolicies {
  private var parts: SRXParts
  private(set) var chain: SRXChain

  init(_ parts: SRXParts) {
    self.parts = parts
    let policies = parts.root["security"]?.any("policies")
    let isIdle = policies?.isInactive == true
    let ending = isIdle ? nil : policies?["default-policy"]?.value
    let permitsAll = ending?.word == "permit-all"
    let declaration = (ending ?? policies ?? parts.root["security"]).map { parts.span($0) }
    chain = SRXChain("policies", BaseChain(.filter, .forward, priority: 0, dropsByPolicy: !permitsAll))
    addForwarding()
    chain.add([.isKnown, .verdict(.accept)], "sessions that the device knows", at: nil)
    let pairs = policies.map { Self.pairs($0) } ?? []
    for pair in pairs {
      for policy in pair.policies {
        add(
          policy, (from: [pair.from], to: [pair.to]), "from-zone \(pair.from) to-zone \(pair.to)",
          isIdle || pair.isIdle)
      }
    }
    addGlobal(policies, isIdle)
    if permitsAll {
      for match in SRXServices(isAny: true).matches(isInspecting: parts.hasInspection) {
        chain.add(match.statements + [.verdict(.accept)], "default-policy permit-all", at: declaration)
      }
    } else {
      for pair in pairs where !isIdle && !pair.isIdle { addEnd(of: pair) }
      chain.add([.verdict(.drop)], "default-policy deny-all: no policy permits it", at: declaration)
    }
  }

  private struct Pair {
    var from: String
    var to: String
    var node: JunosNode
    var isIdle: Bool
    var policies: [JunosNode] { node.any("policy")?.all ?? [] }
  }

  private static func pairs(_ policies: JunosNode) -> [Pair] {
    (policies["from-zone"]?.all ?? []).flatMap { from -> [Pair] in
      (from["to-zone"]?.all ?? []).map { to in
        Pair(
          from: from.word, to: to.word, node: to,
          isIdle: from.isInactive || to.isInactive || to.any("policy")?.isInactive == true)
      }
    }
  }

  private mutating func addGlobal(_ policies: JunosNode?, _ isIdle: Bool) {
    guard let global = policies?.any("global") else { return }
    let off = isIdle || global.isInactive
    for policy in global.any("policy")?.all ?? [] {
      func zones(_ key: String) -> [String] {
        let names = (policy["match", key]?.active ?? []).map(\.word)
        return names.isEmpty ? ["any"] : names
      }
      add(policy, (from: zones("from-zone"), to: zones("to-zone")), "global", off)
    }
  }

  /// What no policy of two zones speaks of is denied, and said where they are.
  private mutating func addEnd(of pair: Pair) {
    guard let last = pair.policies.last(where: { !$0.isInactive }) else { return }
    for match in SRXMatch.all(
      parts.zones.matches([pair.from], isSource: true), parts.zones.matches([pair.to], isSource: false))
    where !match.isDoubtful {
      chain.add(
        match.statements + [.verdict(.drop)],
        "default-policy deny-all: no policy from-zone \(pair.from) to-zone \(pair.to) permits it",
        at: parts.span(last))
    }
  }

  /// A device may forward packets without looking at sessions.
  private mutating func addForwarding() {
    guard let options = parts.root["security", "forwarding-options", "family"] else { return }
    if let mode = options["inet6", "mode"]?.value, mode.word != "flow-based" {
      let isIPv6 = Statement.match(.meta("nfproto"), .equal, .value(.symbol("ipv6")))
      chain.add(
        [isIPv6, mode.word == "drop" ? .verdict(.drop) : .unread("IPv6 without sessions")],
        "forwarding-options family inet6 mode \(mode.word)", at: parts.span(mode))
    }
    if let mode = options["inet", "mode"]?.value, mode.word != "flow-based" {
      let isIPv4 = Statement.match(.meta("nfproto"), .equal, .value(.symbol("ipv4")))
      chain.add(
        [isIPv4, .unread("packets without sessions")], "forwarding-options family inet mode \(mode.word)",
        at: parts.span(mode))
    }
    if let mode = options["mpls", "mode"]?.value, mode.word == "packet-based" {
      chain.add(
        [.unread("packets without sessions")], "forwarding-options family mpls mode packet-based",
        at: parts.span(mode))
    }
  }

  // MARK: - One policy

  private mutating func add(
    _ policy: JunosNode, _ zones: (from: [String], to: [String]), _ place: String, _ isIdle: Bool
  ) {
    let isIdle = isIdle || policy.isInactive
    let match = policy["match"]
    let isGlobal = place == "global"
    let found = SRXMatch.all(
      parts.zones.matches(zones.from, isSource: true), parts.zones.matches(zones.to, isSource: false),
      addresses(match, "source-address", in: isGlobal ? nil : zones.from.first),
      addresses(match, "destination-address", in: isGlobal ? nil : zones.to.first), services(policy, match),
      conditions(policy, match))
    let words = "\(place) policy \(policy.word)"
    for match in found {
      for action in actions(policy) {
        chain.add(
          match.statements.filter { !action.isDenial || !$0.assignsHelper } + action.statements,
          "\(words) then \(action.words)",
          at: parts.span(policy), isIdle: isIdle)
      }
    }
  }

  private mutating func addresses(_ match: JunosNode?, _ key: String, in zone: String?) -> [SRXMatch] {
    let names = (match?[key]?.active ?? []).map(\.word)
    guard !names.isEmpty else { return [SRXMatch([.unread("a policy without `\(key)`")])] }
    return parts.books.matches(
      of: names, in: zone, isSource: key == "source-address", isExcluded: match?["\(key)-excluded"] != nil)
  }

  private mutating func services(_ policy: JunosNode, _ match: JunosNode?) -> [SRXMatch] {
    let names = (match?["application"]?.active ?? []).map(\.word)
    guard !names.isEmpty else { return [SRXMatch([.unread("a policy without `application`")])] }
    return parts.applications.services(of: names).matches(isInspecting: parts.hasInspection)
  }

  /// What else a policy asks, which no address and no port tells.
  private func conditions(_ policy: JunosNode, _ match: JunosNode?) -> [SRXMatch] {
    let known: Set = [
      "source-address", "destination-address", "application", "source-address-excluded",
      "destination-address-excluded",
      "from-zone", "to-zone",
    ]
    var doubts: [String] = []
    for node in match?.active ?? [] where !known.contains(node.word) {
      let values = node.active.map(\.word)
      guard values != ["any"], values != ["none"] || node.word == "source-identity" else { continue }
      if node.word.hasPrefix("apply-groups") { continue }
      doubts.append(([node.word] + values.prefix(3)).joined(separator: " "))
    }
    for node in policy.active
    where !["match", "then", "description"].contains(node.word) && !node.word.hasPrefix("apply-groups") {
      doubts.append(([node.word] + node.active.map(\.word).prefix(3)).joined(separator: " "))
    }
    return [SRXMatch(doubts.map { .unread($0) })]
  }

  private struct Action {
    var statements: [Statement]
    var words: String
    var isDenial = false
  }

  /// What becomes of packets that a policy matches, one step after another.
  private func actions(_ policy: JunosNode) -> [Action] {
    guard let then = policy["then"] else {
      return [Action(statements: [.unread("a policy without `then`")], words: "?")]
    }
    let decision = then.active.last { ["permit", "deny", "reject"].contains($0.word) }
    switch decision?.word {
    case "deny": return [Action(statements: [.verdict(.drop)], words: "deny", isDenial: true)]
    case "reject": return [Action(statements: [.reject("tcp reset", code: nil)], words: "reject", isDenial: true)]
    default: break
    }
    guard let permit = decision else {
      return [Action(statements: [.unread("a policy that neither permits nor denies")], words: "?")]
    }
    return Self.permission(permit)
  }

  private static func permission(_ permit: JunosNode) -> [Action] {
    var actions: [Action] = []
    for node in permit.active {
      switch node.word {
      case "destination-address":
        let isWanted = node["drop-translated"] == nil
        if node["drop-untranslated"] == nil, isWanted { continue }
        actions.append(
          Action(
            statements: [isWanted ? .isUntranslated : .isTranslated, .verdict(.drop)],
            words: "permit destination-address \(node.value?.word ?? "")", isDenial: true))
      case "tcp-options", "services-offload", "no-services-offload": continue
      case "application-services":
        for service in node.active {
          actions.append(
            Action(
              statements: [.unread("what `application-services \(service.word)` does to FTP")],
              words: "permit application-services \(service.word)", isDenial: true))
        }
      default:
        actions.append(
          Action(
            statements: [.unread("what `\(node.word)` does to FTP")], words: "permit \(node.word)", isDenial: true))
      }
    }
    return actions + [Action(statements: [.verdict(.accept)], words: "permit")]
  }
}

extension SRXMatch {
  /// Whether some statement was not read.
  fileprivate var isDoubtful: Bool { statements.contains { if case .unread = $0 { true } else { false } } }
}

extension Statement {
  fileprivate var assignsHelper: Bool { if case .assignHelper = self { true } else { false } }
}
