import Glibc

/// What stands in a folder that is to be written into.
struct FolderSurvey {
  /// The first thing that an earlier run did not leave as it is; `nil` when there is none.
  private(set) var obstacle: FolderFailure?
  /// What runs left behind that were killed.
  private var leftovers: [String] = []
  private let root: String

  /// - Parameter stopsAtObstacle: Whether to look no further then: the folder may be that of a whole machine.
  init(_ root: String, _ known: EarlierFiles, stopsAtObstacle: Bool) {
    self.root = root
    guard stopsAtObstacle || !known.paths.isEmpty else { return }
    var folders: Set<Substring> = []
    for path in known.paths {
      for slash in path.indices where path[slash] == "/" { folders.insert(path[..<slash]) }
    }
    var waiting = [""]
    while let relative = waiting.popLast() {
      for name in entries(of: "\(root)/\(relative)") {
        let path = relative.isEmpty ? name : "\(relative)/\(name)"
        var status = stat()
        guard lstat("\(root)/\(path)", &status) == 0 else { continue }
        let kind = status.st_mode & S_IFMT
        if name.hasPrefix(temporaryPrefix) {
          if kind == S_IFREG { leftovers.append(path) }
        } else if kind == S_IFDIR, folders.contains(path[...]) {
          waiting.append(path)
        } else if kind == S_IFREG, known.paths.contains(path) {
          if !isUnchanged(path, known) { note(.changed(path)) }
        } else {
          note(.foreign(path))
        }
        if stopsAtObstacle, obstacle != nil { return }
      }
    }
  }

  private mutating func note(_ failure: FolderFailure) { obstacle = obstacle ?? failure }

  private func isUnchanged(_ path: String, _ known: EarlierFiles) -> Bool {
    guard let bytes = try? readFile("\(root)/\(path)") else { return false }
    return known.isUnchanged(path, bytes)
  }

  /// Removes what earlier runs wrote and this one did not, unless somebody changed it, and folders that are empty then.
  func removeObsolete(_ known: EarlierFiles, but wanted: Set<String>) {
    var folders: Set<String> = []
    for path in known.paths.subtracting(wanted) where isPlain(path) && isUnchanged(path, known) {
      unlink("\(root)/\(path)")
      for slash in path.indices where path[slash] == "/" { folders.insert(String(path[..<slash])) }
    }
    for path in leftovers { unlink("\(root)/\(path)") }
    // The innermost first; one that is not empty stays.
    for folder in folders.sorted(by: >) { rmdir("\(root)/\(folder)") }
  }

  /// Whether a path leads to a file inside the folder, and through no link.
  private func isPlain(_ path: String) -> Bool {
    var prefix = root
    for part in path.split(separator: "/", omittingEmptySubsequences: false) {
      if part.isEmpty || part == "." || part == ".." { return false }
      prefix += "/\(part)"
      var status = stat()
      guard lstat(prefix, &status) == 0, status.st_mode & S_IFMT != S_IFLNK else { return false }
    }
    return true
  }
}

/// Whether a file in a folder is a regular one, no link, of ours or of whom the folder belongs to: what others put
/// there says nothing of what may be replaced.
package func isOwn(_ path: String, in folder: String) -> Bool {
  var (file, place) = (stat(), stat())
  guard lstat(path, &file) == 0, stat(folder, &place) == 0, file.st_mode & S_IFMT == S_IFREG else { return false }
  return file.st_uid == geteuid() || file.st_uid == place.st_uid
}

/// The names in a folder, sorted; none when it cannot be read.
private func entries(of path: String) -> [String] {
  guard let stream = opendir(path) else { return [] }
  defer { closedir(stream) }
  return folderNames(stream)
}

/// The names in a folder, sorted; `nil` and `errno` when it cannot be read.
func folderNames(of folder: OpenFile) -> [String]? {
  let descriptor = openat(folder.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  guard let stream = fdopendir(descriptor) else {
    close(descriptor)
    return nil
  }
  defer { closedir(stream) }
  return folderNames(stream)
}

/// The names that an open folder still has to tell, sorted.
func folderNames(_ stream: OpaquePointer) -> [String] {
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
      tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}
