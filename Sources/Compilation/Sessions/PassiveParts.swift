import FTPSession

/// What becomes of sessions on some ports of a passive range, all of them alike.
package struct PassivePart: Hashable, Sendable {
  package var ports: ClosedRange<UInt16>
  /// `works`, `broken` or `undecided`.
  package var outcome: SessionOutcome
}

/// The passive ports of a server that are tried, and the ports that each stands for.
struct PassivePorts {
  /// Kinds of ports that are tried at most; what lies after them is undecided.
  private static let most = 2000

  /// Parts in which all ports are alike, from low to high.
  let parts: [PortBorders.Part]
  /// What is left of the range.
  let untried: ClosedRange<UInt16>?

  /// - Parameters:
  ///   - ends: The ends of the range, or its only port.
  ///   - borders: `nil` to try the ends alone.
  init(_ ends: [UInt16], _ borders: PortBorders?) {
    guard let borders, let low = ends.first, let high = ends.last, low < high else {
      parts = ends.enumerated().map { PortBorders.Part($1...$1, kind: UInt64($0)) }
      untried = nil
      return
    }
    var kinds: Set<UInt64> = []
    var parts = borders.parts(of: low...high)
    let tried = parts.prefix { kinds.insert($0.kind).inserted ? kinds.count <= Self.most : true }.count
    parts.removeLast(parts.count - tried)
    let end = parts.last?.ports.upperBound ?? low
    // The highest port is tried by itself, so that sessions on both ends are seen.
    if end == high, let last = parts.last, last.ports.lowerBound < high {
      parts[parts.count - 1].ports = last.ports.lowerBound...(high - 1)
      parts.append(PortBorders.Part(high...high, kind: ~last.kind))
    }
    self.parts = parts
    untried = end < high ? (end + 1)...high : nil
  }
}

/// What happened on each part of a passive range.
struct PassiveTrial {
  private(set) var parts: [PassivePart] = []
  /// The first session that is lost, else the first that is undecided, else the last.
  private(set) var performance: Performance?

  mutating func add(_ ports: ClosedRange<UInt16>, _ performance: Performance) {
    let outcome = Self.outcome(performance.ending)
    let known = self.performance.map { Self.outcome($0.ending) }
    if known == nil || known == .works || known == .undecided && outcome == .broken { self.performance = performance }
    if let last = parts.last, last.outcome == outcome, last.ports.upperBound < .max,
      last.ports.upperBound + 1 == ports.lowerBound
    {
      parts[parts.count - 1].ports = last.ports.lowerBound...ports.upperBound
    } else {
      parts.append(PassivePart(ports: ports, outcome: outcome))
    }
  }

  mutating func add(untried ports: ClosedRange<UInt16>?) {
    if let ports { parts.append(PassivePart(ports: ports, outcome: .undecided)) }
  }

  /// Whether a part of the range fares otherwise than another.
  var isMixed: Bool { Set(parts.map(\.outcome)).count > 1 }

  private static func outcome(_ ending: Ending) -> SessionOutcome {
    switch ending {
    case .works: .works
    case .lost(_, let loss) where loss.isUndecided: .undecided
    default: .broken
    }
  }
}

extension [PassivePart] {
  /// `works for 10000, 10100; fails for 10001-10099`; empty where all ports fare alike.
  var sentence: String {
    guard Set(map(\.outcome)).count > 1 else { return "" }
    return [(SessionOutcome.works, "works for"), (.broken, "fails for"), (.undecided, "undecided for")]
      .compactMap { outcome, words in
        let ports = filter { $0.outcome == outcome }.map(\.ports)
        return ports.isEmpty ? nil : "\(words) \(ports.listed)"
      }.joined(separator: "; ")
  }
}

/// Ranges that a sentence names at most.
private let mostNamed = 12

extension [ClosedRange<UInt16>] {
  /// `21, 50000-50009`; of many the first.
  package var listed: String {
    let named = prefix(mostNamed).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
    let rest = dropFirst(mostNamed)
    let more = rest.isEmpty ? "" : " and \(rest.reduce(0) { $0 + $1.count }) ports more"
    return named.joined(separator: ", ") + more
  }
}
