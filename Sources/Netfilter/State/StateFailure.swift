import Files
import Glibc

/// Why the state folder cannot be used.
package enum StateFailure: Error, Hashable, Sendable {
  /// A file or folder, with the system's reason.
  case system(path: String, reason: String)
  /// The folder is not for this user.
  case notPermitted(path: String)
  /// Somebody else could put other files in the place of ours.
  case untrusted(path: String, reason: String)
  /// The folder is somebody else's: it holds such a name, and nothing of ours.
  case inUse(path: String, holding: String)
  /// Another `sallyport` holds the lock.
  case busy(path: String, seconds: Int)
  /// A file is not what was written there.
  case damaged(path: String)

  /// The reason is that of `errno`.
  init(_ path: String) { self.init(path, number: errno) }

  init(_ refusal: FolderRefusal) {
    switch refusal {
    case .untrusted(let path, let reason): self = .untrusted(path: path, reason: reason)
    case .system(let path, let number): self.init(path, number: number)
    }
  }

  private init(_ path: String, number: Int32) {
    self = number == EACCES ? .notPermitted(path: path) : .system(path: path, reason: systemError(number))
  }
}

extension StateFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .system(let path, let reason): "\(path): \(reason)"
    case .notPermitted(let path):
      "\(path): permission denied; run this as root, or name a folder of your own with --state-dir"
    case .untrusted(let path, let reason): "\(path) cannot lead to a state folder: \(reason)"
    case .inUse(let path, let name):
      "\(path) cannot be a state folder: it holds other files, such as `\(name)`; name a folder for this alone with "
        + "--state-dir, which is made if it is missing"
    case .busy(let path, let seconds):
      "another sallyport is changing the rules (lock in \(path)); waited \(seconds) seconds for it"
    case .damaged(let path): "\(path): not a state of sallyport; remove it if no change waits for its confirmation"
    }
  }
}
