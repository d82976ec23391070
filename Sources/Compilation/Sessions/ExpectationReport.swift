package import Diagnostics
import FTPSession
import Policy

/// What was found about expectations, for people and for programs that run tests.
package struct ExpectationReport {
  /// Where things stand in the policy.
  package struct Places {
    private let sources: SourceSet
    /// `FILE:LINE: STATEMENT` of a span.
    package let statement: (SourceSpan) -> String
    private let indexes: [LineIndex]

    package init(_ compilation: Compilation) {
      sources = compilation.sources
      statement = compilation.statementLocator()
      indexes = compilation.sources.files.map { LineIndex($0) }
    }

    package func file(_ span: SourceSpan) -> String { sources[span.file].name }

    package func line(_ span: SourceSpan) -> Int {
      let file = Int(span.file.index)
      return indexes.indices.contains(file) ? indexes[file].line(of: span.range.lowerBound) : 1
    }

    /// What stands there, its blanks made single ones.
    package func text(_ span: SourceSpan) -> String {
      splitLines(sources[span.file].text(span.range)).flatMap { line in
        line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      }.joined(separator: " ")
    }
  }

  package let judged: [JudgedExpectation]
  /// `nil` where nobody asked.
  package let gaps: [ExpectationCoverage.Gap]?
  package let places: Places

  package init(_ judged: [JudgedExpectation], gaps: [ExpectationCoverage.Gap]?, _ places: Places) {
    self.judged = judged
    self.gaps = gaps
    self.places = places
  }

  private func title(_ test: JudgedExpectation) -> String {
    printable("\(test.name): \(places.text(test.statement.span))")
  }

  private func place(_ span: SourceSpan) -> String { printable("\(places.file(span)):\(places.line(span))") }

  /// The line of the policy that decides about the first session that does not do what is expected.
  package func decision(_ test: JudgedExpectation) -> String? {
    test.failures.first.flatMap(\.decision).map { places.statement($0) }
  }

  /// For a terminal: a line for each statement, and the ladder of the first session of those that do not hold.
  package func text(_ style: Style) -> String {
    var lines: [String] = []
    for test in judged {
      let count = test.sessions.count == 1 ? "1 session" : "\(test.sessions.count) sessions"
      let verdict = test.holds ? style.green("ok  ") : style.red("FAIL")
      lines.append("\(verdict)  \(title(test))  (\(place(test.statement.span)), \(count))")
      lines += test.remarks.map { "      note: \(printable($0))" }
      guard !test.holds else { continue }
      lines.append("      \(printable(test.message))")
      if let decision = decision(test) { lines.append("      decided by \(decision)") }
      if let cell = test.failures.first?.cell, let performance = cell.performance {
        let ladder = Ladder(
          performance, title: cell.title, remark: cell.outcome == .works ? cell.reason : "", locate: places.statement)
        lines +=
          [""] + ladder.text(style).split(separator: "\n", omittingEmptySubsequences: false).map { "      \($0)" }
        if lines.last?.allSatisfy({ $0 == " " }) != true { lines.append("") }
      }
    }
    if let gaps {
      if !lines.isEmpty, lines.last?.allSatisfy({ $0 == " " }) != true { lines.append("") }
      lines += gaps.map { printable("\(place($0.span)): \($0.name): \($0.message)") }
      if gaps.isEmpty { lines.append("expectations speak of every kind of session of every client that is admitted") }
    }
    let failed = judged.count { !$0.holds }
    if !judged.isEmpty {
      let all = judged.count == 1 ? "1 expectation" : "\(judged.count) expectations"
      lines.append("\(all): \(judged.count - failed) hold, \(failed) do not")
    }
    return lines.map { line in
      var line = line
      while line.last == " " { line.removeLast() }
      return line + "\n"
    }.joined()
  }

  /// Version 14 of the Test Anything Protocol.
  package var tap: String {
    var lines = ["TAP version 14", "1..\(judged.count)"]
    for (number, test) in judged.enumerated() {
      let title = title(test).replacing("\\", with: "\\\\").replacing("#", with: "\\#")
      lines.append("\(test.holds ? "ok" : "not ok") \(number + 1) - \(title)")
      guard !test.holds else { continue }
      lines += [
        "  ---", "  message: \(quoted(test.message))", "  file: \(quoted(places.file(test.statement.span)))",
        "  line: \(places.line(test.statement.span))",
      ]
      if let decision = decision(test) { lines.append("  decided_by: \(quoted(decision))") }
      lines.append("  ...")
    }
    for gap in gaps ?? [] { lines.append("# \(printable("\(place(gap.span)): \(gap.name): \(gap.message)"))") }
    return lines.map { $0 + "\n" }.joined()
  }

  /// A string of YAML in double quotes.
  private func quoted(_ text: String) -> String {
    "\"" + printable(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  /// The XML of JUnit, as CI servers read it.
  package var junit: String {
    func attribute(_ text: String) -> String { escapedForXML(printable(text)) }
    let cases = judged.map { test -> String in
      let span = test.statement.span
      let head =
        "    <testcase classname=\"\(attribute(test.name))\" name=\"\(attribute(places.text(span)))\" "
        + "file=\"\(attribute(places.file(span)))\" line=\"\(places.line(span))\" time=\"0\""
      guard !test.holds else { return head + "/>\n" }
      let body = [test.message, decision(test).map { "decided by \($0)" }].compactMap(\.self).joined(separator: "; ")
      return head + ">\n      <failure message=\"\(attribute(test.message))\" type=\"expectation\">"
        + escapedForXML(body) + "</failure>\n    </testcase>\n"
    }
    let failed = judged.count { !$0.holds }
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites tests="\(judged.count)" failures="\(failed)" errors="0" time="0">
        <testsuite name="sallyport" tests="\(judged.count)" failures="\(failed)" errors="0" skipped="0" time="0">
      \(cases.joined())  </testsuite>
      </testsuites>

      """
  }
}
