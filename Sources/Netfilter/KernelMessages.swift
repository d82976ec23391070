/// What the kernel refused, from the error text of a script in a file: `NAME:LINE:COLUMN-COLUMN: Error: TEXT`, then the
/// line and carets, once for each error.
///
/// - Returns: The messages in the order of the script, where nft does not always write them; `nil` when libnftables
///   itself did not understand a line: that is no answer of the kernel.
func kernelMessages(in errors: String) -> [KernelMessage]? {
  var messages: [KernelMessage] = []
  for line in errors.split(separator: "\n") where line.hasPrefix("/proc/self/fd/") {
    let parts = line.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count == 5, let number = Int(parts[1]), parts[3] == " Error" else { continue }
    let text = parts[4].drop { $0 == " " }
    guard text.hasPrefix(kernelRefusal) else { return nil }
    messages.append(KernelMessage(line: number, text: String(text)))
  }
  return messages.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map(\.element)
}

/// How nft begins what the kernel answered; all else is about the text of the script.
private let kernelRefusal = "Could not process rule: "

extension KernelMessage {
  /// Whether something named here does not exist, for the kernel.
  var isMissingObject: Bool { text == kernelRefusal + "No such file or directory" }
}
