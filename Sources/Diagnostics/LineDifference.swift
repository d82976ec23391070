/// Which lines of two texts have no counterpart in the other.
///
/// The shortest difference of the standard library takes time and memory with the square of the number of changes, too
/// much for a ruleset of 100,000 lines. So texts are first cut at lines that occur once in each, in the same order
/// (patience diff); only small pieces between them get the shortest difference.
package struct LineDifference {
  /// Positions of lines of the first text.
  package private(set) var removed: Set<Int> = []
  /// Positions of lines of the second text.
  package private(set) var added: Set<Int> = []

  private struct Piece {
    var old: Range<Int>
    var new: Range<Int>
  }

  /// Lines of a piece, of both texts together, up to which the shortest difference is looked for.
  private static let smallPiece = 2000

  package init(_ old: [Substring], _ new: [Substring]) {
    var pieces = [Piece(old: old.indices, new: new.indices)]
    while let whole = pieces.popLast() {
      let piece = Self.trimmed(whole, old, new)
      if piece.old.isEmpty || piece.new.isEmpty {
        removed.formUnion(piece.old)
        added.formUnion(piece.new)
        continue
      }
      if piece.old.count + piece.new.count <= Self.smallPiece {
        addShortest(piece, old, new)
        continue
      }
      let anchors = Self.anchors(piece, old, new)
      if anchors.isEmpty {
        removed.formUnion(piece.old)
        added.formUnion(piece.new)
        continue
      }
      var (i, j) = (piece.old.lowerBound, piece.new.lowerBound)
      for anchor in anchors {
        pieces.append(Piece(old: i..<anchor.old, new: j..<anchor.new))
        (i, j) = (anchor.old + 1, anchor.new + 1)
      }
      pieces.append(Piece(old: i..<piece.old.upperBound, new: j..<piece.new.upperBound))
    }
  }

  private mutating func addShortest(_ piece: Piece, _ old: [Substring], _ new: [Substring]) {
    for change in new[piece.new].difference(from: old[piece.old]) {
      switch change {
      case .remove(let offset, _, _): removed.insert(piece.old.lowerBound + offset)
      case .insert(let offset, _, _): added.insert(piece.new.lowerBound + offset)
      }
    }
  }

  /// The piece without equal lines at its ends.
  private static func trimmed(_ piece: Piece, _ old: [Substring], _ new: [Substring]) -> Piece {
    var (low, high) = (piece.old.lowerBound, piece.old.upperBound)
    var (newLow, newHigh) = (piece.new.lowerBound, piece.new.upperBound)
    while low < high, newLow < newHigh, old[low] == new[newLow] { (low, newLow) = (low + 1, newLow + 1) }
    while low < high, newLow < newHigh, old[high - 1] == new[newHigh - 1] {
      (high, newHigh) = (high - 1, newHigh - 1)
    }
    return Piece(old: low..<high, new: newLow..<newHigh)
  }

  /// Lines that occur once in each part of a piece; of those the longest row that has the same order in both.
  private static func anchors(
    _ piece: Piece, _ old: [Substring], _ new: [Substring]
  ) -> [(old: Int, new: Int)] {
    let oldPlaces = uniqueLines(old, piece.old)
    let newPlaces = uniqueLines(new, piece.new)
    let common = oldPlaces.compactMap { line, place in newPlaces[line].map { (old: place, new: $0) } }
      .sorted { $0.old < $1.old }
    return longestRise(common)
  }

  private static func uniqueLines(_ lines: [Substring], _ range: Range<Int>) -> [Substring: Int] {
    var places: [Substring: Int?] = [:]
    for index in range { places.updateValue(places[lines[index]] == nil ? index : nil, forKey: lines[index]) }
    return places.compactMapValues(\.self)
  }

  /// The longest row with rising `new`, of pairs with rising `old`.
  private static func longestRise(_ pairs: [(old: Int, new: Int)]) -> [(old: Int, new: Int)] {
    var tails: [Int] = []
    var previous = [Int?](repeating: nil, count: pairs.count)
    for index in pairs.indices {
      let low = tails.indices.partitionPoint { pairs[tails[$0]].new < pairs[index].new }
      previous[index] = low > 0 ? tails[low - 1] : nil
      if low < tails.count { tails[low] = index } else { tails.append(index) }
    }
    var row: [(old: Int, new: Int)] = []
    var next = tails.last
    while let index = next {
      row.append(pairs[index])
      next = previous[index]
    }
    return row.reversed()
  }
}
