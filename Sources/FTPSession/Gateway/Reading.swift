import Addressing
import Nftables

/// What an expression yields for a packet.
enum Reading {
  case value(Datum)
  case fields([Datum])
  /// A number of which only the range is known.
  case oneOf(ClosedRange<UInt128>, String)
  /// The packet has no such thing: the rule ends without a match.
  case absent
  case unknown(String)

  /// A number of which only the range is known, as something that is not known.
  var certain: Reading {
    guard case .oneOf(let range, let text) = self else { return self }
    return range.lowerBound == range.upperBound ? .value(.number(range.lowerBound)) : .unknown(text)
  }
}

/// Why something cannot be told.
struct Doubt: Error {
  var text: String
}

extension PacketView {
  private var family: AddressFamily { packet.tuple.family }

  /// The value of an expression in a rule of a table.
  func read(_ operand: Operand, _ network: Network, _ table: Program.CompiledTable) -> Reading {
    if let message = packet.neighbourMessage, let reading = read(operand, of: message, network) { return reading }
    switch operand {
    case .address(let wanted, let isSource):
      guard wanted == family else { return .absent }
      return .value(.number(isSource ? packet.tuple.source.value : packet.tuple.destination.value))
    case .port(let isSource):
      return .value(.number(UInt128(isSource ? packet.tuple.sourcePort : packet.tuple.destinationPort)))
    case .tcpFlags: return .value(.number(packet.flags))
    case .nextProtocol(let wanted): return wanted == family ? .value(.number(6)) : .absent
    case .otherHeader: return .absent
    case .meta(let key): return read(key)
    // Whether connection tracking of bridges is at work is not told.
    case .connection where isBridged, .tuple where isBridged:
      return .unknown("connection tracking at a hook of a bridge")
    case .connection(let key): return read(key)
    case .tuple(let isReply, let field, let wanted): return read(isReply, field, wanted)
    case .route(let isSource, let isType, let matchesInput):
      return route(to: isSource ? packet.tuple.source : packet.tuple.destination, isType, matchesInput, network)
    case .constant(let datum): return .value(datum)
    case .field(let name): return read(field: name, network)
    case .oneOf(let range, let text): return .oneOf(range, text)
    case .masked(let inner, let mask): return read(inner, network, table).masked(mask)
    case .computed(let sign, let left, let right):
      return compute(sign, read(left, network, table), read(right, network, table), width: left.domain.width)
    case .moved(let isSource, let target): return move(isSource, target, network, table)
    case .combination(let parts): return combine(parts, network, table)
    case .mapped(let key, let reference): return map(key, reference, network, table)
    case .unknown(let text): return .unknown(text)
    }
  }

  private func combine(_ parts: [Operand], _ network: Network, _ table: Program.CompiledTable) -> Reading {
    var fields: [Datum] = []
    fields.reserveCapacity(parts.count)
    for part in parts {
      switch read(part, network, table).certain {
      case .value(let value): fields.append(value)
      case .fields(let more): fields += more
      case .absent: return .absent
      case .unknown(let text), .oneOf(_, let text): return .unknown(text)
      }
    }
    return .fields(fields)
  }

  private func map(
    _ key: Operand, _ reference: LookupReference, _ network: Network, _ table: Program.CompiledTable
  ) -> Reading {
    switch find(key, reference, network, table) {
    case .failure(let doubt): return .unknown(doubt.text)
    case .success(nil): return .absent
    case .success(let entry?):
      if case .none = entry.data { return .unknown("a map without data") }
      return entry.data.fields.map { .fields($0) } ?? .unknown(entry.data.text)
    }
  }

  func read(_ key: Operand.Meta) -> Reading {
    switch key {
    // Without a device the name is empty and the index 0 (`nft_meta_store_ifname` in nft_meta.c; measured on 6.18).
    case .iifname: .value(.word(input ?? ""))
    case .oifname: .value(.word(output ?? ""))
    case .iif: .value(input.map { .word($0) } ?? .number(0))
    case .oif: .value(output.map { .word($0) } ?? .number(0))
    case .l4proto: .value(.number(6))
    case .nfproto: .value(.number(family == .ipv4 ? 2 : 10))
    case .protocol: .value(.number(family.etherType))
    case .mark: markDoubt.map { .unknown($0) } ?? .value(.number(mark))
    case .pkttype: .value(.number(packetType))
    }
  }

  private func read(_ key: Operand.Connection) -> Reading {
    if key == .state {
      // Without an entry a packet is invalid (`nft_ct_get_eval` in nft_ct.c).
      return .value(.number(state?.rawValue ?? 1))
    }
    guard let connection else { return .absent }
    switch key {
    case .state: return .absent
    case .status: return .value(.number(connection.status))
    case .helper: return masterHelper.map { .value(.word($0)) } ?? .absent
    case .mark: return connection.markDoubt.map { .unknown($0) } ?? .value(.number(connection.mark))
    case .direction: return .value(.number(isReply ? 1 : 0))
    case .l3proto: return .value(.number(family == .ipv4 ? 2 : 10))
    case .protocol: return .value(.number(6))
    }
  }

  private func read(_ isReply: Bool, _ field: Operand.TupleField, _ wanted: AddressFamily?) -> Reading {
    guard let connection else { return .absent }
    let tuple = connection.tuple(isReply: isReply)
    guard wanted == nil || wanted == tuple.family else { return .absent }
    switch field {
    case .saddr: return .value(.number(tuple.source.value))
    case .daddr: return .value(.number(tuple.destination.value))
    case .sport: return .value(.number(UInt128(tuple.sourcePort)))
    case .dport: return .value(.number(UInt128(tuple.destinationPort)))
    }
  }

  private func route(to address: IPAddress, _ isType: Bool, _ matchesInput: Bool, _ network: Network) -> Reading {
    if let routing = network.routing {
      let found = routing.lookUp(address, on: matchesInput ? input : nil)
      if isType { return .value(.word(found.type)) }
      return .value(found.interface.map { .word($0) } ?? .number(0))
    }
    if isType { return .value(.word(network.isLocal(address) ? "local" : "unicast")) }
    let interface = network.isLocal(address) ? "lo" : network.interface(towards: address)
    if matchesInput, let input, interface != input { return .value(.number(0)) }
    return .value(.word(interface))
  }
}

extension Reading {
  fileprivate func masked(_ mask: UInt128) -> Reading {
    switch self {
    case .value(let value): return .value(.number(value.bits & mask))
    case .fields(let fields): return .value(.number((fields.first?.bits ?? 0) & mask))
    case .oneOf(let range, let text):
      let lowest = mask & (~mask &+ 1)
      if range.upperBound < lowest { return .value(.number(0)) }
      let isWhole = mask & (mask &+ 1) == 0 && range.upperBound <= mask
      return isWhole ? self : .unknown(text)
    case .absent, .unknown: return self
    }
  }

  /// The only number that it can be.
  fileprivate var number: UInt128? {
    switch certain {
    case .value(.number(let value)): return value
    case .fields(let fields):
      guard fields.count == 1, case .number(let value)? = fields.first else { return nil }
      return value
    default: return nil
    }
  }
}

extension PacketView {
  /// `nft_bitwise.c`: numbers of at most the given width.
  private func compute(
    _ sign: Arithmetic, _ left: Reading, _ right: Reading, width: Int
  ) -> Reading {
    for reading in [left, right] {
      if case .absent = reading { return .absent }
      if case .unknown = reading { return reading }
    }
    guard let first = left.number, let second = right.number else {
      for case .oneOf(_, let text) in [left, right] { return .unknown(text) }
      return .unknown("`\(sign.rawValue)` with something that is no number")
    }
    let isAddress = width == 32 && first > UInt128(UInt32.max)
    let all: UInt128 = isAddress ? .max : (1 << UInt128(width)) - 1
    switch sign {
    case .and: return .value(.number(first & second))
    case .or: return .value(.number(first | second))
    case .xor: return .value(.number(first ^ second))
    case .left: return .value(.number(second < 128 ? first << second & all : 0))
    case .right: return .value(.number(second < 128 ? first >> second : 0))
    }
  }

  /// The packet's address in another network (`nf_nat_core.c`, `NF_NAT_RANGE_NETMAP`).
  private func move(
    _ isSource: Bool, _ target: Operand, _ network: Network, _ table: Program.CompiledTable
  ) -> Reading {
    let range: ClosedRange<UInt128>
    switch target {
    case .oneOf(let addresses, _): range = addresses
    case .mapped(let key, let reference):
      switch find(key, reference, network, table) {
      case .success(let entry?):
        guard let addresses = entry.data.addresses else { return .unknown(entry.data.text) }
        range = addresses
      case .success(nil): return .absent
      case .failure(let doubt): return .unknown(doubt.text)
      }
    default: return read(target, network, table)
    }
    let own = isSource ? packet.tuple.source.value : packet.tuple.destination.value
    let host = range.lowerBound ^ range.upperBound
    return .value(.number(own & host | range.lowerBound & ~host))
  }

  /// The element of a set or map under the key that a packet has; `nil` for none.
  func find(
    _ key: Operand, _ reference: LookupReference, _ network: Network, _ table: Program.CompiledTable
  ) -> Result<Lookup.Entry?, Doubt> {
    let fields: [Datum]
    let reading = read(key, network, table)
    switch reading.certain {
    case .value(let value): fields = [value]
    case .fields(let more): fields = more
    case .absent: return .success(nil)
    case .unknown(let text), .oneOf(_, let text):
      guard case .oneOf(let range, _) = reading, let lookup = table.lookup(reference) else {
        return .failure(Doubt(text: text))
      }
      switch lookup.find(all: range) {
      case .found(let entry): return .success(entry)
      case .missing: return .success(nil)
      case .unknown: return .failure(Doubt(text: text))
      }
    }
    guard let lookup = table.lookup(reference) else {
      return .failure(Doubt(text: "a map that the listing does not show"))
    }
    switch search(fields, lookup, reference, table, ofClient: key.hasAddress) {
    case .missing: return .success(nil)
    case .unknown(let text): return .failure(Doubt(text: text))
    case .found(let entry): return .success(entry)
    }
  }
}

extension Domain {
  /// A constant of a map's data, whose type a listing does not repeat: an address or a number.
  static func constant(_ expression: Expression) -> Datum? {
    Domain.address.datum(expression) ?? Domain.word.datum(expression)
  }
}
