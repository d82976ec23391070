import Addressing
import Diagnostics
import Nftables

/// A value before which `!` may stand.
struct Choice<Value: Sendable>: Sendable {
  var value: Value
  var isInverted: Bool
}

/// Addresses as fw4 reads them (`parse_subnet`).
enum OpenWrtNetwork: Sendable {
  case addresses(Value, AddressFamily)
  /// A mask of which the bits that count do not come first, or the name of a network, whose addresses stand elsewhere.
  case unread(String, AddressFamily?)

  var family: AddressFamily? {
    switch self {
    case .addresses(_, let family): family
    case .unread(_, let family): family
    }
  }

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, parts.count <= 2 else { return nil }
    if parts.count == 2, let last = parts.last {
      guard let base = IPAddress(first) else { return nil }
      self.init(base, mask: last)
      return
    }
    let ends = first.split(separator: "-", omittingEmptySubsequences: false).map { IPAddress(String($0)) }
    if let low = ends.first.flatMap(\.self), let high = ends.last.flatMap(\.self), ends.count <= 2 {
      guard low.family == high.family, low <= high else { return nil }
      self = .addresses(Value(low...high), low.family)
      return
    }
    guard ends.count == 1, first.utf8.allSatisfy({ isWordCharacter($0) || $0 == UInt8(ascii: ".") }),
      first.contains(where: \.isLetter)
    else { return nil }
    self = .unread("the addresses of the network `\(first)`", nil)
  }

  private init?(_ base: IPAddress, mask: String) {
    let family = base.family
    if let length = Int(mask) {
      guard length <= family.bits, let value = Value(base: base, length: max(0, length)) else { return nil }
      self = length < 0 ? .unread("addresses with the mask \(mask)", family) : .addresses(value, family)
      return
    }
    guard let bits = IPAddress(mask), bits.family == family else { return nil }
    let hosts = ~bits.value & family.highest
    guard hosts & (hosts &+ 1) == 0,
      let value = Value(base: base, length: family.bits - (128 - hosts.leadingZeroBitCount))
    else {
      self = .unread("addresses with the mask \(mask)", family)
      return
    }
    self = .addresses(value, family)
  }
}

/// The families that a section is for.
enum OpenWrtFamily: Sendable, Equatable {
  /// Nothing says it, or `any` does.
  case untold, any
  case only(AddressFamily)

  var only: AddressFamily? { if case .only(let family) = self { family } else { nil } }
}

/// Reads the options of a section with the types that fw4 gives them (`parse_options` in fw4.uc). With one value that
/// it does not know it leaves the whole section out.
struct OpenWrtOptions {
  let section: UCISection
  /// Why fw4 leaves the section out, after "it"; `nil` where it takes it.
  private(set) var fault: String?

  init(_ section: UCISection) { self.section = section }

  func has(_ option: String) -> Bool { section.options[option] != nil }
  func span(_ option: String) -> SourceSpan? { section.options[option]?.span }

  mutating func fail(_ reason: String) { fault = fault ?? "is left out by fw4, because \(reason)" }

  private mutating func wrong(_ option: String, _ value: String) {
    fail("`\(value)` is no value of `\(option)`")
  }

  /// One value; `nil` where there is none.
  mutating func single(_ option: String) -> String? {
    guard let found = section.options[option] else { return nil }
    guard !found.isList else {
      fail("`\(option)` is a list, and may be none")
      return nil
    }
    return found.values.first
  }

  /// Values of a list; words that stand in one option are several.
  private func values(_ option: String) -> [String] {
    guard let found = section.options[option] else { return [] }
    guard !found.isList else { return found.values }
    return found.values.flatMap { $0.split { $0 == " " || $0 == "\t" }.map(String.init) }
  }

  private mutating func read<T>(_ option: String, _ value: String, _ parse: (String) -> T?) -> T? {
    let parsed = parse(value)
    if parsed == nil { wrong(option, value) }
    return parsed
  }

  private mutating func one<T>(_ option: String, _ parse: (String) -> T?) -> T? {
    guard let value = single(option) else { return nil }
    return read(option, value, parse)
  }

  private mutating func list<T>(_ option: String, _ parse: (String) -> T?) -> [T] {
    values(option).compactMap { read(option, $0, parse) }
  }

  mutating func flag(_ option: String, _ standard: Bool = false) -> Bool {
    one(option) { text in
      ["1", "on", "true", "yes"].contains(text) ? true : ["0", "off", "false", "no"].contains(text) ? false : nil
    } ?? standard
  }

  /// One of some words, of which the beginning is enough.
  mutating func word(_ option: String, _ choices: [String]) -> String? {
    one(option) { text in choices.first { $0.hasPrefix(text.lowercased()) } }
  }

  mutating func family(_ standard: OpenWrtFamily = .untold) -> OpenWrtFamily {
    one("family") { text -> OpenWrtFamily? in
      if ["any", "all", "*"].contains(text) { return .any }
      if text == "inet" || text.contains("4") { return .only(.ipv4) }
      return text.contains("6") ? .only(.ipv6) : nil
    } ?? standard
  }

  mutating func ports(_ option: String) -> [Choice<PortRange>] { list(option, Self.ports) }
  mutating func port(_ option: String) -> Choice<PortRange>? { one(option, Self.ports) }
  mutating func networks(_ option: String) -> [Choice<OpenWrtNetwork>] { list(option, Self.network) }
  mutating func network(_ option: String) -> Choice<OpenWrtNetwork>? { one(option, Self.network) }
  mutating func names(_ option: String) -> [Choice<String>] { list(option, Self.inverted) }

  mutating func protocols(_ standard: [String]) -> [Choice<String>] {
    guard has("proto") else { return standard.map { Choice(value: $0, isInverted: false) } }
    return list("proto", Self.inverted).flatMap { choice -> [Choice<String>] in
      let names = OpenWrtProtocols.names(choice.value.lowercased())
      return names.map { Choice(value: $0, isInverted: choice.isInverted) }
    }
  }

  /// A rate; without a unit it is per second.
  mutating func limit(burst: String) -> Rate? {
    let count = one(burst) { UInt32($0) }
    return one("limit") { text -> Rate? in
      let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      let units: [Rate.Unit] = [.second, .minute, .hour, .day]
      guard let first = parts.first, let number = UInt32(first), parts.count <= 2,
        let unit = parts.count == 1 ? .second : units.first(where: { $0.rawValue.hasPrefix(parts[1].lowercased()) })
      else { return nil }
      return Rate(number, per: unit, burst: count ?? 5)
    }
  }

  private static func inverted(_ text: String) -> Choice<String>? {
    let trimmed = text.trimmed
    let isInverted = trimmed.hasPrefix("!")
    let value = isInverted ? String(trimmed.dropFirst()).trimmed : trimmed
    return value.isEmpty ? nil : Choice(value: value, isInverted: isInverted)
  }

  private static func network(_ text: String) -> Choice<OpenWrtNetwork>? {
    inverted(text).flatMap { choice in
      OpenWrtNetwork(choice.value).map { Choice(value: $0, isInverted: choice.isInverted) }
    }
  }

  private static func ports(_ text: String) -> Choice<PortRange>? {
    guard let choice = inverted(text) else { return nil }
    let ends = choice.value.split(omittingEmptySubsequences: false) { $0 == "-" || $0 == ":" }.map { UInt16($0) }
    guard ends.count <= 2, choice.value.utf8.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "+") }),
      let low = ends.first.flatMap(\.self), let high = ends.last.flatMap(\.self)
    else { return nil }
    return PortRange(low: low, high: high).map { Choice(value: $0, isInverted: choice.isInverted) }
  }
}

/// Names of protocols (`parse_protocol`).
enum OpenWrtProtocols {
  static let any = "any"

  static func names(_ text: String) -> [String] {
    switch text {
    case "all", "any", "*": [any]
    case "1", "icmp": ["icmp"]
    case "58", "icmpv6", "ipv6-icmp": ["ipv6-icmp"]
    case "tcpudp": ["tcp", "udp"]
    case "6": ["tcp"]
    case "17": ["udp"]
    default: [text]
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
  }
}
