/// A message of nfnetlink as the kernel lists one, of a family by its number and with attributes by their types.
func netfilterMessage(family: UInt8, _ attributes: [UInt8]...) -> [UInt8] {
  let body = [family, 0, 0, 0] + attributes.joined()
  return withUnsafeBytes(of: UInt32(16 + body.count)) { Array($0) } + [UInt8](repeating: 0, count: 12) + body
}

/// One attribute, padded to four bytes.
func attribute(_ type: UInt16, _ value: [UInt8]) -> [UInt8] {
  [UInt16(4 + value.count), type].flatMap { number in withUnsafeBytes(of: number) { Array($0) } }
    + value + [UInt8](repeating: 0, count: -value.count & 3)
}

func attribute(_ type: UInt16, _ name: String) -> [UInt8] { attribute(type, Array(name.utf8) + [0]) }
