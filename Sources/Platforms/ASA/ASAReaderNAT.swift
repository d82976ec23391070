import Addressing
import Nftables

/// One rule of NAT, with what each side sees: the real side `a` and the mapped side `b` of `nat (a,b)`.
struct ASATranslation {
  enum Mapped {
    case addresses(ASAAddresses)
    case interface(ipv6: Bool)
  }

  var line: ASALine
  var realInterface = "any"
  var mappedInterface = "any"
  var isStatic = true
  var real = ASAAddresses.any
  var mapped = Mapped.addresses(.any)
  /// Of a twice NAT with a destination: as the real side sees it, and as the mapped side does.
  var destination: (mapped: Mapped, real: ASAAddresses)?
  var services: (real: ASAServices, mapped: ASAServices)?
  var isUnidirectional = false
  var isInactive = false
  /// Whether the device answers no neighbour that asks for the mapped address (`no-proxy-arp`).
  var isSilent = false
  /// Why the rule is not known; what it matches is.
  var doubt: String?

  init(_ line: ASALine) { self.line = line }
}

extension ASALookup {
  /// The rules in the order in which a device asks them: twice NAT, NAT of objects, twice NAT after those.
  mutating func translations() -> [ASATranslation] {
    let first = configuration.twice.map { twice($0) }
    let last = configuration.afterAuto.map { twice($0) }
    return (first + objectTranslations() + last).map { rule in
      var rule = rule
      if configuration.silentInterfaces.contains(rule.mappedInterface) { rule.isSilent = true }
      // For the address of an interface the device answers in any case.
      if case .interface = rule.mapped { rule.isSilent = false }
      return rule
    }
  }

  /// Static ones before dynamic ones, then by the number of real addresses, the lowest of them and the name ("NAT rule
  /// order" in the configuration guides).
  private mutating func objectTranslations() -> [ASATranslation] {
    var all: [(rule: ASATranslation, count: UInt128, low: UInt128, name: String)] = []
    for (name, line) in configuration.objectNAT {
      let rule = objectTranslation(line, name)
      let count = rule.real.ranges.reduce(UInt128(0)) {
        $0.addingReportingOverflow($1.upperBound.value - $1.lowerBound.value).partialValue
      }
      all.append((rule, count, rule.real.ranges.first?.lowerBound.value ?? 0, name))
    }
    return all.sorted {
      ($0.rule.isStatic ? 0 : 1, $0.count, $0.low, $0.name) < ($1.rule.isStatic ? 0 : 1, $1.count, $1.low, $1.name)
    }.map(\.rule)
  }

  /// `nat (A,B) static|dynamic ...` in an object.
  private mutating func objectTranslation(_ line: ASALine, _ name: String) -> ASATranslation {
    var rule = ASATranslation(line)
    var words = line.dropping(1)
    takeInterfaces(&words, &rule)
    rule.real = addresses(name)
    rule.isStatic = words.peek == "static"
    guard words.take("static") || words.take("dynamic") else {
      rule.doubt = "`\(line.text)`"
      return rule
    }
    takeMapped(&words, &rule)
    while !words.isEmpty, rule.doubt == nil {
      switch words.next() {
      case "service":
        let transport = words.next()
        guard let real = ASAProtocol.port(words.next()), let mapped = ASAProtocol.port(words.next()) else {
          rule.doubt = "`\(line.text)`"
          return rule
        }
        rule.services = (.source(transport, real), .source(transport, mapped))
      case "no-proxy-arp": rule.isSilent = true
      case let word: if !Self.options.contains(word) { rule.doubt = "`\(line.text)`" }
      }
    }
    return rule
  }

  /// Words that do not matter here: names in DNS, and how the way is found.
  private static let options: Set = [
    "dns", "route-lookup", "net-to-net", "interface", "ipv6", "flat", "include-reserve", "extended",
    "round-robin", "block-allocation",
  ]

  private func takeInterfaces(_ words: inout ASAWords, _ rule: inout ASATranslation) {
    guard words.peek.hasPrefix("("), words.peek.hasSuffix(")") else { return }
    let pair = words.next().dropFirst().dropLast().split(separator: ",", omittingEmptySubsequences: false)
    guard pair.count == 2, let real = pair.first, let mapped = pair.last, !real.isEmpty, !mapped.isEmpty else {
      rule.doubt = "`\(rule.line.text)`"
      return
    }
    (rule.realInterface, rule.mappedInterface) = (String(real), String(mapped))
  }

  private mutating func takeMapped(_ words: inout ASAWords, _ rule: inout ASATranslation) {
    if words.take("interface") {
      rule.mapped = .interface(ipv6: words.take("ipv6"))
    } else if words.take("pat-pool") {
      rule.mapped = .addresses(words.take("interface") ? ASAAddresses() : mappedAddresses(words.next()))
    } else {
      rule.mapped = .addresses(mappedAddresses(words.next()))
      if words.take("pat-pool") { _ = words.next() }
    }
  }

  /// An address, or an object.
  private mutating func mappedAddresses(_ text: String) -> ASAAddresses {
    if text == "any" { return .any }
    if configuration.objects[text] != nil { return addresses(text) }
    if let address = address(text) { return ASAAddresses(ranges: [address...address]) }
    return network(text) { "" }.map { ASAAddresses(ranges: [$0]) } ?? addresses(text)
  }

  /// `nat (A,B) source static|dynamic REAL MAPPED [destination static MAPPED REAL] [service REAL MAPPED] ...`
  private mutating func twice(_ line: ASALine) -> ASATranslation {
    var rule = ASATranslation(line)
    var words = line.dropping(1)
    takeInterfaces(&words, &rule)
    guard words.take("source"), words.peek == "static" || words.peek == "dynamic" else {
      rule.doubt = "`\(line.text)`"
      return rule
    }
    rule.isStatic = words.next() == "static"
    rule.real = mappedAddresses(words.next())
    takeMapped(&words, &rule)
    while !words.isEmpty {
      let word = words.next()
      switch word {
      case "destination":
        guard words.take("static") else { return rule.doubting() }
        let mapped: ASATranslation.Mapped =
          words.take("interface")
          ? .interface(ipv6: words.take("ipv6")) : .addresses(mappedAddresses(words.next()))
        rule.destination = (mapped, mappedAddresses(words.next()))
      case "service": rule.services = (serviceObject(words.next()), serviceObject(words.next()))
      case "unidirectional": rule.isUnidirectional = true
      case "inactive": rule.isInactive = true
      case "no-proxy-arp": rule.isSilent = true
      case "description": return rule
      default: if !Self.options.contains(word) { return rule.doubting() }
      }
    }
    return rule
  }

  private mutating func serviceObject(_ name: String) -> ASAServices {
    name == "any" ? ASAServices(services: [ASAService()]) : services(name)
  }
}

extension ASATranslation {
  fileprivate func doubting() -> ASATranslation {
    var rule = self
    rule.doubt = "`\(line.text)`"
    return rule
  }
}

extension ASAServices {
  /// One port, of the server as the source.
  fileprivate static func source(_ transport: String, _ port: UInt16) -> ASAServices {
    ASAServices(
      services: ASAProtocol.transports(transport).map {
        ASAService(transport: $0, source: [PortRange(port)])
      })
  }
}
