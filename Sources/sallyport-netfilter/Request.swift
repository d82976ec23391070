// SPDX-License-Identifier: GPL-2.0-only

/// What `sallyport` asks for.
enum Request {
  /// Frames of another version are refused: both programs belong to one installation.
  static let protocolVersion = "1"

  /// `check`: have the kernel take a script in and throw it away again.
  case check(script: [UInt8])
  /// `commit`: have the kernel take a script in, if its ruleset is still of this generation; whatever it is, without
  /// one. The error `unbound` says that this build cannot tell the kernel the generation, and nothing was sent.
  case commit(script: [UInt8], generation: UInt32?)
  /// `list-connections`: every tracked TCP connection of the network namespace.
  case listConnections
  /// `print-table`: one table of family inet, as a text that nft takes in again; beside it, as `outline`, every table
  /// of that family as JSON, without the elements of named sets; as `strange` where `StrangeTexts` has found something;
  /// and as `tables`, as for `list-table`, messages of the kernel with every table, for their flags.
  case printTable(name: String)
  /// `generation`: that of the ruleset of the network namespace.
  case generation
  /// `list-chains`: every chain of the network namespace, as JSON, without rules.
  case listChains
  /// `list-table`: one table of family inet, as JSON.
  case listTable(name: String)
  /// `list-ruleset`: every table of every family, as JSON; beside it what JSON does not tell, see `RunningRules`.
  case listRuleset

  /// `nil` for anything that is not a request of this version.
  init?(_ frames: [Frame]) {
    let bodies = Dictionary(frames.map { ($0.name, $0.body) }, uniquingKeysWith: { first, _ in first })
    guard bodies["protocol"] == Array(Self.protocolVersion.utf8), let verb = bodies["verb"] else { return nil }
    switch String(decoding: verb, as: UTF8.self) {
    case "check":
      guard let script = bodies["script"] else { return nil }
      self = .check(script: script)
    case "commit":
      guard let script = bodies["script"] else { return nil }
      guard let number = bodies["generation"] else {
        self = .commit(script: script, generation: nil)
        return
      }
      guard let generation = UInt32(String(decoding: number, as: UTF8.self)) else { return nil }
      self = .commit(script: script, generation: generation)
    case "list-connections": self = .listConnections
    case "generation": self = .generation
    case "list-chains": self = .listChains
    case "list-ruleset": self = .listRuleset
    case "list-table":
      guard let name = bodies["table"], Self.isName(name) else { return nil }
      self = .listTable(name: String(decoding: name, as: UTF8.self))
    case "print-table":
      guard let name = bodies["table"], Self.isName(name) else { return nil }
      self = .printTable(name: String(decoding: name, as: UTF8.self))
    default: return nil
    }
  }
}

extension Request {
  /// Whether rules are printed: only that needs files.
  var prints: Bool {
    switch self {
    case .check, .commit, .generation, .listConnections: false
    case .printTable, .listChains, .listTable, .listRuleset: true
    }
  }

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
  /// What belongs to a text; `nil` when it does not show the same moment.
  var outline: [UInt8]?
  /// The generation of the ruleset before a listing, or the one that a commit was bound to; `nil` where none was asked.
  var generation: UInt32?
  /// Further parts, by their names.
  var more: [Frame] = []

  var frames: [Frame] {
    [
      Frame("protocol", Request.protocolVersion), Frame("status", "\(status)"), Frame("output", output),
      Frame("errors", errors),
    ] + (generation.map { [Frame("generation", "\($0)")] } ?? []) + (outline.map { [Frame("outline", $0)] } ?? [])
      + more
  }
}
