import Addressing
import FTPSession

/// Addresses that stand for all of a set: one for each kind of clients that statements and rules tell apart, and those
/// at the ends of what is named.
struct ClientKinds {
  /// Kinds that are tried at most.
  private static let most = 2000
  /// After so many parts of one kind without an address that a client may have, the kind is given up.
  private static let mostFailures = 20
  /// Addresses at the ends of ranges that are tried at most, besides one of each kind.
  private static let mostEnds = 64

  private(set) var addresses: [IPAddress] = []
  /// Kinds that were left out, because there are too many.
  private(set) var untried = 0

  private struct Kind: Hashable {
    var isIn: [Bool]
    var border: UInt64?
  }

  /// - Parameters:
  ///   - wanted: The set.
  ///   - cuts: What tells clients apart: whoever is in one of these sets fares otherwise than whoever is not.
  ///   - borders: The addresses that rules tell apart; `nil` where they follow the cuts.
  ///   - isUsable: Whether a client may have an address.
  init(
    _ wanted: AddressSet, _ family: AddressFamily, cuts: [AddressSet], borders: AddressBorders?,
    isUsable: (IPAddress) -> Bool
  ) {
    let ranges = wanted.ranges(family)
    // Of all addresses those count that hosts have; what is named may be any.
    let isNamed = ranges.first.map { $0.lowerBound.value > 0 || $0.upperBound.value < family.highest } ?? false
    func isClient(_ address: IPAddress) -> Bool {
      (isNamed || address.scope == .global || address.scope == .privateUse) && isUsable(address)
    }
    let parts = borders?.parts(family) ?? []
    var starts: Set<UInt128> = []
    for range in ranges + cuts.flatMap({ $0.ranges(family) }) + parts.map(\.addresses) {
      starts.insert(range.lowerBound.value)
      if range.upperBound.value < family.highest { starts.insert(range.upperBound.value + 1) }
    }
    let sorted = starts.sorted()
    var failures: [Kind: Int] = [:]
    var found: Set<Kind> = []
    var (range, part) = (0, 0)
    for (position, low) in sorted.enumerated() {
      while range < ranges.count, ranges[range].upperBound.value < low { range += 1 }
      guard range < ranges.count else { break }
      guard ranges[range].lowerBound.value <= low, let first = IPAddress(family: family, value: low) else { continue }
      while part < parts.count, parts[part].addresses.upperBound.value < low { part += 1 }
      let high = position + 1 < sorted.count ? sorted[position + 1] - 1 : ranges[range].upperBound.value
      let border = part < parts.count && parts[part].addresses.contains(first) ? parts[part].kind : nil
      let kind = Kind(isIn: cuts.map { $0.contains(first) }, border: border)
      guard !found.contains(kind), failures[kind, default: 0] < Self.mostFailures else { continue }
      guard let address = Self.samples(low, high, family).first(where: isClient) else {
        failures[kind, default: 0] += 1
        continue
      }
      found.insert(kind)
      if addresses.count < Self.most { addresses.append(address) } else { untried += 1 }
    }
    if let borders, borders.hasVariants(family) {
      addresses += addresses.flatMap { borders.variants(of: $0) }.filter { wanted.contains($0) && isClient($0) }
        .prefix(
          Self.most)
    }
    if isNamed {
      addresses += ranges.prefix(Self.mostEnds / 2).flatMap { Self.ends(of: $0, family) }.filter(isClient)
    }
  }

  /// The first and the last address of a range that a host may have: of a network those at its very ends are nobody's.
  private static func ends(of range: ClosedRange<IPAddress>, _ family: AddressFamily) -> [IPAddress] {
    let (low, high) = (range.lowerBound.value, range.upperBound.value)
    let values = high - low > 2 ? [low + 1, high - 1] : [low, high]
    return values.compactMap { IPAddress(family: family, value: $0) }
  }

  /// Some addresses of a range, those first that hosts are likely to have.
  private static func samples(_ low: UInt128, _ high: UInt128, _ family: AddressFamily) -> [IPAddress] {
    guard low <= high else { return [] }
    let steps = (1..<8).map { low + (high - low) / 8 * UInt128($0) }
    let inner = [low + (high - low) / 2, low < high ? low + 1 : low] + steps + [low, high]
    return inner.compactMap { IPAddress(family: family, value: $0) }
  }
}
