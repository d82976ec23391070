import Diagnostics
import Files
import Policy

/// What a code means, for renderers; `nil` when it has no page.
func ruleDescription(_ code: String) -> RuleDescription? {
  RulePage(of: code).map { page in
    RuleDescription(
      severity: page.severity, summary: page.summary, explanation: page.explanation, bad: page.bad, good: page.good,
      references: page.failureModes.map(failureReference), page: documentation("diagnostics.md", page.code))
  }
}

/// Where a page of the manual lies on this machine, as an absolute URI: beside the program where it is installed, else
/// where it is installed when nobody says otherwise.
private func documentation(_ file: String, _ anchor: String) -> String {
  "file://\(percentEncoded(documentationFolder))/\(file)#\(anchor)"
}

private let documentationFolder: String = {
  let place = "share/doc/sallyport"
  let program = (try? followLinks("/proc/self/exe")) ?? ""
  let beside = "\(folder(of: folder(of: program)))/\(place)"
  let page = try? readFile("\(beside)/diagnostics.md")
  return page == nil ? "/usr/local/\(place)" : beside
}()
