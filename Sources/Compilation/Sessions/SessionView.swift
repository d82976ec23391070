package import Diagnostics
import FTPSession

/// What `explain` shows: the table, and the sessions that are worth a picture; with `--what-if`, before and after.
package struct SessionView {
  /// A change that is tried.
  package struct Trial {
    package var change: SessionChange
    package var statement: String
    /// Whether `check` takes the changed policy.
    package var isAccepted: Bool

    package init(_ change: SessionChange, statement: String, isAccepted: Bool) {
      self.change = change
      self.statement = statement
      self.isAccepted = isAccepted
    }
  }

  /// What is drawn: with a trial, what becomes of it.
  let table: SessionTable
  let trial: Trial?
  private let compilation: Compilation
  private let choice: SessionChoice?
  private let style: Style

  /// - Parameter compilation: What the table, or the one after the change, was made of.
  package init(
    table: SessionTable, trial: Trial? = nil, compilation: Compilation, choice: SessionChoice?, style: Style
  ) {
    self.table = trial?.change.after ?? table
    self.trial = trial
    self.compilation = compilation
    self.choice = choice
    self.style = style
  }

  /// Sessions that are drawn at most.
  private static let mostLadders = 6

  var ladders: [Ladder] {
    let locate = compilation.statementLocator()
    return table.shown(mode: choice, most: Self.mostLadders).compactMap { ladder(of: $0, locate) }
  }

  private func ladder(of cell: SessionCell, _ locate: (SourceSpan) -> String) -> Ladder? {
    let condition = trial.map { ", with `\($0.statement)`" } ?? ""
    return cell.performance.map {
      Ladder($0, title: cell.title + condition, remark: cell.outcome == .works ? cell.reason : "", locate: locate)
    }
  }

  package var text: String {
    // What a trial is about is the difference; pictures are for who asks for them.
    guard let trial else { return ([table.text(style)] + ladders.map { $0.text(style) }).joined(separator: "\n") }
    let pictures = choice == nil ? [] : ladders
    let text = trial.change.text(statement: trial.statement, isAccepted: trial.isAccepted, style)
    return ([text] + pictures.map { $0.text(style) }).joined(separator: "\n")
  }

  /// One picture: that of the first session that was chosen, whose outcome a trial changes, or that is broken, or of
  /// the first that works; `nil` when there is nothing to draw.
  package var svg: String? {
    let changed = choice == nil ? trial?.change.changes.lazy.map(\.cell).first { $0.performance != nil } : nil
    guard let cell = changed ?? table.drawn(mode: choice) else { return nil }
    return ladder(of: cell, compilation.statementLocator())?.svg()
  }

  /// Whether the sessions that were asked for are among those that can be drawn.
  package var hasWhatWasChosen: Bool {
    choice == nil || table.isUnplayed || !table.shown(mode: choice, most: 1).isEmpty
  }
}

extension Compilation {
  /// `FILE:LINE: TEXT OF THE LINE` of a span; each file is indexed once.
  package func statementLocator() -> (SourceSpan) -> String {
    let locate = locator()
    let sources = sources
    return { span in printable("\(locate(span)): \(sources[span.file].line(at: span.range.lowerBound))") }
  }
}

extension SourceFile {
  /// The line around a byte, its blanks made single ones and without comment; of long lines the beginning.
  fileprivate func line(at offset: Int) -> String {
    let place = min(max(0, offset), bytes.count)
    let start = bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
    let words = text(start..<min(end, start + 120)).split(whereSeparator: \.isWhitespace)
    return words.prefix { !$0.hasPrefix("#") }.joined(separator: " ")
  }
}
