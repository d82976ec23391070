import Addressing
import Diagnostics
import Policy

extension InvocationText {
  /// The servers that xinetd starts (xinetd.conf(5)): entries of attributes, and one entry with what others lack.
  func xinetd() -> [Invocation] {
    typealias Attributes = [String: [Located<String>]]
    var services: [(name: Located<String>, attributes: Attributes)] = []
    var defaults: Attributes = [:]
    var open: (name: Located<String>, isService: Bool, attributes: Attributes)?
    for line in bytes.split(separator: 0x0A) {
      let text = line.trimmed
      let words = ShellWords.commands(in: text, of: file, in: .unit).flatMap(\.self).map {
        Located($0.text(outer).text, $0.span)
      }
      guard let first = words.first, !first.value.hasPrefix("#") else { continue }
      if first.value == "service", words.count > 1 {
        open = (words[1], true, [:])
      } else if first.value == "defaults", words.count == 1 {
        open = (first, false, [:])
      } else if first.value == "}" {
        if let open, open.isService { services.append((open.name, open.attributes)) }
        if let open, !open.isService { defaults = open.attributes }
        open = nil
      } else if words.count > 1 {
        let before = open?.attributes[first.value] ?? []
        let values = Array(words.dropFirst(2))
        switch words[1].value {
        case "=": open?.attributes[first.value] = values
        case "+=": open?.attributes[first.value] = before + values
        case "-=":
          let gone = Set(values.map(\.value))
          open?.attributes[first.value] = before.filter { !gone.contains($0.value) }
        default: break
        }
      }
    }
    return services.compactMap { service($0.name, inherited($0.attributes, defaults)) }
  }

  /// The attributes of a service with those that `defaults` may give it; lists of clients add up, and what an empty one
  /// takes away is not known.
  private func inherited(
    _ own: [String: [Located<String>]], _ defaults: [String: [Located<String>]]
  ) -> [String: [Located<String>]] {
    var attributes = own
    for key in ["bind", "interface", "instances", "per_source", "passenv", "disabled", "enabled"] {
      guard own[key] == nil, key != "interface" || own["bind"] == nil, key != "bind" || own["interface"] == nil else {
        continue
      }
      attributes[key] = defaults[key]
    }
    for key in ["only_from", "no_access"] where defaults[key] != nil {
      attributes[key] = (defaults[key] ?? []) + (own[key] ?? [])
    }
    return attributes
  }

  private func service(_ name: Located<String>, _ attributes: [String: [Located<String>]]) -> Invocation? {
    var environment: [String: Located<String>] = [:]
    for word in attributes["env"] ?? [] {
      if let (name, value) = Self.assignment(word.value) { environment[name] = Located(value, word.span) }
    }
    let arguments = attributes["server_args"] ?? []
    // With NAMEINARGS the first argument is the name of the program, which is how tcpd is told.
    let isNamed = (attributes["flags"] ?? []).contains { $0.value == "NAMEINARGS" }
    let program = (attributes["server"] ?? []).prefix(1)
    let isWrapped = program.first.map { Self.name($0.value) } == "tcpd"
    let tail = isNamed ? Array(arguments.dropFirst(isWrapped ? 0 : 1)) : arguments
    let words = isNamed && isWrapped ? tail : program + tail
    var variables = outer
    guard var start = command(words.map { ShellWord($0) }, &variables, environment) else { return nil }
    start.usesWrappers = isWrapped
    var spawner = Spawner("xinetd", name.span)
    let word = { (key: String) in attributes[key]?.first }
    if let port = word("port") {
      spawner.port = namedPort(port.value).map { Setting($0, port.span) }
    } else {
      spawner.port = namedPort(name.value).map { Setting($0, name.span) }
    }
    if let address = word("bind") ?? word("interface") { spawner.addresses = Setting([address.value], address.span) }
    let flags = Set((attributes["flags"] ?? []).map(\.value))
    let bound = spawner.addresses.value.first.flatMap { IPAddress($0)?.family }
    spawner.isIPv6 =
      flags.contains("IPv6") ? true : flags.contains("IPv4") ? false : bound.map { $0 == .ipv6 }
    let limit = { (key: String) -> Setting<Int?> in
      guard let word = word(key) else { return Setting(default: nil) }
      return Setting(Int(word.value), word.span)
    }
    spawner.maxClients = limit("instances")
    spawner.maxPerClient = limit("per_source")
    if let word = word("disable"), word.value.lowercased() == "yes" {
      spawner.stopped = Refusal(
        "`disable = yes` keeps xinetd from listening", word.span, help: "write `disable = no`")
    }
    let id = word("id")?.value ?? name.value
    if let word = attributes["disabled"]?.first(where: { $0.value == id }) {
      spawner.stopped = Refusal(
        "`disabled` of `defaults` keeps xinetd from listening", word.span, help: "take `\(id)` out of it")
    } else if let enabled = attributes["enabled"], let first = enabled.first,
      !enabled.contains(where: { $0.value == id })
    {
      spawner.stopped = Refusal(
        "`enabled` of `defaults` names other services alone, and keeps xinetd from listening", first.span,
        help: "add `\(id)` to it")
    }
    start.spawner = spawner
    start.unreadLines = ["only_from", "no_access", "access_times", "redirect"].compactMap {
      attributes[$0]?.first?.span
    }
    return start
  }

  /// The servers that inetd starts: `NAME stream tcp nowait USER PROGRAM NAME ARGUMENTS`.
  func inetd() -> [Invocation] {
    bytes.split(separator: 0x0A).compactMap { line in
      let words = ShellWords.commands(in: line.trimmed, of: file, in: .unit).flatMap(\.self)
      guard words.count > 5, let name = words.first?.text(outer).text, !name.hasPrefix("#") else { return nil }
      // `ADDRESS:NAME` of the inetd of OpenBSD.
      let parts = name.split(separator: ":").map(String.init)
      let isWrapped = Self.name(words[5].text(outer).text) == "tcpd"
      var variables = outer
      let command = isWrapped ? Array(words.dropFirst(6)) : [words[5]] + words.dropFirst(7)
      guard var start = self.command(command, &variables, [:]) else { return nil }
      var spawner = Spawner("inetd", words[0].span)
      spawner.port = parts.last.flatMap(namedPort).map { Setting($0, words[0].span) }
      if parts.count == 2 { spawner.addresses = Setting([parts[0]], words[0].span) }
      let kind = words[2].text(outer).text
      spawner.isIPv6 = kind == "tcp6" || kind == "tcp46"
      if kind == "tcp6" { spawner.families = Setting([.ipv6], words[2].span) }
      if kind == "tcp4" { spawner.families = Setting([.ipv4], words[2].span) }
      start.spawner = spawner
      start.usesWrappers = isWrapped
      return start
    }
  }

  /// What a socket unit says: `ListenStream=` and the limits (systemd.socket(5)).
  func socketUnit(startsUnit unit: Set<String>) -> Spawner {
    let settings = self.settings()
    let place = SourceSpan(file: file, 0..<0)
    var spawner = Spawner("systemd", place)
    let last = { (key: String) -> Located<String>? in
      settings.last { $0.key == key && !$0.value.trimmed.isEmpty }.map { self.located($0.value) }
    }
    var addresses: [String] = []
    // A port alone is a socket of IPv6 (systemd.socket(5)).
    spawner.isIPv6 = true
    for (key, value) in settings where key == "ListenStream" {
      let word = located(value)
      if word.value.isEmpty { (addresses, spawner.port) = ([], nil) }
      let isBracketed = word.value.hasPrefix("[")
      let colon = word.value.lastIndex(of: ":")
      let port = colon.map { String(word.value[word.value.index(after: $0)...]) } ?? word.value
      guard let number = UInt16(port) else { continue }
      // Of several ports the first is taken for the one that counts.
      if spawner.port == nil { spawner.port = Setting(number, word.span) }
      guard let colon else { continue }
      let address = String(isBracketed ? word.value[..<colon].dropFirst().dropLast() : word.value[..<colon])
      // The socket of `[::]` takes IPv4 too.
      guard IPAddress(address)?.value != 0 || !isBracketed else { continue }
      addresses.append(address)
      spawner.isIPv6 = isBracketed
      spawner.addresses = Setting(addresses, word.span)
    }
    let accepts = last("Accept")
    if accepts.map({ !["yes", "true", "on", "1"].contains($0.value.lowercased()) }) ?? true {
      spawner.nobody = Refusal(
        "without `Accept=yes` systemd gives it the listening socket, which it does not take",
        accepts?.span ?? place, help: "write `Accept=yes`, and start a unit whose name ends in `@.service`")
    } else if !unit.contains("socket") {
      spawner.nobody = Refusal(
        "without `StandardInput=socket` in its unit it does not get the connection", place,
        help: "write `StandardInput=socket` in the `[Service]` of the unit")
    }
    let limit = { (key: String, fallback: Int?) -> Setting<Int?> in
      guard let word = last(key), let number = Int(word.value) else { return Setting(default: fallback) }
      return Setting(number == 0 && key != "MaxConnections" ? nil : number, word.span)
    }
    // 64 unless the unit says another number (systemd.socket(5)).
    spawner.maxClients = limit("MaxConnections", 64)
    spawner.maxPerClient = limit("MaxConnectionsPerSource", nil)
    return spawner
  }

  private func located(_ value: ArraySlice<UInt8>) -> Located<String> {
    let text = value.trimmed
    return Located(String(decoding: text, as: UTF8.self), SourceSpan(file: file, text.startIndex..<text.endIndex))
  }
}
