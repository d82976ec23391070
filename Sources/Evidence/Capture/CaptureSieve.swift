/// Takes out of a capture what a diagnosis has no use for, before it is taken apart: payload of data connections. What
/// stays is whole, with the numbers that its packets had.
///
/// Kept are packets of TCP with SYN, FIN or RST, with a handshake or an alert of TLS at their beginning, and of control
/// connections: ports 21 and 990, and those whose server begins with `220`; ICMP, fragments, and whatever it does not
/// understand. Reads pcap and pcapng as a stream of pieces of any size.
package struct CaptureSieve: Sendable {
  private enum Form { case unknown, pcap(swapped: Bool, link: UInt32), pcapng(swapped: Bool), broken }

  private var form = Form.unknown
  private var rest: [UInt8] = []
  /// Of pcapng, by the number of the interface.
  private var links: [UInt32] = []
  private var controls: Set<UInt16> = [21, 990]
  private var count: Int32 = 0
  /// What the packets that were kept are called, in their order.
  package private(set) var numbers: [Int32] = []

  package init() {}

  /// What of the next piece is kept.
  package mutating func take(_ piece: [UInt8]) -> [UInt8] {
    rest += piece
    var kept: [UInt8] = []
    var position = 0
    if case .unknown = form { begin(&kept, &position) }
    loop: while true {
      let length: Int?
      switch form {
      case .pcap(let swapped, let link): length = record(at: position, swapped, link, &kept)
      case .pcapng(let swapped): length = block(at: position, swapped, &kept)
      case .broken:
        kept += rest[position...]
        position = rest.count
        break loop
      case .unknown: break loop
      }
      guard let length else { break }
      position += length
    }
    rest.removeFirst(position)
    return kept
  }

  /// What is left when the file is over: a packet that was cut off, which nobody can read.
  private func number(_ position: Int, _ swapped: Bool, bytes: Int = 4) -> UInt32? {
    guard position >= 0, position + bytes <= rest.count else { return nil }
    let part = rest[position..<(position + bytes)]
    return swapped ? part.reduce(0) { $0 << 8 | UInt32($1) } : part.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  private mutating func begin(_ kept: inout [UInt8], _ position: inout Int) {
    guard rest.count >= 24 else { return }
    switch (rest[0], rest[1], rest[2], rest[3]) {
    case (0x0A, 0x0D, 0x0D, 0x0A):
      form = .pcapng(swapped: rest[8] == 0x1A)
    case (0xD4, 0xC3, 0xB2, 0xA1), (0x4D, 0x3C, 0xB2, 0xA1), (0xA1, 0xB2, 0xC3, 0xD4), (0xA1, 0xB2, 0x3C, 0x4D):
      let swapped = rest[0] == 0xA1
      form = .pcap(swapped: swapped, link: (number(20, swapped) ?? 0) & 0xFFFF)
      kept += rest[..<24]
      position = 24
    default: form = .broken
    }
  }

  private mutating func record(at position: Int, _ swapped: Bool, _ link: UInt32, _ kept: inout [UInt8]) -> Int? {
    guard let length = number(position + 8, swapped) else { return nil }
    guard length < 1 << 24 else {
      form = .broken
      return 0
    }
    let end = position + 16 + Int(length)
    guard end <= rest.count else { return nil }
    count += 1
    if isOfUse(rest[(position + 16)..<end], link) {
      kept += rest[position..<end]
      numbers.append(count)
    }
    return 16 + Int(length)
  }

  private mutating func block(at position: Int, _ swapped: Bool, _ kept: inout [UInt8]) -> Int? {
    guard let kind = number(position, swapped), let length = number(position + 4, swapped) else { return nil }
    guard length >= 12, length < 1 << 25 else {
      form = .broken
      return 0
    }
    let end = position + Int(length)
    guard end <= rest.count else { return nil }
    switch kind {
    case 1: links.append(number(position + 8, swapped, bytes: 2) ?? 0)
    case 6:
      count += 1
      let interface = Int(number(position + 8, swapped) ?? 0)
      let captured = Int(number(position + 20, swapped) ?? 0)
      let link = links.indices.contains(interface) ? links[interface] : UInt32.max
      let data = position + 28
      guard data + captured > end || isOfUse(rest[data..<(data + captured)], link) else { return Int(length) }
      numbers.append(count)
    case 3, 2:
      count += 1
      numbers.append(count)
    default: break
    }
    kept += rest[position..<end]
    return Int(length)
  }

  private mutating func isOfUse(_ frame: ArraySlice<UInt8>, _ link: UInt32) -> Bool {
    guard let start = networkOffset(frame, link) else { return true }
    return isOfUse(network: frame.dropFirst(start))
  }

  /// Where IP begins; `nil` for a link type that is not known.
  private func networkOffset(_ frame: ArraySlice<UInt8>, _ link: UInt32) -> Int? {
    func at(_ offset: Int) -> UInt8 { offset < frame.count ? frame[frame.startIndex + offset] : 0 }
    switch link {
    case 1:
      var offset = 12
      while at(offset) == 0x81 && at(offset + 1) == 0 || at(offset) == 0x88 && at(offset + 1) == 0xA8 { offset += 4 }
      return offset + 2
    case 12, 14, 101, 228, 229: return 0
    case 0, 108: return 4
    case 113: return 16
    case 276: return 20
    default: return nil
    }
  }

  private mutating func isOfUse(network: ArraySlice<UInt8>) -> Bool {
    func at(_ offset: Int) -> UInt8 { offset < network.count ? network[network.startIndex + offset] : 0 }
    let transport: Int
    switch at(0) >> 4 {
    case 4:
      // A fragment may be of anything.
      guard at(6) & 0x3F == 0, at(7) == 0 else { return true }
      guard at(9) == 6 else { return at(9) != 17 }
      transport = Int(at(0) & 15) * 4
    case 6:
      guard at(6) == 6 else { return at(6) != 17 }
      transport = 40
    default: return at(0) >> 4 != 0 || network.isEmpty
    }
    func port(_ offset: Int) -> UInt16 { UInt16(at(transport + offset)) << 8 | UInt16(at(transport + offset + 1)) }
    let (source, destination) = (port(0), port(2))
    if at(transport + 13) & 0x07 != 0 || controls.contains(source) || controls.contains(destination) { return true }
    let payload = transport + Int(at(transport + 12) >> 4) * 4
    if (0x15...0x16).contains(at(payload)), at(payload + 1) == 3 { return true }
    // `220 ` or `220-`.
    guard at(payload) == 0x32, at(payload + 1) == 0x32, at(payload + 2) == 0x30,
      [0x20, 0x2D].contains(at(payload + 3))
    else {
      return false
    }
    if controls.count < 64 { controls.insert(source) }
    return true
  }
}
