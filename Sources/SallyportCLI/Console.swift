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

  /// Writes what somebody reads, or a program: no control characters, and nothing that a log would obey.
  ///
  /// - Throws: `ExitStatus.inputOutput` when standard output takes no more, for example on a full disk.
  func write(_ text: String) throws { try put(Array(text.utf8), isData: false) }

  /// Writes a text that is a file of its own: a ruleset, settings, a policy. No control characters.
  func write(data bytes: [UInt8]) throws { try put(bytes, isData: true) }

  /// The same in pieces, each of them whole lines.
  func write(data pieces: [[UInt8]]) throws { for piece in pieces { try put(piece, isData: true) } }

  /// Writes workflow commands, whose values are escaped.
  func write(commands text: String) throws { try put(Array(text.utf8), isData: true) }

  private func put(_ bytes: [UInt8], isData: Bool) throws {
    let text = streamText(bytes, isColored: outputStyle.isColored, isData: isData)
    guard let reason = writeAll(text, to: STDOUT_FILENO) else { return }
    throw failure("standard output: \(reason)", .inputOutput)
  }

  /// Says something to the person at the terminal. What cannot be said is lost: there is nobody else to tell.
  func say(_ text: String) {
    _ = writeAll(streamText(Array(text.utf8), isColored: errorStyle.isColored, isData: false), to: STDERR_FILENO)
  }

  /// Prints `sallyport: MESSAGE` and returns what to throw.
  func failure(_ message: String, _ status: ExitStatus) -> ExitCode {
    say("\(errorStyle.red("error:")) \(printable(message))\n")
    return status.code
  }
}

/// An environment variable; empty when it is not set.
private func environment(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }
