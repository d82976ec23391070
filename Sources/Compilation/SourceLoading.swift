package import Diagnostics
import Policy
package import PolicySyntax

/// Why a file could not be had.
package enum ReadFailure: Error, Hashable, Sendable {
  case missing
  /// The system's reason, for example `permission denied`.
  case unreadable(String)
}

/// The files of one policy, read and parsed.
package struct LoadedSources: Sendable {
  package var sources = SourceSet()
  /// In the order in which they were met: roots first, then what they include.
  package var trees: [PolicyFileSyntax] = []
  /// How many of the files the user named; the others were included.
  package var rootCount = 0
  /// Whether a file is missing, so that names may be declared of which nobody knows.
  package var isIncomplete = false
  /// What is wrong with includes.
  package var diagnostics: [Diagnostic] = []
}

/// Bytes of one policy file at most; far above any real policy, and far below what offsets can express.
package let largestSource = 256 << 20

/// Parses the roots and every file that they include, each file once.
///
/// - Parameters:
///   - roots: The files that the user named, already read.
///   - read: Reads an included file; called with a path relative to the same folder as the names of the roots.
package func loadSources(
  _ roots: [SourceFile], read: (String) -> Result<[UInt8], ReadFailure>
) -> LoadedSources {
  var loader = Loader()
  for root in roots { loader.add(root, path: normalized(root.name), includedBy: nil) }
  loader.result.rootCount = loader.result.trees.count
  var next = 0
  while next < loader.result.trees.count {
    loader.follow(next, read)
    next += 1
  }
  return loader.result
}

private struct Loader {
  var result = LoadedSources()
  private var paths: [String] = []
  private var parents: [Int?] = []
  private var byPath: [String: Int] = [:]

  mutating func add(_ file: SourceFile, path: String, includedBy parent: Int?) {
    guard byPath[path] == nil else { return }
    byPath[path] = paths.count
    paths.append(path)
    parents.append(parent)
    let id = result.sources.add(file)
    result.trees.append(parse(file, as: id))
  }

  /// Reads what one file includes.
  mutating func follow(_ index: Int, _ read: (String) -> Result<[UInt8], ReadFailure>) {
    for include in includes(of: result.trees[index]) {
      let path = resolve(include.path.value, from: paths[index])
      if let loop = cycle(to: path, from: index) {
        report(cycle: loop, at: include)
      } else if byPath[path] == nil {
        switch read(path) {
        // What is wrong with the path is said already.
        case .failure where !include.isInOrder || path.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }):
          result.isIncomplete = true
        case .success(let bytes) where bytes.count > largestSource:
          report("the file is larger than \(largestSource >> 20) MiB", at: include)
        case .success(let bytes):
          add(SourceFile(name: path, bytes: bytes), path: path, includedBy: index)
        case .failure(.missing):
          report("there is no file `\(path)`", at: include)
        case .failure(.unreadable(let reason)):
          report("`\(path)` cannot be read: \(reason)", at: include)
        }
      }
    }
  }

  /// The files from `path` down to the one that includes it again; `nil` when there is no loop.
  private func cycle(to path: String, from index: Int) -> [String]? {
    var chain: [String] = []
    var current: Int? = index
    while let position = current {
      chain.append(paths[position])
      if paths[position] == path { return chain.reversed() }
      current = parents[position]
    }
    return nil
  }

  private mutating func report(cycle: [String], at include: IncludeSyntax) {
    let names = (cycle + cycle.prefix(1)).map { "`\($0)`" }
    result.diagnostics.append(
      .error(
        "include-cycle", "files include one another: \(names.joined(separator: " -> "))", at: include.path.span,
        help: "remove one of these includes; a name may be used before it is declared"))
  }

  private mutating func report(_ message: String, at include: IncludeSyntax) {
    result.isIncomplete = true
    result.diagnostics.append(
      .error(
        "include-not-found", message, at: include.path.span,
        help: "paths are relative to the file that includes"))
  }
}

/// An include path as seen from the folder of the roots.
private func resolve(_ path: String, from includer: String) -> String {
  guard !path.hasPrefix("/"), includer != standardInputName, let slash = includer.lastIndex(of: "/") else {
    return normalized(path)
  }
  return normalized(includer[...slash] + path)
}

/// The name under which standard input appears.
package let standardInputName = "<stdin>"

/// A path without `.` and without `NAME/..`, so that one file has one name.
private func normalized(_ path: some StringProtocol) -> String {
  var parts: [Substring] = []
  for part in String(path).split(separator: "/") where part != "." {
    if part == "..", let last = parts.last, last != ".." {
      parts.removeLast()
    } else if part != ".." || !path.hasPrefix("/") {
      parts.append(part)
    }
  }
  return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
}
