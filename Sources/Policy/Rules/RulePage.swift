package import Diagnostics
import RuleDocuments

/// What a diagnostic means: its page `docs/rules/CODE.md`, which `sallyport rules CODE` shows. Samples run as tests.
///
/// Pages are read when somebody asks for them; rules find what they find without.
package struct RulePage: Sendable {
  /// What has to run for the bad sample to raise its code; in the words of the page.
  package enum Origin: String, CaseIterable, Sendable {
    /// Parsing, resolving and validating it.
    case policy = "Found in the policy alone."
    /// The same, after U+FFFD in it was replaced by the byte FF, which no text in UTF-8 has.
    case bytes = "Found in the policy alone; U+FFFD in the sample stands for the byte FF."
    /// The whole pipeline: comments with `allow:`, and what servers can be told.
    case compilation = "Found where the policy is compiled."
    /// The whole pipeline, which reads a policy with errors once more, as it was meant.
    case meant = "Found in the policy, which is read once more as it was meant."
    /// Validating it with room for very little: its limit is beyond any sample.
    case limits = "Found in policies that are larger than the sample."
    /// Writing the settings of its server.
    case emission = "Found where the settings of a server are written."
    /// The whole pipeline, with files that it includes: one that is itself, and one that does not exist.
    case includes = "Found where the files of the policy are read."
    /// `check --kernel` on a machine with that state.
    case kernel = "Found by `check --kernel` on a machine."
    /// `audit`, with the files of the server that stand in comments above the policy.
    case audit = "Found by `audit` in the files of the server, which stand in comments above the policy."
    /// `audit --gateway`, with what iptables-save printed in comments above the policy.
    case gateway = "Found by `audit` in the rules of the gateway, which stand in comments above the policy."
  }

  package var code: String
  package var severity: Severity
  /// One line: what is wrong.
  package var summary: String
  /// Why it matters, in a few sentences; an empty line parts paragraphs.
  package var explanation: String
  /// The numbers of the failure catalogue that the rule catches, for example `F04`.
  package var failureModes: [String]
  /// A policy that raises the diagnostic.
  package var bad: String
  /// The same policy without the mistake.
  package var good: String
  package var origin: Origin

  /// The codes that have a page, sorted.
  package static var codes: [String] { RuleDocuments.codes }

  /// The page of a code; `nil` when there is none, or one that does not have its shape, which a test finds.
  package init?(of code: String) {
    guard let text = RuleDocuments.text(code), let page = try? RulePage(text) else { return nil }
    self = page
  }

  /// Reads a page:
  ///
  ///     # warning[CODE]: SUMMARY
  ///
  ///     EXPLANATION in one or more paragraphs
  ///
  ///     Failures: [F04](../failures.md#f04), [F33](../failures.md#f33)
  ///
  ///     Found in the policy alone.
  ///
  ///     ## Bad, and ## Good, each with a fenced block of `sally`
  ///
  /// The line of failures may be left out; how the sample is found is a sentence of `Origin`.
  package init(_ text: String) throws(RulePageError) {
    var reader = RulePageReader(text)
    guard let title = reader.title, title.hasPrefix("# "), let bracket = title.firstIndex(of: "["),
      let colon = title.firstRange(of: "]: "),
      bracket < colon.lowerBound, let severity = Severity(rawValue: String(title[..<bracket].dropFirst(2))),
      colon.upperBound < title.endIndex
    else { throw reader.error("the title is `# SEVERITY[CODE]: SUMMARY`") }
    code = String(title[title.index(after: bracket)..<colon.lowerBound])
    summary = String(title[colon.upperBound...])
    self.severity = severity
    reader.skipLine()
    var paragraphs = reader.paragraphs()
    guard let origin = paragraphs.popLast().flatMap(Origin.init) else {
      throw reader.error(
        "before the samples stands where the diagnostic is found, in a sentence of `RulePage.Origin`")
    }
    self.origin = origin
    let marker = "Failures: "
    failureModes = []
    if let list = paragraphs.last, list.hasPrefix(marker) {
      paragraphs.removeLast()
      for link in list.dropFirst(marker.count).split(separator: ", ", omittingEmptySubsequences: false) {
        let number = String(link.dropFirst().prefix { $0 != "]" })
        guard link == "[\(number)](\(failureReference(number).replacing("docs/", with: "../")))" else {
          throw reader.error("`\(link)` is no link to the failure catalogue, such as `[F04](../failures.md#f04)`")
        }
        failureModes.append(number)
      }
    }
    guard !paragraphs.isEmpty else { throw reader.error("there is no explanation") }
    explanation = paragraphs.joined(separator: "\n\n")
    bad = try reader.sample(under: "## Bad")
    good = try reader.sample(under: "## Good")
    guard reader.isAtEnd else { throw reader.error("nothing follows the good sample") }
  }
}

/// Every page, sorted by code.
package let rulePages: [RulePage] = RulePage.codes.compactMap { RulePage(of: $0) }

/// A page that does not have its shape.
package struct RulePageError: Error, CustomStringConvertible {
  /// Where reading stopped, from 1.
  package var line: Int
  package var message: String

  package var description: String { "line \(line): \(message)" }
}

/// Reads a page line by line; after its end are empty lines.
private struct RulePageReader {
  private var lines: ArraySlice<Substring>

  init(_ text: String) {
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    // What ends with a line end has no line after it.
    if lines.last?.isEmpty == true { lines.removeLast() }
  }

  var isAtEnd: Bool { lines.isEmpty }

  /// An error at the line that is the next.
  func error(_ message: String) -> RulePageError { RulePageError(line: lines.startIndex + 1, message: message) }

  var title: Substring? { lines.first }

  mutating func skipLine() { lines = lines.dropFirst() }

  /// The paragraphs up to the next heading, each as one line.
  mutating func paragraphs() -> [String] {
    var paragraphs: [[Substring]] = [[]]
    while let line = lines.first, !line.hasPrefix("#") {
      if line.isEmpty { paragraphs.append([]) } else { paragraphs[paragraphs.count - 1].append(line) }
      skipLine()
    }
    return paragraphs.filter { !$0.isEmpty }.map { $0.joined(separator: " ") }
  }

  /// The lines of a fenced block below a heading.
  mutating func sample(under heading: String) throws(RulePageError) -> String {
    if lines.first?.isEmpty == true { skipLine() }
    for expected in [heading, "", "```sally"] {
      guard lines.first ?? "" == expected else {
        throw error("here stands `\(heading)`, an empty line, and a block of `sally` below")
      }
      skipLine()
    }
    guard let end = lines.firstIndex(of: "```") else { throw error("the block is never closed") }
    let sample = lines[..<end].joined(separator: "\n")
    lines = lines[(end + 1)...]
    return sample
  }
}
