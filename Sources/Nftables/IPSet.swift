package import Addressing

/// A set of `ipset`, to which rules of iptables refer by an index.
package struct IPSet: Hashable, Sendable {
  /// What one element stands for. What its type does not have is `nil`.
  package struct Element: Hashable, Sendable {
    /// Addresses of the first and of a further field, as numbers.
    package var addresses: [ClosedRange<UInt128>] = []
    package var ports: ClosedRange<UInt16>?
    /// A number of a protocol.
    package var transport: UInt8?
    package var interface: String?
    package var isPrefixOfInterface = false
    /// The name of a set in a list of sets.
    package var member: String?
    /// Whether it takes out what a wider network holds.
    package var isException = false
    /// Whether it goes away by itself.
    package var goesAway = false
    /// Bits of the prefixes together: of elements that hold an address, the one with more decides.
    package var length = 0
  }

  package var index: Int?
  package var name: String
  /// As `ipset` writes it, for example `hash:ip,port`.
  package var type: String
  package var family: AddressFamily?
  package var elements: [Element]

  /// What the fields of its elements are: `ip`, `net`, `port`, `iface`, `set`, `mac`, `mark`.
  package var fields: [String] {
    guard let colon = type.firstIndex(of: ":") else { return [] }
    return type[type.index(after: colon)...].split(separator: ",").map(String.init)
  }
}

/// Reads the messages of `IPSET_CMD_LIST`: a set may come in several parts.
///
/// - Parameter names: A line `INDEX NAME` for each set.
func listedIPSets(messages: [UInt8], names: [UInt8]) -> [IPSet] {
  var indices: [String: Int] = [:]
  for line in String(decoding: names, as: UTF8.self).split(separator: "\n") {
    let words = line.split(separator: " ", maxSplits: 1)
    guard words.count == 2, let index = Int(words[0]) else { continue }
    indices[String(words[1])] = index
  }
  var sets: [IPSet] = []
  var positions: [String: Int] = [:]
  var masks: [String: Int] = [:]
  for (_, body) in Octets(messages).netfilterMessages {
    guard let name = body.attribute(2).flatMap({ $0.text(0, $0.count) }) else { continue }
    if let type = body.attribute(3).flatMap({ $0.text(0, $0.count) }), positions[name] == nil {
      let family: AddressFamily? = body.attribute(5)?.u8(0).flatMap { [2: .ipv4, 10: .ipv6][$0] }
      positions[name] = sets.count
      masks[name] = body.attribute(7)?.attribute(20)?.u8(0).map(Int.init)
      sets.append(IPSet(index: indices[name], name: name, type: type, family: family, elements: []))
    }
    guard let position = positions[name], let elements = body.attribute(8) else { continue }
    for element in elements.attributes where element.type == 7 {
      sets[position].elements.append(IPSet.Element(element.value, netmask: masks[name]))
    }
  }
  return sets
}

extension IPSet.Element {
  /// Attributes as in `linux/netfilter/ipset/ip_set.h`.
  fileprivate init(_ data: Octets, netmask: Int?) {
    var fields: [Int: Octets] = [:]
    for attribute in data.attributes { fields[attribute.type] = attribute.value }
    for (first, last, cidr) in [(1, 2, 3), (20, 22, 21)] {
      guard let low = fields[first]?.listedAddress else { continue }
      if let high = fields[last]?.listedAddress, high.value >= low.value, high.family == low.family {
        addresses.append(low.value...high.value)
        continue
      }
      let width = low.family == .ipv4 ? 32 : 128
      let bits = fields[cidr]?.u8(0).map(Int.init) ?? netmask ?? width
      addresses.append(Prefix(low, length: bits)?.bounds ?? low.value...low.value)
      length += bits
    }
    if let low = fields[4]?.big(0, 2).map({ UInt16(truncatingIfNeeded: $0) }) {
      let high = fields[5]?.big(0, 2).map { UInt16(truncatingIfNeeded: $0) } ?? low
      ports = low...max(low, high)
    }
    transport = fields[7]?.u8(0)
    interface = fields[23].flatMap { $0.text(0, $0.count) }
    member = fields[18].flatMap { $0.text(0, $0.count) }
    let flags = fields[8]?.big(0, 4) ?? 0
    isException = flags & 4 != 0
    isPrefixOfInterface = flags & 128 != 0
  }
}

extension Octets {
  /// `IPSET_ATTR_IPADDR_IPV4` or `IPSET_ATTR_IPADDR_IPV6`.
  fileprivate var listedAddress: IPAddress? {
    attribute(1)?.address(0, .ipv4) ?? attribute(2)?.address(0, .ipv6)
  }
}
