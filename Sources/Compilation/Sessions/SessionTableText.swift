package import Addressing
package import Diagnostics
package import FTPSession

extension SessionCell {
  /// What is in the cell, in a few words, for example `plain PASV, IPv4, an allowed client`.
  package var title: String { title(of: place.title(isReach: isReach)) }

  /// The same for a client of another name.
  func title(of client: String) -> String {
    "\(encryption.title) \(mode.command), \(family == .ipv4 ? "IPv4" : "IPv6"), \(client)"
  }
}

extension Encryption {
  /// As the table calls it.
  package var title: String {
    switch self {
    case .plain: "plain"
    case .explicit: "explicit TLS"
    case .implicit: "implicit TLS"
    }
  }
}

extension SessionTable {
  /// The table for a terminal: a block for each client and family, a row for each mode, a column for each kind of TLS.
  /// What is refused by design is named once; what is broken or undecided is named for each group of cells with one
  /// reason.
  package func text(_ style: Style) -> String {
    var lines: [String] = []
    for place in ClientPlace.allCases {
      for family in AddressFamily.allCases {
        let block = cells.filter { $0.place == place && $0.family == family }
        guard let address = clients[place]?[family], !block.isEmpty else { continue }
        let head = "\(place.title(isReach: isReach)), \(address)"
        lines.append(style.bold(head.padded(42)) + Encryption.allCases.map { $0.title.padded(15) }.joined().trimmed)
        for mode in DataMode.allCases {
          let row = Encryption.allCases.map { encryption -> String in
            guard let cell = block.first(where: { $0.mode == mode && $0.encryption == encryption }) else { return "" }
            return cell.outcome.colored(cell.outcome.rawValue.padded(15), style)
          }
          lines.append("  " + mode.command.padded(40) + row.joined().trimmed)
        }
        lines.append("")
      }
    }
    for sentence in unpublished { lines += [sentence, ""] }
    for section in sections {
      let heading = section.outcome?.colored(section.heading, style) ?? style.red(section.heading)
      lines += [heading] + section.groups.map { "  \(printable($0.reason)): \(Self.summary($0.cells))" } + [""]
    }
    lines += notes.map { printable($0) }
    if let certainty { lines.append(certainty) }
    while lines.last == "" { lines.removeLast() }
    return lines.map { $0 + "\n" }.joined()
  }

  /// How well it is known what the gateway does; `nil` where the model was compared with its kernel.
  var certainty: String? {
    cells.contains { $0.certainty == .documented }
      ? "What this gateway does is taken from its documentation; nothing was run on one." : nil
  }

  /// Reasons below one heading.
  struct Section {
    var heading: String
    /// `nil` for clients that get in although the policy keeps them out.
    var outcome: SessionOutcome?
    /// In the order of the table, each with the cells that it explains.
    var groups: [(reason: String, cells: [SessionCell])]
  }

  /// What is to be said of the cells, most urgent first.
  var sections: [Section] {
    let intrusions = Section(heading: "gets in all the same", outcome: nil, groups: reasons { $0.isIntrusion })
    let others = SessionOutcome.inOrderOfUrgency.map { outcome in
      Section(
        heading: outcome.heading, outcome: outcome, groups: reasons { $0.outcome == outcome && !$0.isIntrusion })
    }
    return ([intrusions] + others).filter { !$0.groups.isEmpty }
  }

  private func reasons(where isMeant: (SessionCell) -> Bool) -> [(reason: String, cells: [SessionCell])] {
    var order: [String] = []
    var groups: [String: [SessionCell]] = [:]
    for cell in cells where isMeant(cell) && !cell.reason.isEmpty && (cell.performance != nil || isUnplayed) {
      if groups[cell.reason] == nil { order.append(cell.reason) }
      groups[cell.reason, default: []].append(cell)
    }
    return order.map { ($0, groups[$0] ?? []) }
  }

  /// The families in which nothing can be dialled, with a sentence each.
  var unpublished: [String] {
    AddressFamily.allCases.compactMap { family in
      guard clients.values.allSatisfy({ $0[family] == nil }), let cell = cells.first(where: { $0.family == family })
      else { return nil }
      return "\(family == .ipv4 ? "IPv4" : "IPv6"): refused, \(cell.reason)"
    }
  }

  /// Names cells: the first, and how many more there are.
  static func summary(_ cells: [SessionCell]) -> String {
    guard let first = cells.first else { return "" }
    return cells.count == 1 ? first.title : "\(first.title), and \(cells.count - 1) more"
  }
}

extension SessionOutcome {
  static let inOrderOfUrgency: [SessionOutcome] = [.broken, .undecided, .refused, .works]

  /// What stands above its reasons.
  var heading: String {
    switch self {
    case .works: "works, but"
    case .refused: "refused by design"
    case .broken: "broken"
    case .undecided: "undecided"
    }
  }

  fileprivate func colored(_ text: String, _ style: Style) -> String {
    switch self {
    case .works: style.green(text)
    case .refused: text
    case .broken: style.red(text)
    case .undecided: style.yellow(text)
    }
  }
}

extension String {
  /// The text with blanks after it up to a width.
  fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }

  fileprivate var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}

extension SessionTable {
  /// The sessions that the reader wants to see: those of a mode, or of each reason why one is broken or undecided the
  /// first.
  ///
  /// - Parameter most: How many at most.
  package func shown(mode: SessionChoice?, most: Int) -> [SessionCell] {
    var seen: Set<String> = []
    let chosen = cells.filter { cell in
      guard cell.performance != nil else { return false }
      if let mode { return mode.matches(cell) }
      guard cell.outcome == .broken || cell.outcome == .undecided || cell.isIntrusion else { return false }
      return seen.insert(cell.reason).inserted
    }
    return Array(chosen.prefix(most))
  }
}

/// A choice of cells, written `tls-pasv`, `plain-eprt`, `implicit`, `epsv` or `tls-epsv-ipv6`.
package struct SessionChoice: Hashable, Sendable {
  package var encryption: Encryption?
  package var mode: DataMode?
  package var family: AddressFamily?

  /// `nil` for a text that is no such choice.
  package init?(_ text: String) {
    for word in text.split(separator: "-", omittingEmptySubsequences: false) {
      if let mode = DataMode(rawValue: String(word)), self.mode == nil {
        self.mode = mode
      } else if let encryption = word == "tls" ? .explicit : Encryption(rawValue: String(word)),
        self.encryption == nil
      {
        self.encryption = encryption
      } else if word == "ipv4" || word == "ipv6", family == nil {
        family = word == "ipv4" ? .ipv4 : .ipv6
      } else {
        return nil
      }
    }
  }

  package func matches(_ cell: SessionCell) -> Bool {
    (encryption == nil || encryption == cell.encryption) && (mode == nil || mode == cell.mode)
      && (family == nil || family == cell.family)
  }
}

extension SessionTable {
  /// The session that is drawn where one alone can be: the first that is chosen, else the first that is broken or
  /// undecided, else the first that works.
  package func drawn(mode: SessionChoice?) -> SessionCell? {
    if let mode { return shown(mode: mode, most: 1).first }
    let drawable = cells.filter { $0.performance != nil }
    for outcome in [SessionOutcome.broken, .undecided, .works] {
      if let cell = drawable.first(where: { $0.outcome == outcome }) { return cell }
    }
    return drawable.first
  }
}

extension SessionChange.Change {
  fileprivate var title: String { client.map { cell.title(of: "\($0)") } ?? cell.title }
}

extension SessionChange {
  /// The kinds of sessions whose outcome changes, a line each.
  var changeLines: [String] {
    changes.map { "\($0.title): \($0.before.rawValue) -> \($0.cell.outcome.rawValue)" }
  }

  /// Both tables, one below the other, and what is different between them.
  package func text(statement: String, isAccepted: Bool, _ style: Style) -> String {
    let tried = printable(statement)
    let list = changeLines.map { "  \($0)\n" }.joined()
    let summary =
      after.isUnplayed
      ? "what `\(tried)` changes is not known: nothing was played\n"
      : changes.isEmpty ? "`\(tried)` changes no outcome\n" : "what `\(tried)` changes\n\(list)"
    let refusal = isAccepted ? "" : "`check` refuses the policy with it\n"
    return "\(before.text(style))\n\(style.bold("with `\(tried)`"))\n\n\(after.text(style))\n\(summary)\(refusal)"
  }
}
