import Addressing
import Diagnostics

/// What the commands of an export come to: the entries of the menus that matter.
struct RouterOSConfiguration {
  private var lists: [String: RouterOSEntryList] = [:]
  /// What `set` says in menus that have no entries, with the line that said it.
  private var settings: [String: RouterOSEntry] = [:]
  private var seen: Set<String> = []
  /// What is told of interfaces, by their names.
  private(set) var interfaces: [String: RouterOSInterface] = [:]
  /// The names of those that had others from the factory.
  private var renamed: [String: String] = [:]
  /// Whether more than the firewall is told, so that a menu that is not there has no entries.
  let isWhole: Bool

  init(hasOtherMenus: Bool) { isWhole = hasOtherMenus }

  private static let single: Set = [
    "ip settings", "ipv6 settings", "ip firewall connection tracking", "ip firewall service-port",
  ]
  /// Menus of interfaces and addresses that matter, beside those of the firewall.
  private static let others: Set = ["interface list", "interface list member", "ip address", "ipv6 address"]
  /// Menus of which a command that is not understood is passed over.
  private static let lenient: Set = [
    "ip route", "ipv6 route", "routing rule", "ip route rule", "ipv6 route rule", "interface bridge filter",
    "interface bridge port",
  ]
  private static let dynamic: Set = [
    "ip dhcp-client", "interface pppoe-client", "interface lte", "interface l2tp-client", "interface pptp-client",
    "interface sstp-client", "ipv6 dhcp-client", "interface ppp-client",
  ]
  private static let unimportant: Set = [
    "layer7-protocol", "calea", "connection", "connection tracking", "service-port",
  ]

  func entries(_ menu: String) -> [RouterOSEntry] { lists[menu]?.all ?? [] }
  func setting(_ menu: String, _ name: String = "") -> RouterOSEntry? {
    settings[name.isEmpty ? menu : "\(menu) \(name)"]
  }
  /// Whether what a menu has is known: it is there, or everything is.
  func tells(_ menu: String) -> Bool { isWhole || seen.contains(menu) }
  func tellsFilter(of family: AddressFamily) -> Bool { tells("\(family.routerOSMenu) firewall filter") }
  /// Whether an address of the router may come from outside.
  var hasDynamicAddresses: Bool { !seen.isDisjoint(with: Self.dynamic) }

  /// Runs a command. Returns what is wrong with it; `nil` when it is in order.
  mutating func run(_ command: RouterOSSavedCommand) -> String? {
    let menu = command.menu
    seen.insert(menu)
    guard
      !["print", "export", "find", "get", "reset-counters", "reset-counters-all", "monitor"].contains(command.verb)
    else { return nil }
    if Self.single.contains(menu) { return set(menu, command) }
    note(interface: menu, command)
    if Self.lenient.contains(menu) {
      _ = command.verb == "add" ? add(menu, command) : change(menu, command)
      return nil
    }
    let isFirewall = menu.hasPrefix("ip firewall ") || menu.hasPrefix("ipv6 firewall ")
    let name = menu.split(separator: " ").dropFirst(2).joined(separator: " ")
    guard Self.others.contains(menu) || isFirewall && !Self.unimportant.contains(name) else { return nil }
    switch command.verb {
    case "add": return add(menu, command)
    case "set", "enable", "disable", "unset", "comment", "move", "remove": return change(menu, command)
    default: return "`\(command.verb)` is no command that an export has here"
    }
  }

  private mutating func set(_ menu: String, _ command: RouterOSSavedCommand) -> String? {
    guard let (words, parameters) = Self.arguments(command.tokens) else { return "this command is not understood" }
    let own = parameters.filter { $0.name != "numbers" && $0.name != "place-before" }.map { ($0.name, $0.value.text) }
    let numbers = parameters.first { $0.name == "numbers" }?.value.text
    let target =
      words.map(\.text).first { !$0.isEmpty } ?? numbers ?? command.found?.first { $0.name == "name" }?.value
    let key = target.map { "\(menu) \($0)" } ?? menu
    var entry = settings[key] ?? RouterOSEntry([], command.span)
    for (name, value) in own { entry[name] = value }
    if command.verb == "disable" { entry["disabled"] = "yes" }
    if command.verb == "enable" { entry["disabled"] = "no" }
    entry.span = command.span
    settings[key] = entry
    return nil
  }

  /// Notes what a command says of interfaces.
  private mutating func note(interface menu: String, _ command: RouterOSSavedCommand) {
    let path = menu.split(separator: " ")
    guard path.first == "interface", path.count <= 2, menu != "interface list",
      let (words, parameters) = Self.arguments(command.tokens)
    else { return }
    func value(_ name: String) -> String? { parameters.first { $0.name == name }?.value.text }
    func change(_ interface: inout RouterOSInterface) {
      if let text = value("disabled") { interface.isDisabled = text == "yes" || text == "true" }
      if command.verb == "disable" { interface.isDisabled = true }
      if command.verb == "enable" { interface.isDisabled = false }
      if ["vlan", "vrrp", "macvlan"].contains(path.last), let parent = value("interface") {
        interface.parent = parent
      }
    }
    if command.verb == "add" {
      guard let name = value("name") else { return }
      var interface = RouterOSInterface()
      change(&interface)
      interfaces[name] = interface
      return
    }
    guard ["set", "enable", "disable"].contains(command.verb),
      let target = words.first ?? parameters.first(where: { $0.name == "numbers" })?.value
    else { return }
    let targets: [String] =
      switch target {
      case .text(let text): text.split(separator: ",").map(String.init)
      case .found(let conditions):
        (conditions ?? []).filter { ["default-name", "name"].contains($0.name) && $0.sign == "=" }.map {
          $0.name == "name" ? $0.value : renamed[$0.value] ?? $0.value
        }
      }
    for target in targets {
      var interface = interfaces[target] ?? RouterOSInterface()
      change(&interface)
      let name = value("name") ?? target
      if name != target {
        interfaces[target] = nil
        renamed[target] = name
      }
      interfaces[name] = interface
    }
  }

  private mutating func add(_ menu: String, _ command: RouterOSSavedCommand) -> String? {
    guard let (words, parameters) = Self.arguments(command.tokens), words.isEmpty || Self.lenient.contains(menu)
    else {
      return "a word on this line is no parameter with a value, so part of it may be missing"
    }
    var place: Int?
    if let value = parameters.first(where: { $0.name == "place-before" })?.value {
      guard let numbers = numbers(value, in: menu), let first = numbers.first else {
        return "what this line is to be put before is not found"
      }
      place = first
    }
    // Words alone are switches, as `blackhole` of a route.
    let own =
      parameters.filter { $0.name != "place-before" }.map { ($0.name, $0.value.text) }
      + words.map { ($0.text, "yes") }
    let entry = RouterOSEntry(own, command.span, complaint: command.complaint)
    if entry["chain"] == nil, menu.contains("firewall"), !menu.hasSuffix("address-list") {
      return "this line names no chain, so part of it may be missing"
    }
    if entry["copy-from"] != nil { return "`copy-from` stands in no export" }
    lists[menu, default: RouterOSEntryList()].add(entry, before: place)
    return nil
  }

  private mutating func change(_ menu: String, _ command: RouterOSSavedCommand) -> String? {
    guard var (words, parameters) = Self.arguments(command.tokens) else { return "this command is not understood" }
    if let index = parameters.firstIndex(where: { $0.name == "numbers" }) {
      words.insert(parameters.remove(at: index).value, at: 0)
    }
    guard let target = words.first, let found = numbers(target, in: menu) else {
      return "which entries this command is about is not known"
    }
    switch command.verb {
    case "remove": lists[menu]?.remove(found)
    case "move":
      let place = words.dropFirst().first ?? parameters.first { $0.name == "destination" }?.value
      let position = place.flatMap { numbers($0, in: menu)?.first }
      lists[menu]?.move(found, before: position)
    case "unset":
      for number in found {
        lists[menu]?.change(number) { entry in for name in words.dropFirst() { entry[name.text] = nil } }
      }
    default:
      let value: String? = command.verb == "enable" ? "no" : command.verb == "disable" ? "yes" : nil
      for number in found {
        lists[menu]?.change(number) { entry in
          for (name, value) in parameters { entry[name] = value.text }
          if let value { entry["disabled"] = value }
          entry.span = command.verb == "comment" ? entry.span : command.span
        }
      }
    }
    return nil
  }

  /// The entries that a word or `[find ...]` stands for; `nil` where it is not known which ones.
  private func numbers(_ value: RouterOSArgument, in menu: String) -> [Int]? {
    let list = lists[menu] ?? RouterOSEntryList()
    switch value {
    case .found(let conditions): return conditions.map { list.find($0) }
    case .text(let text):
      let words = text.split(separator: ",")
      let numbers = words.map { word in Int(word).flatMap { list.number(at: $0) } ?? list.named(String(word)) }
      let known = numbers.compactMap(\.self)
      return known.count == words.count && !known.isEmpty ? known : nil
    }
  }

  /// Words and parameters of a command; `nil` for what is not understood.
  private static func arguments(
    _ tokens: ArraySlice<RouterOSToken>
  ) -> (words: [RouterOSArgument], parameters: [(name: String, value: RouterOSArgument)])? {
    var rest = tokens
    var words: [RouterOSArgument] = []
    var parameters: [(name: String, value: RouterOSArgument)] = []
    while let token = rest.popFirst() {
      switch token {
      case .sign("["):
        guard let found = RouterOSArgument.found(&rest) else { return nil }
        words.append(found)
      case .word(let name) where rest.first == .sign("="):
        rest = rest.dropFirst()
        switch rest.first {
        case .sign("[")?:
          rest = rest.dropFirst()
          guard let found = RouterOSArgument.found(&rest) else { return nil }
          parameters.append((name, found))
        // A value may be empty, and so may be the negation of a name.
        case .word(let value)? where rest.dropFirst().first == .sign("=") && !value.hasPrefix("!"):
          parameters.append((name, .text("")))
        case .word(let value)?, .quoted(let value)?:
          rest = rest.dropFirst()
          var text = value
          if value == "!", case .quoted(let more)? = rest.first {
            text += more
            rest = rest.dropFirst()
          }
          parameters.append((name, .text(text)))
        case nil: parameters.append((name, .text("")))
        case .sign?: return nil
        }
      case .word(let text), .quoted(let text): words.append(.text(text))
      case .sign: return nil
      }
    }
    return (words, parameters)
  }
}

/// What stands after a command or a parameter.
enum RouterOSArgument {
  case text(String)
  /// `[find ...]`; `nil` where its conditions are not understood.
  case found([RouterOSCondition]?)

  var text: String { if case .text(let text) = self { text } else { "" } }

  /// Reads up to the `]`.
  fileprivate static func found(_ rest: inout ArraySlice<RouterOSToken>) -> Self? {
    guard let end = rest.firstIndex(of: .sign("]")) else { return nil }
    var inside = rest[..<end]
    rest = rest[(end + 1)...]
    while case .word(let word)? = inside.first, word != "find" { inside = inside.dropFirst() }
    guard inside.popFirst() == .word("find") else { return nil }
    return .found(RouterOSCondition.read(inside))
  }
}

extension RouterOSSavedCommand {
  /// The conditions of its `[find ...]`, where it has one.
  fileprivate var found: [RouterOSCondition]? {
    guard let start = tokens.firstIndex(of: .word("find")), let end = tokens.firstIndex(of: .sign("]")), start < end
    else { return nil }
    return RouterOSCondition.read(tokens[(start + 1)..<end])
  }
}

extension AddressFamily {
  /// The menu under which everything of the family is.
  var routerOSMenu: String { self == .ipv4 ? "ip" : "ipv6" }
}
