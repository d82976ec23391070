import Addressing
import Diagnostics
import FTPSession

extension SessionTable {
  /// The table in Markdown: for each client and family one, a row for each mode, a column for each kind of TLS; what is
  /// said of the cells follows.
  package var markdown: String {
    var blocks: [String] = []
    for place in ClientPlace.allCases {
      for family in AddressFamily.allCases {
        let block = cells.filter { $0.place == place && $0.family == family }
        guard let address = clients[place]?[family], !block.isEmpty else { continue }
        blocks.append(markdown(of: block, headed: "\(place.title(isReach: isReach)), \(address)"))
      }
    }
    blocks += unpublished
    for section in sections {
      let items = section.groups.map { "- \(escaped($0.reason)): \(escaped(Self.summary($0.cells)))" }
      blocks.append(([section.heading + ":"] + items).joined(separator: "\n"))
    }
    blocks += notes.map(escaped)
    if let certainty { blocks.append(certainty) }
    return blocks.joined(separator: "\n\n")
  }

  private func markdown(of cells: [SessionCell], headed head: String) -> String {
    var lines = ["| \(head) | " + Encryption.allCases.map(\.title).joined(separator: " | ") + " |"]
    lines.append("|---|" + Encryption.allCases.map { _ in "---|" }.joined())
    for mode in DataMode.allCases {
      let row = Encryption.allCases.map { encryption in
        cells.first { $0.mode == mode && $0.encryption == encryption }?.outcome.rawValue ?? ""
      }
      lines.append("| \(mode.command) | " + row.joined(separator: " | ") + " |")
    }
    return lines.joined(separator: "\n")
  }

  /// A sentence with whatever Markdown would take for its own but what stands in backticks.
  private func escaped(_ text: String) -> String {
    var result = ""
    var isCode = false
    for character in printable(text) {
      if character == "`" { isCode.toggle() }
      if !isCode, "\\*_[]<>|".contains(character) { result.append("\\") }
      result.append(character)
    }
    return result
  }
}
