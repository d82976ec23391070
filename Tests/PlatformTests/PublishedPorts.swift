import Addressing
import Flows
import LiveSupport

/// What a configuration publishes, however a firewall says it: the reading of a text and what a plan asks for can be
/// compared.
struct PublishedPorts: Equatable {
  /// Clients that may use ports of a server.
  struct Permit: Hashable {
    /// Sorted; `nil` for everybody.
    var clients: [String]?
    var server: String
    var ports: PortRange
  }

  /// Ports of an external address that lead to a server.
  struct Forward: Hashable, Comparable {
    var arrival: String
    var ports: PortRange
    var server: String
    /// The port of the server for the first of them.
    var first: UInt16

    static func < (left: Self, right: Self) -> Bool { (left.arrival, left.ports) < (right.arrival, right.ports) }

    /// How far the ports move.
    var shift: Int { Int(first) - Int(ports.low) }
  }

  var permits: Set<Permit> = []
  /// Sorted, none overlapping.
  private(set) var forwards: [Forward] = []

  init() {}

  /// What a plan asks for.
  ///
  /// - Parameter interface: What the text says in place of translated addresses.
  init(of plan: FlowPlan, interface: String? = nil) {
    var found: [Forward] = []
    for service in plan.services {
      let (server, range) = ("\(service.serverAddress)", service.passiveRange)
      if let clients = Self.clients(of: service) {
        for ports in [PortRange(service.serverControlPort)] + (range.map { [$0] } ?? []) {
          permits.insert(Permit(clients: clients, server: server, ports: ports))
        }
      }
      let arrival = service.isTranslated ? interface ?? "\(service.arrival)" : "\(service.arrival)"
      if service.isTranslated || service.controlPort != service.serverControlPort {
        found.append(
          Forward(
            arrival: arrival, ports: PortRange(service.controlPort), server: server, first: service.serverControlPort)
        )
      }
      if service.isTranslated, let range {
        found.append(Forward(arrival: arrival, ports: range, server: server, first: range.low))
      }
    }
    forwards = Self.merged(found)
  }

  /// `nil` for nobody, `.some(nil)` for everybody.
  private static func clients(of service: PublishedService) -> [String]?? {
    guard let clients = service.clients else { return .some(nil) }
    // Written anew here, address by address range, so that the cut into prefixes is checked as well.
    let ranges = clients.ranges(service.family)
    if ranges.isEmpty { return .none }
    let isWhole =
      ranges.count == 1 && ranges[0].lowerBound.value == 0
      && ranges[0].upperBound.value == UInt128.max >> UInt128(128 - service.family.bits)
    if isWhole { return .some(nil) }
    return .some(ranges.map { "\($0.lowerBound)-\($0.upperBound)" })
  }

  /// Reads ports that lead to a server.
  mutating func add(_ forward: Forward) { forwards.append(forward) }

  /// With what is side by side put together; `nil` where anything overlaps.
  var normal: PublishedPorts? {
    let sorted = forwards.sorted()
    for (last, next) in zip(sorted, sorted.dropFirst())
    where last.arrival == next.arrival && last.ports.overlaps(next.ports) { return nil }
    var copy = self
    copy.forwards = Self.merged(forwards)
    return copy
  }

  private static func merged(_ forwards: [Forward]) -> [Forward] {
    var merged: [Forward] = []
    for next in forwards.sorted() {
      guard let last = merged.last, last.arrival == next.arrival, last.server == next.server,
        last.shift == next.shift,
        Int(next.ports.low) <= Int(last.ports.high) + 1,
        let ports = PortRange(low: last.ports.low, high: max(last.ports.high, next.ports.high))
      else {
        merged.append(next)
        continue
      }
      merged[merged.count - 1].ports = ports
    }
    return merged
  }
}

/// Networks as a text lists them, put together into ranges of addresses.
func addressRanges(_ prefixes: [Prefix]) -> [String] {
  var ranges: [(low: UInt128, high: UInt128, family: AddressFamily)] = []
  for prefix in prefixes.sorted(by: { $0.address < $1.address }) {
    let host = UInt128(prefix.family.bits - prefix.length)
    let low = prefix.address.value
    let high = host == 128 ? UInt128.max : low | ((1 << host) - 1)
    if let last = ranges.last, last.high != .max, low <= last.high + 1 {
      ranges[ranges.count - 1].high = max(last.high, high)
    } else {
      ranges.append((low, high, prefix.family))
    }
  }
  return ranges.compactMap { range in
    guard let low = IPAddress(family: range.family, value: range.low),
      let high = IPAddress(family: range.family, value: range.high)
    else { return nil }
    return "\(low)-\(high)"
  }
}

/// A network by address and mask; `nil` when the mask has gaps or the address has bits after it.
func network(_ address: String, mask: String) -> Prefix? {
  guard case .v4(let mask)? = IPAddress(mask), let address = IPAddress(address), address.family == .ipv4 else {
    return nil
  }
  let length = mask.value.leadingZeroBitCount == 0 ? (~mask.value).leadingZeroBitCount : 0
  guard mask.value == (length == 0 ? 0 : UInt32.max << UInt32(32 - length)) else { return nil }
  return exact(address, length)
}

/// A network as `address/length`; `nil` when the address has bits after the length.
func network(_ text: String) -> Prefix? {
  let parts = text.split(separator: "/", omittingEmptySubsequences: false)
  guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]) else { return nil }
  return exact(address, length)
}

private func exact(_ address: IPAddress, _ length: Int) -> Prefix? {
  guard let prefix = Prefix(address, length: length) else { return nil }
  let host = address.family.bits - length
  return host == 128 || address.value & ((1 << UInt128(host)) - 1) == 0 ? prefix : nil
}

/// Ports as a number; `nil` for what is none.
func portNumber(_ text: some StringProtocol) -> UInt16? {
  UInt16(text).flatMap { $0 > 0 && "\($0)" == text ? $0 : nil }
}
