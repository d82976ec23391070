import Diagnostics
import Nftables
import Policy

/// `kernel-refused` and `helper-module-missing`: what the kernel said about a script, at the statements that asked for
/// the lines. One diagnostic a statement.
func refusals(_ messages: [KernelMessage], of script: ScriptWriter, _ view: GatewayView) -> [Diagnostic] {
  guard !messages.isEmpty else { return [] }
  let lines = script.bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
  var seen = Set<SourceSpan>()
  return causes(messages, lines).compactMap { refusal in
    let spans = script.provenance.spans(ofLine: refusal.message.line)
    let span = spans.first ?? view.anchor(view.services) ?? view.gateway?.header
    let primary = span ?? SourceSpan(file: SourceID(0), 0..<0)
    guard seen.insert(primary).inserted else { return nil }
    return refusal.isMissingHelper
      ? helperMissing(refusal, at: primary)
      : .error(
        "kernel-refused", "the kernel does not take what this asks for", at: primary,
        related: spans.dropFirst().map { Label($0, "this asks for the same rule") }, notes: [refusal.note],
        help: "`sallyport rules kernel-refused` names the usual causes")
  }
}

private func helperMissing(_ refusal: Refusal, at span: SourceSpan) -> Diagnostic {
  .error(
    "helper-module-missing", "the kernel has no conntrack helper for FTP, and could not load it", at: span,
    notes: [refusal.note], help: "install the kernel's module nf_conntrack_ftp and load it, or write `helper off`")
}

/// A message with the line of the script that it is about.
private struct Refusal {
  var message: KernelMessage
  /// Without indentation.
  var line: String

  /// The object is declared there, and what does not exist is its type.
  var isMissingHelper: Bool { message.isMissingObject && line.hasPrefix("ct helper ") }

  var note: String { "nft says `\(message.text)` at line \(message.line) of the ruleset, `\(line)`" }
}

/// The messages without those that only follow from others: once an object is refused, all that names it is missing it.
private func causes(_ messages: [KernelMessage], _ lines: [ArraySlice<UInt8>]) -> [Refusal] {
  let all = messages.map { message in
    let line = lines.indices.contains(message.line - 1) ? lines[message.line - 1] : []
    return Refusal(message: message, line: String(decoding: line.drop { $0 == 0x20 }, as: UTF8.self))
  }
  let causes = all.filter { !$0.message.isMissingObject || $0.isMissingHelper }
  return causes.isEmpty ? all : causes
}
