/// Why a file of a server cannot be read.
package enum ServerFileFailure: Error, Hashable, Sendable {
  case missing
  /// The system's reason, for example `permission denied`.
  case unreadable(String)
}

/// The files of a server as its reader asks for them: the pure core gets contents, the command line opens files.
package struct ServerFiles {
  /// What stands at a path.
  package enum Kind: Sendable {
    case file, folder
  }

  /// The bytes of a file. At most one byte more than the limit need be returned.
  package var read: (_ path: String, _ limit: Int) -> Result<[UInt8], ServerFileFailure>
  /// What stands at a path, links followed; `nil` for nothing.
  package var kind: (_ path: String) -> Kind?
  /// The names in a folder, in any order; `nil` when it cannot be listed.
  package var names: (_ folder: String) -> [String]?
  /// Where a symbolic link leads, as it is written; `nil` for anything else.
  package var target: (_ link: String) -> String?
  /// The name by which the user finds a file, where the server knows it by another path.
  package var name: (_ path: String) -> String
  /// Why nothing at a path is looked at, although it may be there; `nil` where it is.
  package var closure: (_ path: String) -> String?

  package init(
    read: @escaping (_ path: String, _ limit: Int) -> Result<[UInt8], ServerFileFailure>,
    kind: @escaping (_ path: String) -> Kind?, names: @escaping (_ folder: String) -> [String]?,
    target: @escaping (_ link: String) -> String? = { _ in nil },
    name: @escaping (_ path: String) -> String = { $0 }, closure: @escaping (_ path: String) -> String? = { _ in nil }
  ) {
    self.read = read
    self.kind = kind
    self.names = names
    self.target = target
    self.name = name
    self.closure = closure
  }

  /// The file of that name where a path is a folder; the path itself where it is none.
  func main(_ name: String, at path: String) -> String {
    guard kind(path) == .folder else { return path }
    return path + (path.hasSuffix("/") ? "" : "/") + name
  }

  /// Files that are in memory, by path; folders are the prefixes of their names.
  package init(_ contents: [String: [UInt8]], links: [String: String] = [:]) {
    let paths = contents.keys.sorted()
    let isFolder = { (path: String) in paths.contains { $0.hasPrefix(path.hasSuffix("/") ? path : path + "/") } }
    self.init(
      read: { path, limit in contents[path].map { .success(Array($0.prefix(limit + 1))) } ?? .failure(.missing) },
      kind: { contents[$0] != nil ? .file : isFolder($0) ? .folder : nil },
      names: { folder in
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        let all = paths + links.keys
        let names = all.filter { $0.hasPrefix(prefix) }.compactMap {
          $0.dropFirst(prefix.count).split(separator: "/").first
        }
        return isFolder(folder) ? Set(names.map(String.init)).sorted() : nil
      },
      target: { links[$0] })
  }
}
