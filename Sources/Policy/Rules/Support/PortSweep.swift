import Addressing
import Diagnostics

/// A passive range and who has it.
struct RangeClaim {
  var published: Published
  var range: Located<PortRange>
  /// Claims of one owner may overlap.
  var owner: Int

  /// A claim; `nil` for a publication without passive range.
  init?(_ published: Published, owner: Int) {
    guard let range = published.publication.passiveRange else { return nil }
    self.published = published
    self.range = range
    self.owner = owner
  }

  fileprivate var order: (PortRange, Int) { (range.value, published.position) }
}

/// Two claims that overlap, the earlier in the text first.
struct RangeCollision {
  var first: RangeClaim
  var second: RangeClaim

  fileprivate init(_ one: RangeClaim, _ other: RangeClaim) {
    let inOrder = one.published.position <= other.published.position
    first = inOrder ? one : other
    second = inOrder ? other : one
  }
}

/// The overlaps between claims of different owners: one for each claim that collides with an earlier one in
/// the order of ports. One pass over the sorted claims.
func collisions(_ claims: [RangeClaim]) -> [RangeCollision] {
  var found: [RangeCollision] = []
  // The claim that reaches furthest so far, and the one of another owner that does.
  var widest: RangeClaim?
  var rival: RangeClaim?
  for claim in claims.sorted(by: { $0.order < $1.order }) {
    let other = [widest, rival].lazy.compactMap(\.self).first {
      $0.owner != claim.owner && $0.range.value.high >= claim.range.value.low
    }
    if let other { found.append(RangeCollision(other, claim)) }
    guard let current = widest else {
      widest = claim
      continue
    }
    let isWider = claim.range.value.high > current.range.value.high
    if current.owner == claim.owner {
      if isWider { widest = claim }
    } else if isWider {
      rival = current
      widest = claim
    } else if claim.range.value.high > rival?.range.value.high ?? 0 {
      rival = claim
    }
  }
  return found
}

/// Finds a passive range that holds a port, in logarithmic time.
struct RangeLookup {
  /// Sorted by the low end.
  private let lows: [UInt16]
  /// For each claim the one that reaches furthest among it and those before it.
  private let furthest: [RangeClaim]

  init(_ claims: [RangeClaim]) {
    let sorted = claims.sorted { $0.order < $1.order }
    lows = sorted.map(\.range.value.low)
    var furthest: [RangeClaim] = []
    for claim in sorted {
      if let last = furthest.last, last.range.value.high >= claim.range.value.high {
        furthest.append(last)
      } else {
        furthest.append(claim)
      }
    }
    self.furthest = furthest
  }

  /// A claim whose range holds the port.
  func claim(holding port: UInt16) -> RangeClaim? {
    let end = lows.indices.partitionPoint { lows[$0] <= port }
    guard end > 0, furthest.indices.contains(end - 1) else { return nil }
    let claim = furthest[end - 1]
    return claim.range.value.contains(port) ? claim : nil
  }
}
