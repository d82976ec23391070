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
    /// Never empty; in the order in which they were added.
    var claims: [Claim]
  }

  private var byAddress: [IPAddress: [(ports: PortRange, claim: Claim)]] = [:]

  mutating func add(
    _ address: IPAddress, _ ports: PortRange, _ payload: Payload, for service: PublishedService,
    provenance: SourceSpan
  ) {
    byAddress[address, default: []].append(
      (ports, Claim(name: service.name, payload: payload, provenance: provenance)))
  }

  /// The segments, sorted by address and port, no two of them overlapping.
  var segments: [Segment] {
    byAddress.sorted { $0.key < $1.key }.flatMap { address, entries in
      let sorted = entries.enumerated().sorted { ($0.element.ports, $0.offset) < ($1.element.ports, $1.offset) }
        .map(\.element)
      let overlaps = zip(sorted, sorted.dropFirst()).contains { $0.ports.overlaps($1.ports) }
      guard overlaps else { return sorted.map { Segment(address: address, ports: $0.ports, claims: [$0.claim]) } }
      return split(sorted).map { Segment(address: address, ports: $0.ports, claims: $0.claims) }
    }
  }

  /// Cuts ranges wherever one begins or ends, in one pass over ranges that are sorted.
  private func split(
    _ entries: [(ports: PortRange, claim: Claim)]
  ) -> [(ports: PortRange, claims: [Claim])] {
    let cuts = Set(entries.flatMap { [UInt32($0.ports.low), UInt32($0.ports.high) + 1] }).sorted()
    var waiting = entries[...]
    var open: [(ports: PortRange, claim: Claim)] = []
    return zip(cuts, cuts.dropFirst()).compactMap { low, next in
      guard let ports = PortRange(low: UInt16(low), high: UInt16(next - 1)) else { return nil }
      open.removeAll { $0.ports.high < ports.low }
      while let entry = waiting.first, entry.ports.low <= ports.low {
        open.append(entry)
        waiting.removeFirst()
      }
      return open.isEmpty ? nil : (ports, open.map(\.claim))
    }
  }
}

extension PortSegments.Segment {
  /// The key `address . ports`.
  var key: [Value] { [.address(address), Value(ports)] }

  /// The names of the publications, for the comment of an element.
  var comment: String { commentNaming(claims.map(\.name)) }

  /// The first statement that asked for these ports.
  var provenance: SourceSpan? { claims.map(\.provenance).min() }
}

/// A comment that names publications; nft takes at most 128 bytes, and the writer cuts there.
func commentNaming(_ names: [String]) -> String { Set(names).sorted().joined(separator: ", ") }

extension PortSegments {
  /// One element for each segment, keyed by address and ports.
  func elements(_ data: (Segment) -> [Value] = { _ in [] }) -> [Element] {
    segments.compactMap { segment in
      segment.provenance.map {
        Element(key: segment.key, data: data(segment), comment: segment.comment, provenance: $0)
      }
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
