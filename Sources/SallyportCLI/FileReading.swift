import Compilation
import Files
import Glibc

/// Reads a whole file that the user named, or standard input for `-`; a file of more bytes than the limit cannot be
/// read. Of pipes only those are read that the program was given open: a pattern of a shell names whatever lies in a
/// folder.
func readInput(_ path: String, limit: Int = largestSource) -> Result<[UInt8], ReadFailure> {
  reading { () throws(FileFailure) in
    path == "-"
      ? try readAll(STDIN_FILENO, limit: limit)
      : try readFile(path, limit: limit, isPipeRead: isStandardInput(path))
  }
}

/// Reads a whole file that somebody's text names, or that was found in a folder.
func readInput(_ path: String, inside folders: OpenFolders, limit: Int = largestSource) -> Result<
  [UInt8], ReadFailure
> {
  do throws(OpenFolderFailure) {
    return .success(try folders.read(path, limit: limit))
  } catch {
    switch error {
    case .outside: return .failure(.outside)
    case .failed(let failure): return reading { () throws(FileFailure) in throw failure }
    }
  }
}

/// The names in a folder that somebody's text names.
func readNames(_ path: String, inside folders: OpenFolders) -> Result<[String], ReadFailure> {
  do throws(OpenFolderFailure) {
    return .success(try folders.names(path))
  } catch {
    switch error {
    case .outside: return .failure(.outside)
    case .failed(.missing): return .failure(.missing)
    case .failed(.unreadable(let reason)): return .failure(.unreadable(reason))
    }
  }
}

/// Reads a whole file of a folder that the user named.
func readRegularInput(_ path: String, limit: Int = largestSource) -> Result<[UInt8], ReadFailure> {
  reading { () throws(FileFailure) in try readRegularFile(path, limit: limit) }
}

private func reading(_ body: () throws(FileFailure) -> [UInt8]) -> Result<[UInt8], ReadFailure> {
  do throws(FileFailure) {
    return .success(try body())
  } catch {
    switch error {
    case .missing: return .failure(.missing)
    case .unreadable(let reason): return .failure(.unreadable(reason))
    }
  }
}
