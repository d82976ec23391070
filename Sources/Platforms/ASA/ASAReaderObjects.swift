import Addressing

/// Addresses as objects and groups name them.
struct ASAAddresses {
  /// In the order of the text.
  var ranges: [ClosedRange<IPAddress>] = []
  /// Why some of them are not known.
  var doubt: String?
  /// The group that holds them.
  var name: String?
  /// What `merged` says of each family, for groups that many lines name.
  private var known: [AddressFamily: [ClosedRange<IPAddress>]]?

  init(ranges: [ClosedRange<IPAddress>] = [], doubt: String? = nil) { (self.ranges, self.doubt) = (ranges, doubt) }

  /// Says `merged` once for all.
  mutating func settle() {
    known = Dictionary(uniqueKeysWithValues: AddressFamily.allCases.map { ($0, merged($0)) })
  }

  static let any = ASAAddresses(ranges: AddressFamily.allCases.map(every))

  static func every(_ family: AddressFamily) -> ClosedRange<IPAddress> {
    let ends = [0, family.highest].compactMap { IPAddress(family: family, value: $0) }
    return (ends.first ?? .v4(IPv4Address(0)))...(ends.last ?? .v4(IPv4Address(.max)))
  }

  static func unknown(_ doubt: String) -> ASAAddresses { ASAAddresses(doubt: doubt) }

  /// Those of a family, in order and without what stands twice.
  func merged(_ family: AddressFamily) -> [ClosedRange<IPAddress>] {
    if let known { return known[family] ?? [] }
    let own = ranges.filter { $0.lowerBound.family == family }.sorted { $0.lowerBound < $1.lowerBound }
    var result: [ClosedRange<IPAddress>] = []
    for range in own {
      if let last = result.last, range.lowerBound <= last.upperBound {
        result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  func holdsAll(_ family: AddressFamily) -> Bool { merged(family) == [Self.every(family)] }

  var isAny: Bool { doubt == nil && AddressFamily.allCases.allSatisfy(holdsAll) }

  /// The only address; `nil` where there are more or less.
  var host: IPAddress? {
    guard doubt == nil, ranges.count == 1, let range = ranges.first, range.lowerBound == range.upperBound else {
      return nil
    }
    return range.lowerBound
  }
}

/// Ports of connections as services name them.
struct ASAService: Hashable {
  /// `nil` for every protocol.
  var transport: String?
  /// `nil` for all ports.
  var source: [PortRange]?
  var destination: [PortRange]?

  /// Whether connections of TCP are among them.
  var isOfTCP: Bool { transport == nil || transport == "tcp" }
}

/// Services, and why some of them are not known.
struct ASAServices {
  var services: [ASAService] = []
  var doubt: String?
}

/// What names stand for.
struct ASALookup {
  let configuration: ASAConfiguration
  let arrivals: [IPAddress]
  private var addresses: [String: ASAAddresses] = [:]
  private var services: [String: ASAServices] = [:]
  /// Groups that are being read: one may not hold itself.
  private var open: Set<String> = []
  /// Groups within groups up to which they are read.
  private static let mostOpen = 100

  init(_ configuration: ASAConfiguration, _ arrivals: [IPAddress]) {
    (self.configuration, self.arrivals) = (configuration, arrivals)
  }

  func address(_ text: String) -> IPAddress? { configuration.names[text] ?? IPAddress(text) }

  /// `A MASK` or `PREFIX`.
  func network(_ text: String, _ mask: () -> String) -> ClosedRange<IPAddress>? {
    if let slash = text.firstIndex(of: "/") {
      guard let base = address(String(text[..<slash])), let length = Int(text[text.index(after: slash)...]) else {
        return nil
      }
      return Prefix(base, length: length).map(\.range)
    }
    guard let base = address(text), base.family == .ipv4, let bits = IPAddress(mask()), bits.family == .ipv4 else {
      return nil
    }
    let hosts = ~bits.value & AddressFamily.ipv4.highest
    guard hosts & (hosts &+ 1) == 0 else { return nil }
    return Prefix(base, length: 32 - (128 - hosts.leadingZeroBitCount)).map(\.range)
  }

  /// The addresses of an interface; where they come from outside, those at which the policy says that packets arrive.
  func interface(_ name: String, _ family: AddressFamily) -> ASAAddresses {
    let known = configuration.interfaces[name]
    if known == nil, configuration.hasInterfaces { return .unknown("no interface here is called \(name)") }
    let own = known?.addresses.filter { $0.family == family } ?? []
    let isOpen = known == nil || known?.isDynamic == true || (family == .ipv6 && own.isEmpty)
    return ASAAddresses(
      ranges: (isOpen && own.isEmpty ? arrivals.filter { $0.family == family } : own).map { $0...$0 })
  }

  mutating func addresses(_ name: String) -> ASAAddresses {
    if let known = addresses[name] { return known }
    guard let object = configuration.objects[name], object.kind == "network" else {
      return .unknown("`\(name)` stands nowhere in the file")
    }
    guard open.count < Self.mostOpen else { return .unknown("`\(name)`, which lies in too many groups") }
    guard open.insert(name).inserted else { return .unknown("the group `\(name)` holds itself") }
    var result = ASAAddresses()
    // What two groups hold is told once: it would double with every group around them.
    var seen: Set<ClosedRange<IPAddress>> = []
    for member in object.members {
      let part = addresses(member, isGroup: object.isGroup)
      result.ranges += part.ranges.filter { seen.insert($0).inserted }
      result.doubt = result.doubt ?? part.doubt
    }
    if object.isGroup { result.name = name }
    if object.members.isEmpty, !object.isGroup { result.doubt = "the object `\(name)` is empty" }
    open.remove(name)
    result.settle()
    addresses[name] = result
    return result
  }

  private mutating func addresses(_ line: ASALine, isGroup: Bool) -> ASAAddresses {
    var words = line.dropping(1)
    var range: ClosedRange<IPAddress>?
    switch line.first {
    case "host": range = address(words.next()).map { $0...$0 }
    case "subnet": range = network(words.next()) { words.next() }
    case "range":
      if let low = address(words.next()), let high = address(words.next()), low.family == high.family, low <= high {
        range = low...high
      }
    case "network-object":
      if words.take("host") {
        range = address(words.next()).map { $0...$0 }
      } else if words.take("object") {
        return addresses(words.next())
      } else {
        range = network(words.next()) { words.next() }
      }
    case "group-object": return addresses(words.next())
    default: break
    }
    guard let range else { return .unknown("`\(line.text)`") }
    return ASAAddresses(ranges: [range])
  }

  // MARK: - Services

  mutating func services(_ name: String) -> ASAServices {
    if let known = services[name] { return known }
    guard let object = configuration.objects[name], object.kind != "network" else {
      return ASAServices(doubt: "`\(name)` stands nowhere in the file")
    }
    guard open.count < Self.mostOpen else {
      return ASAServices(doubt: "`\(name)`, which lies in too many groups")
    }
    guard open.insert(name).inserted else { return ASAServices(doubt: "the group `\(name)` holds itself") }
    var result = ASAServices()
    var seen: Set<ASAService> = []
    for member in object.members {
      let part = services(member, transport: object.transport)
      result.services += part.services.filter { seen.insert($0).inserted }
      result.doubt = result.doubt ?? part.doubt
    }
    if object.members.isEmpty, !object.isGroup { result.doubt = "the object `\(name)` is empty" }
    open.remove(name)
    services[name] = result
    return result
  }

  private mutating func services(_ line: ASALine, transport: String?) -> ASAServices {
    var words = line.dropping(1)
    switch line.first {
    case "group-object": return services(words.next())
    case "service-object" where words.peek == "object":
      _ = words.next()
      return services(words.next())
    case "service", "service-object":
      let protocols = ASAProtocol.transports(words.next())
      var source: [PortRange]?
      var destination: [PortRange]?
      while !words.isEmpty {
        let side = words.peek
        if side == "source" || side == "destination" { _ = words.next() }
        guard let ports = ASAProtocol.ports(&words) else {
          // Of ICMP and others there are types, which are no matter here.
          return protocols.contains { $0 == "tcp" || $0 == nil }
            ? ASAServices(doubt: "`\(line.text)`") : ASAServices()
        }
        if side == "source" { source = ports } else { destination = ports }
      }
      return ASAServices(
        services: protocols.map { ASAService(transport: $0, source: source, destination: destination) })
    case "port-object":
      guard let ports = ASAProtocol.ports(&words) else { return ASAServices(doubt: "`\(line.text)`") }
      return ASAServices(
        services: ASAProtocol.transports(transport ?? "tcp-udp").map {
          ASAService(transport: $0, source: nil, destination: ports)
        })
    case "protocol-object":
      return ASAServices(services: ASAProtocol.transports(words.next()).map { ASAService(transport: $0) })
    case "icmp-object": return ASAServices(services: [ASAService(transport: "icmp")])
    default: return ASAServices(doubt: "`\(line.text)`")
    }
  }
}

extension Prefix {
  /// Its addresses.
  fileprivate var range: ClosedRange<IPAddress> { canonical.address...max(canonical.address, last) }
}
