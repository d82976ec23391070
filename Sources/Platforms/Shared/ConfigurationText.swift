package import Diagnostics

/// Collects the lines of a configuration, each with the statement that asked for it.
package struct ConfigurationText: Sendable {
  private var bytes: [UInt8] = []
  private var provenance = LineProvenance()
  /// The number, from 1, of the line that is written next.
  private var nextLine = 1
  private let lineEnd: String

  /// - Parameter lineEnd: What ends a line where the text is read; batch files of Windows want two characters.
  package init(lineEnd: String = "\n") { self.lineEnd = lineEnd }

  package var isEmpty: Bool { bytes.isEmpty }
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Adds one line. What would end it becomes a space, so that no text can become a line of its own.
  ///
  /// - Parameter span: The statement that asked for it; `nil` for what belongs to the file.
  package mutating func add(_ line: String, for span: SourceSpan? = nil) {
    if let span { provenance.record(span, line: nextLine) } else { provenance.record([], line: nextLine) }
    bytes += line.utf8.lazy.map { $0 == 0x0A || $0 == 0x0D || $0 == 0 ? 0x20 : $0 }
    bytes += lineEnd.utf8
    nextLine += 1
  }

  /// Adds lines that the same statement asked for.
  package mutating func add(lines: [String], for span: SourceSpan? = nil) {
    for line in lines { add(line, for: span) }
  }

  package func artifact(_ name: String, destination: String? = nil, purpose: String) -> Artifact {
    Artifact(name: name, pieces: [bytes], provenance: provenance, destination: destination, purpose: purpose)
  }
}
