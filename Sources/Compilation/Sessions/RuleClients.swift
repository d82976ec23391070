import Addressing
import FTPSession
import Policy

/// Addresses that stand for all clients whom rules, sets and maps tell apart: one for each kind of those that are
/// admitted, and of those that are not.
struct RuleClients {
  /// Addresses that are tried at most for a place and family.
  static let most = 2000

  private(set) var admitted: [IPAddress] = []
  private(set) var strangers: [IPAddress] = []
  /// Kinds of clients that were left out, because there are too many.
  private(set) var untried = 0

  private struct Kind: Hashable {
    var kind: UInt64
    var isAdmitted: Bool
  }

  /// - Parameters:
  ///   - client: One that is tried anyhow.
  ///   - isUsable: Whether a client may have an address.
  init(
    _ borders: AddressBorders, _ admits: AddressSet, besides client: IPAddress, isUsable: (IPAddress) -> Bool
  ) {
    let family = client.family
    let parts = borders.parts(family)
    var found = Set(
      parts.filter { $0.addresses.contains(client) }.map { Kind(kind: $0.kind, isAdmitted: admits.contains(client)) })
    var failures: [Kind: Int] = [:]
    var bases: [IPAddress] = []
    var boundaries: [IPAddress] = []
    for range in admits.ranges(family) {
      boundaries += [range.lowerBound, range.upperBound.successor].compactMap(\.self)
    }
    var next = boundaries[...]
    for part in parts {
      var low = part.addresses.lowerBound
      while true {
        while let border = next.first, border <= low { next.removeFirst() }
        let border = next.first.flatMap { $0 <= part.addresses.upperBound ? $0 : nil }
        let high = border.flatMap(\.predecessor) ?? part.addresses.upperBound
        let kind = Kind(kind: part.kind, isAdmitted: admits.contains(low))
        let isNew = !found.contains(kind) && failures[kind, default: 0] < Self.mostFailures
        if isNew || borders.hasVariants(family) && bases.count < Self.mostBases {
          if let address = (low...high).samples.first(where: isUsable) {
            if found.insert(kind).inserted { add(address, kind.isAdmitted) }
            bases.append(address)
          } else {
            failures[kind, default: 0] += 1
          }
        }
        guard let border else { break }
        low = border
      }
    }
    for address in bases {
      for variant in borders.variants(of: address) where isUsable(variant) { add(variant, admits.contains(variant)) }
    }
  }

  /// After so many parts of one kind without an address that a client may have, the kind is given up.
  private static let mostFailures = 20
  /// Addresses whose variants are tried.
  private static let mostBases = 200

  private mutating func add(_ address: IPAddress, _ isAdmitted: Bool) {
    guard (isAdmitted ? admitted : strangers).count < Self.most else {
      untried += 1
      return
    }
    if isAdmitted { admitted.append(address) } else { strangers.append(address) }
  }
}

extension IPAddress {
  fileprivate var successor: IPAddress? { value == .max ? nil : IPAddress(family: family, value: value + 1) }
  fileprivate var predecessor: IPAddress? { value == 0 ? nil : IPAddress(family: family, value: value - 1) }

  /// Whether hosts on the Internet have such addresses: none of a special purpose (RFC 6890), but for those of
  /// documentation, which stand for them.
  var isOfInternet: Bool {
    guard scope == .global else { return false }
    guard family == .ipv4 else { return value >> 125 == 1 }
    return value >> 24 != 0 && value >> 17 != 0xC612 >> 1 && value >> 8 != 0xC0_0000
  }
}

extension ClosedRange<IPAddress> {
  /// Some addresses of the range, those first that hosts are likely to have.
  fileprivate var samples: [IPAddress] {
    let (low, high) = (lowerBound.value, upperBound.value)
    let steps = (1..<8).map { low + (high - low) / 8 * UInt128($0) }
    let inner = [low + (high - low) / 2, low < high ? low + 1 : low] + steps + [low, high]
    return inner.compactMap { IPAddress(family: lowerBound.family, value: $0) }
  }
}
