package import Files
import Glibc

/// The file that loads the rules at boot, with the privilege of whoever loads it: only root and the user of this
/// process can change it or put another one in its place. Links are followed and stay.
package struct BootFile: Sendable {
  /// The folder of the file without another choice; it outlives a reboot.
  static let defaultFolder = "/var/lib/sallyport"
  /// The file without another choice: the one that the unit of systemd loads (`packaging/systemd`).
  package static let defaultPath = "\(defaultFolder)/boot.nft"

  private let folder: OwnedFolder
  private let name: String

  /// - Parameter path: Absolute.
  package init(_ path: String) throws(FolderRefusal) {
    (folder, name) = try OwnedFolder.holding(path)
  }

  private var path: String { folder.pathByDescriptor(name) }

  /// Why the ruleset cannot be written into it; `nil` when it can, as far as that can be told beforehand.
  ///
  /// - Parameters:
  ///   - script: What is to be written.
  ///   - isForced: Whether it may replace a file that we did not write.
  package func obstacle(_ script: [UInt8] = [], isForced: Bool) -> String? {
    if let reason = Files.obstacle(toWriting: path, script) { return reason }
    guard !isForced else { return nil }
    do throws(FileFailure) {
      let bytes = try readFile(path, limit: 1 << 30)
      return bytes.isEmpty || bytes.starts(with: Array("# Compiled by sallyport ".utf8))
        ? nil : "it holds what sallyport did not write; name another file, or replace it with --force"
    } catch {
      switch error {
      case .missing: return nil
      case .unreadable(let reason): return reason
      }
    }
  }

  /// What it holds; `nil` when it does not exist.
  func content() throws(FileFailure) -> [UInt8]? {
    do throws(FileFailure) {
      return try readFile(path)
    } catch .missing {
      return nil
    }
  }

  /// Replaces the file in one step, or makes it.
  ///
  /// - Returns: Why that failed; the file is as it was then.
  func write(_ script: [UInt8]) -> String? { replaceFile(path, with: script) }

  /// Removes the file, and not the links that lead to it.
  func remove() { folder.remove(name) }
}

/// The same by path: why the ruleset cannot be written into the file for boot; `nil` when it can. The default folder is
/// made when it is needed, and none other.
package func bootFileObstacle(_ path: String, isForced: Bool) -> String? {
  if path == BootFile.defaultPath, access(BootFile.defaultFolder, F_OK) != 0, errno == ENOENT { return nil }
  do throws(FolderRefusal) {
    return try BootFile(path).obstacle([], isForced: isForced)
  } catch {
    return error.reason(for: path)
  }
}
