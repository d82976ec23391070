import CLinux
import Glibc

/// Why a folder of files was not written; it is as it was.
package enum FolderFailure: Error, Hashable, Sendable {
  /// The path is that of something else.
  case notAFolder
  /// The folder holds this, which we did not write.
  case foreign(String)
  /// The folder holds this, which we wrote and somebody changed.
  case changed(String)
  case failed(WriteFailure)
}

/// Files for a folder, and one that says which they are.
package struct FolderContent: Sendable {
  /// By path inside the folder, with `/`; parents are made.
  package var files: [(path: String, bytes: [UInt8])]
  /// The file that is written last, and tells the next run what is ours.
  package var manifest: (path: String, bytes: [UInt8])
  /// The same, with all that an earlier manifest says besides: it stands while some files are new and some are old, so
  /// that a run that is killed at that moment leaves nothing that the next one would not know.
  package var interim: [UInt8]

  package init(files: [(path: String, bytes: [UInt8])], manifest: (path: String, bytes: [UInt8]), interim: [UInt8]) {
    self.files = files
    self.manifest = manifest
    self.interim = interim
  }
}

/// What an earlier run wrote into a folder.
package struct EarlierFiles: Sendable {
  /// By path inside the folder.
  package var paths: Set<String>
  /// Whether the bytes of such a file are what was written.
  package var isUnchanged: @Sendable (_ path: String, _ bytes: [UInt8]) -> Bool

  package init(paths: Set<String>, isUnchanged: @escaping @Sendable (_ path: String, _ bytes: [UInt8]) -> Bool) {
    self.paths = paths
    self.isUnchanged = isUnchanged
  }

  /// For a folder in which we wrote nothing.
  package static let none = EarlierFiles(paths: []) { _, _ in false }
}

/// Writes files into a folder: into a new one in one step, so that it is there whole or not at all; into one that
/// exists once all of them lie ready there, each in one step. What we did not write stays. Links that lead to the
/// folder are followed.
///
/// - Parameters:
///   - isForced: Whether files of the same names may be replaced that we did not write, or that somebody changed.
///   - earlier: Reads from a folder that exists what an earlier run wrote there.
///   - content: What to write into it.
package func writeFolder(
  _ path: String, isForced: Bool, earlier: (_ folder: String) -> EarlierFiles,
  content: (_ folder: String) -> FolderContent
) throws(FolderFailure) {
  var name = path[...]
  while name.count > 1, name.hasSuffix("/") { name = name.dropLast() }
  let target = try inFolder { () throws(WriteFailure) in try followLinks(String(name)) }
  var status = stat()
  guard stat(target, &status) == 0 else {
    guard errno == ENOENT else { throw .failed(WriteFailure(path)) }
    return try inFolder { () throws(WriteFailure) in try writeNewFolder(target, content(target)) }
  }
  guard status.st_mode & S_IFMT == S_IFDIR else { throw .notAFolder }
  let lock = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard lock >= 0 else { throw .failed(WriteFailure(path)) }
  defer { close(lock) }
  while flock(lock, LOCK_EX) != 0, errno == EINTR {}
  let known = earlier(target)
  let survey = FolderSurvey(target, known, stopsAtObstacle: !isForced)
  if !isForced, let obstacle = survey.obstacle { throw obstacle }
  try inFolder { () throws(WriteFailure) in try fill(target, content(target), known, survey) }
}

private func inFolder<Result>(_ body: () throws(WriteFailure) -> Result) throws(FolderFailure) -> Result {
  do throws(WriteFailure) {
    return try body()
  } catch {
    throw .failed(error)
  }
}

/// Writes a folder aside and gives it its name.
private func writeNewFolder(_ target: String, _ content: FolderContent) throws(WriteFailure) {
  let fresh = temporaryPath(in: folder(of: target))
  guard mkdir(fresh, 0o755) == 0 else { throw WriteFailure(target) }
  var made = MadeFolders(fresh)
  do throws(WriteFailure) {
    for file in content.files + [content.manifest] {
      try made.makeParents(of: file.path)
      try writeNewFile("\(fresh)/\(file.path)", file.bytes, named: "\(target)/\(file.path)")
    }
    try syncAll(fresh)
    guard rename_to_new(fresh, target) == 0 || errno == EINVAL && rename(fresh, target) == 0 else {
      throw WriteFailure(target)
    }
  } catch {
    for file in content.files + [content.manifest] { unlink("\(fresh)/\(file.path)") }
    made.removeAll()
    rmdir(fresh)
    throw error
  }
  syncFolder(folder(of: target))
}

private func writeNewFile(_ path: String, _ bytes: [UInt8], named name: String) throws(WriteFailure) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw WriteFailure(name) }
  var reason = writeAll(bytes, to: descriptor)
  if close(descriptor) != 0, reason == nil { reason = systemError() }
  if let reason { throw WriteFailure(name, reason) }
}

/// Waits until all that was written below a folder is on the disk.
private func syncAll(_ path: String) throws(WriteFailure) {
  let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw WriteFailure(path) }
  defer { close(descriptor) }
  guard sync_file_system(descriptor) == 0 else { throw WriteFailure(path) }
}

/// Writes into a folder that exists: everything is made ready before anything gets its name.
private func fill(
  _ target: String, _ content: FolderContent, _ known: EarlierFiles, _ survey: FolderSurvey
) throws(WriteFailure) {
  var made = MadeFolders(target)
  var prepared: [PreparedFile] = []
  let manifest = "\(target)/\(content.manifest.path)"
  do throws(WriteFailure) {
    for file in content.files {
      try made.makeParents(of: file.path)
      prepared.append(try PreparedFile("\(target)/\(file.path)", file.bytes, isDurable: false))
    }
    prepared.append(try PreparedFile(manifest, content.manifest.bytes, isDurable: false))
    try syncAll(target)
    try PreparedFile(manifest, content.interim).commit()
  } catch {
    for file in prepared { file.abandon() }
    made.removeAll()
    throw error
  }
  var rest = prepared[...]
  while let next = rest.popFirst() {
    do throws(WriteFailure) {
      try next.commit()
    } catch {
      for file in rest { file.abandon() }
      throw error
    }
  }
  let wanted = Set(content.files.map(\.path)).union([content.manifest.path])
  survey.removeObsolete(known, but: wanted)
}

/// Folders that were made on the way, and are taken away again when nothing comes of it.
private struct MadeFolders {
  private let root: String
  private var known: Set<Substring> = []
  private var made: [String] = []

  init(_ root: String) { self.root = root }

  mutating func makeParents(of path: String) throws(WriteFailure) {
    for slash in path.indices where path[slash] == "/" && known.insert(path[..<slash]).inserted {
      let parent = "\(root)/\(path[..<slash])"
      if mkdir(parent, 0o755) == 0 {
        made.append(parent)
      } else if errno != EEXIST {
        throw WriteFailure(parent)
      }
    }
  }

  func removeAll() {
    for path in made.reversed() { rmdir(path) }
  }
}
