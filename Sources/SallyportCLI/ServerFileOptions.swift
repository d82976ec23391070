import ArgumentParser
import FoundationEssentials
import Policy
import Servers

/// Where the files of a server are, and what they do not hold themselves.
struct ServerFileOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A folder that stands for / of the server, such as a copy of its /etc. PATH, what files include, and links lead inside of it.",
      valueName: "folder"), completion: .directory)
  var root: String?

  @Option(
    name: .customLong("env"),
    help: ArgumentHelp(
      "A variable of the server program's environment, for files that name it as %{env:NAME}; may be repeated.",
      valueName: "name=value"))
  var environment: [String] = []

  func validate() throws {
    for entry in environment where entry.first == "=" || !entry.contains("=") {
      throw ValidationError("`--env \(entry)`: write NAME=VALUE")
    }
  }

  /// The variables by name; of two values for one name the last counts.
  var variables: [String: String] {
    Dictionary(
      environment.map { entry in
        let end = entry.firstIndex(of: "=") ?? entry.endIndex
        return (String(entry[..<end]), String(entry[end...].dropFirst()))
      }, uniquingKeysWith: { $1 })
  }

  /// The files, and the paths by which the server knows what the user named.
  ///
  /// - Throws: `ExitStatus.inputMissing` when there is nothing at one of them.
  func open(_ paths: [String], _ console: Console) throws -> (files: ServerFiles, paths: [String]) {
    guard let root, !paths.contains("-") else {
      let files = ServerFiles.ofThisMachine(named: Set(paths))
      for path in paths where files.kind(path) == nil {
        throw console.failure("\(path): no such file or folder", .inputMissing)
      }
      return (files, paths)
    }
    let tree = FileTree(root: root)
    guard tree.isFolder else { throw console.failure("--root \(root): no such folder", .inputMissing) }
    let files = ServerFiles.below(tree, named: [])
    let inside = try paths.map { path in
      let known = [path, tree.inside(path)].compactMap(\.self).first { files.kind($0) != nil }
      guard let known else { throw console.failure("\(path): no such file or folder below \(root)", .inputMissing) }
      return known
    }
    return (ServerFiles.below(tree, named: Set(inside)), inside)
  }
}

/// A folder that stands for the root of another machine's files.
struct FileTree {
  /// Without a slash at its end.
  let root: String

  init(root: String) {
    var path = root[...]
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    self.root = path == "/" ? "" : String(path)
  }

  var isFolder: Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: root.isEmpty ? "/" : root, isDirectory: &isFolder) && isFolder
  }

  /// Links that may lead on from one path; the kernel takes 40 too.
  private static let mostLinks = 40

  /// Where a path of the other machine is here, its links followed as that machine would; `nil` when they go in
  /// circles. What leads out of the root stays in it, so that nothing of this machine is read.
  func local(_ path: String, followingLast: Bool = true) -> String? {
    var pending = Array(path.split(separator: "/").reversed())
    var done: [Substring] = []
    var links = 0
    while let part = pending.popLast() {
      if part == "." { continue }
      if part == ".." {
        _ = done.popLast()
        continue
      }
      let place = here(done + [part])
      guard followingLast || !pending.isEmpty,
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place)
      else {
        done.append(part)
        continue
      }
      links += 1
      guard links <= Self.mostLinks else { return nil }
      if target.hasPrefix("/") { done = [] }
      pending += target.split(separator: "/").reversed()
    }
    return here(done)
  }

  private func here(_ parts: [Substring]) -> String { root + "/" + parts.joined(separator: "/") }

  /// The path on the other machine of a path that was named as it is here, for example `copy/etc/server` below `copy`.
  func inside(_ path: String) -> String? {
    let whole = { (path: String) in
      URL(filePath: path).standardizedFileURL.path
    }
    let (base, place) = (whole(root.isEmpty ? "/" : root), whole(path))
    guard place == base || place.hasPrefix(base.hasSuffix("/") ? base : base + "/") else { return nil }
    return "/" + place.dropFirst(base.count).drop { $0 == "/" }
  }
}

/// Configurations of servers, for examples of command lines.
let exampleFolder = ServerPrograms.usualFolders.first ?? "/etc/server"
let exampleFile = ServerPrograms.usualFiles.first ?? "/etc/server.conf"
let exampleLastFile = ServerPrograms.usualFiles.last ?? "/etc/server.conf"
/// A program whose files can be read.
let exampleName = ServerReaders.all.first?.software.name ?? "other"
