import Diagnostics
import Files
import Glibc

/// One line on the terminal at standard error that is written over and over; nothing where there is no terminal.
struct ProgressLine {
  private let isShown: Bool

  init(count: Int) { isShown = count > 0 && isatty(STDERR_FILENO) == 1 }

  func show(_ text: String) {
    guard isShown else { return }
    _ = writeAll(Array("\r\u{1B}[K\(printable(text))".utf8), to: STDERR_FILENO)
  }

  func clear() {
    guard isShown else { return }
    _ = writeAll(Array("\r\u{1B}[K".utf8), to: STDERR_FILENO)
  }
}

/// Asks for a password on the terminal, which does not show it; `nil` where there is none, or nothing is typed.
func askedPassword(_ prompt: String) -> String? {
  guard let terminal = OpenFile(open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) else { return nil }
  var before = termios()
  guard tcgetattr(terminal.descriptor, &before) == 0 else { return nil }
  var quiet = before
  // Signals are signs here as well: nothing may end the program while the terminal shows nothing.
  quiet.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
  guard tcsetattr(terminal.descriptor, TCSAFLUSH, &quiet) == 0 else { return nil }
  defer {
    tcsetattr(terminal.descriptor, TCSAFLUSH, &before)
    _ = writeAll([0x0A], to: terminal.descriptor)
  }
  _ = writeAll(Array(printable(prompt).utf8), to: terminal.descriptor)
  return typedLine(terminal)
}

private func typedLine(_ terminal: OpenFile) -> String? {
  var bytes: [UInt8] = []
  while bytes.count < 1000 {
    var byte: UInt8 = 0
    let count = read(terminal.descriptor, &byte, 1)
    if count < 0, errno == EINTR { continue }
    guard count == 1 else { return nil }
    switch byte {
    // Interrupt, end, quit.
    case 0x03, 0x04, 0x1C: return nil
    case 0x0A, 0x0D: return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    case 0x08, 0x7F: _ = bytes.popLast()
    case 0x15: bytes = []
    default: bytes.append(byte)
    }
  }
  return nil
}
