import Addressing

/// As much of an ASA as our commands need: it takes the documented forms alone, refuses what refers to nothing, and
/// does not delete what is in use.
struct ASADevice {
  private enum Object: Equatable {
    case host(IPAddress)
    case ports(PortRange)
    case clients([Prefix])
  }

  private struct Translation: Equatable {
    var words: [String]
    var references: [String]
  }

  private struct Entry: Equatable {
    var list: String
    var words: [String]
    var references: [String]
  }

  /// By kind and name, as commands name them.
  private var objects: [String: Object] = [:]
  /// How often something refers to an object.
  private var uses: [String: Int] = [:]
  /// What is there of the two below, as it was entered.
  private var known: Set<[String]> = []
  private var translations: [Translation] = []
  private var entries: [Entry] = []
  /// The access list by which `inspection_default` is narrowed.
  private var inspected: String?
  /// What was refused.
  private(set) var complaints: [String] = []
  /// The header of the object whose parts come.
  private var mode: String?

  /// Whether nothing of ours is there.
  var isEmpty: Bool { objects.isEmpty && translations.isEmpty && entries.isEmpty && inspected == nil }

  /// What stands there, for a comparison.
  var state: String { "\(objects.sorted { $0.key < $1.key })\n\(translations)\n\(entries)\n\(inspected ?? "")" }

  /// Pastes a text.
  mutating func paste(_ text: String) {
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().enumerated() {
      if line.hasPrefix("!"), number == 0 { continue }
      if !accepts(String(line)) { complaints.append("\(number + 1): \(line)") }
    }
  }

  private mutating func accepts(_ line: String) -> Bool {
    guard line.utf8.allSatisfy({ $0 > 0x1F && $0 < 0x7F && $0 != 0x3F && $0 != 0x21 }) else { return false }
    let indented = line.hasPrefix(" ")
    let body = indented ? String(line.dropFirst()) : line
    let words = body.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    if words.contains("") { return false }
    if indented { return acceptsPart(words) }
    mode = nil
    return words.first == "no" ? deletes(Array(words.dropFirst())) : adds(words)
  }

  private mutating func acceptsPart(_ words: [String]) -> Bool {
    guard let mode else { return false }
    if mode == "class-map inspection_default" {
      if words.count == 3, words.starts(with: ["match", "access-list"]),
        entries.contains(where: { $0.list == words[2] })
      {
        guard inspected == nil || inspected == words[2] else { return false }
        inspected = words[2]
        return true
      }
      guard words.count == 4, words.starts(with: ["no", "match", "access-list"]), inspected == words[3] else {
        return false
      }
      inspected = nil
      return true
    }
    if mode.hasPrefix("object network ") {
      guard words.count == 2, words[0] == "host", let address = IPAddress(words[1]) else { return false }
      return define(mode, .host(address))
    }
    if mode.hasPrefix("object service ") {
      guard words.starts(with: ["service", "tcp", "source"]), let ports = ports(words.dropFirst(3)) else {
        return false
      }
      return define(mode, .ports(ports))
    }
    guard words.first == "network-object", let client = client(words.dropFirst()) else { return false }
    guard case .clients(let known)? = objects[mode] else { return false }
    guard known.first.map({ $0.family == client.family }) ?? true else { return false }
    // One that is there already is refused by the device, and changes nothing.
    if !known.contains(client) { objects[mode] = .clients(known + [client]) }
    return true
  }

  private mutating func define(_ name: String, _ value: Object) -> Bool {
    guard objects[name] == nil || objects[name] == value else { return false }
    objects[name] = value
    return true
  }

  private mutating func adds(_ words: [String]) -> Bool {
    switch words.first {
    case "object" where words.count == 3 && ["network", "service"].contains(words[1]) && isName(words[2]):
      mode = words.joined(separator: " ")
      return true
    case "object-group" where words.count == 3 && words[1] == "network" && isName(words[2]):
      mode = words.joined(separator: " ")
      if let mode, objects[mode] == nil { objects[mode] = .clients([]) }
      return true
    case "class-map" where words == ["class-map", "inspection_default"]:
      mode = "class-map inspection_default"
      return true
    case "nat":
      guard let translation = translation(words) else { return false }
      if known.insert(words).inserted {
        translations.append(translation)
        for object in translation.references { uses[object, default: 0] += 1 }
      }
      return true
    case "access-list":
      guard let entry = entry(words) else { return false }
      if known.insert(words).inserted {
        entries.append(entry)
        for object in entry.references { uses[object, default: 0] += 1 }
      }
      return true
    default: return false
    }
  }

  private mutating func deletes(_ words: [String]) -> Bool {
    if words.first == "nat" || words.first == "access-list" {
      guard known.remove(words) != nil else { return false }
      // The last ones go first.
      if let index = translations.lastIndex(where: { $0.words == words }) {
        release(translations.remove(at: index).references)
        return true
      }
      guard let index = entries.lastIndex(where: { $0.words == words }) else { return false }
      let entry = entries.remove(at: index)
      release(entry.references)
      return inspected != entry.list || entries.contains { $0.list == entry.list }
    }
    let name = words.joined(separator: " ")
    guard objects[name] != nil, uses[name, default: 0] == 0 else { return false }
    objects[name] = nil
    return true
  }

  private mutating func release(_ references: [String]) {
    for object in references { uses[object, default: 0] -= 1 }
  }

  private func translation(_ words: [String]) -> Translation? {
    // nat (inside,outside) source static REAL MAPPED service OWN DIALLED
    guard words.count == 9, words[2] == "source", words[3] == "static", words[6] == "service",
      words[1].hasPrefix("("), words[1].hasSuffix(")"), words[1].split(separator: ",").count == 2
    else { return nil }
    var references = ["object network \(words[4])"]
    if words[5] != "interface" { references.append("object network \(words[5])") }
    references += ["object service \(words[7])", "object service \(words[8])"]
    guard references.allSatisfy({ objects[$0] != nil }) else { return nil }
    let families = references.prefix(words[5] == "interface" ? 1 : 2).map { host($0)?.family }
    return Set(families).count == 1 ? Translation(words: words, references: references) : nil
  }

  private func entry(_ words: [String]) -> Entry? {
    guard words.count > 3 else { return nil }
    let list = words[1]
    if words[2] == "remark" {
      return words.dropFirst(3).joined(separator: " ").count <= 100
        ? Entry(list: list, words: words, references: []) : nil
    }
    guard words[2] == "extended" else { return nil }
    let rest = Array(words.dropFirst(3))
    if rest == ["permit", "ip", "any", "any"] { return Entry(list: list, words: words, references: []) }
    if rest.starts(with: ["deny", "ip"]), rest.count == 5 {
      let object =
        rest[2] == "any" && rest[3] == "object" ? rest[4] : rest[2] == "object" && rest[4] == "any" ? rest[3] : ""
      let reference = "object network \(object)"
      return host(reference) == nil ? nil : Entry(list: list, words: words, references: [reference])
    }
    guard let permit = permit(rest) else { return nil }
    return Entry(list: list, words: words, references: permit.references)
  }

  private func permit(_ words: [String]) -> (permit: PublishedPorts.Permit, references: [String])? {
    guard words.starts(with: ["permit", "tcp"]) else { return nil }
    var rest = words.dropFirst(2)
    var references: [String] = []
    var clients: [Prefix]?
    if rest.first == "any" {
      rest = rest.dropFirst()
    } else {
      guard rest.count > 2, rest.removeFirst() == "object-group" else { return nil }
      references.append("object-group network \(rest.removeFirst())")
      guard case .clients(let list)? = objects[references[0]], !list.isEmpty else { return nil }
      clients = list
    }
    guard rest.count > 2, rest.removeFirst() == "object" else { return nil }
    references.append("object network \(rest.removeFirst())")
    guard let server = references.last.flatMap(host), let ports = ports(rest) else { return nil }
    guard clients?.first.map({ $0.family == server.family }) ?? true else { return nil }
    return (.init(clients: clients.map(addressRanges), server: "\(server)", ports: ports), references)
  }

  private func host(_ object: String) -> IPAddress? {
    if case .host(let address)? = objects[object] { return address }
    return nil
  }

  private func portsOf(_ object: String) -> PortRange? {
    if case .ports(let ports)? = objects[object] { return ports }
    return nil
  }

  private func ports(_ words: some Collection<String>) -> PortRange? {
    let words = Array(words)
    if words.count == 2, words[0] == "eq" {
      return (words[1] == "ftp" ? 21 : portNumber(words[1])).map(PortRange.init)
    }
    guard words.count == 3, words[0] == "range", let low = portNumber(words[1]), let high = portNumber(words[2]),
      low < high
    else { return nil }
    return PortRange(low: low, high: high)
  }

  private func client(_ words: some Collection<String>) -> Prefix? {
    let words = Array(words)
    if words.count == 2, words[0] == "host" { return IPAddress(words[1]).map { Prefix($0) } }
    if words.count == 2 { return network(words[0], mask: words[1]) }
    return words.count == 1 && words[0].contains(":") ? network(words[0]) : nil
  }

  private func isName(_ name: String) -> Bool {
    (1...40).contains(name.count)
      && name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "-" || $0 == "_" }
  }

  /// What the device publishes through one access list and one interface; `nil` when translations overlap.
  func published(list: String, outside: String = "outside") -> PublishedPorts? {
    var published = PublishedPorts()
    for entry in entries where entry.list == list && entry.words[2] == "extended" {
      guard let permit = permit(Array(entry.words.dropFirst(3))) else { return nil }
      published.permits.insert(permit.permit)
    }
    for translation in translations where translation.words[1].hasSuffix(",\(outside))") {
      let words = translation.words
      guard let server = host("object network \(words[4])"), let own = portsOf("object service \(words[7])"),
        let dialled = portsOf("object service \(words[8])"), own.count == dialled.count
      else { return nil }
      let arrival = words[5] == "interface" ? "interface" : host("object network \(words[5])").map { "\($0)" } ?? ""
      published.add(.init(arrival: arrival, ports: dialled, server: "\(server)", first: own.low))
    }
    return published.normal
  }

  /// The servers that no default inspection sees, sorted.
  var uninspected: [String] {
    let denied = entries.filter { $0.list == inspected && $0.words[3] == "deny" }.flatMap(\.references)
    return Set(denied.compactMap(host)).map { "\($0)" }.sorted()
  }
}
