import Addressing
import Nftables

/// One line of an access list.
struct ASAEntry {
  var isPermit = false
  var source = ASAAddresses.any
  var destination = ASAAddresses.any
  var services = ASAServices()
  /// What else it asks for, that is not known.
  var doubt: String?
  var isInactive = false
  /// The line is not understood.
  var isBroken = false
  var line: ASALine

  /// Whether connections of TCP can meet it.
  var isOfTCP: Bool {
    isBroken || services.doubt != nil || services.services.contains { $0.isOfTCP }
  }
}

/// Conditions of rules, and what is not known beside them.
struct ASAConditions {
  var matches: [Statement] = []
  var doubt: String?

  var statements: [Statement] { matches + (doubt.map { [.unread($0)] } ?? []) }

  func and(_ other: ASAConditions) -> ASAConditions {
    ASAConditions(
      matches: matches + other.matches,
      doubt: [doubt, other.doubt].compactMap(\.self).joined(separator: ", ").nonEmpty)
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}

extension ASALookup {
  /// Reads a line of an access list; `nil` for a remark, and for what only routes and programs use.
  mutating func entry(_ line: ASALine) -> ASAEntry? {
    var words = line.dropping(2)
    if words.take("line") { _ = words.next() }
    let kind = words.next()
    guard kind == "extended" || kind == "permit" || kind == "deny" else {
      return ["remark", "standard", "ethertype", "webtype"].contains(kind)
        ? nil : ASAEntry(isBroken: true, line: line)
    }
    let action = kind == "extended" ? words.next() : kind
    var entry = ASAEntry(isPermit: action == "permit", line: line)
    guard action == "permit" || action == "deny", read(&words, &entry) else {
      entry.isBroken = entry.services.services.isEmpty || entry.isOfTCP
      return entry
    }
    return entry
  }

  private mutating func read(_ words: inout ASAWords, _ entry: inout ASAEntry) -> Bool {
    let name = words.next()
    var hasPorts = true
    if name == "object-group" || name == "object" {
      let services = services(words.next())
      entry.services = services
      hasPorts = services.services.allSatisfy { $0.source == nil && $0.destination == nil }
    } else {
      entry.services.services = ASAProtocol.transports(name).map { ASAService(transport: $0) }
    }
    guard let source = party(&words, &entry) else { return false }
    entry.source = source
    let ports = hasPorts ? ports(&words) : nil
    guard let destination = party(&words, &entry) else { return !entry.isOfTCP }
    entry.destination = destination
    let destinationPorts = hasPorts ? self.ports(&words) : nil
    entry.services.doubt = entry.services.doubt ?? ports?.doubt ?? destinationPorts?.doubt
    if let ports { entry.services.services = entry.services.services.map { $0.narrowed(source: ports.ranges) } }
    if let destinationPorts {
      entry.services.services = entry.services.services.map { $0.narrowed(destination: destinationPorts.ranges) }
    }
    return ending(&words, &entry)
  }

  /// What may follow: `log`, `inactive`, `time-range`.
  private func ending(_ words: inout ASAWords, _ entry: inout ASAEntry) -> Bool {
    while !words.isEmpty {
      let word = words.next()
      switch word {
      case "log":
        let levels: Set = [
          "disable", "default", "alerts", "critical", "debugging", "emergencies", "errors", "informational",
          "notifications", "warnings",
        ]
        if levels.contains(words.peek) || Int(words.peek) != nil { _ = words.next() }
        if words.take("interval") { _ = words.next() }
      case "inactive": entry.isInactive = true
      case "time-range": entry.doubt = "the time range `\(words.next())`"
      default:
        // Of ICMP and others, types.
        if entry.isOfTCP { return false }
      }
    }
    return true
  }

  /// Takes one side; `nil` for what is none.
  private mutating func party(_ words: inout ASAWords, _ entry: inout ASAEntry) -> ASAAddresses? {
    // Whose connection it is, known by a directory or a switch.
    while ["user", "user-group", "object-group-user", "object-group-security", "security-group"].contains(words.peek)
    {
      let word = words.next()
      if word == "security-group" { _ = words.next() }
      entry.doubt = "the \(word) `\(words.next())`"
    }
    let word = words.next()
    switch word {
    case "any": return .any
    case "any4": return ASAAddresses(ranges: [ASAAddresses.every(.ipv4)])
    case "any6": return ASAAddresses(ranges: [ASAAddresses.every(.ipv6)])
    case "host": return address(words.next()).map { ASAAddresses(ranges: [$0...$0]) }
    case "object", "object-group", "object-group-network-service": return addresses(words.next())
    case "interface":
      let name = words.next()
      let parts = AddressFamily.allCases.map { interface(name, $0) }
      return ASAAddresses(ranges: parts.flatMap(\.ranges), doubt: parts.compactMap(\.doubt).first)
    default: return network(word) { words.next() }.map { ASAAddresses(ranges: [$0]) }
    }
  }

  /// Takes ports where some follow; a group of addresses is none.
  private mutating func ports(_ words: inout ASAWords) -> (ranges: [PortRange], doubt: String?)? {
    if ASAProtocol.isOperator(words.peek) {
      guard let ports = ASAProtocol.ports(&words) else { return ([], "ports that are none") }
      return (ports, nil)
    }
    guard words.peek == "object-group" else { return nil }
    var ahead = words
    _ = ahead.next()
    let name = ahead.next()
    guard let object = configuration.objects[name], object.kind == "service" else { return nil }
    words = ahead
    let services = services(name)
    return (services.services.filter(\.isOfTCP).flatMap { $0.destination ?? [] }, services.doubt)
  }
}

extension ASAService {
  /// With such ports, where it is of a protocol that has some.
  fileprivate func narrowed(source: [PortRange]? = nil, destination: [PortRange]? = nil) -> ASAService {
    ASAService(
      transport: transport, source: source ?? self.source, destination: destination ?? self.destination)
  }
}
