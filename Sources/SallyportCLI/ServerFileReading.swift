import Compilation
import FoundationEssentials
import Glibc
import ServerConfig

extension ServerFiles {
  /// The files of this machine. Only the path that the user named may be something else than a file or a folder, such as a pipe.
  static func ofThisMachine(named: String) -> ServerFiles {
    // Standard input can be read once, and both who guesses the program and its reader ask for it.
    var input: Result<[UInt8], ServerFileFailure>?
    return ServerFiles(
      read: { path, limit in
        guard path == "-" else { return read(path, limit, isNamed: path == named) }
        let text = input ?? read(path, largestSource, isNamed: true)
        input = text
        return text
      },
      kind: kind,
      names: { try? FileManager.default.contentsOfDirectory(atPath: $0) },
      target: { try? FileManager.default.destinationOfSymbolicLink(atPath: $0) })
  }

  /// The files of another machine in a folder of this one.
  static func below(_ tree: FileTree, named: String) -> ServerFiles {
    ServerFiles(
      read: { path, limit in
        guard let place = tree.local(path) else { return .failure(.unreadable("its links lead in circles")) }
        return read(place, limit, isNamed: path == named)
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

  private static func read(_ path: String, _ limit: Int, isNamed: Bool) -> Result<[UInt8], ServerFileFailure> {
    if !isNamed, mode(of: path).map({ $0 & S_IFMT != S_IFREG }) ?? false {
      return .failure(.unreadable("it is not a regular file"))
    }
    return readInput(path, limit: limit).mapError { failure in
      switch failure {
      case .missing: .missing
      case .unreadable(let reason): .unreadable(reason)
      }
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
