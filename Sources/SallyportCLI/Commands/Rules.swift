import ArgumentParser
import Diagnostics
import Policy

/// `sallyport rules`.
struct Rules: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "Say what a diagnostic means, with a bad and a good policy.",
    discussion: """
      Without a code, lists every code. Exit status 0, or 64 for a code that is none.

      EXAMPLES:
        sallyport rules
        sallyport rules helper-cannot-read-tls
      """)

  @Argument(help: "The code, as it stands in brackets after error or warning.", completion: .codes)
  var code: String?

  @Option(help: ArgumentHelp("text or json.", valueName: "form"))
  var output: OutputForm = .text

  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.console
    guard let code else { return try list(console) }
    guard let page = RulePage(of: code) else {
      let hint = nearest(to: code, among: RulePage.codes).map { "did you mean `\($0)`?" }
      throw console.failure("there is no diagnostic `\(code)`; \(hint ?? "sallyport rules lists them")", .usage)
    }
    if output == .json { return try console.write(encodeJSON(RulesOutput(formatVersion: 1, rules: [.init(page)]))) }
    try console.write(text(of: page, console.outputStyle))
  }

  private func list(_ console: Console) throws {
    if output == .json {
      return try console.write(encodeJSON(RulesOutput(formatVersion: 1, rules: rulePages.map { .init($0) })))
    }
    let width = rulePages.map(\.code.count).max() ?? 0
    let style = console.outputStyle
    for page in rulePages {
      let padding = String(repeating: " ", count: width - page.code.count)
      let severity = page.severity.rawValue + String(repeating: " ", count: 7 - page.severity.rawValue.count)
      try console.write(
        "\(style.bold(page.code))\(padding)  \(style.severity(page.severity, severity))  \(page.summary)\n")
    }
  }

  private func text(of page: RulePage, _ style: Style) -> String {
    let indented = { (text: String) in
      text.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : "    \($0)" }
        .joined(separator: "\n")
    }
    let places = page.failureModes.map(failureReference).joined(separator: "\n    ")
    let catalogue = places.isEmpty ? "" : "Failure catalogue:\n\n    \(places)\n\n"
    return """
      \(style.severity(page.severity, "\(page.severity.rawValue)[\(page.code)]"))\(style.bold(": \(page.summary)"))

      \(page.explanation)

      \(catalogue)\(style.bold("Bad:"))

      \(indented(page.bad))

      \(style.bold("Good:"))

      \(indented(page.good))

      """
  }
}

private struct RulesOutput: Encodable {
  struct Rule: Encodable {
    var code: String
    var severity: String
    var summary: String
    var explanation: String
    var failureModes: [String]
    var bad: String
    var good: String

    init(_ page: RulePage) {
      code = page.code
      severity = page.severity.rawValue
      summary = page.summary
      explanation = page.explanation
      failureModes = page.failureModes
      bad = page.bad
      good = page.good
    }
  }

  var formatVersion: Int
  var rules: [Rule]
}
