import Addressing
import Diagnostics
import Nftables

/// What services of one family say about ports of addresses, as it is collected.
struct PortClaims {
  fileprivate let services: FamilyServices
  fileprivate var segments: [PortSegments.Segment] = []

  init(_ services: FamilyServices) { self.services = services }

  /// Makes room for ports that are added next.
  mutating func reserve(_ count: Int) { segments.reserveCapacity(count) }

  mutating func add(
    _ address: IPAddress, _ ports: PortRange, of service: ServiceOutline, provenance: SourceSpan
  ) {
    let claim = PortSegments.Claim(service: service.position, provenance: provenance)
    segments.append(PortSegments.Segment(address: address, ports: ports, claim: claim, others: 0..<0))
  }

  /// Adds the ports that clients may dial, of the address for which their packets arrive: control port and passive
  /// range.
  mutating func addDialled(_ service: ServiceOutline, provenance: SourceSpan) {
    add(service.arrival, service.controlPort, service.passiveRange, of: service, provenance)
  }

  /// Adds the same ports as the server sees them.
  mutating func addServed(_ service: ServiceOutline, provenance: SourceSpan) {
    add(service.serverAddress, service.serverControlPort, service.passiveRange, of: service, provenance)
  }

  /// In the order of the ports, which spares a sort.
  private mutating func add(
    _ address: IPAddress, _ control: UInt16, _ passive: PortRange?, of service: ServiceOutline, _ span: SourceSpan
  ) {
    let control = PortRange(control)
    if let passive, passive < control { add(address, passive, of: service, provenance: span) }
    add(address, control, of: service, provenance: span)
    if let passive, !(passive < control) { add(address, passive, of: service, provenance: span) }
  }
}

/// Ports of addresses, sorted and disjoint, each with what was said about it. Where two publications speak of the same
/// ports, the overlap is kept once: nft refuses overlapping elements, or worse, accepts them.
struct PortSegments {
  /// What one service says about some ports of one address.
  struct Claim {
    /// Its position among the services of the family.
    var service: Int32
    var provenance: SourceSpan
  }

  /// Ports of which the same services speak.
  struct Segment {
    var address: IPAddress
    var ports: PortRange
    /// What the first service says, in the order of the services.
    var claim: Claim
    /// What the others say: positions in `others`.
    fileprivate var others: Range<Int32>
  }

  private let services: FamilyServices
  /// Sorted by address and port, no two of them overlapping.
  private(set) var segments: [Segment]
  private var others: [Claim] = []

  init(_ claims: PortClaims) {
    services = claims.services
    segments = claims.segments
    if !Self.each(segments[...], { !$1.precedes($0) }) { segments.sort { $0.precedes($1) } }
    if !Self.each(segments[...], { !$0.overlaps($1) }) { separate() }
  }

  /// Whether a condition holds for every segment and the next.
  private static func each(_ segments: ArraySlice<Segment>, _ condition: (Segment, Segment) -> Bool) -> Bool {
    for index in segments.indices.dropFirst() where !condition(segments[index - 1], segments[index]) { return false }
    return true
  }

  /// The segments of each address side by side, in the order of the addresses.
  var byAddress: [ArraySlice<Segment>] {
    var groups: [ArraySlice<Segment>] = []
    var rest = segments[...]
    while let address = rest.first?.address {
      let group = rest.prefix { $0.address == address }
      rest = rest[group.endIndex...]
      groups.append(group)
    }
    return groups
  }

  /// Cuts what overlaps, address by address.
  private mutating func separate() {
    let groups = byAddress
    segments = []
    for group in groups {
      if Self.each(group, { !$0.overlaps($1) }) { segments += group } else { split(group) }
    }
  }

  /// Cuts ranges wherever one begins or ends, in one pass over ranges that are sorted.
  private mutating func split(_ entries: ArraySlice<Segment>) {
    let cuts = Set(entries.flatMap { [UInt32($0.ports.low), UInt32($0.ports.high) + 1] }).sorted()
    var waiting = entries
    var open: [Segment] = []
    for (low, next) in zip(cuts, cuts.dropFirst()) {
      guard let ports = PortRange(low: UInt16(low), high: UInt16(next - 1)) else { continue }
      open.removeAll { $0.ports.high < ports.low }
      while let entry = waiting.first, entry.ports.low <= ports.low {
        open.append(entry)
        waiting.removeFirst()
      }
      guard let first = open.first else { continue }
      let start = Int32(clamping: others.count)
      others += open.dropFirst().map(\.claim)
      segments.append(
        Segment(
          address: first.address, ports: ports, claim: first.claim, others: start..<Int32(clamping: others.count)))
    }
  }
}

extension PortSegments.Segment {
  /// By address and ports; equal ones in the order of the services.
  fileprivate func precedes(_ other: Self) -> Bool {
    guard address == other.address else { return address < other.address }
    return ports == other.ports ? claim.service < other.claim.service : ports < other.ports
  }

  fileprivate func overlaps(_ other: Self) -> Bool { address == other.address && ports.overlaps(other.ports) }
}

extension PortSegments {
  /// Whether one service alone speaks of these ports.
  func isSole(_ segment: Segment) -> Bool { segment.others.isEmpty }

  /// The first service that speaks of these ports.
  func service(_ segment: Segment) -> PublishedService { services[segment.claim.service] }

  /// Every service that speaks of them.
  func allServices(_ segment: Segment) -> [PublishedService] {
    [service(segment)] + others(segment).map { services[$0.service] }
  }

  private func others(_ segment: Segment) -> ArraySlice<Claim> {
    others[Int(segment.others.lowerBound)..<Int(segment.others.upperBound)]
  }

  /// The names of the publications, for the comment of an element; nft takes at most 128 bytes, and the writer cuts
  /// there.
  func comment(_ segment: Segment) -> String {
    guard !isSole(segment) else { return service(segment).name }
    return Set(allServices(segment).map(\.name)).sorted().joined(separator: ", ")
  }

  /// The first statement that asked for these ports.
  func provenance(_ segment: Segment) -> SourceSpan {
    guard !isSole(segment) else { return segment.claim.provenance }
    return others(segment).reduce(segment.claim.provenance) { min($0, $1.provenance) }
  }

  /// One element for each segment, keyed by address and ports.
  func elements() -> ElementList {
    var elements = ElementList()
    elements.reserve(segments.count, width: 2)
    for segment in segments { elements.append(segment, of: self) }
    return elements
  }

  /// The same with data.
  func elements(_ data: (Segment) -> Value) -> ElementList {
    var elements = ElementList()
    elements.reserve(segments.count, width: 3)
    for segment in segments { elements.append(segment, of: self, data: data(segment)) }
    return elements
  }
}

extension ElementList {
  /// Appends an element keyed by the address and the ports of a segment.
  ///
  /// - Parameters:
  ///   - hasPorts: Whether the ports are part of the key.
  ///   - data: What a map holds under it.
  mutating func append(
    _ segment: PortSegments.Segment, of segments: PortSegments, hasPorts: Bool = true, data: Value? = nil
  ) {
    append(
      segment.address, hasPorts ? segment.ports : nil, comment: segments.comment(segment),
      provenance: segments.provenance(segment))
    if let data { addData(data) }
  }
}
