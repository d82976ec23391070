/// A line without the passwords in it.
///
/// `SITE PSWD` changes one, with the old and the new after it.
///
/// Many programs write them in clear: curl, wget and lftp in their dialogues, SFTP servers in JSON, anonymous ones in
/// transfer logs (measured). Masked is by the verb and not by how a program usually masks: what follows `PASS`,
/// `ACCT` or `PSWD` to the end of the line, the password of a URL, of `-u NAME,PASSWORD`, and what a log calls a
/// password in quotes.
package func redacted(_ line: String) -> String {
  var bytes = Array(line.utf8)
  if let start = afterVerb(in: bytes) {
    bytes.replaceSubrange(start..., with: "***".utf8)
  }
  maskURLs(&bytes)
  maskPair(&bytes, after: "-u ", to: " ", from: ",:")
  maskPair(&bytes, after: "--user ", to: " ", from: ":")
  maskPair(&bytes, after: "assword=", to: " &;")
  maskPair(&bytes, after: "CHPASS ", to: "")
  maskPair(&bytes, after: "assword \"", to: "\"")
  return String(decoding: bytes, as: UTF8.self)
}

/// Whether a command's argument is a secret.
package func isSecret(verb: String) -> Bool { ["PASS", "ACCT", "ADAT"].contains(verb) }

private func isWordByte(_ byte: UInt8) -> Bool {
  byte >= 0x80 || (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || byte == UInt8(ascii: "_")
}

/// The position after `PASS `, `ACCT ` or `PSWD ` as a word of its own.
private func afterVerb(in bytes: [UInt8]) -> Int? {
  guard bytes.count > 5 else { return nil }
  for position in 0..<(bytes.count - 4) where position == 0 || !isWordByte(bytes[position - 1]) {
    let word = String(decoding: bytes[position..<(position + 4)], as: UTF8.self).uppercased()
    guard ["PASS", "ACCT", "PSWD"].contains(word) || word == "AUTH" && isSite(bytes[..<position]) else { continue }
    // Logs put brackets, quotes or commas between the verb and its argument.
    var next = position + 4
    while next < bytes.count, [0x20, 0x09, 0x22, 0x5B, 0x5D, 0x2B, 0x2C].contains(bytes[next]) { next += 1 }
    if next > position + 4, next < bytes.count { return next }
  }
  return nil
}

/// Whether what stands before is `SITE`: its `AUTH` has a secret, and that of RFC 2228 has none.
private func isSite(_ bytes: ArraySlice<UInt8>) -> Bool {
  String(decoding: bytes.suffix(5), as: UTF8.self).uppercased() == "SITE "
}

/// `scheme://name:secret@`; in the secret a slash may stand as well.
private func maskURLs(_ bytes: inout [UInt8]) {
  var from = 0
  while let sign = bytes[min(from, bytes.count)...].firstRange(of: Array("://".utf8)) {
    from = sign.upperBound
    let rest = bytes[from...].prefix { $0 != 0x20 && $0 != UInt8(ascii: "\"") }
    guard let at = rest.lastIndex(of: UInt8(ascii: "@")), let colon = rest.firstIndex(of: UInt8(ascii: ":")),
      colon < at
    else { continue }
    bytes.replaceSubrange((colon + 1)..<at, with: "***".utf8)
  }
}

/// What stands after a word, up to one of some signs; only what comes after one of `marks` where some are given.
private func maskPair(_ bytes: inout [UInt8], after word: String, to ends: String, from marks: String = "") {
  guard let found = bytes.firstRange(of: Array(word.utf8)) else { return }
  var start = found.upperBound
  let end = bytes[start...].firstIndex { ends.utf8.contains($0) } ?? bytes.count
  if !marks.isEmpty {
    guard let position = bytes[start..<end].firstIndex(where: marks.utf8.contains) else { return }
    start = position + 1
  }
  if start < end { bytes.replaceSubrange(start..<end, with: "***".utf8) }
}
