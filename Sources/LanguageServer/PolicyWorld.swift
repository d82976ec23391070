package import Compilation

/// What the server asks of the machine that it runs on: files are read, and nothing is written.
package struct PolicyWorld: Sendable {
  /// Reads a policy file of an absolute path.
  package var read: @Sendable (_ path: String) -> Result<[UInt8], ReadFailure>
  /// Reads a file that a policy includes; `root` is the file from which the includes lead there.
  package var readIncluded: @Sendable (_ path: String, _ root: String) -> Result<[UInt8], ReadFailure>
  /// The names in a folder of which a policy includes files.
  package var list: @Sendable (_ path: String, _ root: String) -> Result<[String], ReadFailure>
  /// The names in a folder, sorted: of regular files that end in `.sally` and do not lead out of it, and of folders.
  package var contents: @Sendable (_ folder: String) -> (policies: [String], folders: [String])
  /// Where the page of a code lies, as a URI.
  package var page: @Sendable (_ code: String) -> String?

  package init(
    read: @escaping @Sendable (String) -> Result<[UInt8], ReadFailure>,
    readIncluded: @escaping @Sendable (String, String) -> Result<[UInt8], ReadFailure>,
    list: @escaping @Sendable (String, String) -> Result<[String], ReadFailure>,
    contents: @escaping @Sendable (String) -> (policies: [String], folders: [String]),
    page: @escaping @Sendable (String) -> String? = { _ in nil }
  ) {
    self.read = read
    self.readIncluded = readIncluded
    self.list = list
    self.contents = contents
    self.page = page
  }
}

/// The folder of an absolute path.
func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return "/" }
  return String(path[..<slash])
}

/// A path in a folder.
func join(_ folder: String, _ name: String) -> String { folder == "/" ? "/" + name : "\(folder)/\(name)" }
