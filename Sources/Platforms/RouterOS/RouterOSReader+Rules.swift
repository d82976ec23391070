import Addressing
import Diagnostics
import Nftables

/// Reads one entry into the rules that it comes to: one, or several where a condition has two ways to hold.
struct RouterOSRuleReader {
  private let entry: RouterOSEntry
  private let menu: String
  let ruleset: RouterOSRuleset
  var marks: [String: Int64]
  /// The address lists that it names.
  var lists: Set<String> = []
  /// The chain that it jumps to.
  private(set) var target: String?
  /// Conditions that must all hold.
  private var conditions: [Statement] = []
  /// Conditions of which one must hold.
  private var either: [Statement] = []
  /// A condition about a list, and the packets of which nobody knows whether it holds.
  private var doubts: [(index: Int, packets: [Statement])] = []
  /// What becomes of packets that meet all conditions but the last one.
  private var others: [Statement] = []
  /// Conditions that are not understood.
  private var unread: [String] = []

  init(_ entry: RouterOSEntry, _ menu: String, _ ruleset: RouterOSRuleset) {
    (self.entry, self.menu, self.ruleset) = (entry, menu, ruleset)
    marks = ruleset.marks
  }

  var family: AddressFamily { ruleset.family }
  var transport: String? { entry["protocol"].flatMap { RouterOSProtocol.name($0) } }

  mutating func rules() -> [Rule] {
    for (name, value) in entry.parameters { read(name, value) }
    guard let action = action() else { return [] }
    let conditions = self.conditions + unread.map { Statement.unknownCondition($0) }
    let ways = either.isEmpty ? [[]] : either.map { [$0] }
    var rules: [Rule] = []
    for way in ways {
      rules.append(rule(way + conditions + action))
      rules += doubtful(way, conditions)
      if !others.isEmpty {
        rules.append(rule(way + self.conditions.dropLast() + unread.map { .unknownCondition($0) } + others))
      }
    }
    return rules
  }

  /// What becomes of packets of which nobody knows whether they are in a list, or in two.
  private func doubtful(_ way: [Statement], _ conditions: [Statement]) -> [Rule] {
    (1..<(1 << min(doubts.count, 2))).map { chosen in
      let chosen = doubts.indices.filter { chosen >> $0 & 1 == 1 }.map { doubts[$0] }
      let certain = conditions.enumerated().filter { index, _ in !chosen.contains { $0.index == index } }.map(
        \.element)
      let packets = chosen.flatMap(\.packets)
      let isUnread = { (statement: Statement) in if case .unread = statement { true } else { false } }
      return rule(way + certain + packets.filter { !isUnread($0) } + packets.filter(isUnread))
    }
  }

  private func rule(_ statements: [Statement]) -> Rule {
    var rule = Rule(statements, comment: entry["comment"].map { String($0.prefix(128)) }, provenance: [entry.span])
    rule.quotation = entry.words
    return rule
  }

  // MARK: What building blocks do

  mutating func require(_ left: Expression, _ right: Expression, isNegated: Bool = false) {
    let opposite: MatchOperator = if case .flags = right { .lacks } else { .notEqual }
    conditions.append(.match(left, isNegated ? opposite : .equal, right))
  }

  mutating func require(_ statement: Statement) { conditions.append(statement) }

  mutating func require(oneOf statements: [Statement]) {
    // Two such conditions would be more rules than anybody writes.
    if either.isEmpty { either = statements } else { unread.append("two conditions about either port") }
  }

  mutating func require(list name: String, _ address: Expression, isNegated: Bool) {
    lists.insert(name)
    guard let list = ruleset.lists[name] ?? (ruleset.tellsAddressLists ? RouterOSAddressList(name, family) : nil)
    else {
      unread.append("the address list `\(name)`, which the whole export shows")
      return
    }
    if let packets = list.doubt(address) { doubts.append((conditions.count, packets)) }
    conditions.append(list.matching(address, isNegated: isNegated))
  }

  mutating func leave(_ name: String, _ value: String) { unread.append("\(name)=\(value)") }

  mutating func number(ofMark name: String) -> Int64 {
    if name == "no-mark" { return 0 }
    let number = marks[name] ?? Int64(marks.count + 1)
    marks[name] = number
    return number
  }

  // MARK: Actions

  /// The statements of the action; `nil` for one that does nothing to packets.
  private mutating func action() -> [Statement]? {
    let action = entry["action"] ?? "accept"
    switch action {
    case "accept": return [.verdict(.accept)]
    // A connection that is held up carries no session either.
    case "drop", "tarpit": return [.verdict(.drop)]
    case "reject": return [.reject(entry["reject-with"] == "tcp-reset" ? "tcp reset" : nil, code: nil)]
    // Not all packets of a connection take the fast way; the others go on to the rules after it.
    case "log", "passthrough", "fasttrack-connection": return nil
    case "return": return [.verdict(.return)]
    case "jump":
      guard let chain = entry["jump-target"] else { return [.unread("action=jump without jump-target")] }
      target = "\(menu) \(chain)"
      return [.verdict(.jump("\(menu) \(chain)"))]
    case "add-src-to-address-list", "add-dst-to-address-list":
      guard let name = entry["address-list"] else { return [.unread("action=\(action) without address-list")] }
      lists.insert(name)
      let key: Expression = action == "add-src-to-address-list" ? .source(family) : .destination(family)
      return [.update(ElementUpdate(operation: "add", name: name, key: key, statements: []))]
    case "notrack": return [.notrack]
    case "dst-nat", "src-nat", "same", "netmap", "masquerade", "redirect": return [translation(action)]
    default: return mark(action)
    }
  }

  /// What changes packets, and whether the rest of the chain sees them.
  private mutating func mark(_ action: String) -> [Statement]? {
    let end: [Statement] = entry["passthrough"] == "no" ? [.verdict(.accept)] : []
    switch action {
    case "mark-packet", "mark-connection":
      let isConnection = action == "mark-connection"
      let name = entry[isConnection ? "new-connection-mark" : "new-packet-mark"] ?? "no-mark"
      return [.set(isConnection ? .conntrack("mark") : .meta("mark"), to: .value(.number(number(ofMark: name))))]
        + end
    // Ways are others' business, and so is what headers say beside addresses and ports.
    case "mark-routing": return routing(end)
    case "change-mss", "change-dscp", "change-tos", "clear-df", "set-priority", "sniff-tzsp",
      "sniff-pc",
      "strip-ipv4-options":
      return end.isEmpty ? nil : end
    default: return [.unread("action=\(action)")]
    }
  }

  /// Where packets with a mark of routing go is not known, but for a table by which those from inside leave towards
  /// clients.
  private mutating func routing(_ end: [Statement]) -> [Statement]? {
    let unread = Statement.unread("action=mark-routing")
    let mark = entry["new-routing-mark"] ?? "main"
    let isOther = ["input", "forward", "output", "postrouting"].contains(entry["chain"] ?? "")
    if isOther || mark == "main" { return end.isEmpty ? nil : end }
    guard ruleset.routes.leadsOutside(mark) else { return [unread] }
    others = end
    require(.inputInterface, ruleset.outside)
    return [unread]
  }

  private func translation(_ action: String) -> Statement {
    let kind: Translation.Kind =
      switch action {
      case "masquerade": .masquerade
      case "redirect": .redirect
      case "src-nat", "same": .source
      case "netmap": entry["chain"] == "srcnat" ? .source : .destination
      default: .destination
      }
    var port: Expression?
    if let text = entry["to-ports"], !text.isEmpty, text != "0-65535" {
      guard let range = PortRange(dashed: text) else { return .unread("to-ports=\(text)") }
      port = .value(Value(range))
    }
    if kind == .masquerade || kind == .redirect { return .translate(Translation(kind, port: port)) }
    let text = entry["to-addresses"] ?? entry["to-address"] ?? ""
    guard !text.isEmpty else {
      return port == nil
        ? .unread("action=\(action) without to-addresses") : .translate(Translation(kind, family, port: port))
    }
    guard let addresses = RouterOSValue.addresses(text, family) else { return .unread("to-addresses=\(text)") }
    let isOne = if case .address = addresses { true } else { false }
    return .translate(
      Translation(
        kind, family, address: .value(addresses), port: port, flags: action == "netmap" && !isOne ? ["netmap"] : []))
  }
}

/// Protocols, by their numbers and the names that RouterOS has for them.
enum RouterOSProtocol {
  /// The name by which nft knows it, or its number.
  static func name(_ text: String) -> String {
    let known = ["6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "132": "sctp", "136": "udplite", "33": "dccp"]
    let renamed = ["udp-lite": "udplite", "ipsec-esp": "esp", "ipsec-ah": "ah"]
    return known[text] ?? renamed[text] ?? text
  }
}
