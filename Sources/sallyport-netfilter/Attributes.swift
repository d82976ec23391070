// SPDX-License-Identifier: GPL-2.0-only

/// Bytes of an answer of the kernel.
typealias Bytes = ArraySlice<UInt8>

extension Bytes {
  func number<Number: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as _: Number.Type) -> Number? {
    guard offset >= 0, count - offset >= MemoryLayout<Number>.size else { return nil }
    return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
  }

  /// Without what stands after a zero byte.
  var text: Bytes { prefix { $0 != 0 } }
}

/// Attributes of netlink (`struct nlattr`), each padded to four bytes; what is cut short ends them.
struct Attributes: Sequence, IteratorProtocol {
  private var rest: Bytes

  init(_ bytes: Bytes) { rest = bytes }

  mutating func next() -> (type: Int, value: Bytes)? {
    guard let length = rest.number(0, as: UInt16.self).map(Int.init), let type = rest.number(2, as: UInt16.self),
      length >= 4, length <= rest.count
    else { return nil }
    let value = rest.prefix(length).dropFirst(4)
    rest = rest.dropFirst((length + 3) & ~3)
    // The two highest bits say how the value is kept.
    return (Int(type & 0x3FFF), value)
  }

  subscript(type: Int) -> Bytes? { first { $0.type == type }?.value }
}

/// Messages of nfnetlink one after the other: the family, and the attributes of each.
struct Messages: Sequence, IteratorProtocol {
  private var rest: Bytes

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func next() -> (family: UInt8, attributes: Attributes)? {
    guard let length = rest.number(0, as: UInt32.self).map(Int.init), length >= 20, length <= rest.count,
      let family = rest.number(16, as: UInt8.self)
    else { return nil }
    let body = rest.prefix(length).dropFirst(20)
    rest = rest.dropFirst((length + 3) & ~3)
    return (family, Attributes(body))
  }
}

/// Comments and the like, which the kernel keeps without knowing them (`udata.h` of libnftnl): a byte for the type, one
/// for the length, and so many bytes.
struct UserData: Sequence, IteratorProtocol {
  private var rest: Bytes

  init(_ bytes: Bytes) { rest = bytes }

  mutating func next() -> (type: UInt8, value: Bytes)? {
    guard let type = rest.number(0, as: UInt8.self), let length = rest.number(1, as: UInt8.self).map(Int.init),
      length <= rest.count - 2
    else { return nil }
    let value = rest.prefix(2 + length).dropFirst(2)
    rest = rest.dropFirst(2 + length)
    return (type, value)
  }
}
