// SPDX-License-Identifier: GPL-2.0-only

import Glibc

/// `sallyport-netfilter`: takes one request from standard input, hands it to libnftables, and answers on standard
/// output.
///
/// The only program that links libnftables. That library may end or crash its process, writes to standard error by
/// itself and is GPL-2.0-only; here none of this reaches `sallyport`, which starts one worker for each request. An
/// answer whose last frame is missing means that the library has ended the process.
@main
struct Worker {
  static func main() {
    // What the library prints by itself must not stand in the answer.
    let answers = dup(STDOUT_FILENO)
    guard answers >= 0, dup2(STDERR_FILENO, STDOUT_FILENO) >= 0 else { refuse("standard output cannot be set aside") }
    guard Confinement.giveUpPrivileges() else { refuse("privileges cannot be given up") }
    guard let bytes = readAll(STDIN_FILENO) else { refuse("standard input cannot be read") }
    guard let frames = Frame.parse(bytes), let request = Request(frames) else {
      refuse(
        "this is the helper of sallyport; it takes requests of protocol \(Request.protocolVersion) on standard input")
    }
    guard let library = Library() else { refuse("libnftables gives no context") }
    guard Confinement.enter(prints: request.prints) else { refuse("files and calls cannot be given up") }
    let answer = library.answer(to: request)
    guard writeAll(Frame.bytes(of: answer.frames), to: answers) else { refuse("standard output takes no more") }
  }

  /// Ends the program without an answer, as when the command line of another program is wrong (`EX_USAGE`).
  private static func refuse(_ reason: String) -> Never {
    _ = writeAll(Array("sallyport-netfilter: \(reason)\n".utf8), to: STDERR_FILENO)
    exit(64)
  }
}
