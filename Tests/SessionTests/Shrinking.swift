/// Makes a failing script smaller: leaves out lines, halves first and then single ones, as long as it goes on failing.
///
/// - Parameters:
///   - lines: Lines that fail together.
///   - isOptional: Whether a line may be left out.
///   - fails: Whether the lines that are left still fail. A script that does not load does not.
func shrink(
  _ lines: [String], isOptional: (String) -> Bool, fails: ([String]) async throws -> Bool
) async rethrows -> [String] {
  var kept = lines
  var size = max(1, lines.count / 2)
  while size > 0 {
    var start = 0
    while start < kept.count {
      let end = min(kept.count, start + size)
      let candidate = kept[..<start] + kept[start..<end].filter { !isOptional($0) } + kept[end...]
      if candidate.count < kept.count, try await fails(Array(candidate)) {
        kept = Array(candidate)
      } else {
        start = end
      }
    }
    size /= 2
  }
  return kept
}
