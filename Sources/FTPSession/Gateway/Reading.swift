import Addressing
import Nftables

/// What an expression yields for a packet.
enum Reading {
  case value(Datum)
  case fields([Datum])
  /// The packet has no such thing: the rule ends without a match.
  case absent
  case unknown(String)
}

extension PacketView {
  private var family: AddressFamily { packet.tuple.family }

  /// The value of an expression in a rule of a table.
  func read(_ operand: Operand, _ network: Network, _ table: Program.CompiledTable) -> Reading {
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
    case .connection(let key): return read(key)
    case .tuple(let isReply, let field, let wanted): return read(isReply, field, wanted)
    case .route(let isSource, let isType, let matchesInput):
      return route(to: isSource ? packet.tuple.source : packet.tuple.destination, isType, matchesInput, network)
    case .constant(let datum): return .value(datum)
    case .masked(let inner, let mask):
      let reading = read(inner, network, table)
      guard case .value(let value) = reading else { return reading }
      return .value(.number(value.bits & mask))
    case .combination(let parts): return combine(parts, network, table)
    case .mapped(let key, let reference): return map(key, reference, network, table)
    case .unknown(let text): return .unknown(text)
    }
  }

  private func combine(_ parts: [Operand], _ network: Network, _ table: Program.CompiledTable) -> Reading {
    var fields: [Datum] = []
    fields.reserveCapacity(parts.count)
    for part in parts {
      switch read(part, network, table) {
      case .value(let value): fields.append(value)
      case .fields(let more): fields += more
      case .absent: return .absent
      case .unknown(let text): return .unknown(text)
      }
    }
    return .fields(fields)
  }

  private func map(
    _ key: Operand, _ reference: LookupReference, _ network: Network, _ table: Program.CompiledTable
  ) -> Reading {
    let fields: [Datum]
    switch read(key, network, table) {
    case .value(let value): fields = [value]
    case .fields(let more): fields = more
    case .absent: return .absent
    case .unknown(let text): return .unknown(text)
    }
    guard let lookup = table.lookup(reference) else { return .unknown("a map that the listing does not show") }
    switch lookup.find(fields) {
    case .missing: return .absent
    case .unknown(let text): return .unknown(text)
    case .found(let entry):
      if case .none = entry.data { return .unknown("a map without data") }
      guard let fields = entry.data.fields else { return .unknown(entry.data.text) }
      return .fields(fields)
    }
  }

  private func read(_ key: Operand.Meta) -> Reading {
    switch key {
    // Where there is no interface its name is empty and its number 0, so that `!=` matches (`nft_meta_store_ifname`).
    case .iifname, .iif: .value(.word(input ?? ""))
    case .oifname, .oif: .value(.word(output ?? ""))
    case .l4proto: .value(.number(6))
    case .nfproto: .value(.number(family == .ipv4 ? 2 : 10))
    case .protocol: .value(.word(family.header))
    case .mark: .value(.number(mark))
    case .pkttype: .value(.word("host"))
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
    case .mark: return .value(.number(connection.mark))
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

extension Domain {
  /// A constant of a map's data, whose type a listing does not repeat: an address or a number.
  static func constant(_ listed: JSONValue) -> Datum? {
    Domain.address.datum(listed) ?? Domain.word.datum(listed)
  }
}
