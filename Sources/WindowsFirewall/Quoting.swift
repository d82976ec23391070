import Diagnostics

/// A value of a PowerShell script: a number as it is, anything else between apostrophes, in which only an apostrophe
/// has a meaning and is doubled. PowerShell takes four other quotation marks for apostrophes (documented:
/// about_Quoting_Rules). What would break the line is left out.
package func powerShellLiteral(_ text: String) -> String {
  // Up to nine digits are an Int32.
  if !text.isEmpty, text.utf8.count <= 9, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) { return text }
  return "'" + replacing(in: text) { apostrophes.contains($0) ? "\($0)\($0)" : nil } + "'"
}

private let apostrophes: Set<Unicode.Scalar> = ["'", "\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}"]

/// Text between quotation marks in a batch file of cmd.exe: a percent sign is doubled, and everything else stands for
/// itself while delayed expansion is off. Nothing stands for a quotation mark, an apostrophe ends a name within an
/// argument, and a backslash may take away the meaning of the closing mark, so these are left out with what would break
/// the line.
package func batchText(_ text: String) -> String {
  replacing(in: text) { $0 == "%" ? "%%" : $0 == "\"" || $0 == "'" || $0 == "\\" ? "" : nil }
}

/// A text with some characters replaced, and without those that break a line.
private func replacing(in text: String, _ replacement: (Unicode.Scalar) -> String?) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars where printable(scalar) == scalar {
    if let text = replacement(scalar) {
      result.append(contentsOf: text.unicodeScalars)
    } else {
      result.append(scalar)
    }
  }
  return String(result)
}
