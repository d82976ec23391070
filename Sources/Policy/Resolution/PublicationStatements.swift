import Addressing
import Diagnostics
import PolicySyntax

/// The statements of a `publish` block.
let publicationForms = StatementForms<PublishWord, PublicationBlock>(publicationForm)

/// Those of a `defaults` block.
let defaultForms = StatementForms<PublishWord, PublicationBlock>(in: .defaults, publicationForm)

private func publicationForm(_ word: PublishWord) -> StatementForm<PublicationBlock> {
  switch word {
  case .server:
    StatementForm {
      $0.publishedServer()
    } set: {
      $0.serve(by: $1)
    }
  case .gateway:
    StatementForm {
      $0.reference(.gateway)
    } set: {
      $0.publication.gateway = $1.value
    }
  case .externalIP:
    StatementForm {
      $0.externalAddresses()
    } set: {
      $0.publication.externalAddresses = $1.value
    }
  case .controlPort:
    StatementForm {
      $0.controlPort()
    } set: {
      $0.publication.controlPort = Setting($1)
    }
  case .passiveRange:
    StatementForm {
      $0.passiveRange()
    } set: {
      $0.publication.passiveRange = $1.value
    }
  case .tls:
    StatementForm {
      $0.tls()
    } set: {
      $0.publication.tls = Setting($1.value.mode, $1.span)
      $0.publication.clearControl = $1.value.clearControl
    }
  case .helper:
    StatementForm {
      $0.toggle()
    } set: {
      $0.publication.helper = Setting($1)
    }
  case .active:
    StatementForm {
      $0.toggle()
    } set: {
      $0.publication.active = Setting($1)
    }
  case .allow:
    StatementForm {
      $0.clientTerms()
    } set: {
      $0.publication.allow += $1.value
    }
  case .deny:
    StatementForm {
      $0.clientTerms()
    } set: {
      $0.publication.deny = $1.value
    }
  case .limit:
    StatementForm {
      $0.limit()
    } set: {
      $0.publication.limits.append($1.value)
    }
  case .hairpin:
    StatementForm {
      $0.toggle()
    } set: {
      $0.publication.hairpin = Setting($1)
    }
  case .source:
    StatementForm {
      $0.choice(sourceModes)?.value
    } set: {
      $0.publication.source = Setting($1)
    }
  case .log:
    StatementForm {
      $0.choice(logModes)?.value
    } set: {
      $0.publication.log = Setting($1)
    }
  }
}

private let tlsModes = Choices<TLSMode>(PublishWord.tls)
let sourceModes = Choices<SourceMode>(PublishWord.source)
let logModes = Choices<LogMode>(PublishWord.log)

/// What a `publish` block says, with the server that it names or gives in place.
struct PublicationBlock {
  var publication: Publication.Parts
  /// To be found once the servers of all publications are known.
  var serverName: Located<String>?
  var serverInPlace: Server.Parts?

  init(name: Located<String>, header: SourceSpan) { publication = Publication.Parts(name: name, header: header) }

  fileprivate mutating func serve(by server: Located<PublishedServer>) {
    switch server.value {
    case .named(let name): serverName = name
    case .inPlace(var inPlace):
      inPlace.name = publication.name
      inPlace.header = server.span
      serverInPlace = inPlace
    }
  }
}

/// What a `server` statement of a publication says.
private enum PublishedServer {
  case named(Located<String>)
  /// Without its name, which is that of the publication.
  case inPlace(Server.Parts)
}

extension Setting {
  /// What a statement set.
  init(_ located: Located<Value>) { self.init(located.value, located.span) }
}

extension StatementReader {
  /// A declared name, or a server in place: `ADDRESS[, ADDRESS6] SOFTWARE [VERSION]`.
  fileprivate mutating func publishedServer() -> PublishedServer? {
    let hasName = next.map { tree.read($0, isName) } ?? false
    // The declaration of that server was not understood, and the error about that is enough.
    if !failed, tokens.upperBound - index == 1, names.isUnread(nextText) {
      failSilently()
      return nil
    }
    if hasName, tokens.upperBound - index == 1 { return name(PublishWord.server.facts.value).map { .named($0) } }
    guard !hasName || nextText == "local" else {
      fail(
        "a server is named, or given in place by its address", at: tree.span(index..<tokens.upperBound),
        help: "write `server NAME`, or `server ADDRESS SOFTWARE`")
      return nil
    }
    guard let place = serverPlace(), let software = software() else { return nil }
    if let next, block == nil, serverForms.begins(tree, index..<tokens.upperBound) {
      let end = SourceSpan(file: tree.file, span.range.upperBound..<span.range.upperBound)
      fail(
        "statements of a server in place stand in a block", at: restSpan,
        help: "write `server ADDRESS SOFTWARE { \(tree.text(next)) ... }`",
        fixes: [FixIt("write a block", .safe, [TextEdit(insertionPoint, "{ "), TextEdit(end, " }")])])
      return nil
    }
    guard isAtEnd || finish() else { return nil }
    var server = Server.Parts(name: Located("", span), header: span)
    server.place = place
    server.software = software
    readBlock { block, reader in
      let keywords = serverForms.read(
        block, with: &reader, into: &server,
        given: [serverForms.statement(.address), serverForms.statement(.software)])
      server.unreadable = keywords.unreadable
    }
    return .inPlace(server)
  }

  /// `N` or `N -> M`.
  mutating func controlPort() -> ControlPort? {
    if !failed, let meant = meantControlPort() {
      fail(
        "\(wanted) is written `N` or `N -> M`, not `\(restText)`", code: "invalid-number", at: restSpan,
        help: meant.text == nil
          ? "a publication has one control port; publish the server once more for another" : nil,
        fixes: meant.text.map { fix(restSpan, $0, isCertain: meant.isCertain) } ?? [])
      return nil
    }
    guard let external = port(wanted) else { return nil }
    guard accept(.arrow) != nil else { return ControlPort(external: external.value, server: external.value) }
    guard let server = port("the server's control port") else { return nil }
    return ControlPort(external: external.value, server: server.value)
  }

  /// What somebody meant who wrote `ftp`, `2121:21`, `2121 to 21` or `21/tcp`; `nil` for what is in order or not known.
  ///
  /// - Returns: What to write, if that is known: two ports may be two publications.
  private func meantControlPort() -> (text: String?, isCertain: Bool)? {
    guard let next, next.kind == .word, !tree.read(next, { decimal($0) != nil && tokens.upperBound - index == 1 })
    else { return nil }
    let text = restText.lowercased()
    if text == "ftp" || text == "ftps" { return (text == "ftp" ? "21" : "990", true) }
    let sides = text.split(separator: "->", omittingEmptySubsequences: false).map {
      $0.split(separator: " ").joined(separator: " ")
    }
    if sides.count > 1, sides.allSatisfy({ UInt32($0) != nil }) || sides.contains("") { return nil }
    let tight = sides.joined(separator: " to ")
    let words = tight.split { " :=>/,-".contains($0) }.filter { $0 != "to" && $0 != "tcp" && $0 != "tcp)" }
    guard (1...2).contains(words.count), words.allSatisfy({ (1...65535).contains(UInt32($0) ?? 0) }) else {
      return nil
    }
    // Two ports in a list or a range are two ports, and no translation.
    if words.count == 2, tight.contains(where: { ",-".contains($0) }) { return (nil, false) }
    let saysSo = words.count < 2 || tight.contains(" to ") || tight.contains(where: { ":=>".contains($0) })
    return (words.joined(separator: " -> "), saysSo)
  }

  /// `LOW-HIGH`. A remapping is reported by name, because no server can announce other ports than it opens.
  mutating func passiveRange() -> Located<PortRange>? {
    guard let range = portRange(wanted) else { return nil }
    if accept(.arrow) != nil {
      fail(
        "a passive range cannot be remapped: the port in the 227 or 229 reply is the port that clients dial",
        code: "passive-range-remapped", at: tree.span(index - 1..<tokens.upperBound),
        help: "give the server and the firewall the same range",
        fixes: [removal(from: index - 1, "remove the second range")])
      return nil
    }
    return Located(range.value, range.span)
  }

  /// A fix that removes the rest of the statement, with the space before it.
  private func removal(from position: Int, _ message: String) -> FixIt {
    let start = Int(tree.token(position - 1).end)
    let end = max(start, Int(tree.token(tokens.upperBound - 1).end))
    return .replace(SourceSpan(file: tree.file, start..<end), with: "", message)
  }

  mutating func tls() -> (mode: TLSMode, clearControl: SourceSpan?)? {
    guard let mode = choice(tlsModes) else { return nil }
    if mode.value == .implicit || mode.value == .off, next?.kind == .word, !beginsStatement,
      let meant = Meant.choice(nextText, of: ["required", "optional"])
    {
      fail(
        "`tls \(mode.value.rawValue)` stands alone", at: nextSpan, help: "`\(meant.text)` belongs to `tls explicit`",
        fixes: [removal(from: index, "remove it")])
      return nil
    }
    guard let span = accept("clear-control") else { return (mode.value, nil) }
    guard mode.value == .explicitOptional || mode.value == .explicitRequired else {
      fail(
        "`clear-control` needs explicit TLS", code: "tls-mode-unsupported", at: span,
        help: "CCC returns an explicitly secured control connection to clear text (RFC 4217)")
      return nil
    }
    return (mode.value, span)
  }
}
