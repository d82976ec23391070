import Compilation
import Files
import Glibc

/// Reads a whole file, or standard input for `-`.
func readInput(_ path: String) -> Result<[UInt8], ReadFailure> {
  do throws(FileFailure) {
    return .success(
      path == "-" ? try readAll(STDIN_FILENO, limit: largestSource) : try readFile(path, limit: largestSource))
  } catch {
    switch error {
    case .missing: return .failure(.missing)
    case .unreadable(let reason): return .failure(.unreadable(reason))
    }
  }
}
