package import Addressing

/// What the helper remembers of one control connection: whether the next segment of a direction is looked at, because
/// one that ended a line came before it (`nf_conntrack_ftp.c`, `find_nl_seq`; 6.12 and 6.18).
struct HelperMemory: Hashable, Sendable {
  private var isPrimedForOriginal = false
  private var isPrimedForReply = false

  func looks(isReply: Bool) -> Bool { isReply ? isPrimedForReply : isPrimedForOriginal }

  mutating func sawSegment(isReply: Bool, endsLine: Bool) {
    if isReply { isPrimedForReply = endsLine } else { isPrimedForOriginal = endsLine }
  }
}

/// What the helper reads in one segment.
package enum HelperReading: Hashable, Sendable {
  /// Nothing that concerns it.
  case nothing
  /// A command or reply that begins like one of its own and cannot be read to its end: the segment is dropped.
  case partial
  /// An announcement: an address unless the form has none, and a port; `range` are the bytes that rewriting replaces.
  case announcement(IPAddress?, port: UInt16, form: AnnouncementForm, range: Range<Int>)
}

/// How address and port are written.
package enum AnnouncementForm: Hashable, Sendable {
  case commas
  /// EPRT: `|1|a.b.c.d|port|`.
  case extended
  /// 229: `|||port|`.
  case portOnly

  /// Address and port as the kernel writes them.
  package func text(_ address: IPAddress, _ port: UInt16) -> String {
    switch self {
    case .commas:
      let value = UInt32(truncatingIfNeeded: address.value)
      return "\(value >> 24),\(value >> 16 & 255),\(value >> 8 & 255),\(value & 255),\(port >> 8),\(port & 255)"
    case .extended: return "|\(address.family == .ipv4 ? 1 : 2)|\(address.inFullGroups)|\(port)|"
    case .portOnly: return "|||\(port)|"
    }
  }
}

extension IPAddress {
  /// The address as the kernel writes it into an EPRT command: IPv6 in eight groups of four digits.
  fileprivate var inFullGroups: String {
    guard case .v6 = self else { return description }
    return stride(from: 112, through: 0, by: -16).map { shift in
      let group = String(value >> UInt128(shift) & 0xFFFF, radix: 16)
      return String(repeating: "0", count: 4 - group.count) + group
    }.joined(separator: ":")
  }
}

/// Reads segments as the kernel's helper does (`nf_conntrack_ftp.c` of 6.12 and 6.18).
package struct SegmentReader {
  private let bytes: [UInt8]
  private let family: AddressFamily

  package init(_ text: String, _ family: AddressFamily) {
    bytes = Array(text.utf8)
    self.family = family
  }

  /// The first pattern of a direction that says anything counts.
  package func read(isReply: Bool) -> HelperReading {
    for keyword in isReply ? ["227 ", "229 "] : ["PORT", "EPRT"] {
      let reading = read(keyword)
      if reading != .nothing { return reading }
    }
    return .nothing
  }

  private func read(_ keyword: String) -> HelperReading {
    let pattern = keyword.utf8
    let isBeginning = zip(bytes, pattern).allSatisfy { byte, wanted in
      wanted == ((0x61...0x7A).contains(byte) ? byte - 0x20 : byte)
    }
    guard isBeginning else { return .nothing }
    // `find_pattern`: a segment that is no longer than the pattern may be the beginning of one.
    guard bytes.count > pattern.count else { return .partial }
    switch keyword {
    case "227 ": return numbers(from: pattern.count, skippingTo: { (0x30...0x39).contains($0) }, isCommand: false)
    case "PORT": return numbers(after: { $0 == 0x20 }, from: pattern.count, isCommand: true)
    case "229 ": return extended(after: { $0 == 0x28 }, from: pattern.count, isCommand: false)
    default: return extended(after: { $0 == 0x20 }, from: pattern.count, isCommand: true)
    }
  }

  private func numbers(from start: Int, skippingTo skip: (UInt8) -> Bool, isCommand: Bool) -> HelperReading {
    guard let first = bytes[start...].firstIndex(where: skip) else { return .partial }
    return numbers(at: first, isCommand: isCommand)
  }

  private func numbers(after skip: (UInt8) -> Bool, from start: Int, isCommand: Bool) -> HelperReading {
    guard let position = bytes[start...].firstIndex(where: skip) else { return .partial }
    return numbers(at: position + 1, isCommand: isCommand)
  }

  /// Six numbers with commas between them; each is taken modulo 256, as 6.12 and 6.18 do it (measured).
  private func numbers(at start: Int, isCommand: Bool) -> HelperReading {
    var values: [UInt32] = [0]
    var position = start
    while bytes.indices.contains(position) {
      let byte = bytes[position]
      if (0x30...0x39).contains(byte) {
        values[values.count - 1] = (values[values.count - 1] &* 10 &+ UInt32(byte - 0x30)) & 0xFF
      } else if byte == 0x2C {
        guard values.count < 6 else { return .partial }
        values.append(0)
      } else {
        break
      }
      position += 1
    }
    guard values.count == 6, bytes.indices.contains(position), !isCommand || bytes[position] == 0x0D else {
      return .partial
    }
    let address = IPAddress(
      family: .ipv4, value: values.prefix(4).reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
    return .announcement(
      address, port: UInt16(values[4] << 8 | values[5]), form: .commas, range: start..<position)
  }

  private func extended(after skip: (UInt8) -> Bool, from start: Int, isCommand: Bool) -> HelperReading {
    guard let found = bytes[start...].firstIndex(where: skip), bytes.indices.contains(found + 1) else {
      return .partial
    }
    let first = found + 1
    let delimiter = bytes[first]
    guard (33...126).contains(delimiter), !(0x30...0x39).contains(delimiter) else { return .partial }
    let fields = bytes[(first + 1)...].split(separator: delimiter, maxSplits: 3, omittingEmptySubsequences: false)
    guard fields.count == 4 else { return .partial }
    var address: IPAddress?
    if isCommand {
      guard Array(fields[0]) == [family == .ipv4 ? 0x31 : 0x32],
        let named = IPAddress(String(decoding: fields[1], as: UTF8.self)),
        named.family == family
      else { return .partial }
      address = named
    } else if !fields[0].isEmpty || !fields[1].isEmpty {
      return .partial
    }
    var port: UInt32 = 0
    for byte in fields[2] {
      guard (0x30...0x39).contains(byte) else { return .partial }
      port = (port &* 10 &+ UInt32(byte - 0x30)) & 0xFFFF
    }
    guard port > 0 else { return .partial }
    return .announcement(
      address, port: UInt16(port), form: isCommand ? .extended : .portOnly, range: first..<(fields[2].endIndex + 1))
  }

  /// The segment with another announcement in the place of the old one.
  func replacing(_ range: Range<Int>, by text: String) -> String {
    guard range.lowerBound >= 0, range.upperBound <= bytes.count else {
      return String(decoding: bytes, as: UTF8.self)
    }
    return String(decoding: bytes[..<range.lowerBound] + Array(text.utf8) + bytes[range.upperBound...], as: UTF8.self)
  }
}
