import Compilation
import Files
import Glibc

/// Reads a whole file, or standard input for `-`; a file of more bytes than the limit cannot be read.
func readInput(_ path: String, limit: Int = largestSource) -> Result<[UInt8], ReadFailure> {
  do throws(FileFailure) {
    return .success(path == "-" ? try readAll(STDIN_FILENO, limit: limit) : try readFile(path, limit: limit))
  } catch {
    switch error {
    case .missing: return .failure(.missing)
    case .unreadable(let reason): return .failure(.unreadable(reason))
    }
  }
}
