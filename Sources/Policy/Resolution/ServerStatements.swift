import Addressing
import Diagnostics

/// The statements of a `server` block.
let serverForms = StatementForms<Server>(
  block: "server",
  [
    StatementForm("address") { reader, server in reader.serverAddress(&server) },
    StatementForm("software") { reader, server in server.software = reader.software() },
    StatementForm("site") { reader, server in server.site = reader.string("the name of an IIS site") },
    StatementForm("certificate") { reader, server in server.certificate = reader.certificate() },
    StatementForm("max clients") { reader, server in
      server.maxClients = reader.number("a number of sessions", in: 1...1_000_000).map {
        Located(Int($0.value), reader.span)
      }
    },
  ])

extension StatementReader {
  /// `A[, A6]` or `local`.
  mutating func serverAddress(_ server: inout Server) {
    if let local = accept("local") {
      server.local = local
    } else {
      server.addresses = addressPair("an address or `local`") ?? []
    }
  }

  /// `NAME [VERSION]`.
  mutating func software() -> Located<Software>? {
    guard let kind = choice(SoftwareKind.self, "a server program") else { return nil }
    guard !isAtEnd, let version = word("a version") else { return Located(Software(kind.value), kind.span) }
    guard version.value.utf8.first.map({ (0x30...0x39).contains($0) }) == true else {
      fail(
        "`\(version.value)` is not a version", code: "syntax-error", at: version.span,
        help: "write for example `1.3.8`")
      return nil
    }
    return Located(
      Software(kind.value, version: version.value), kind.span.joined(with: version.span))
  }

  /// `"CERT" [key "KEY"]` or `thumbprint HEX`.
  fileprivate mutating func certificate() -> Located<Certificate>? {
    if accept("thumbprint") != nil { return thumbprint() }
    guard let certificate = string("the path of a certificate, or `thumbprint`,") else { return nil }
    var key: String?
    if accept("key") != nil {
      guard let path = string("the path of a key") else { return nil }
      key = path.value
    }
    return Located(.files(certificate: certificate.value, key: key), span)
  }

  private mutating func thumbprint() -> Located<Certificate>? {
    guard let word = word("a thumbprint") else { return nil }
    let isHex = word.value.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x46).contains($0 & 0xDF)
    }
    guard word.value.utf8.count == 40, isHex else {
      fail(
        "`\(word.value)` is not a SHA-1 thumbprint", code: "invalid-thumbprint", at: word.span,
        help: "write its 40 hexadecimal digits without spaces")
      return nil
    }
    return Located(.thumbprint(word.value.uppercased()), span)
  }
}
