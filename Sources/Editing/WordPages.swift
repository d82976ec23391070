import Diagnostics
package import PolicySyntax

extension Word {
  /// What the word means, in Markdown: its forms, what it is there for, its default, an example.
  package var page: String {
    var lines = ["**\(spelling)** " + facts.forms.map { "`\($0)`" }.joined(separator: " or "), ""]
    lines.append(sentence(facts.description))
    var remarks: [String] = []
    if facts.isRequired { remarks.append("Required.") }
    if let standard = facts.standard { remarks.append("Default: \(standard).") }
    if facts.isRepeatable, block != .file { remarks.append("May stand more than once.") }
    if !remarks.isEmpty { lines += ["", remarks.joined(separator: " ")] }
    lines += ["", fenced(facts.example)]
    return lines.joined(separator: "\n")
  }
}

/// With a capital at its beginning and a period at its end.
func sentence(_ text: String) -> String {
  let first = text.prefix(1)
  return (first == "`" ? String(first) : first.uppercased()) + text.dropFirst() + "."
}

/// A text of the language as a block of Markdown, which nothing in the text can end.
func fenced(_ text: String) -> String {
  var longest = 2
  var run = 0
  for character in text {
    run = character == "`" ? run + 1 : 0
    longest = max(longest, run)
  }
  let fence = String(repeating: "`", count: longest + 1)
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    .map { printable(String($0).replacing("\t", with: " ")) }
  return "\(fence)sally\n\(lines.joined(separator: "\n"))\n\(fence)"
}
