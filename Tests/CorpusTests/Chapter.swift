import Foundation

/// One fenced block of a chapter.
struct Fence {
  /// The first word after the opening fence, for example `sally` or `nft`.
  var kind: String
  /// The other words.
  var arguments: [String]
  /// Everything between the fences, with a final newline.
  var text: String
  /// Number, from 1, of the line after the opening fence.
  var line: Int
  /// The lines between the fences, as positions in the chapter.
  var lines: Range<Int>
}

/// A policy and what is expected of it.
struct CorpusCase {
  /// Included files by name.
  var files: [String: String]
  var policy: Fence
  var expectations: [Fence]
  /// Files of a server by name, the one that is audited first: blocks `config NAME` after the policy.
  var configuration: [(name: String, text: String)] = []
  /// Those of them that cannot be read: blocks `config NAME unreadable`.
  var unreadable: Set<String> = []
  /// Logs of sessions by name: blocks `evidence NAME`. A case may have several, each before the `diagnose` that reads
  /// it.
  var evidence: [(name: String, text: String)] = []
  /// What the program that opens sessions answers, by kind of session: blocks `report TLS MODE`.
  var reports: [(kind: String, text: String)] = []
}

/// One file of `Tests/Corpus`.
struct Chapter: Sendable, CustomStringConvertible {
  var path: String
  var lines: [String]

  var description: String { path.split(separator: "/").last.map(String.init) ?? path }

  init(path: String) throws {
    self.path = path
    let text = try String(contentsOfFile: path, encoding: .utf8)
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// Every chapter, in order of name.
  static func all() -> [Chapter] {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Corpus").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".md") }.sorted().compactMap { try? Chapter(path: "\(folder)/\($0)") }
  }

  /// Every fenced block, in order.
  var fences: [Fence] {
    var fences: [Fence] = []
    var open: (info: [String], start: Int)?
    for (index, line) in lines.enumerated() where line.hasPrefix("```") {
      if let begun = open {
        let body = lines[begun.start..<index].map { $0 + "\n" }.joined()
        fences.append(
          Fence(
            kind: begun.info.first ?? "", arguments: Array(begun.info.dropFirst()), text: body,
            line: begun.start + 1, lines: begun.start..<index))
        open = nil
      } else {
        open = (line.dropFirst(3).split(separator: " ").map(String.init), index + 1)
      }
    }
    return fences
  }

  /// A policy is a `sally` block without a name; `sally NAME` before it is a file that it includes.
  var cases: [CorpusCase] {
    var cases: [CorpusCase] = []
    var files: [String: String] = [:]
    for fence in fences {
      switch fence.kind {
      case "sally":
        if let name = fence.arguments.first {
          files[name] = fence.text
        } else {
          cases.append(CorpusCase(files: files, policy: fence, expectations: []))
          files = [:]
        }
      case "": break
      case "config":
        if !cases.isEmpty {
          let name = fence.arguments.first ?? "server.conf"
          cases[cases.count - 1].configuration.append((name, fence.text))
          if fence.arguments.contains("unreadable") { cases[cases.count - 1].unreadable.insert(name) }
        }
      case "evidence":
        if !cases.isEmpty {
          cases[cases.count - 1].evidence.append((fence.arguments.first ?? "evidence", fence.text))
        }
      case "report":
        if !cases.isEmpty {
          cases[cases.count - 1].reports.append((fence.arguments.joined(separator: " "), fence.text))
        }
      default:
        if !cases.isEmpty { cases[cases.count - 1].expectations.append(fence) }
      }
    }
    return cases
  }

  /// Writes new texts in the place of fenced blocks.
  func rewrite(_ changes: [(fence: Fence, text: String)]) throws {
    var lines = lines
    for change in changes.sorted(by: { $0.fence.line > $1.fence.line }) {
      var new = change.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      if new.last?.isEmpty == true { new.removeLast() }
      lines.replaceSubrange(change.fence.lines, with: new)
    }
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
  }
}
