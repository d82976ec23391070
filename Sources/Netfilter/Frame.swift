/// One named piece of a request or an answer, written as `NAME LENGTH`, a newline, that many bytes, and a newline. Both
/// directions begin with `protocol` and end with an empty `end`, so that what was cut short is known for it.
///
/// The worker has this code once more: it shares none with the other modules, because its licence is another.
package struct Frame: Hashable, Sendable {
  /// Lower-case words joined by hyphens.
  package var name: String
  package var body: [UInt8]

  package init(_ name: String, _ body: [UInt8]) {
    self.name = name
    self.body = body
  }

  package init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }

  /// The body read as UTF-8.
  package var text: String { String(decoding: body, as: UTF8.self) }

  /// Frames one after the other, with the `end`.
  package static func bytes(of frames: [Frame]) -> [UInt8] {
    var bytes: [UInt8] = []
    for frame in frames + [Frame("end", "")] {
      bytes += "\(frame.name) \(frame.body.count)\n".utf8
      bytes += frame.body
      bytes.append(0x0A)
    }
    return bytes
  }

  /// The frames before the `end`; `nil` for anything that is not whole.
  package static func parse(_ bytes: [UInt8]) -> [Frame]? {
    var frames: [Frame] = []
    var rest = bytes[...]
    while let newline = rest.prefix(longestHeader).firstIndex(of: 0x0A) {
      let words = rest[..<newline].split(separator: 0x20)
      guard let name = words.first, let last = words.last, words.count == 2,
        let length = Int(String(decoding: last, as: UTF8.self)), length >= 0
      else { return nil }
      rest = rest[(newline + 1)...]
      guard length < rest.count else { return nil }
      let body = rest.prefix(length)
      guard rest.dropFirst(length).first == 0x0A else { return nil }
      rest = rest.dropFirst(length + 1)
      if name.elementsEqual("end".utf8) { return rest.isEmpty && body.isEmpty ? frames : nil }
      frames.append(Frame(String(decoding: name, as: UTF8.self), Array(body)))
    }
    return nil
  }

  /// Bytes of a name, a length and their newline at most.
  private static let longestHeader = 64
}
