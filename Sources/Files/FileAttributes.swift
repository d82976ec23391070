import CLinux
import Glibc

/// Gives an open file the owner, group, mode and extended attributes of another: access control lists, labels and
/// capabilities are such attributes (xattr(7)), and are copied where the file system and our rights allow it.
///
/// - Returns: Whether owner, group and mode are the same.
func copyAttributes(of path: String, _ status: stat, to descriptor: Int32) -> Bool {
  var own = stat()
  guard fstat(descriptor, &own) == 0 else { return false }
  if (own.st_uid, own.st_gid) != (status.st_uid, status.st_gid), fchown(descriptor, status.st_uid, status.st_gid) != 0
  {
    return false
  }
  guard fchmod(descriptor, status.st_mode & 0o7777) == 0 else { return false }
  let wanted = attributeNames { getxattrNames(path, $0, $1) }
  // What a folder gives to new files, and the file did not have.
  for name in attributeNames({ flistxattr(descriptor, $0, $1) }) where !wanted.contains(name) {
    fremovexattr(descriptor, name)
  }
  for name in wanted {
    let count = getxattr(path, name, nil, 0)
    guard count >= 0 else { continue }
    var value = [UInt8](repeating: 0, count: count)
    guard getxattr(path, name, &value, count) == count else { continue }
    fsetxattr(descriptor, name, &value, count, 0)
  }
  return true
}

private func getxattrNames(_ path: String, _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int) -> Int {
  listxattr(path, buffer, size)
}

/// The names of the extended attributes of a file; none where there can be none.
private func attributeNames(_ list: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> [String] {
  let size = list(nil, 0)
  guard size > 0 else { return [] }
  var buffer = [CChar](repeating: 0, count: size)
  let count = list(&buffer, size)
  guard count > 0 else { return [] }
  return buffer.prefix(count).split(separator: 0).map { name in
    String(decoding: name.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
