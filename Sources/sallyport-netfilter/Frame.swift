// SPDX-License-Identifier: GPL-2.0-only

/// One named piece of a request or an answer, written as `NAME LENGTH`, a newline, that many bytes, and a newline. Both
/// directions begin with `protocol` and end with an empty `end`, so that what was cut short is known for it.
struct Frame {
  var name: String
  var body: [UInt8]

  init(_ name: String, _ body: [UInt8]) {
    self.name = name
    self.body = body
  }

  init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }

  /// Frames one after the other, with the `end`.
  static func bytes(of frames: [Frame]) -> [UInt8] {
    var bytes: [UInt8] = []
    for frame in frames + [Frame("end", "")] {
      bytes += "\(frame.name) \(frame.body.count)\n".utf8
      bytes += frame.body
      bytes.append(0x0A)
    }
    return bytes
  }

  /// The frames before the `end`; `nil` for anything that is not whole.
  static func parse(_ bytes: [UInt8]) -> [Frame]? {
    var frames: [Frame] = []
    var rest = bytes[...]
    while let newline = rest.prefix(64).firstIndex(of: 0x0A) {
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
}
