/// The candidate nearest to what was written, for "did you mean" messages.
///
/// - Returns: The candidate with the smallest Damerau-Levenshtein distance (optimal string alignment), when
///   that is at most a third of the longer word and at least 1 apart; the first of equals.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
  let written = Array(word.lowercased().utf8.prefix(64))
  var best: (candidate: String, distance: Int)?
  for candidate in candidates {
    let other = Array(candidate.lowercased().utf8.prefix(64))
    let limit = max(written.count, other.count) / 3
    guard abs(written.count - other.count) <= limit else { continue }
    let distance = editDistance(written, other)
    if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.candidate
}

/// Names that are listed at most where a name is not among them.
private let longestList = 20

/// Names in backticks, of long lists the first ones and how many more there are.
package func listed(_ names: [String]) -> String {
  let list = names.prefix(longestList).map { "`\($0)`" }.joined(separator: ", ")
  return names.count > longestList ? "\(list) and \(names.count - longestList) more" : list
}

/// There is no `x`: the name that was most likely meant, and what there is.
///
/// - Parameters:
///   - kind: What the name is of, for example `server`.
///   - known: The names that exist, in the order in which they are listed.
package func unknown(_ kind: String, _ name: String, among known: [String]) -> String {
  let head = "there is no \(kind) `\(name)`"
  if known.isEmpty { return head }
  guard let near = nearest(to: name, among: known) else { return "\(head); there is \(listed(known))" }
  let isShort = (2...8).contains(known.count)
  return "\(head); did you mean `\(near)`?" + (isShort ? " (there is \(listed(known)))" : "")
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one text into the other.
private func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
  var beforePrevious: [Int] = []
  var previous = Array(0...right.count)
  for (i, a) in left.enumerated() {
    var current = [i + 1]
    for (j, b) in right.enumerated() {
      var cost = min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a == b ? 0 : 1))
      if i > 0, j > 0, a == right[j - 1], left[i - 1] == b {
        cost = min(cost, beforePrevious[j - 1] + 1)
      }
      current.append(cost)
    }
    beforePrevious = previous
    previous = current
  }
  return previous[right.count]
}
