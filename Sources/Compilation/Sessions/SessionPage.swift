import Addressing
import FTPSession

/// What pages look like, besides the pictures on them.
let pageStyleSheet = """
  body { margin: 0 auto; max-width: 800px; padding: 12px; background: var(--paper); color: var(--ink); \
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
  h1 { font-size: 1.5em; } h2 { font-size: 1.25em; } h3 { font-size: 1em; } h1, h2, h3 { line-height: 1.25; }
  table { border-collapse: collapse; width: 100%; margin: 12px 0 20px; }
  th, td { border: 1px solid var(--line); padding: 3px 6px; text-align: left; }
  caption { text-align: left; font-weight: bold; padding: 4px 0; }
  td.works { color: var(--good); } td.broken, td.undecided { color: var(--bad); font-weight: bold; }
  td.refused { color: var(--note); }
  figure { margin: 24px 0; } figcaption { font-weight: bold; }
  .picture svg { max-width: 100%; height: auto; margin: 8px 0; }
  .steps { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  @media (max-width: 700px) { .picture { display: none; } .steps { position: static; width: auto; height: auto; \
  overflow: visible; clip-path: none; padding-left: 24px; } }
  """

extension SessionView {
  /// A page that says what the text says. Nothing is fetched for it. On a narrow screen, and for those who hear it,
  /// sentences stand in the place of the pictures.
  package var html: String {
    let title = "Sessions of \(table.publication)"
    return htmlPage(
      title: title, styles: [pageStyleSheet],
      body: "<main>\n<h1>\(escapedForXML(title))</h1>\n\(summary)\(body)\(pictures)</main>\n")
  }

  /// What comes of it, in one line.
  private var summary: String {
    let isEntered = table.cells.contains { $0.isIntrusion }
    let verdict =
      isEntered
      ? "A client gets in whom the policy keeps out, or nobody can tell."
      : table.fails
        ? "A session that the policy permits does not work, or nobody can tell."
        : "Every session that the policy permits works."
    return "<p class=\"verdict\">\(verdict)</p>\n"
  }

  private var body: String {
    guard let trial else { return table.html(level: 2) }
    let statement = escapedForXML("`\(trial.statement)`")
    let items = trial.change.changeLines.map { "<li>\(escapedForXML($0))</li>\n" }.joined()
    let changes =
      trial.change.after.isUnplayed
      ? "<p>What \(statement) changes is not known: nothing was played</p>\n"
      : items.isEmpty
        ? "<p>\(statement) changes no outcome</p>\n" : "<h2>What \(statement) changes</h2>\n<ul>\n\(items)</ul>\n"
    let refusal = trial.isAccepted ? "" : "<p><strong>`check` refuses the policy with it</strong></p>\n"
    return changes + refusal + "<h2>As the policy stands</h2>\n" + trial.change.before.html(level: 3)
      + "<h2>With \(statement)</h2>\n" + trial.change.after.html(level: 3)
  }

  private var pictures: String {
    let figures = ladders.map { ladder in
      let steps = ladder.sentences.map { "<li>\(escapedForXML($0))</li>\n" }.joined()
      return """
        <figure>
        <figcaption>\(escapedForXML(ladder.title))</figcaption>
        <div class="picture">
        \(ladder.svg(isDocument: false))</div>
        <ol class="steps">
        \(steps)</ol>
        </figure>

        """
    }
    return figures.isEmpty ? "" : "<h2>Step by step</h2>\n" + figures.joined()
  }
}

extension SessionTable {
  /// The tables, what is not published, and the reasons.
  ///
  /// - Parameter level: That of its headings.
  func html(level: Int) -> String {
    var result = ""
    for place in ClientPlace.allCases {
      for family in AddressFamily.allCases {
        let block = cells.filter { $0.place == place && $0.family == family }
        guard let address = clients[place]?[family], !block.isEmpty else { continue }
        result += block.htmlTable("\(place.title(isReach: isReach)), \(address)")
      }
    }
    for sentence in unpublished { result += "<p>\(escapedForXML(sentence))</p>\n" }
    for section in sections {
      let items = section.groups.map { group in
        "<li>\(escapedForXML(group.reason)): \(escapedForXML(group.cells.map(\.title).joined(separator: "; ")))</li>\n"
      }
      let heading = section.heading.prefix(1).uppercased() + section.heading.dropFirst()
      result += "<h\(level)>\(heading)</h\(level)>\n<ul>\n\(items.joined())</ul>\n"
    }
    for note in notes { result += "<p>\(escapedForXML(note))</p>\n" }
    return result
  }
}

extension [SessionCell] {
  /// The cells of one client over one family.
  fileprivate func htmlTable(_ caption: String) -> String {
    let heads = Encryption.allCases.map { "<th scope=\"col\">\($0.title)</th>" }.joined()
    let rows = DataMode.allCases.map { mode -> String in
      let row = Encryption.allCases.map { encryption -> String in
        guard let cell = first(where: { $0.mode == mode && $0.encryption == encryption }) else { return "<td></td>" }
        let outcome = cell.outcome.rawValue
        let isConditional = cell.outcome == .works && !cell.reason.isEmpty
        return "<td class=\"\(outcome)\">\(isConditional ? cell.outcome.heading : outcome)</td>"
      }
      return "<tr><th scope=\"row\">\(mode.command)</th>\(row.joined())</tr>\n"
    }
    return """
      <table>
      <caption>\(escapedForXML(caption))</caption>
      <thead><tr><th scope="col">command</th>\(heads)</tr></thead>
      <tbody>
      \(rows.joined())</tbody>
      </table>

      """
  }
}
