import ArgumentParser
import Compilation
import Diagnostics
import FTPSession
import Files
import FoundationEssentials
import Platforms
import Policy
import PolicySyntax
import Servers

// What shells offer where a command line goes on. For what stands in policies a shell asks the program itself, which
// says nothing about mistakes, and gives only words that no shell takes apart: bash expands what it is given.
extension CompletionKind {
  /// Files of policies.
  static let policies = CompletionKind.file(extensions: ["sally"])

  /// Gateways of the policies on the line.
  static let gateways = CompletionKind.custom { words, position, _ in
    CommandLineSoFar(words, position).policy.gateways.map(\.name.value).filter(isPlain)
  }

  /// Servers of the policies on the line.
  static let servers = CompletionKind.custom { words, position, _ in
    CommandLineSoFar(words, position).policy.servers.map(\.name.value).filter(isPlain)
  }

  /// Policies, and after one its publications and reaches.
  static let policiesAndPublications = CompletionKind.custom { words, position, start in
    let line = CommandLineSoFar(words, position)
    return line.publications + paths(from: start) { $0.hasSuffix(policySuffix) }
  }

  /// The same, and any other file after them.
  static let evidence = CompletionKind.custom { words, position, start in
    let line = CommandLineSoFar(words, position)
    return line.publications + paths(from: start) { _ in true }
  }

  /// Forms of the server that `--server` names, or of every program.
  static let serverForms = CompletionKind.custom { words, position, _ in
    let line = CommandLineSoFar(words, position)
    let named = line.values(of: "--server").last
    let software = line.policy.servers.filter { $0.name.value == named }.compactMap { $0.software?.value.kind }
    return unique((software.isEmpty ? ServerPrograms.named : software).flatMap { Emitters.forms(of: $0) })
  }

  /// Forms of the platforms of the policies on the line.
  static let gatewayForms = CompletionKind.custom { words, position, _ in
    let platforms = CommandLineSoFar(words, position).policy.gateways.map { gateway in
      gateway.platform.flatMap { Platforms.named($0.name.value) } ?? Platforms.standard
    }
    return unique((platforms.isEmpty ? [Platforms.standard] : platforms).flatMap { $0.forms })
  }

  /// Codes of diagnostics.
  static let codes = CompletionKind.list(RulePage.codes)

  /// Kinds of sessions, as `explain --mode` takes them.
  static let sessionKinds = CompletionKind.list(
    Encryption.allCases.map { $0 == .explicit ? "tls" : $0.rawValue }.flatMap { encryption in
      DataMode.allCases.map { "\(encryption)-\($0.rawValue)" }
    })

  /// Programs whose files can be read.
  static let serverPrograms = CompletionKind.list(unique(ServerReaders.all.map(\.software.name)))

  /// Spans of time that changes wait.
  static let timeSpans = CompletionKind.list(["30s", "60s", "5m", "1h"])
}

/// What stands on a command line beside the word that is asked for.
private struct CommandLineSoFar {
  private let words: [String]

  init(_ words: [String], _ position: Int) {
    self.words = words.enumerated().filter { $0.offset > 0 && $0.offset != position }.map(\.element)
  }

  /// The values of an option.
  func values(of option: String) -> [String] {
    zip(words, words.dropFirst()).filter { $0.0 == option }.map(\.1)
  }

  /// The policy of the files on the line; without any, of those in this folder. What cannot be read is left out.
  var policy: Policy {
    let folders = IncludeFolders(beside: values(of: "--include-path"))
    let named = words.filter { $0.hasSuffix(policySuffix) && !$0.hasPrefix("-") }
    let files = named.isEmpty ? paths(from: "") { $0.hasSuffix(policySuffix) }.filter { !$0.hasSuffix("/") } : named
    let roots = files.compactMap { path in
      (try? folders.read(path, path).get()).map { SourceFile(name: path, bytes: $0) }
    }
    return ResolvedSources(loadSources(roots, readingBelow: folders.read, listing: folders.list)).policy
  }

  /// The names of publications and reaches, where a policy stands on the line.
  var publications: [String] {
    guard words.contains(where: { $0.hasSuffix(policySuffix) }) else { return [] }
    let policy = self.policy
    let names = policy.publications.map(\.name.value) + policy.reaches.map(\.name.value)
    return names.filter { isPlain($0) && !words.contains($0) }
  }
}

private let policySuffix = ".sally"

/// Whether no shell gives a word another meaning.
private func isPlain(_ word: String) -> Bool {
  !word.isEmpty && !word.hasPrefix("-")
    && word.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        || [0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x40, 0x5F].contains(byte)
    }
}

/// Folders one in another at most, where each is alone.
private let deepestFolder = 20

/// Files and folders with which a word may go on. A folder that is alone is entered, because a shell would end the
/// word.
private func paths(from start: String, isWanted: (String) -> Bool) -> [String] {
  var start = start
  for _ in 0..<deepestFolder {
    let end = start.lastIndex(of: "/").map { start.index(after: $0) } ?? start.startIndex
    let (folder, begin) = (String(start[..<end]), start[end...])
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    let known = names.filter { $0.hasPrefix(begin) && (begin.hasPrefix(".") || !$0.hasPrefix(".")) }
    let found = known.map { folder + $0 }.filter(isPlain).sorted().compactMap { path in
      FileTree(root: path).isFolder ? path + "/" : isWanted(path) ? path : nil
    }
    guard found.count == 1, let only = found.first, only.hasSuffix("/") else { return found }
    start = only
  }
  return []
}

/// Each word once, in the order in which they were first met.
private func unique(_ words: [String]) -> [String] {
  words.reduce(into: []) { known, word in
    if !known.contains(word) { known.append(word) }
  }
}
