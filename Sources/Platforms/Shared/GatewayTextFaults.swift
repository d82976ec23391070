import Diagnostics

extension GatewayText {
  /// The first line, for what no other is to blame for.
  var start: SourceSpan { lines.first?.span ?? whole }

  /// What a terminal has put into a text: marks of a pager, and bytes that move the cursor; `nil` where there is none.
  ///
  /// - Parameter help: Which command gives the right text.
  func strangeBytes(help: String) -> Diagnostic? {
    for (line, span) in lines {
      if line.contains("--More--") || line.contains("---(more") || line.contains("<--- More --->") {
        return .error(
          "gateway-file-error", "here is the mark of a pager, so lines may be missing", at: span, help: help)
      }
      if line.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
        return .error(
          "gateway-file-error", "here is a byte that no configuration has, as a terminal prints them", at: span,
          help: help)
      }
    }
    return nil
  }
}
