package import Addressing

/// `HOST` or `HOST:PORT` as a word of the command line, perhaps as a URL.
package struct ProbeTarget: Hashable, Sendable {
  package enum Failure: Error, Hashable, Sendable {
    /// It has a name and perhaps a password in it, which are not to stand there.
    case hasAccount
    case malformed
  }

  /// A name, or an address without brackets.
  package var host: String
  package var port: UInt16?
  /// Whether it was written as `ftps:`, where TLS is there from the beginning.
  package var isImplicit = false

  package var address: IPAddress? { IPAddress(host) }

  package init(_ word: String) throws(Failure) {
    var rest = Substring(word)
    if let scheme = rest.firstRange(of: "://") {
      let name = rest[..<scheme.lowerBound].lowercased()
      guard name == "ftp" || name == "ftps" else { throw .malformed }
      isImplicit = name == "ftps"
      rest = rest[scheme.upperBound...].prefix { $0 != "/" }
    }
    guard !rest.contains("@") else { throw .hasAccount }
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      host = String(rest[rest.index(after: rest.startIndex)..<end])
      guard let address = IPAddress(host), address.family == .ipv6 else { throw .malformed }
      rest = rest[rest.index(after: end)...]
    } else if IPAddress(String(rest)) != nil {
      host = String(rest)
      rest = ""
    } else {
      host = String(rest.prefix { $0 != ":" })
      rest = rest.dropFirst(host.count)
    }
    guard Self.isName(host) || IPAddress(host) != nil else { throw .malformed }
    guard !rest.isEmpty else { return }
    guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()), number > 0 else { throw .malformed }
    port = number
  }

  private static func isName(_ text: String) -> Bool {
    let isPlain = text.utf8.allSatisfy { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF) || [0x2D, 0x2E, 0x5F].contains(byte)
    }
    return isPlain && !text.isEmpty && text.utf8.count <= 253 && !text.hasPrefix("-") && !text.hasPrefix(".")
  }
}
