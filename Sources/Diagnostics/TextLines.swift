/// The lines of a text, each without its LF. A CR before it stays, which Swift counts as one character with the LF.
package func splitLines(_ text: some StringProtocol) -> [Substring] {
  Substring(text).unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { Substring($0) }
}
