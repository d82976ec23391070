import ArgumentParser
import Diagnostics
import Files
import Glibc

/// When to colour what is shown.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never
}

/// The two output streams: data on standard output, everything that is said about it on standard error.
struct Console {
  var color: ColorChoice

  /// The style of standard error.
  var errorStyle: Style { style(of: STDERR_FILENO) }
  /// The style of standard output.
  var outputStyle: Style { style(of: STDOUT_FILENO) }

  private func style(of descriptor: Int32) -> Style {
    switch color {
    case .always: Style(isColored: true)
    case .never: .plain
    case .auto:
      Style(isColored: environment("NO_COLOR").isEmpty && environment("TERM") != "dumb" && isatty(descriptor) == 1)
    }
  }

  /// Writes data.
  ///
  /// - Throws: `ExitStatus.inputOutput` when standard output takes no more, for example on a full disk.
  func write(_ bytes: [UInt8]) throws { try write([bytes]) }

  /// The same for data in pieces.
  func write(_ pieces: [[UInt8]]) throws {
    for piece in pieces {
      guard let reason = writeAll(piece, to: STDOUT_FILENO) else { continue }
      throw failure("standard output: \(reason)", .inputOutput)
    }
  }

  func write(_ text: String) throws { try write(Array(text.utf8)) }

  /// Says something to the person at the terminal. What cannot be said is lost: there is nobody else to tell.
  func say(_ text: String) { _ = writeAll(Array(text.utf8), to: STDERR_FILENO) }

  /// Prints `sallyport: MESSAGE` and returns what to throw.
  func failure(_ message: String, _ status: ExitStatus) -> ExitCode {
    say("\(errorStyle.red("error:")) \(printable(message))\n")
    return status.code
  }
}

/// An environment variable; empty when it is not set.
private func environment(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
