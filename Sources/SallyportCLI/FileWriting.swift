import Files
import FoundationEssentials
import Glibc

/// Why a folder was not written.
enum FolderFailure: Error {
  case occupied
  case system(path: String, reason: String)

  init(_ path: String) { self = .system(path: path, reason: systemError()) }
}

/// Writes a folder of files in one step: aside first, then by rename. A folder that exists is replaced when it is empty
/// or when `isOurs` says that everything in it may go.
///
/// - Throws: `FolderFailure`; the folder is as it was then.
func writeFolder(
  _ path: String, _ files: [(path: String, bytes: [UInt8])], replaceIf isOurs: ([String]) -> Bool
) throws(FolderFailure) {
  let target = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  let fresh = "\(target).sallyport-\(getpid())"
  let old = fresh + "-old"
  let manager = FileManager.default
  var exists = false
  if let present = try? manager.subpathsOfDirectory(atPath: target) {
    guard isOurs(present) else { throw .occupied }
    exists = true
  }
  do throws(FolderFailure) {
    try writeNew(fresh, files)
    if exists, rename(target, old) != 0 { throw FolderFailure(target) }
    if rename(fresh, target) != 0 {
      let failure = FolderFailure(target)
      if exists { rename(old, target) }
      throw failure
    }
  } catch {
    try? manager.removeItem(atPath: fresh)
    throw error
  }
  if exists { try? manager.removeItem(atPath: old) }
}

private func writeNew(
  _ folder: String, _ files: [(path: String, bytes: [UInt8])]
) throws(FolderFailure) {
  guard mkdir(folder, 0o755) == 0 else { throw FolderFailure(folder) }
  for file in files {
    let path = "\(folder)/\(file.path)"
    var parent = folder
    for part in file.path.split(separator: "/").dropLast() {
      parent += "/\(part)"
      if mkdir(parent, 0o755) != 0, errno != EEXIST { throw FolderFailure(parent) }
    }
    if let reason = replaceFile(path, with: file.bytes) { throw .system(path: path, reason: reason) }
  }
}
