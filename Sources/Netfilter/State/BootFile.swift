import Files

/// Why the ruleset cannot be written into the file for boot; `nil` when it can, as far as that can be told beforehand.
///
/// - Parameters:
///   - path: Absolute; links are followed.
///   - script: What is to be written.
///   - isForced: Whether it may replace a file that we did not write.
package func bootFileObstacle(_ path: String, _ script: [UInt8] = [], isForced: Bool) -> String? {
  if let reason = obstacle(toWriting: path, script) { return reason }
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
