import Addressing
package import Diagnostics

/// A session as a picture, before it is decided whether the picture is text or SVG: a column for the client, one for
/// each gateway and each box before one, and one for the server.
package struct Ladder: Sendable {
  /// A column, from left to right: client, gateways from the outermost on, server.
  package struct Column: Hashable, Sendable {
    /// What stands above it.
    package var title: String
    /// How a sentence speaks of it at its beginning, without an article.
    package var name: String

    package init(_ title: String, name: String? = nil) {
      self.title = title
      self.name = name ?? title
    }
  }

  package struct Arrow: Hashable, Sendable {
    /// The column from which it comes.
    package var from: Int
    /// The column that it gets to.
    package var to: Int
    package var label: String
    /// What its receiver reads, where that is something else.
    package var arrived: String?
    package var isLost: Bool
    package var isData: Bool
    package var isEncrypted: Bool
    /// The columns between that it goes through.
    package var passed: [Int]
  }

  package enum Row: Hashable, Sendable {
    case arrow(Arrow)
    /// What happens to the packet of the arrow above, in a column.
    case note(String, column: Int)
    /// Why the packet of the arrow above does not arrive, and the column next to which that is said.
    case death(String, column: Int)
  }

  package var title: String
  package var columns: [Column]
  package var rows: [Row]
  /// How it ends.
  package var conclusion: String
  package var works: Bool

  /// - Parameters:
  ///   - remark: What there is to say about a session that works; empty for nothing.
  ///   - locate: `FILE:LINE` and the statement of a span.
  package init(
    _ performance: Performance, title: String, remark: String = "", locate: (SourceSpan) -> String
  ) {
    self.title = title
    let places = ColumnPlaces(performance.layout)
    columns = places.columns
    works = performance.ending == .works
    conclusion = works ? (remark.isEmpty ? "works" : "works, but: \(remark)") : performance.sentence
    rows = performance.steps.flatMap { step in
      let arrow = Row.arrow(places.arrow(of: step))
      let notes = step.placedEvents.compactMap { station, event in
        event.note(locate).map { Row.note($0, column: places.column(station)) }
      }
      let death = step.loss.map { loss in
        let place = places.column(.gateway(step.gateway))
        return [Row.death(loss.sentence, column: place)]
          + (loss.citation?.provenance.map { [Row.death("asked for by \(locate($0))", column: place)] } ?? [])
      }
      return [arrow] + notes + (death ?? [])
    }
  }
}

/// Which column whom belongs to.
private struct ColumnPlaces {
  let columns: [Ladder.Column]
  private let stations: [Station]

  init(_ layout: PathLayout) {
    let stations = (0..<layout.count).flatMap { hop -> [Station] in
      guard layout.boxes.contains(hop) else { return [.gateway(hop)] }
      return layout.boxesAfter.contains(hop) ? [.gateway(hop), .box(hop)] : [.box(hop), .gateway(hop)]
    }
    let middle = stations.map { station -> Ladder.Column in
      switch station {
      case .gateway(let hop):
        guard layout.names.indices.contains(hop) else { return Ladder.Column(Role.gateway.rawValue) }
        return Ladder.Column(layout.names[hop], name: "gateway `\(layout.names[hop])`")
      case .box(let hop): return Ladder.Column("box", name: "box before \(layout.phrase(hop))")
      }
    }
    self.stations = stations
    columns = [Ladder.Column(Role.client.rawValue)] + middle + [Ladder.Column(Role.server.rawValue)]
  }

  func column(_ station: Station) -> Int { (stations.firstIndex(of: station) ?? 0) + 1 }

  private func column(_ role: Role, _ step: Step) -> Int {
    switch role {
    case .client: 0
    case .gateway: column(.gateway(step.gateway))
    case .server: columns.count - 1
    }
  }

  func arrow(of step: Step) -> Ladder.Arrow {
    let passed = step.visits.isEmpty && step.passesGateway ? [1] : step.visits.map { column($0.station) }
    return Ladder.Arrow(
      from: column(step.from, step), to: column(step.reached, step),
      label: step.isEncrypted ? "[\(step.text)]" : step.text, arrived: step.arrived, isLost: step.loss != nil,
      isData: step.isData, isEncrypted: step.isEncrypted, passed: passed)
  }
}

extension Ladder {
  /// The picture in sentences, one for each row and one for how it ends: for those who hear it, or have a narrow
  /// screen.
  package var sentences: [String] {
    rows.map { row in
      switch row {
      case .arrow(let arrow): sentence(of: arrow)
      case .note(let text, let column): "At the \(name(column)): \(text)"
      case .death(let text, _): "Lost: \(text)"
      }
    } + ["Outcome: \(conclusion)"]
  }

  private func name(_ column: Int) -> String { columns.indices.contains(column) ? columns[column].name : "" }

  private func sentence(of arrow: Arrow) -> String {
    let (from, to) = (name(arrow.from), name(arrow.to))
    let way = arrow.from == arrow.to ? "The \(from), for itself" : "\(from.capitalizedWord) to \(to)"
    return "\(way)\(arrow.isData ? ", data connection" : ""): \(arrow.label)"
      + (arrow.arrived.map { ", arrives as \($0)" } ?? "") + (arrow.isLost ? " - does not arrive" : "")
  }
}

extension String {
  fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst() }
}

extension Passage.Event {
  /// What the picture says about it; `nil` for what goes without saying.
  fileprivate func note(_ locate: (SourceSpan) -> String) -> String? {
    func place(_ citation: Citation?) -> String { citation?.provenance.map { " - \(locate($0))" } ?? "" }
    switch self {
    case .destinationTranslated(let address, let port, let citation):
      return "destination becomes \(endpoint(address, port))\(place(citation))"
    case .sourceTranslated(let address, let port, let citation):
      return "source becomes \(endpoint(address, port))\(place(citation))"
    case .helperAssigned(let type, let citation):
      guard let kind = HelperKind.named(type), !kind.isProven else {
        return "the helper \(type) is assigned\(place(citation))"
      }
      return "the \(kind.title) reads along (documented)\(place(citation))"
    case .expectationMade(_, let destination, let port): return "the helper expects \(endpoint(destination, port))"
    case .announcementIgnored(let address):
      return "the helper makes nothing of it: \(address) is not the sender's own address"
    case .rewritten(let text): return "the helper writes: \(text.lineContent)"
    case .expected: return "the helper expected it"
    case .translatedByBox(let address, let isSource):
      return "\(isSource ? "source" : "destination") becomes \(address)"
    }
  }
}

/// `ADDRESS:PORT`, IPv6 in brackets.
private func endpoint(_ address: IPAddress, _ port: UInt16) -> String {
  Tuple(from: address, 0, to: address, port).endpointText
}

extension Ladder {
  /// A title that is not wider than its column.
  static func clipped(_ title: String, to width: Int) -> String {
    title.count <= width ? title : "\(title.prefix(max(width - 1, 1)))~"
  }

  /// The width of a text that is broken into lines, at blanks where it can.
  static func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(word)
      } else {
        line = line.isEmpty ? String(word) : line + " " + word
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
