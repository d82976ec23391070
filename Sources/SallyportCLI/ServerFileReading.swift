import Compilation
import FoundationEssentials
import Glibc
import ServerConfig

extension ServerFiles {
  /// The files of this machine. Of pipes only those are read that the program was given open: standard input, and `/dev/fd/N` as
  /// a shell writes for `<(COMMAND)`, where the user named them. Any other might wait for ever.
  static func ofThisMachine(named: Set<String>) -> ServerFiles {
    // Standard input can be read once, and both who guesses the program and its reader ask for it.
    var input: Result<[UInt8], ServerFileFailure>?
    return ServerFiles(
      read: { path, limit in
        guard path == "-" else { return read(path, limit, isNamed: named.contains(path)) }
        let text = input ?? read(path, largestSource, isNamed: true)
        input = text
        return text
      },
      kind: kind,
      names: { try? FileManager.default.contentsOfDirectory(atPath: $0) },
      target: { try? FileManager.default.destinationOfSymbolicLink(atPath: $0) })
  }

  /// The files of another machine in a folder of this one.
  static func below(_ tree: FileTree, named: Set<String>) -> ServerFiles {
    ServerFiles(
      read: { path, limit in
        guard let place = tree.local(path) else { return .failure(.unreadable("its links lead in circles")) }
        return read(place, limit, isNamed: named.contains(path))
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
    let isGiven = isNamed && (path == "-" || path == "/dev/stdin" || path.hasPrefix("/dev/fd/"))
    if !isGiven, let kind = mode(of: path).map({ $0 & S_IFMT }), kind != S_IFREG, kind != S_IFDIR || !isNamed {
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
