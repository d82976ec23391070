import Addressing
import Diagnostics
import PolicySyntax

/// The statements of a `server` block.
let serverForms = StatementForms<ServerWord, Server.Parts> { word in
  switch word {
  case .address:
    StatementForm {
      $0.serverPlace()
    } set: {
      $0.place = $1.value
    }
  case .software:
    StatementForm {
      $0.software()
    } set: {
      $0.software = $1.value
    }
  case .site:
    StatementForm {
      $0.string($0.wanted)
    } set: {
      $0.site = $1.value
    }
  case .certificate:
    StatementForm {
      $0.certificate()
    } set: {
      $0.certificate = $1.value
    }
  case .maxClients:
    StatementForm {
      $0.number($0.wanted, in: Limit.numbers)
    } set: {
      $0.maxClients = Located(Int($1.value.value), $1.span)
    }
  }
}

private let certificateValue = ServerWord.certificate.facts.value + ","
private let serverPlaceValue = ServerWord.address.facts.value

/// Where a server listens.
enum ServerPlace {
  case local(SourceSpan)
  case addresses([Located<IPAddress>])
}

extension Server.Parts {
  /// Where it listens, to be set.
  var place: ServerPlace {
    get { local.map { .local($0) } ?? .addresses(addresses) }
    set {
      switch newValue {
      case .local(let span): local = span
      case .addresses(let addresses): self.addresses = addresses
      }
    }
  }
}

extension StatementReader {
  /// `A[, A6]` or `local`.
  mutating func serverPlace() -> ServerPlace? {
    if let local = accept("local") { return .local(local) }
    return addressPair(serverPlaceValue).map { .addresses($0) }
  }

  /// `NAME [VERSION]`.
  mutating func software() -> Located<Software>? {
    guard let kind = choice(programs.choices) else { return nil }
    let isStatement = serverForms.begins(tree, index..<tokens.upperBound)
    guard !isAtEnd, !isStatement, let version = word("a version") else {
      return Located(Software(programs.program(kind.value, version: nil)), kind.span)
    }
    guard version.value.utf8.first.map({ (0x30...0x39).contains($0) }) == true else {
      fail(
        "`\(version.value)` is not a version", code: "syntax-error", at: version.span,
        help: "write for example `1.3.8`",
        fixes: isTitle(version.value)
          ? [.replace(gap(before: version.span), with: "", "remove it")]
          : version.value.hasPrefix("v") && version.value.dropFirst().first?.isNumber == true
            ? fix(version.span, String(version.value.dropFirst())) : [])
      return nil
    }
    let program = programs.program(kind.value, version: version.value)
    return Located(Software(program, version: version.value), kind.span.joined(with: version.span))
  }

  /// Whether a word in the place of a version only says what is known: `NAME version 1.3.8`, `NAME server`.
  private func isTitle(_ word: String) -> Bool {
    word == "version" && !isAtEnd || word == "server" || word == "ftpd" || word == "daemon"
  }

  /// A word with the blanks before it.
  private func gap(before word: SourceSpan) -> SourceSpan {
    let bytes = tree.source.bytes[..<word.range.lowerBound]
    let start = bytes.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { $0 + 1 } ?? word.range.lowerBound
    return SourceSpan(file: tree.file, start..<word.range.upperBound)
  }

  /// `"CERT" [key "KEY"]` or `thumbprint HEX`.
  fileprivate mutating func certificate() -> Located<Certificate>? {
    if accept("thumbprint") != nil { return thumbprint() }
    guard let certificate = string(certificateValue) else { return nil }
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
