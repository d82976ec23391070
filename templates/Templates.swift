/// A template of `templates/programs`, compiled into the binary. Those of one server program are declared in a file of
/// its own beside this one.
package struct Template: Sendable {
  /// The file name. Names are flattened, so each is unique.
  package let name: String
  private let bytes: [UInt8]

  /// - Parameter bytes: The content of the file, which the build makes a constant of.
  init(_ name: String, _ bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  package var text: String { String(decoding: bytes, as: UTF8.self) }
}
