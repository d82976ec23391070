import Diagnostics

/// Lines of context around a change, as `diff -u` shows them.
private let context = 3

/// The change from one text to another in the unified format; empty when there is none.
///
/// - Parameter names: What the texts are called in the first two lines.
func unifiedDiff(old: String, new: String, names: (old: String, new: String), style: Style) -> String {
  let oldLines = lines(of: old)
  let newLines = lines(of: new)
  let steps = lineSteps(oldLines, newLines)
  guard steps.contains(where: { $0.kind != .same }) else { return "" }
  var text = style.bold("--- \(names.old)\n+++ \(names.new)") + "\n"
  for hunk in hunks(steps) {
    let before = hunk.filter { $0.kind != .added }
    let after = hunk.filter { $0.kind != .removed }
    text += style.cyan("@@ -\(position(before, \.old)) +\(position(after, \.new)) @@") + "\n"
    for step in hunk {
      switch step.kind {
      case .same: text += " \(step.line)\n"
      case .removed: text += style.red("-\(step.line)") + "\n"
      case .added: text += style.green("+\(step.line)") + "\n"
      }
    }
  }
  return text
}

private struct LineStep {
  enum Kind { case same, removed, added }

  var kind: Kind
  var line: Substring
  /// Number of the line in the old text, from 1; the one it would follow when it is new.
  var old: Int
  var new: Int
}

private func lines(of text: String) -> [Substring] {
  var lines = splitLines(text)
  if lines.last?.isEmpty == true { lines.removeLast() }
  return lines
}

/// Walks both texts along their difference.
private func lineSteps(_ old: [Substring], _ new: [Substring]) -> [LineStep] {
  let difference = LineDifference(old, new)
  var steps: [LineStep] = []
  var (i, j) = (0, 0)
  while i < old.count || j < new.count {
    if i < old.count, difference.removed.contains(i) {
      steps.append(LineStep(kind: .removed, line: old[i], old: i + 1, new: j))
      i += 1
    } else if j < new.count, difference.added.contains(j) {
      steps.append(LineStep(kind: .added, line: new[j], old: i, new: j + 1))
      j += 1
    } else if i < old.count, j < new.count {
      steps.append(LineStep(kind: .same, line: old[i], old: i + 1, new: j + 1))
      i += 1
      j += 1
    } else {
      break
    }
  }
  return steps
}

/// Changes that lie close together, with the lines around them.
private func hunks(_ steps: [LineStep]) -> [ArraySlice<LineStep>] {
  var ranges: [Range<Int>] = []
  for (index, step) in steps.enumerated() where step.kind != .same {
    let range = max(0, index - context)..<min(steps.count, index + context + 1)
    if let last = ranges.last, last.upperBound >= range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
    } else {
      ranges.append(range)
    }
  }
  return ranges.map { steps[$0] }
}

private func position(_ lines: [LineStep], _ number: KeyPath<LineStep, Int>) -> String {
  "\(lines.first?[keyPath: number] ?? 0),\(lines.count)"
}
