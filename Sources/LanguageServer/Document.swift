import Diagnostics
import Editing
import PolicySyntax

/// An open document with its tree.
struct Document {
  private(set) var text: OpenText
  private(set) var tree: PolicyFileSyntax
  /// The version for which findings were published last.
  var publishedVersion: Int?

  init(_ text: OpenText) {
    self.text = text
    tree = parse(text.source, as: SourceID(0))
  }

  mutating func apply(_ changes: [ContentChange], version: Int, _ encoding: PositionEncoding) {
    _ = text.apply(changes, version: version, encoding)
    tree = parse(text.source, as: SourceID(0))
  }

  func positions(_ encoding: PositionEncoding) -> Positions {
    Positions(bytes: text.source.bytes, lines: text.lines, encoding: encoding)
  }
}
