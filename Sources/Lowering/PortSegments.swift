import Addressing
import Diagnostics
import Nftables

/// Ports of addresses, each with what was said about it. Where two publications speak of the same ports, the
/// overlap is kept once: nft refuses overlapping elements, or worse, accepts them.
struct PortSegments<Payload> {
  /// What one publication says about some ports of one address.
  struct Claim {
    var name: String
    var payload: Payload
    var provenance: SourceSpan
  }

  /// Ports of which the same publications speak.
  struct Segment {
    var address: IPAddress
    var ports: PortRange
    /// What the first publication says, in the order in which they were added.
    var claim: Claim
    /// What the others say.
    var others: [Claim] = []
  }

  private var entries: [Segment] = []

  mutating func add(
    _ address: IPAddress, _ ports: PortRange, _ payload: Payload, for service: PublishedService,
    provenance: SourceSpan
  ) {
    let claim = Claim(name: service.name, payload: payload, provenance: provenance)
    entries.append(Segment(address: address, ports: ports, claim: claim))
  }

  /// The segments, sorted by address and port, no two of them overlapping.
  var segments: [Segment] {
    let sorted = sortedEntries
    guard zip(sorted, sorted.dropFirst()).contains(where: { $0.overlaps($1) }) else { return sorted }
    var result: [Segment] = []
    var rest = sorted[...]
    while let address = rest.first?.address {
      let group = rest.prefix { $0.address == address }
      rest = rest[group.endIndex...]
      let overlaps = zip(group, group.dropFirst()).contains { $0.overlaps($1) }
      result += overlaps ? split(group) : Array(group)
    }
    return result
  }

  /// By address and ports; equal ones in the order in which they were added.
  private var sortedEntries: [Segment] {
    if zip(entries, entries.dropFirst()).allSatisfy({ !$1.precedes($0) }) { return entries }
    let order = entries.indices.sorted {
      entries[$0].precedes(entries[$1]) || !entries[$1].precedes(entries[$0]) && $0 < $1
    }
    return order.map { entries[$0] }
  }

  /// Cuts ranges wherever one begins or ends, in one pass over ranges that are sorted.
  private func split(_ entries: ArraySlice<Segment>) -> [Segment] {
    let cuts = Set(entries.flatMap { [UInt32($0.ports.low), UInt32($0.ports.high) + 1] }).sorted()
    var waiting = entries
    var open: [Segment] = []
    return zip(cuts, cuts.dropFirst()).compactMap { low, next -> Segment? in
      guard let ports = PortRange(low: UInt16(low), high: UInt16(next - 1)) else { return nil }
      open.removeAll { $0.ports.high < ports.low }
      while let entry = waiting.first, entry.ports.low <= ports.low {
        open.append(entry)
        waiting.removeFirst()
      }
      guard let first = open.first else { return nil }
      return Segment(
        address: first.address, ports: ports, claim: first.claim, others: open.dropFirst().map(\.claim))
    }
  }
}

extension PortSegments.Segment {
  /// Everything that is said about these ports.
  var claims: [PortSegments.Claim] { [claim] + others }

  /// The key `address . ports`.
  var key: [Value] { [.address(address), Value(ports)] }

  /// The names of the publications, for the comment of an element; nft takes at most 128 bytes, and the writer cuts there.
  var comment: String {
    others.isEmpty ? claim.name : Set(claims.map(\.name)).sorted().joined(separator: ", ")
  }

  /// The first statement that asked for these ports.
  var provenance: SourceSpan { others.reduce(claim.provenance) { min($0, $1.provenance) } }

  fileprivate func precedes(_ other: Self) -> Bool {
    address == other.address ? ports < other.ports : address < other.address
  }

  fileprivate func overlaps(_ other: Self) -> Bool { address == other.address && ports.overlaps(other.ports) }
}

extension PortSegments {
  /// One element for each segment, keyed by address and ports.
  func elements(_ data: (Segment) -> [Value] = { _ in [] }) -> [Element] {
    segments.map { segment in
      Element(key: segment.key, data: data(segment), comment: segment.comment, provenance: segment.provenance)
    }
  }
}

extension PortSegments where Payload == Void {
  mutating func add(
    _ address: IPAddress, _ ports: PortRange, for service: PublishedService, provenance: SourceSpan
  ) {
    add(address, ports, (), for: service, provenance: provenance)
  }
}
