package import Diagnostics
import Policy
package import PolicySyntax
import Servers

/// Why a file could not be had.
package enum ReadFailure: Error, Hashable, Sendable {
  case missing
  /// The system's reason, for example `permission denied`.
  case unreadable(String)
  /// It lies where a policy may not read.
  case outside
}

/// The files of one policy, read and parsed.
package struct LoadedSources: Sendable {
  package var sources = SourceSet()
  /// In the order in which they were met: roots first, then what they include.
  package var trees: [PolicyFileSyntax] = []
  /// Which tree included a tree, the first that did; `nil` for those that nobody includes.
  package var includers: [Int?] = []
  /// Further files that include a tree, with both as positions.
  package var otherIncluders: [(tree: Int, includer: Int)] = []
  /// How many of the files the user named; the others were included.
  package var rootCount = 0
  /// Whether a file is missing, so that names may be declared of which nobody knows.
  package var isIncomplete = false
  /// What is wrong with includes.
  package var diagnostics: [Diagnostic] = []
}

/// Bytes of one policy file at most; far above any real policy, and far below what offsets can express.
package let largestSource = 256 << 20

/// Levels of includes at most.
package let deepestInclude = 100

/// Parses the roots and every file that they include, each file once.
///
/// - Parameters:
///   - roots: The files that the user named, already read.
///   - read: Reads an included file; called with a path relative to the same folder as the names of the roots.
///   - list: The names of what lies in a folder; called with such a path, `.` for the folder itself.
package func loadSources(
  _ roots: [SourceFile], read: (String) -> Result<[UInt8], ReadFailure>,
  list: (String) -> Result<[String], ReadFailure> = { _ in .failure(.missing) }
) -> LoadedSources {
  loadSources(roots, readingBelow: { path, _ in read(path) }, listing: { path, _ in list(path) })
}

/// Gives what is asked for by a path and the name of the root that leads to it.
package typealias InputReader<Content> = (_ path: String, _ root: String) -> Result<Content, ReadFailure>

/// The same, where what may be read depends on the file that the user named.
///
/// - Parameters:
///   - roots: The files that the user named, already read.
///   - readingBelow: Reads an included file.
///   - listing: The names of what lies in a folder, for `include` with a pattern.
package func loadSources(
  _ roots: [SourceFile], readingBelow read: InputReader<[UInt8]>, listing list: InputReader<[String]>
) -> LoadedSources {
  var loader = Loader()
  for root in roots { loader.add(root, path: normalized(root.name), includedBy: nil) }
  loader.result.rootCount = loader.result.trees.count
  var next = 0
  while next < loader.result.trees.count {
    loader.follow(next, read, list)
    next += 1
  }
  return loader.result
}

/// Tells the names in a folder where there are some files and no others.
///
/// - Parameter paths: Those of the files, relative to `.` or absolute.
package func namesInFolders(of paths: some Collection<String>) -> (_ folder: String) -> Result<[String], ReadFailure>
{
  { folder in
    let prefix = folder == "." ? "" : folder == "/" ? "/" : folder + "/"
    let inside = paths.filter { $0.hasPrefix(prefix) }.compactMap {
      $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
    }
    return inside.isEmpty && folder != "." ? .failure(.missing) : .success(Array(Set(inside)))
  }
}

/// What `include` brings in. The content of a file that is no policy is never shown.
private struct Loader {
  private struct Known {
    var path: String
    var parent: Int?
    var depth: Int
    /// The name of the root that leads there.
    var root: String
  }

  var result = LoadedSources()
  private var known: [Known] = []
  private var byPath: [String: Int] = [:]
  /// Why files were not taken, by path.
  private var refused: [String: IncludeRefusal] = [:]

  mutating func add(_ file: SourceFile, path: String, includedBy parent: Int?) {
    guard byPath[path] == nil else { return }
    let id = result.sources.add(file)
    add(parse(file, as: id), path: path, includedBy: parent)
  }

  private mutating func add(_ tree: PolicyFileSyntax, path: String, includedBy parent: Int?) {
    byPath[path] = known.count
    let above = parent.map { known[$0] }
    known.append(
      Known(
        path: path, parent: parent, depth: above.map { $0.depth + 1 } ?? 0, root: above?.root ?? tree.source.name))
    result.trees.append(tree)
    result.includers.append(parent)
  }

  /// Reads what one file includes.
  mutating func follow(
    _ index: Int, _ read: InputReader<[UInt8]>, _ list: InputReader<[String]>
  ) {
    for include in includes(of: result.trees[index]) {
      // What it would bring in is declared for nobody, and not missed either.
      guard !include.isMisplaced else {
        result.isIncomplete = true
        continue
      }
      let path = resolve(include.path.value, from: known[index].path)
      guard IncludePattern.isPattern(path) else {
        follow(path, include, from: index, read)
        continue
      }
      let (root, own) = (known[index].root, known[index].path)
      switch IncludePattern(path).files(in: { list($0, root) }) {
      // A file that its own pattern names is there already.
      case .success(let files): for file in files where file != own { follow(file, include, from: index, read) }
      case .failure(let failure): refuse(IncludeRefusal(failure, path), path, include)
      }
    }
  }

  /// Reads one file that another one includes, unless it is known.
  private mutating func follow(
    _ path: String, _ include: IncludeSyntax, from index: Int, _ read: InputReader<[UInt8]>
  ) {
    if let loop = cycle(to: path, from: index) {
      report(cycle: loop, at: include)
    } else if let position = byPath[path] {
      switch result.includers[position] {
      case nil: result.includers[position] = index
      case index: break
      default: result.otherIncluders.append((position, index))
      }
    } else if let refusal = refused[path] ?? take(path, from: index, read) {
      refuse(refusal, path, include)
    }
  }

  private mutating func refuse(_ refusal: IncludeRefusal, _ path: String, _ include: IncludeSyntax) {
    refused[path] = refusal
    result.isIncomplete = result.isIncomplete || refusal.leavesNamesOpen
    // What is wrong with the path is said already.
    let isSaid = !include.isInOrder || include.path.value.utf8.contains { $0 < 0x20 || $0 == 0x7F }
    if !isSaid { result.diagnostics.append(refusal.finding(at: include.path.span)) }
  }

  /// Reads a file and adds it.
  ///
  /// - Returns: Why it was not taken.
  private mutating func take(_ path: String, from index: Int, _ read: InputReader<[UInt8]>) -> IncludeRefusal? {
    guard known[index].depth < deepestInclude else { return .tooDeep }
    switch read(path, known[index].root) {
    case .failure(let failure): return IncludeRefusal(failure, path)
    case .success(let bytes) where bytes.count > largestSource: return .tooLarge
    case .success(let bytes):
      let file = SourceFile(name: path, bytes: bytes)
      // The tree says which file it is of before the sources have it.
      let tree = parse(file, as: SourceID(result.sources.files.count))
      guard mayBePolicy(tree) else { return .noPolicy(path) }
      _ = result.sources.add(file)
      add(tree, path: path, includedBy: index)
      return nil
    }
  }

  /// The files from `path` down to the one that includes it again; `nil` when there is no loop.
  private func cycle(to path: String, from index: Int) -> [String]? {
    guard let target = byPath[path] else { return nil }
    var chain: [String] = []
    var current: Int? = index
    while let position = current {
      chain.append(known[position].path)
      if position == target { return chain.reversed() }
      current = known[position].parent
    }
    return nil
  }

  private mutating func report(cycle: [String], at include: IncludeSyntax) {
    var names = (cycle + cycle.prefix(1)).map { "`\($0)`" }
    if names.count > 8 { names.replaceSubrange(4..<(names.count - 3), with: ["and \(names.count - 7) more"]) }
    result.diagnostics.append(
      .error(
        "include-cycle", "files include one another: \(names.joined(separator: " -> "))", at: include.path.span,
        help: "remove one of these includes; a name may be used before it is declared"))
  }
}

/// Why a file was not included.
private enum IncludeRefusal {
  case missing(String)
  case noFolder(String)
  case unreadable(String, String)
  case outside(String)
  case noPolicy(String)
  case tooLarge
  case tooDeep
  case matchesNothing(String)
  case tooMany(String)

  init(_ failure: ReadFailure, _ path: String) {
    self =
      switch failure {
      case .missing: .missing(path)
      case .unreadable(let reason): .unreadable(path, reason)
      case .outside: .outside(path)
      }
  }

  init(_ failure: IncludePattern.Failure, _ pattern: String) {
    self =
      switch failure {
      case .nothing: .matchesNothing(pattern)
      case .tooMany: .tooMany(pattern)
      case .folder(let folder, .missing): .noFolder(folder)
      case .folder(let folder, let failure): Self(failure, folder)
      }
  }

  /// Whether names may be declared of which nobody knows.
  var leavesNamesOpen: Bool { if case .matchesNothing = self { false } else { true } }

  func finding(at span: SourceSpan) -> Diagnostic {
    let relative = "paths are relative to the file that includes"
    return switch self {
    case .missing(let path): .error("include-not-found", "there is no file `\(path)`", at: span, help: relative)
    case .noFolder(let path): .error("include-not-found", "there is no folder `\(path)`", at: span, help: relative)
    case .unreadable(let path, let reason):
      .error("include-not-found", "`\(path)` cannot be read: \(reason)", at: span, help: relative)
    case .tooLarge:
      .error("include-not-found", "the file is larger than \(largestSource >> 20) MiB", at: span, help: relative)
    case .tooDeep:
      .error(
        "include-refused", "files include one another more than \(deepestInclude) levels deep", at: span,
        help: "name the files on the command line, or include them from one file")
    case .outside(let path):
      .error(
        "include-refused", "`\(path)` lies outside of the policy's folder, and is not read", at: span,
        help: "name the folder in which it lies with `--include-path`; what counts is where links lead in the end")
    case .matchesNothing(let pattern):
      .warning(
        "include-matches-nothing", "no file has a name like `\(pattern)`", at: span,
        help: "\(relative); `*`, `?` and `[...]` stand for no `/`, and for no dot at the beginning of a name")
    case .tooMany(let pattern):
      .error(
        "include-refused", "`\(pattern)` names more than \(IncludePattern.mostFiles) files", at: span,
        help: "put them into several folders, or into fewer files")
    case .noPolicy(let path):
      .error(
        "include-refused", "`\(path)` is no policy: no declaration in it is understood", at: span,
        help:
          "include files of declarations, such as `clients`, `publish` or `defaults`; check the file by itself to "
          + "have its mistakes shown")
    }
  }
}

/// The path of an included file, or the pattern of several, as seen from the folder of the roots.
package func resolve(_ path: String, from includer: String) -> String {
  guard !path.hasPrefix("/"), !isStandardInput(includer), let slash = includer.lastIndex(of: "/") else {
    return normalized(path)
  }
  return normalized(includer[...slash] + path)
}

/// Whether anything in a file by itself is no policy, or wrong in it; what other files may declare is not.
package func hasMistakes(_ file: SourceFile) -> Bool {
  let tree = parse(file, as: SourceID(0))
  guard mayBePolicy(tree), !tree.diagnostics.hasErrors else { return true }
  return resolveWithKnownKinds([tree]).diagnostics.contains {
    $0.severity == .error && !$0.dependsOnOtherFiles
  }
}

/// The name under which standard input appears.
package let standardInputName = "<stdin>"

/// Whether a name is that of a stream that the program was given open: standard input, or `/dev/fd/N` as a shell writes
/// for `<(COMMAND)`. It lies in no folder of its own, so that of the program counts.
package func isStandardInput(_ name: String) -> Bool {
  name == standardInputName || name == "-" || name == "/dev/stdin" || name.hasPrefix("/dev/fd/")
    || name.hasPrefix("/proc/self/fd/")
}

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
