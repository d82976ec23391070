import Compilation
import Files
import FoundationEssentials
import Glibc
import Servers

extension ServerFiles {
  /// The files of this machine: what the user named, and what lies in the same folders. What files there name, and
  /// where links there lead, is read inside of these folders alone: the files may be those of a stranger. Of pipes only
  /// those are read that the program was given open: standard input, and `/dev/fd/N` as a shell writes for
  /// `<(COMMAND)`, where the user named them. Any other might wait for ever.
  static func ofThisMachine(named: Set<String>) -> ServerFiles {
    let open = OpenFolders(named.sorted().flatMap(folders))
    func closure(_ path: String) -> String? {
      named.contains(path) || open.holds(path)
        ? nil
        : "it lies outside of the folder that was named, and is not read; name it as well, or tell with `--root` which folder "
          + "stands for / of the server: `--root /` for this machine"
    }
    // Standard input and other pipes can be read once, and both who guesses the program and its reader ask for them.
    var inputs: [String: Result<[UInt8], ServerFileFailure>] = [:]
    return ServerFiles(
      read: { path, limit in
        guard path == "-" || named.contains(path) && isStandardInput(path) else {
          return read(path, limit, isNamed: named.contains(path), open, closure(path))
        }
        let text = inputs[path] ?? readInput(path).mapError(failure)
        inputs[path] = text
        return text
      },
      kind: kind,
      names: { path in
        closure(path) == nil ? try? FileManager.default.contentsOfDirectory(atPath: path) : nil
      },
      target: { path in
        open.holds(folder(of: path)) ? try? FileManager.default.destinationOfSymbolicLink(atPath: path) : nil
      },
      closure: closure)
  }

  /// The folders that whoever names a path opens: of a file the one in which it lies, and what belongs to a folder.
  private static func folders(_ path: String) -> [String] {
    if isStandardInput(path) { return ["."] }
    guard kind(path) == .folder else { return [folder(of: path)] }
    var name = path[...]
    while name.count > 1, name.hasSuffix("/") { name = name.dropLast() }
    return [path] + ServerPrograms.folders(beside: String(name))
  }

  /// The files of another machine in a folder of this one.
  static func below(_ tree: FileTree, named: Set<String>) -> ServerFiles {
    let open = OpenFolders([tree.root.isEmpty ? "/" : tree.root])
    return ServerFiles(
      read: { path, limit in
        guard let place = tree.local(path) else { return .failure(.unreadable("its links lead in circles")) }
        return read(place, limit, isNamed: named.contains(path), open, nil)
      },
      kind: { path in tree.local(path).flatMap(kind) },
      names: { path in tree.local(path).flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0) } },
      target: { path in
        tree.local(path, followingLast: false).flatMap {
          try? FileManager.default.destinationOfSymbolicLink(atPath: $0)
        }
      },
      name: { path in tree.root + (path.hasPrefix("/") ? "" : "/") + path })
  }

  /// - Parameter closure: Why the path is not read.
  private static func read(
    _ path: String, _ limit: Int, isNamed: Bool, _ open: OpenFolders, _ closure: String?
  ) -> Result<[UInt8], ServerFileFailure> {
    if let closure { return .failure(.unreadable(closure)) }
    if isNamed, isStandardInput(path) { return readInput(path, limit: limit).mapError(failure) }
    // What the user named may be a link that leads anywhere.
    if isNamed, kind(path) == .folder { return .failure(.unreadable("is a directory")) }
    return (isNamed ? readRegularInput(path, limit: limit) : readInput(path, inside: open, limit: limit))
      .mapError(failure)
  }

  private static func failure(_ failure: ReadFailure) -> ServerFileFailure {
    switch failure {
    case .missing: .missing
    case .unreadable(let reason): .unreadable(reason)
    case .outside: .unreadable("it lies outside of the folder that is read")
    }
  }

  private static func kind(_ path: String) -> Kind? {
    if path == "-" { return .file }
    return mode(of: path).map { $0 & S_IFMT == S_IFDIR ? .folder : .file }
  }
}

/// The mode of what stands at a path, links followed; `nil` for nothing.
private func mode(of path: String) -> mode_t? {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode : nil
}
