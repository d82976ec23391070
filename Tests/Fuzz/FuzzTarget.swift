/// What one run of the fuzzer is given to, and a text in which the program reads itself back.
///
/// A target ends the process by a trap where a promise is broken: libFuzzer then keeps the input. What promises are
/// checked stands with each target, beside "no input may crash the program".
protocol FuzzTarget: Sendable {
  /// The word by which `SALLYPORT_FUZZ_TARGET` names it.
  static var name: String { get }

  /// Runs one input.
  ///
  /// - Returns: Whether the input went as deep as a planted bug lies: what no seed does, and a change of a few bytes
  ///   can.
  static func run(_ input: [UInt8]) -> Bool
}

/// A promise that does not hold. The message is what libFuzzer shows above the input.
func broken(_ promise: String) -> Never { fatalError("broken promise: \(promise)") }

/// Whether a text has a byte, or a character, that a terminal would obey: C0 but for tabs and line ends, those of
/// Windows included, DEL, C1, and what turns the direction of writing around.
func obeysTerminal(_ text: String) -> Bool {
  text.replacing("\r\n", with: "\n").unicodeScalars.contains { scalar in
    switch scalar.value {
    case 0x09, 0x0A: false
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}
