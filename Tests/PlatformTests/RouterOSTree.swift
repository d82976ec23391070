import Addressing
import Foundation

/// The command tree of one version of RouterOS: its menus, commands and parameters.
struct RouterOSTree: Sendable {
  /// The paths of everything, with what it is: `/ip/firewall/nat/add cmd`.
  private let nodes: Set<String>

  /// - Returns: `nil` when the data of others is not there.
  init?(_ version: String, in folder: URL?) {
    guard let file = folder?.appending(path: "routeros/\(version).json"), let data = try? Data(contentsOf: file),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
    else { return nil }
    var nodes: Set<String> = []
    func walk(_ node: [String: Any], _ path: String) {
      for (name, value) in node {
        guard let child = value as? [String: Any] else { continue }
        nodes.insert("\(path)/\(name) \(child["_type"] as? String ?? "")")
        walk(child, "\(path)/\(name)")
      }
    }
    walk(root, "")
    self.nodes = nodes
  }

  private func isThere(_ path: String, _ type: String) -> Bool { nodes.contains("\(path) \(type)") }

  /// What of a command the version does not know.
  func unknown(_ command: RouterOSCommand) -> [String] {
    let verb = command.verb == ":if" ? "find" : command.verb
    let path = "\(command.menu)/\(verb)"
    guard isThere(path, "cmd") else { return [path] }
    var names = command.parameters.map(\.name)
    if command.place != nil { names.append("place-before") }
    if !command.words.isEmpty || command.verb == "remove" { names.append("numbers") }
    if command.found != nil || command.place != nil, !isThere("\(command.menu)/find/where", "arg") { return ["find"] }
    let unknown = names.filter { !isThere("\(path)/\($0)", "arg") }
    // What can be asked for is what can be set.
    let conditions = ((command.found ?? []) + (command.place ?? [])).map(\.name)
    return unknown.map { "\(path) \($0)" }
      + conditions.filter { !isThere("\(command.menu)/add/\($0)", "arg") }.map { "\(command.menu) \($0)" }
  }
}

/// What values have to look like; the command tree knows names only.
enum RouterOSValues {
  /// What is wrong with the values of one entry, or of the commands of a script together.
  static func faults(_ commands: [RouterOSCommand]) -> [String] {
    let added = commands.filter { $0.verb == "add" }
    var faults = added.flatMap { command in
      command.parameters.filter { !isValue($0.value, of: $0.name, in: command.menu) }
        .map { "\(command.menu) \($0.name)=\($0.value)" } + together(command)
    }
    func defined(_ menu: String, _ name: String) -> Set<String> {
      Set(
        added.filter { $0.menu.hasSuffix(menu) }.compactMap { command in
          command[name].map { "\(command.family)\($0)" }
        })
    }
    let lists = defined("address-list", "list")
    let chains = defined("filter", "chain")
    let marks = defined("mangle", "new-packet-mark")
    for command in added {
      for (name, known) in [
        ("src-address-list", lists), ("dst-address-list", lists), ("jump-target", chains), ("packet-mark", marks),
      ] {
        guard let value = command[name].map({ $0.hasPrefix("!") ? String($0.dropFirst()) : $0 }) else { continue }
        if !known.contains("\(command.family)\(value)") { faults.append("nothing is \(name)=\(value)") }
      }
    }
    let entries = added.filter { $0.menu.hasSuffix("address-list") }
      .map { "\($0.family) \($0["list"] ?? "") \($0["address"] ?? "")" }
    if Set(entries).count != entries.count { faults.append("an address twice in a list") }
    return faults
  }

  /// What parameters of one entry ask of each other.
  private static func together(_ command: RouterOSCommand) -> [String] {
    var faults: [String] = []
    func need(_ holds: Bool, _ words: String) { if !holds { faults.append("\(command.menu): \(words)") } }
    let (chain, action) = (command["chain"], command["action"])
    if command["dst-port"] != nil || command["src-port"] != nil || command["to-ports"] != nil {
      need(command["protocol"] == "tcp", "ports without a protocol")
    }
    need(command["connection-limit"] == nil || command["protocol"] == "tcp", "connections without a protocol")
    if chain == "srcnat" { need(command["in-interface"] == nil, "srcnat knows no interface by which packets came") }
    if chain == "dstnat" || chain == "prerouting" {
      need(command["out-interface"] == nil, "the way out is not known yet")
    }
    if action == "dst-nat" || action == "src-nat" {
      need(command[command.family == "ip" ? "to-addresses" : "to-address"] != nil, "no address to translate to")
      need(chain == (action == "dst-nat" ? "dstnat" : "srcnat"), "\(action ?? "") in \(chain ?? "")")
    }
    if action == "jump" { need(command["jump-target"] != nil, "a jump to nowhere") }
    if command.menu.hasSuffix("filter"), chain == "forward" { need(command.place != nil, "without a place") }
    return faults
  }

  private static func isValue(_ value: String, of name: String, in menu: String) -> Bool {
    let isIPv6 = menu.hasPrefix("/ipv6")
    func numbers(_ text: some StringProtocol) -> Bool {
      !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
    func isAddress(_ text: some StringProtocol) -> Bool {
      guard let address = IPAddress(String(text)) else { return false }
      return (address.family == .ipv6) == isIPv6
    }
    func isName(_ text: some StringProtocol) -> Bool {
      text.hasPrefix("sallyport-")
        && text.utf8.allSatisfy { $0 == 0x2D || (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
    }
    switch name {
    case "comment": return value.hasPrefix("sallyport:") && value.count > 10
    case "list", "jump-target", "packet-mark", "new-packet-mark": return isName(value)
    case "src-address-list", "dst-address-list": return isName(value.hasPrefix("!") ? value.dropFirst() : value[...])
    case "chain":
      switch menu.split(separator: "/").last {
      case "nat": return ["srcnat", "dstnat"].contains(value)
      case "mangle": return value == "prerouting"
      default: return value == "forward" || isName(value)
      }
    case "action":
      switch menu.split(separator: "/").last {
      case "nat": return ["dst-nat", "src-nat", "masquerade", "log"].contains(value)
      case "mangle": return value == "mark-packet"
      default: return ["accept", "drop", "jump", "log"].contains(value)
      }
    case "address", "src-address", "dst-address", "to-addresses", "to-address":
      let parts = value.split(separator: "/", omittingEmptySubsequences: false)
      guard let first = parts.first, isAddress(first), let address = IPAddress(String(first)) else { return false }
      guard parts.count == 2 else { return parts.count == 1 && !isIPv6 }
      guard let length = Int(parts[1]), let prefix = Prefix(address, length: length) else { return false }
      return prefix.isCanonical && (isIPv6 || name == "address")
    case "dst-port", "src-port", "to-ports":
      let parts = value.split(separator: ",", omittingEmptySubsequences: false)
      return parts.count <= 15 && (name == "dst-port" || parts.count == 1)
        && parts.allSatisfy { part in
          let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) ?? 0 }
          return (1...2).contains(ends.count) && ends.allSatisfy { $0 > 0 } && (ends.count == 1 || ends[0] < ends[1])
        }
    case "protocol": return value == "tcp"
    case "connection-state": return value == "new"
    case "connection-nat-state": return value == "dstnat"
    case "passthrough": return value == "yes"
    case "limit": return value == "5,10:packet"
    case "connection-limit":
      let parts = value.split(separator: ",")
      return parts.count == 2 && numbers(parts[0]) && parts[1] == (isIPv6 ? "128" : "32")
    case "dst-limit":
      let parts = value.split(separator: ",")
      return parts.count == 3 && parts[0].hasSuffix("/1m") && numbers(parts[0].dropLast(3)) && numbers(parts[1])
        && parts[2] == "src-address/5m"
    case "log-prefix", "in-interface", "out-interface": return !value.isEmpty && !value.hasPrefix("!")
    default: return false
    }
  }
}

extension RouterOSCommand {
  subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

  /// `ip` or `ipv6`.
  var family: String { menu.hasPrefix("/ipv6") ? "ipv6" : "ip" }
}
