/// As much of IIS and of Windows' firewall as emitted batch files change: what `appcmd` and `netsh` do with their
/// arguments.
struct WindowsModel: Equatable {
  /// Attributes of IIS by their paths.
  var attributes: [String: String] = [:]
  /// Bindings of the site and commands of its filter, by what they say.
  var bindings: Set<String> = []
  var filter: [String: String] = [:]
  /// Rules of the firewall by name; the same rule twice is two.
  var rules: [String: [String]] = [:]
  var statefulFTP: String?
  var isRunning = true
  private var backups: [String: Snapshot] = [:]

  private struct Snapshot: Equatable {
    var attributes: [String: String]
    var bindings: Set<String>
    var filter: [String: String]
  }

  /// The only site there is.
  let site: String

  init(site: String) { self.site = site }

  /// Runs a script to its end, or to the first command that fails and must not or that jumps.
  ///
  /// - Returns: that command; `nil` when there is none.
  mutating func run(_ script: String) -> String? {
    var shell = CommandShell(environment: ["SYSTEMROOT": #"C:\Windows"#, "PATH": #"C:\a & b"#])
    for call in shell.calls(in: script) {
      if let path = call.unlessThere, backups[String(path.split(separator: "\\").last ?? "")] != nil { continue }
      if call.arguments.first == "goto" { return call.arguments.joined(separator: " ") }
      if !perform(call.arguments), call.mustSucceed { return call.arguments.joined(separator: " ") }
    }
    return nil
  }

  private mutating func perform(_ words: [String]) -> Bool {
    guard let program = words.first else { return false }
    let rest = Array(words.dropFirst())
    if program == #"C:\Windows\system32\inetsrv\appcmd.exe"# { return appcmd(rest) }
    if program == "netsh" { return netsh(rest) }
    if program == "chcp" { return rest == ["65001"] }
    if program == "net", rest == ["stop", "ftpsvc"] {
      defer { isRunning = false }
      return isRunning
    }
    if program == "net", rest == ["start", "ftpsvc"] {
      isRunning = true
      return true
    }
    return false
  }

  private mutating func appcmd(_ words: [String]) -> Bool {
    switch Array(words.prefix(2)) {
    case ["add", "backup"] where words.count == 3:
      guard backups[words[2]] == nil else { return false }
      backups[words[2]] = Snapshot(attributes: attributes, bindings: bindings, filter: filter)
    case ["restore", "backup"] where words.count == 3:
      guard let backup = backups[words[2]] else { return false }
      (attributes, bindings, filter) = (backup.attributes, backup.bindings, backup.filter)
    case ["delete", "backup"] where words.count == 3: return backups.removeValue(forKey: words[2]) != nil
    case ["set", "site"] where words.count == 4 && words[2] == "/site.name:\(site)":
      return bindings.insert(words[3]).inserted
    case ["set", "config"] where words.count == 5 && words[4] == "/commit:apphost":
      return words[2] == "-section:system.ftpServer/firewallSupport"
        ? assign(words[3].dropFirst(), in: "server")
        : words[2] == "-section:system.applicationHost/sites" && setSite(words[3])
    default: return false
    }
    return true
  }

  private mutating func setSite(_ argument: String) -> Bool {
    let name = "[name='\(site)'].ftpServer."
    for (mark, action) in [("/+", 1), ("/-", -1), ("/", 0)] where argument.hasPrefix(mark + name) {
      let path = argument.dropFirst(mark.count + name.count)
      if action == 0 { return assign(path, in: "site") }
      guard let command = path.split(separator: "'").dropFirst().first.map(String.init),
        path.hasPrefix("security.commandFiltering.[command='")
      else { return false }
      if action < 0 { return filter.removeValue(forKey: command) != nil }
      guard filter[command] == nil, path.hasSuffix(",allowed='False']") else { return false }
      filter[command] = "False"
      return true
    }
    return false
  }

  private mutating func assign(_ argument: Substring, in scope: String) -> Bool {
    guard let colon = argument.firstIndex(of: ":") else { return false }
    let name = "\(scope).\(argument[..<colon])"
    attributes[name] = String(argument[argument.index(after: colon)...])
    return true
  }

  private mutating func netsh(_ words: [String]) -> Bool {
    if words.prefix(4) == ["advfirewall", "set", "global", "StatefulFtp"] {
      statefulFTP = words.last
      return ["enable", "disable"].contains(words.last)
    }
    guard words.count > 4, words.prefix(2) == ["advfirewall", "firewall"], words[3] == "rule" else { return false }
    if words[2] == "delete" { return rules.removeValue(forKey: words[4]) != nil }
    guard words[2] == "add" else { return false }
    rules[words[4], default: []].append(words.dropFirst(5).joined(separator: " "))
    return true
  }
}
