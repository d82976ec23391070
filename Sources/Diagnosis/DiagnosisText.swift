package import Diagnostics
import Evidence
import FTPSession

/// What is shown for people.
package struct DiagnosisText {
  package var diagnosis: Diagnosis
  package var style: Style
  /// The statement of the policy that a cause is about: `FILE:LINE: STATEMENT`.
  package var statement: (Found) -> String?

  package init(_ diagnosis: Diagnosis, style: Style, statement: @escaping (Found) -> String? = { _ in nil }) {
    self.diagnosis = diagnosis
    self.style = style
    self.statement = statement
  }

  /// Everything: what was read, the causes with their lines, what comes next, and the session as a ladder.
  package var text: String {
    [filesText, causesText, nextText, ladderText].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  package var filesText: String {
    diagnosis.files.map { file in
      let what = file.kind ?? "not recognised as evidence of FTP"
      let side = file.viewpoint.map { ", seen by the \($0.rawValue)" } ?? ""
      let sessions = file.dialogues.count
      let counted = sessions == 0 ? "" : ", \(sessions) session\(sessions == 1 ? "" : "s")"
      let records = file.records.isEmpty ? "" : ", \(file.records.count) lines about connections"
      let remarks = file.remarks.map { "  \($0)\n" }.joined()
      return "\(file.name): \(what)\(side)\(counted)\(records)\n\(remarks)"
    }.joined() + diagnosis.remarks.map { "note: \($0)\n" }.joined()
  }

  package var causesText: String {
    guard !diagnosis.causes.isEmpty else {
      // What nobody saw the data of is no session that works.
      let works = !diagnosis.sessions.isEmpty && diagnosis.sessions.allSatisfy { $0.outcome == "works" }
      let fails = diagnosis.sessions.contains { $0.outcome == "broken" }
      guard diagnosis.isUnderstood else { return "nothing of this is evidence that can be read\n" }
      return fails || !works ? "no cause can be named from this\n" : "the sessions work; no cause to name\n"
    }
    return diagnosis.causes.map { cause($0) }.joined(separator: "\n")
  }

  private func cause(_ found: Found) -> String {
    let certainty = found.certainty == .proven ? style.red("proven") : style.yellow("likely")
    var lines = ["\(certainty) \(style.bold(found.failure)), \(found.box.title): \(found.message)"]
    for mark in found.evidence { lines.append("  \(place(mark)): \(mark.text)") }
    lines.append("  change: \(found.remedy)")
    if let statement = statement(found) { lines.append("  in the policy: \(statement)") }
    lines.append("  see: \(failureReference(found.failure))")
    return lines.map { $0 + "\n" }.joined()
  }

  private func place(_ mark: Mark) -> String {
    let name = diagnosis.files.indices.contains(mark.source) ? diagnosis.files[mark.source].name : "?"
    if let line = mark.line { return "\(name):\(line)" }
    return mark.packet.map { "\(name), packet \($0)" } ?? name
  }

  package var nextText: String {
    guard !diagnosis.next.isEmpty else { return "" }
    return "nothing is certain yet; fetch next\n" + diagnosis.next.map { "  \($0)\n" }.joined()
  }

  package var ladderText: String { diagnosis.ladder?.text(style) ?? "" }

  /// A page of its own, with everything that the text holds.
  package var html: String {
    let plain = DiagnosisText(diagnosis, style: .plain, statement: statement)
    let parts = [plain.filesText, plain.causesText, plain.nextText].filter { !$0.isEmpty }
    let body = parts.map { part in
      let lines = part.split(separator: "\n", omittingEmptySubsequences: false).map { escapedForXML(String($0)) }
      return "<pre>\(lines.joined(separator: "\n"))</pre>\n"
    }.joined()
    let picture = diagnosis.ladder.map { ladder in
      let words = ladder.sentences.map { "<li>\(escapedForXML($0))</li>\n" }.joined()
      return ladder.svg(isDocument: false) + "<details><summary>In words</summary>\n<ol>\n\(words)</ol>\n</details>\n"
    }
    let title = "What the evidence says"
    return htmlPage(
      title: title, styles: [Self.styleSheet],
      body: "<main>\n<h1>\(title)</h1>\n\(body)\(picture ?? "")</main>\n")
  }

  private static let styleSheet = """
    body { margin: 0 auto; max-width: 800px; padding: 12px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
    pre { white-space: pre-wrap; overflow-wrap: anywhere; }
    svg { max-width: 100%; height: auto; }
    """
}

extension Box {
  /// In a sentence.
  package var title: String {
    switch self {
    case .client: "the client"
    case .clientFirewall: "the client's firewall"
    case .path: "the network between"
    case .firewall: "the firewall"
    case .server: "the server"
    }
  }
}
