import Diagnostics
import Files
import Policy

/// What a code means, for renderers.
func ruleDescription(_ code: String) -> RuleDescription? { descriptions[code] }

private let descriptions: [String: RuleDescription] = Dictionary(
  rulePages.map { page in
    (
      page.code,
      RuleDescription(
        severity: page.severity, summary: page.summary, explanation: page.explanation, bad: page.bad, good: page.good,
        references: page.failureModes.map(failureReference), page: documentation("diagnostics.md", page.code))
    )
  }, uniquingKeysWith: { first, _ in first })

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
