/// Where the failure catalogue describes a failure, for example `docs/failures.md#f04`.
///
/// - Parameter number: For example `F04`.
package func failureReference(_ number: String) -> String { "docs/failures.md#\(number.lowercased())" }

extension Diagnostic {
  /// Where the failure catalogue describes what its notes and its help name, each once and in the order of the text.
  package var references: [String] {
    var references: [String] = []
    for text in notes + [help].compactMap(\.self) {
      for number in failureNumbers(in: text) where !references.contains(failureReference(number)) {
        references.append(failureReference(number))
      }
    }
    return references
  }
}

/// The numbers of failures in a text, `F` and two digits; what stands in backticks is the user's.
private func failureNumbers(in text: String) -> [String] {
  // Most texts have no number.
  guard text.utf8.contains(UInt8(ascii: "F")) else { return [] }
  var numbers: [String] = []
  for (position, part) in text.split(separator: "`", omittingEmptySubsequences: false).enumerated()
  where position.isMultiple(of: 2) {
    for word in part.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) {
      let digits = word.dropFirst().utf8
      if word.utf8.first == UInt8(ascii: "F"), digits.count == 2, digits.allSatisfy({ (0x30...0x39).contains($0) }) {
        numbers.append(String(word))
      }
    }
  }
  return numbers
}
