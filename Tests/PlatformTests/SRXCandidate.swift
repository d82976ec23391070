import Foundation

/// The configuration of an SRX device as far as we write it, changed line by line as Junos does: a reader of its own,
/// that knows no other line.
struct SRXCandidate: Equatable {
  struct Rule: Equatable {
    var name: String
    var destinations: [String] = []
    var ports: [String] = []
    var protocols: [String] = []
    var pool: String?
  }

  struct RuleSet: Equatable {
    var name: String
    var zones: [String] = []
    var rules: [Rule] = []
  }

  struct Pool: Equatable {
    var address: String?
    var port: String?
  }

  struct Policy: Equatable {
    var name: String
    var description: String?
    var sources: [String] = []
    var destinations: [String] = []
    var applications: [String] = []
    var isPermitted = false
    var isLogged = false
  }

  struct Context: Equatable {
    var from: String
    var to: String
    var policies: [Policy] = []
  }

  struct Application: Equatable {
    var transport: String?
    var ports: String?
    var inspection: String?
  }

  /// A line that is none that we may write.
  struct Unknown: Error { var line: String }

  var applications: [String: Application] = [:]
  var addresses: [String: String] = [:]
  var addressSets: [String: [String]] = [:]
  var pools: [String: Pool] = [:]
  var ruleSets: [RuleSet] = []
  var proxies: [String: [String]] = [:]
  var contexts: [Context] = []
  /// Lines that delete what was not there, which Junos warns of.
  private(set) var warnings: [String] = []

  init() {}

  init(_ text: String) throws { try load(text) }

  static func == (left: Self, right: Self) -> Bool {
    left.applications == right.applications && left.addresses == right.addresses
      && left.addressSets == right.addressSets && left.pools == right.pools && left.ruleSets == right.ruleSets
      && left.proxies == right.proxies && left.contexts == right.contexts
  }

  /// Nothing at all, not even an empty list.
  var isEmpty: Bool { self == SRXCandidate() }

  /// Takes lines in as `load set terminal` does.
  mutating func load(_ text: String) throws {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { try load(line: line) }
  }

  private mutating func load(line: Substring) throws {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    for form in Self.forms {
      guard let values = form.values(of: words) else { continue }
      guard let isThere = form.change(&self, values) else { break }
      if !isThere { warnings.append(String(line)) }
      return
    }
    throw Unknown(line: String(line))
  }

  /// One kind of line: its words, `*` for a value, and what it does. Whether there was something to do it to; `nil` for
  /// a value that cannot be.
  private struct Form: Sendable {
    let words: [Substring]
    let change: @Sendable (inout SRXCandidate, [String]) -> Bool?

    init(_ text: Substring, _ change: @escaping @Sendable (inout SRXCandidate, [String]) -> Bool?) {
      words = text.split(separator: " ")
      self.change = change
    }

    func values(of line: [Substring]) -> [String]? {
      guard line.count == words.count else { return nil }
      var values: [String] = []
      for (word, given) in zip(words, line) {
        if word == "*" {
          guard !given.isEmpty else { return nil }
          values.append(String(given))
        } else if word != given {
          return nil
        }
      }
      return values
    }
  }

  private static let forms: [Form] =
    applicationForms + addressForms + poolForms + ruleForms + proxyForms + policyForms

  /// `^[[:alnum:]][[:alnum:]_-]*$` in the schema of Junos, which yanglint does not check.
  private static func isName(_ text: String, longest: Int = 63) -> Bool {
    let isPlain = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-") }
    return isPlain && text.utf8.count <= longest && text.first.map { $0 != "-" && $0 != "_" } == true
  }

  private static let applicationForms = [
    Form("set applications application * protocol tcp") { state, values in
      guard isName(values[0]) else { return nil }
      state.applications[values[0], default: Application()].transport = "tcp"
      return true
    },
    Form("set applications application * destination-port *") { state, values in
      state.applications[values[0], default: Application()].ports = values[1]
      return true
    },
    Form("set applications application * application-protocol *") { state, values in
      state.applications[values[0], default: Application()].inspection = values[1]
      return true
    },
    Form("delete applications application *") { state, values in
      state.applications.removeValue(forKey: values[0]) != nil
    },
  ]

  private static let addressForms = [
    Form("set security address-book global address * *") { state, values in
      guard isName(values[0]) else { return nil }
      state.addresses[values[0]] = values[1]
      return true
    },
    Form("set security address-book global address-set * address *") { state, values in
      guard isName(values[0]) else { return nil }
      add(values[1], to: &state.addressSets[values[0], default: []])
      return true
    },
    Form("delete security address-book global address *") { state, values in
      state.addresses.removeValue(forKey: values[0]) != nil
    },
    Form("delete security address-book global address-set *") { state, values in
      state.addressSets.removeValue(forKey: values[0]) != nil
    },
  ]

  private static let poolForms = [
    Form("set security nat destination pool * address *") { state, values in
      guard isName(values[0], longest: 31) else { return nil }
      state.pools[values[0], default: Pool()].address = values[1]
      return true
    },
    Form("set security nat destination pool * address * port *") { state, values in
      guard isName(values[0], longest: 31) else { return nil }
      state.pools[values[0], default: Pool()].address = values[1]
      state.pools[values[0], default: Pool()].port = values[2]
      return true
    },
    Form("delete security nat destination pool *") { state, values in
      state.pools.removeValue(forKey: values[0]) != nil
    },
  ]

  private static func ruleForm(
    _ rest: String, _ change: @escaping @Sendable (inout Rule, [String]) -> Void
  ) -> Form {
    Form("set security nat destination rule-set * rule * \(rest)"[...]) { state, values in
      guard values.prefix(2).allSatisfy({ isName($0, longest: 31) }) else { return nil }
      let set = position(of: values[0], in: &state.ruleSets, \.name) { RuleSet(name: values[0]) }
      let rule = position(of: values[1], in: &state.ruleSets[set].rules, \.name) { Rule(name: values[1]) }
      change(&state.ruleSets[set].rules[rule], Array(values.dropFirst(2)))
      return true
    }
  }

  private static let ruleForms = [
    Form("set security nat destination rule-set * from zone *") { state, values in
      guard isName(values[0], longest: 31) else { return nil }
      let set = position(of: values[0], in: &state.ruleSets, \.name) { RuleSet(name: values[0]) }
      add(values[1], to: &state.ruleSets[set].zones)
      return true
    },
    ruleForm("match destination-address *") { $0.destinations = $1 },
    ruleForm("match destination-port *") { add($1[0], to: &$0.ports) },
    ruleForm("match destination-port * to *") { add("\($1[0]) to \($1[1])", to: &$0.ports) },
    ruleForm("match protocol *") { add($1[0], to: &$0.protocols) },
    ruleForm("then destination-nat pool *") { $0.pool = $1[0] },
    Form("delete security nat destination rule-set *") { state, values in
      let count = state.ruleSets.count
      state.ruleSets.removeAll { $0.name == values[0] }
      return state.ruleSets.count < count
    },
  ]

  private static let proxyForms = [
    Form("set security nat proxy-arp interface * address *") { state, values in
      add(values[1], to: &state.proxies[values[0], default: []])
      return true
    },
    Form("delete security nat proxy-arp interface * address *") { state, values in
      let isThere = state.proxies[values[0]]?.contains(values[1]) == true
      state.proxies[values[0]]?.removeAll { $0 == values[1] }
      if state.proxies[values[0]]?.isEmpty == true { state.proxies[values[0]] = nil }
      return isThere
    },
  ]

  private static func policyForm(
    _ rest: String, _ change: @escaping @Sendable (inout Policy, [String]) -> Void
  ) -> Form {
    Form("set security policies from-zone * to-zone * policy * \(rest)"[...]) { state, values in
      guard values.prefix(3).allSatisfy({ isName($0) }) else { return nil }
      let context = state.context(values)
      let policy = position(of: values[2], in: &state.contexts[context].policies, \.name) { Policy(name: values[2]) }
      change(&state.contexts[context].policies[policy], Array(values.dropFirst(3)))
      return true
    }
  }

  private mutating func context(_ zones: [String]) -> Int {
    if let known = contexts.firstIndex(where: { $0.from == zones[0] && $0.to == zones[1] }) { return known }
    contexts.append(Context(from: zones[0], to: zones[1]))
    return contexts.count - 1
  }

  private static func policyDeletion(_ rest: String, _ change: @escaping @Sendable (inout Policy) -> Void) -> Form {
    Form("delete security policies from-zone * to-zone * policy * \(rest)"[...]) { state, values in
      guard let context = state.contexts.firstIndex(where: { $0.from == values[0] && $0.to == values[1] }),
        let policy = state.contexts[context].policies.firstIndex(where: { $0.name == values[2] })
      else { return false }
      change(&state.contexts[context].policies[policy])
      return true
    }
  }

  private static let policyForms = [
    policyForm("description *") { $0.description = $1[0] },
    policyForm("match source-address *") { add($1[0], to: &$0.sources) },
    policyForm("match destination-address *") { add($1[0], to: &$0.destinations) },
    policyForm("match application *") { add($1[0], to: &$0.applications) },
    policyForm("then permit") { policy, _ in policy.isPermitted = true },
    policyForm("then log session-init") { policy, _ in policy.isLogged = true },
    policyDeletion("match") { ($0.sources, $0.destinations, $0.applications) = ([], [], []) },
    policyDeletion("then") { ($0.isPermitted, $0.isLogged) = (false, false) },
    Form("delete security policies from-zone * to-zone * policy *") { state, values in
      guard let context = state.contexts.firstIndex(where: { $0.from == values[0] && $0.to == values[1] }),
        let policy = state.contexts[context].policies.firstIndex(where: { $0.name == values[2] })
      else { return false }
      state.contexts[context].policies.remove(at: policy)
      if state.contexts[context].policies.isEmpty { state.contexts.remove(at: context) }
      return true
    },
    Form("insert security policies from-zone * to-zone * policy * before policy *") { state, values in
      guard let context = state.contexts.firstIndex(where: { $0.from == values[0] && $0.to == values[1] }),
        let from = state.contexts[context].policies.firstIndex(where: { $0.name == values[2] })
      else { return nil }
      let policy = state.contexts[context].policies.remove(at: from)
      guard let to = state.contexts[context].policies.firstIndex(where: { $0.name == values[3] }) else { return nil }
      state.contexts[context].policies.insert(policy, at: to)
      return true
    },
  ]

  private static func add(_ value: String, to list: inout [String]) {
    if !list.contains(value) { list.append(value) }
  }

  private static func position<Element>(
    of name: String, in list: inout [Element], _ key: KeyPath<Element, String>, otherwise make: () -> Element
  ) -> Int {
    // What is written next belongs to the last one as a rule.
    if let last = list.last, last[keyPath: key] == name { return list.count - 1 }
    if let known = list.firstIndex(where: { $0[keyPath: key] == name }) { return known }
    list.append(make())
    return list.count - 1
  }
}

// MARK: What Junos would say

extension SRXCandidate {
  /// What a commit would refuse: references to what is not there, and what lacks a part.
  var faults: [String] {
    var faults: [String] = []
    func require(_ holds: Bool, _ what: @autoclosure () -> String) {
      if !holds { faults.append(what()) }
    }
    for (name, application) in applications {
      require(
        application.transport != nil && application.ports != nil && application.inspection != nil,
        "application \(name)")
    }
    for (name, members) in addressSets {
      require(!members.isEmpty && members.allSatisfy { addresses[$0] != nil }, "address-set \(name)")
      require(addresses[name] == nil, "\(name) is an address and a set")
    }
    for (name, pool) in pools { require(pool.address != nil, "pool \(name)") }
    for set in ruleSets {
      require(!set.zones.isEmpty && !set.rules.isEmpty, "rule-set \(set.name)")
      for rule in set.rules {
        let isWhole = rule.destinations.count == 1 && rule.ports.count == 1 && rule.protocols == ["tcp"]
        require(isWhole && rule.pool.map { pools[$0] != nil } == true, "rule \(rule.name)")
      }
    }
    for context in contexts {
      for policy in context.policies {
        let isWhole = !policy.sources.isEmpty && !policy.destinations.isEmpty && !policy.applications.isEmpty
        let sources = policy.sources.allSatisfy { ["any-ipv4", "any-ipv6"].contains($0) || addressSets[$0] != nil }
        require(
          isWhole && policy.isPermitted && sources && policy.destinations.allSatisfy { addresses[$0] != nil }
            && policy.applications.allSatisfy { applications[$0] != nil }, "policy \(policy.name)")
      }
    }
    return faults
  }

  /// What a packet of a client becomes: the address and the port of the first rule that has its destination.
  func translated(_ address: String, _ port: Int) -> (address: String, port: Int) {
    for rule in ruleSets.flatMap(\.rules) where rule.destinations.contains(address) {
      let holds = rule.ports.contains { ports in
        let ends = ports.split(separator: " ").compactMap { Int($0) }
        return (ends.first ?? 0) <= port && port <= (ends.last ?? 0)
      }
      guard holds, let pool = rule.pool.flatMap({ pools[$0] }), let target = pool.address else { continue }
      return (target, pool.port.flatMap { Int($0) } ?? port)
    }
    return (address, port)
  }

  /// The configuration as Junos exports it in JSON, for yanglint and Juniper's YANG modules.
  var json: [String: Any] {
    [
      "junos-es-conf-root:configuration": [
        "junos-es-conf-applications:applications": ["application": applicationList],
        "junos-es-conf-security:security": [
          "address-book": [book],
          "nat": [
            "destination": ["pool": poolList, "rule-set": ruleSets.map(\.json)],
            "proxy-arp": ["interface": proxyList],
          ],
          "policies": ["policy": contexts.map(\.json)],
        ],
      ]
    ]
  }

  private var applicationList: [[String: Any]] {
    applications.sorted { $0.key < $1.key }.map { name, application in
      [
        "name": name, "protocol": application.transport ?? "", "destination-port": application.ports ?? "",
        "application-protocol": application.inspection ?? "",
      ]
    }
  }

  private var book: [String: Any] {
    [
      "name": "global",
      "address": addresses.sorted { $0.key < $1.key }.map { ["name": $0.key, "ip-prefix": $0.value] },
      "address-set": addressSets.sorted { $0.key < $1.key }.map { name, members in
        ["name": name, "address": members.map { ["name": $0] }] as [String: Any]
      },
    ]
  }

  private var poolList: [[String: Any]] {
    pools.sorted { $0.key < $1.key }.map { name, pool in
      var address: [String: Any] = ["ipaddr": pool.address ?? ""]
      if let port = pool.port { address["port"] = Int(port) ?? port }
      return ["name": name, "address": address]
    }
  }

  private var proxyList: [[String: Any]] {
    proxies.sorted { $0.key < $1.key }.map { unit, addresses in
      ["name": unit, "address": addresses.map { ["name": $0] }]
    }
  }
}

extension SRXCandidate.RuleSet {
  fileprivate var json: [String: Any] {
    ["name": name, "from": ["zone": zones], "rule": rules.map(\.json)]
  }
}

extension SRXCandidate.Rule {
  fileprivate var json: [String: Any] {
    let ports: [[String: Any]] = self.ports.map { ports in
      let ends = ports.split(separator: " ").map { Int($0) as Any? ?? String($0) }
      return ends.count == 3 ? ["name": ends[0], "to": ["high": ends[2]]] : ["name": ends[0]]
    }
    return [
      "name": name,
      "dest-nat-rule-match": [
        "destination-address": ["dst-addr": destinations.first ?? ""], "destination-port": ports,
        "protocol": protocols,
      ] as [String: Any],
      "then": ["destination-nat": ["pool": ["pool-name": pool ?? ""]]],
    ]
  }
}

extension SRXCandidate.Context {
  fileprivate var json: [String: Any] {
    ["from-zone-name": from, "to-zone-name": to, "policy": policies.map(\.json)]
  }
}

extension SRXCandidate.Policy {
  fileprivate var json: [String: Any] {
    var then: [String: Any] = [:]
    if isPermitted { then["permit"] = [String: Any]() }
    if isLogged { then["log"] = ["session-init": [NSNull()]] }
    return [
      "name": name, "description": description?.replacingOccurrences(of: "\"", with: "") ?? "",
      "match": ["source-address": sources, "destination-address": destinations, "application": applications],
      "then": then,
    ]
  }
}
