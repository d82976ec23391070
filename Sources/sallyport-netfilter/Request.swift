// SPDX-License-Identifier: GPL-2.0-only

/// What `sallyport` asks for.
enum Request {
  /// Frames of another version are refused: both programs belong to one installation.
  static let protocolVersion = "1"

  /// `check`: have the kernel take a script in and throw it away again.
  case check(script: [UInt8])
  /// `list-chains`: every chain of the network namespace, as JSON, without rules.
  case listChains
  /// `list-table`: one table of family inet, as JSON.
  case listTable(name: String)

  /// `nil` for anything that is not a request of this version.
  init?(_ frames: [Frame]) {
    let bodies = Dictionary(frames.map { ($0.name, $0.body) }, uniquingKeysWith: { first, _ in first })
    guard bodies["protocol"] == Array(Self.protocolVersion.utf8), let verb = bodies["verb"] else { return nil }
    switch String(decoding: verb, as: UTF8.self) {
    case "check":
      guard let script = bodies["script"] else { return nil }
      self = .check(script: script)
    case "list-chains": self = .listChains
    case "list-table":
      guard let name = bodies["table"], Self.isName(name) else { return nil }
      self = .listTable(name: String(decoding: name, as: UTF8.self))
    default: return nil
    }
  }
}

extension Request {
  /// Whether a name can stand in a command of nft and end none: letters, digits, `_` and `-`, at most 64.
  private static func isName(_ bytes: [UInt8]) -> Bool {
    (1...64).contains(bytes.count)
      && bytes.allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D
      }
  }
}

/// What the library said.
struct Answer {
  /// What the call returned: 0 when all went well. `errno` means nothing after it.
  var status: Int32
  var output: [UInt8]
  var errors: [UInt8]

  var frames: [Frame] {
    [
      Frame("protocol", Request.protocolVersion), Frame("status", "\(status)"), Frame("output", output),
      Frame("errors", errors),
    ]
  }
}
