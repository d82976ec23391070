import Compilation
import FoundationEssentials
import Glibc
import ServerConfig

extension ServerFiles {
  /// The files of this machine. Only the path that the user named may be something else than a file or a folder, such as a pipe.
  static func ofThisMachine(root: String) -> ServerFiles {
    ServerFiles(
      read: { path, limit in
        if path != root, mode(of: path).map({ $0 & S_IFMT != S_IFREG }) ?? false {
          return .failure(.unreadable("it is not a regular file"))
        }
        return readInput(path, limit: limit).mapError { failure in
          switch failure {
          case .missing: .missing
          case .unreadable(let reason): .unreadable(reason)
          }
        }
      },
      kind: { path in
        if path == "-" { return .file }
        return mode(of: path).map { $0 & S_IFMT == S_IFDIR ? .folder : .file }
      },
      names: { try? FileManager.default.contentsOfDirectory(atPath: $0) },
      target: { try? FileManager.default.destinationOfSymbolicLink(atPath: $0) })
  }
}

/// The mode of what stands at a path, links followed; `nil` for nothing.
private func mode(of path: String) -> mode_t? {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode : nil
}
