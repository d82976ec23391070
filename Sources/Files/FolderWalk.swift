import CLinux
import Glibc

/// Goes along a path part by part, and looks at who owns each part and who may write there.
struct FolderWalk {
  /// The folder that was reached.
  private(set) var place: OpenFile
  /// What the system says of it.
  private var placeStatus: stat
  /// Its path, as far as it was gone.
  private(set) var shown = "/"
  /// Whether the folder is there; not when a part was missing.
  private(set) var isThere = true
  /// The parts that are still to go, the next one last.
  private var rest: [String]
  private let links: OwnedFolder.Links
  private var followed = 0

  init(_ path: String, _ links: OwnedFolder.Links) throws(FolderRefusal) {
    var start = path
    if !path.hasPrefix("/") {
      guard let folder = getcwd(nil, 0) else { throw .system(path: path, number: errno) }
      start = "\(String(cString: folder))/\(path)"
      free(folder)
    }
    rest = Self.parts(start)
    self.links = links
    (place, placeStatus) = try Self.root()
    try check(placeStatus, "/")
  }

  /// The next part last; names that mean where one is already are left out.
  private static func parts(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.reversed().map(String.init)
  }

  private static func root() throws(FolderRefusal) -> (OpenFile, stat) {
    guard let root = OpenFile(open_place(AT_FDCWD, "/")) else { throw .system(path: "/", number: errno) }
    return (root, try status(root, "/"))
  }

  /// Goes one part further.
  ///
  /// - Returns: Whether there was one.
  mutating func step(isMade: Bool) throws(FolderRefusal) -> Bool {
    guard isThere, let name = rest.popLast() else { return false }
    let path = joined(name)
    var next = open_place(place.descriptor, name)
    if next < 0, errno == ENOENT {
      guard isMade else {
        isThere = false
        return true
      }
      guard mkdirat(place.descriptor, name, 0o700) == 0 || errno == EEXIST else {
        throw .system(path: path, number: errno)
      }
      next = open_place(place.descriptor, name)
    }
    guard let part = OpenFile(next) else { throw .system(path: path, number: errno) }
    let status = try Self.status(part, path)
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      try check(status, path)
      (place, placeStatus, shown) = (part, status, path)
    case S_IFLNK: try follow(part, status, path)
    default: throw .system(path: path, number: ENOTDIR)
    }
    return true
  }

  /// Goes to the folder that holds what the path names.
  ///
  /// - Returns: The name that is left; `nil` when the path names a folder that has none.
  mutating func stepToLast() throws(FolderRefusal) -> String? {
    while rest.count > 1 {
      _ = try step(isMade: false)
      if !isThere { throw .system(path: shown, number: ENOENT) }
    }
    guard let name = rest.popLast(), name != ".." else { return nil }
    return name
  }

  /// Goes on where the last part of the path leads, if that is a link. Anything else has to be a file that nobody else
  /// may change, or nothing.
  mutating func followLink(_ name: String) throws(FolderRefusal) -> Bool {
    let path = joined(name)
    guard let part = OpenFile(open_place(place.descriptor, name)) else {
      guard errno == ENOENT else { throw .system(path: path, number: errno) }
      return false
    }
    let status = try Self.status(part, path)
    switch status.st_mode & S_IFMT {
    case S_IFLNK:
      try follow(part, status, path)
      return true
    case S_IFDIR: throw .system(path: path, number: EISDIR)
    case S_IFREG:
      try checkOwner(status, path)
      guard status.st_mode & 0o022 == 0 else {
        throw .untrusted(path: path, reason: "others may write to it; `chmod go-w` changes that")
      }
      return false
    default: throw .untrusted(path: path, reason: "it is not a regular file")
    }
  }

  /// Whether nobody else may make anything in the folder that was reached.
  func checkPrivate() throws(FolderRefusal) {
    guard placeStatus.st_mode & 0o022 == 0 else {
      throw .untrusted(
        path: shown, reason: "others may write there; `chmod go-w` changes that, or name another folder")
    }
  }

  private func joined(_ name: String) -> String { shown == "/" ? "/\(name)" : "\(shown)/\(name)" }

  private mutating func follow(_ link: OpenFile, _ status: stat, _ path: String) throws(FolderRefusal) {
    guard case .followed = links else {
      throw .untrusted(path: path, reason: "it is a symbolic link; name the folder itself")
    }
    try checkOwner(status, path)
    followed += 1
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlinkat(link.descriptor, "", &buffer, buffer.count)
    guard count > 0 else { throw .system(path: path, number: errno) }
    guard followed <= mostLinks else { throw .system(path: path, number: ELOOP) }
    let target = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if target.hasPrefix("/") {
      (place, placeStatus) = try Self.root()
      shown = "/"
    }
    rest += Self.parts(target)
  }

  private static func status(_ part: OpenFile, _ path: String) throws(FolderRefusal) -> stat {
    var status = stat()
    guard fstat(part.descriptor, &status) == 0 else { throw .system(path: path, number: errno) }
    return status
  }

  /// A folder in which nobody else can take our names away.
  private func check(_ status: stat, _ path: String) throws(FolderRefusal) {
    try checkOwner(status, path)
    // With the sticky bit names belong to their owners.
    guard status.st_mode & 0o022 == 0 || status.st_mode & 0o1000 != 0 else {
      throw .untrusted(
        path: path, reason: "others may write there; `chmod go-w` changes that, or name another folder")
    }
  }

  private func checkOwner(_ status: stat, _ path: String) throws(FolderRefusal) {
    let user = geteuid()
    guard status.st_uid == 0 || status.st_uid == user else {
      let owners = user == 0 ? "root" : "root or user \(user)"
      throw .untrusted(
        path: path, reason: "it belongs to user \(status.st_uid), and only what \(owners) owns is safe to use")
    }
  }
}
