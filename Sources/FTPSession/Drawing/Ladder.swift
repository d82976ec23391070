import Addressing
package import Diagnostics

/// A session as a picture of three columns, before it is decided whether the picture is text or SVG.
package struct Ladder: Sendable {
  package struct Arrow: Hashable, Sendable {
    package var from: Role
    /// Where it gets to.
    package var to: Role
    package var label: String
    /// What its receiver reads, where that is something else.
    package var arrived: String?
    package var isLost: Bool
    package var isData: Bool
    package var isEncrypted: Bool
    /// Whether it goes through the gateway.
    package var passesGateway: Bool
  }

  package enum Row: Hashable, Sendable {
    case arrow(Arrow)
    /// What the gateway does with the packet of the arrow above.
    case note(String)
    /// Why the packet of the arrow above does not arrive.
    case death(String)
  }

  package var title: String
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
    works = performance.ending == .works
    conclusion = works ? (remark.isEmpty ? "works" : "works, but: \(remark)") : performance.sentence
    rows = performance.steps.flatMap { step in
      let arrow = Row.arrow(
        Arrow(
          from: step.from, to: step.reached, label: step.isEncrypted ? "[\(step.text)]" : step.text,
          arrived: step.arrived, isLost: step.loss != nil, isData: step.isData, isEncrypted: step.isEncrypted,
          passesGateway: step.passesGateway))
      let notes = step.events.compactMap { $0.note(locate) }.map { Row.note($0) }
      let death = step.loss.map { loss in
        [Row.death(loss.sentence)]
          + (loss.citation?.provenance.map { [Row.death("asked for by \(locate($0))")] } ?? [])
      }
      return [arrow] + notes + (death ?? [])
    }
  }
}

extension Ladder {
  /// The picture in sentences, one for each row and one for how it ends: for those who hear it, or have a narrow
  /// screen.
  package var sentences: [String] {
    rows.map { row in
      switch row {
      case .arrow(let arrow): arrow.sentence
      case .note(let text): "At the gateway: \(text)"
      case .death(let text): "Lost: \(text)"
      }
    } + ["Outcome: \(conclusion)"]
  }
}

extension Ladder.Arrow {
  fileprivate var sentence: String {
    let way = from == to ? "The \(from.rawValue), for itself" : "\(from.rawValue.capitalizedWord) to \(to.rawValue)"
    return "\(way)\(isData ? ", data connection" : ""): \(label)"
      + (arrived.map { ", arrives as \($0)" } ?? "") + (isLost ? " - does not arrive" : "")
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
    }
  }
}

/// `ADDRESS:PORT`, IPv6 in brackets.
private func endpoint(_ address: IPAddress, _ port: UInt16) -> String {
  Tuple(from: address, 0, to: address, port).endpointText
}

extension Ladder {
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
