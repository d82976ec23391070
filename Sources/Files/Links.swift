import Glibc

/// Why a file or folder was not written; what was there is as it was.
package struct WriteFailure: Error, Hashable, Sendable {
  package var path: String
  /// For example `permission denied`.
  package var reason: String

  package init(_ path: String, _ reason: String = systemError()) {
    self.path = path
    self.reason = reason
  }
}

/// Symbolic links that are followed one after the other, as many as the kernel follows (`MAXSYMLINKS`).
let mostLinks = 40

/// Where a path leads in the end: symbolic links in its last part are followed, also to what does not exist yet.
package func followLinks(_ path: String) throws(WriteFailure) -> String {
  var current = path
  for _ in 0...mostLinks {
    guard let target = linkTarget(current) else { return current }
    current = target.hasPrefix("/") ? target : "\(folder(of: current))/\(target)"
  }
  throw WriteFailure(path, systemError(ELOOP))
}

/// What a symbolic link says; `nil` for anything else.
private func linkTarget(_ path: String) -> String? {
  var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
  let count = readlink(path, &buffer, buffer.count)
  guard count > 0 else { return nil }
  return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The folder that holds what a path names; `.` for a name alone.
package func folder(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}

/// What is to bear a name for a moment beside a file: whoever finds one that was left behind knows whose it is.
package let temporaryPrefix = ".sallyport-"

/// A name that nothing in a folder bears, most likely.
func temporaryName() -> String { temporaryPrefix + String(UInt64.random(in: .min ... .max), radix: 36) }

/// The path of such a name.
func temporaryPath(in folder: String) -> String { (folder == "/" ? "/" : folder + "/") + temporaryName() }
