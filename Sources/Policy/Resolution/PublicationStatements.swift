import Addressing
import Diagnostics
import PolicySyntax

/// The statements of a `publish` block.
let publicationForms = StatementForms<PublicationDraft>(
  block: "publish",
  [
    StatementForm("server") { reader, draft in reader.publishedServer(&draft) },
    StatementForm("gateway") { reader, draft in draft.publication.gateway = reader.reference(.gateway) },
    StatementForm("external ip") { reader, draft in
      draft.publication.externalAddresses =
        reader.addressPair("an external address", code: "external-ip-not-an-address") ?? []
    },
    StatementForm("control port") { reader, draft in
      draft.publication.controlPort.set(reader.controlPort(), reader.span)
    },
    StatementForm("passive range") { reader, draft in
      draft.publication.passiveRange = reader.passiveRange()
    },
    StatementForm("tls") { reader, draft in reader.tls(&draft.publication) },
    StatementForm("helper") { reader, draft in draft.publication.helper.set(reader.toggle(), reader.span) },
    StatementForm("active") { reader, draft in draft.publication.active.set(reader.toggle(), reader.span) },
    StatementForm("allow", repeatable: true) { reader, draft in
      draft.publication.allow += reader.clientTerms() ?? []
    },
    StatementForm("deny") { reader, draft in draft.publication.deny = reader.clientTerms() ?? [] },
    StatementForm("limit", repeatable: true) { reader, draft in
      if let limit = reader.limit() { draft.publication.limits.append(limit) }
    },
    StatementForm("hairpin") { reader, draft in draft.publication.hairpin.set(reader.toggle(), reader.span) },
    StatementForm("source") { reader, draft in
      draft.publication.source.set(reader.choice(SourceMode.self, "a source mode")?.value, reader.span)
    },
    StatementForm("log") { reader, draft in
      draft.publication.log.set(reader.choice(LogMode.self, "a log mode")?.value, reader.span)
    },
  ])

/// A publication while its block is read, with the server that it gives in place.
struct PublicationDraft {
  var publication: Publication
  var inlineServer: Server?
}

extension Setting {
  /// Sets the value unless reading it failed.
  mutating func set(_ value: Value?, _ span: SourceSpan) {
    if let value { self = Setting(value, span) }
  }
}

extension StatementReader {
  /// A declared name, or a server in place: `ADDRESS[, ADDRESS6] SOFTWARE [VERSION]`.
  fileprivate mutating func publishedServer(_ draft: inout PublicationDraft) {
    let isName = isName(nextText)
    if isName, tokens.upperBound - index == 1 {
      draft.publication.server = reference(.server)
      return
    }
    guard !isName || nextText == "local" else {
      fail(
        "a server is named, or given in place by its address", at: tree.span(index..<tokens.upperBound),
        help: "write `server NAME`, or `server ADDRESS SOFTWARE`")
      return
    }
    var server = Server(name: draft.publication.name, header: span)
    serverAddress(&server)
    server.software = software()
    draft.inlineServer = server
  }

  /// `N` or `N -> M`.
  fileprivate mutating func controlPort() -> ControlPort? {
    guard let external = port("a control port") else { return nil }
    guard accept(.arrow) != nil else { return ControlPort(external: external.value, server: external.value) }
    guard let server = port("the server's control port") else { return nil }
    return ControlPort(external: external.value, server: server.value)
  }

  /// `LOW-HIGH`. A remapping is reported by name, because no server can announce other ports than it opens.
  fileprivate mutating func passiveRange() -> Located<PortRange>? {
    guard let range = portRange("a passive range") else { return nil }
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

  fileprivate mutating func tls(_ publication: inout Publication) {
    guard let mode = choice(TLSMode.self, "a TLS mode") else { return }
    publication.tls = Setting(mode.value, span)
    guard let span = accept("clear-control") else { return }
    guard mode.value == .explicitOptional || mode.value == .explicitRequired else {
      fail(
        "`clear-control` needs explicit TLS", code: "tls-mode-unsupported", at: span,
        help: "CCC returns an explicitly secured control connection to clear text (RFC 4217)")
      return
    }
    publication.clearControl = span
  }

  /// Client names, addresses and prefixes.
  mutating func clientTerms() -> [ClientTerm]? { list { $0.clientTerm() } }

  private mutating func clientTerm() -> ClientTerm? {
    if let any = accept("any") { return ClientTerm(.any, any) }
    if let next, next.kind == .word, isName(nextText) {
      let span = tree.span(next)
      return reference(.clients).map { ClientTerm(.list($0), span) }
    }
    guard let word = word("a client name, an address or a prefix") else { return nil }
    let parts = word.value.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    let length = parts.count == 2 ? parts.last.flatMap { decimal($0) }.map { Int($0) } : nil
    guard let first = parts.first, let address = IPAddress(first), parts.count == 1 || length != nil,
      parts.count <= 2, let prefix = Prefix(address, length: length ?? address.family.bits)
    else {
      fail("`\(word.value)` is not a client name, an address or a prefix", code: "invalid-address", at: word.span)
      return nil
    }
    guard prefix.isCanonical else {
      fail(
        "`\(word.value)` has bits set behind its prefix length", code: "prefix-host-bits", at: word.span,
        fixes: [
          .replace(word.span, with: "\(prefix.canonical)", "write the network", .unsafe),
          .replace(word.span, with: "\(address)", "write the one address", .unsafe),
        ])
      return nil
    }
    return ClientTerm(.prefix(prefix), word.span)
  }

  fileprivate mutating func limit() -> Located<Limit>? {
    guard let number = number("a number", in: 1...1_000_000) else { return nil }
    if accept("sessions") != nil {
      guard accept("per") != nil else { return Located(.sessions(number.value), span) }
      return expect("client").map { _ in Located(.sessionsPerClient(number.value), span) }
    }
    guard accept("new") != nil else {
      fail("expected `sessions`, `sessions per client` or `new per minute per client`\(foundText)")
      return nil
    }
    for word in ["per", "minute", "per", "client"] where expect(word) == nil { return nil }
    return Located(.newPerMinutePerClient(number.value), span)
  }
}
