import Addressing
import Diagnostics
import PolicySyntax

/// The statements of a `publish` block.
let publicationForms = StatementForms<PublicationBlock>(
  block: "publish", required: ["server"],
  [
    StatementForm("server") {
      $0.publishedServer()
    } set: {
      $0.serve(by: $1)
    },
    StatementForm("gateway") {
      $0.reference(.gateway)
    } set: {
      $0.publication.gateway = $1.value
    },
    StatementForm("external ip") {
      $0.externalAddresses()
    } set: {
      $0.publication.externalAddresses = $1.value
    },
    StatementForm("control port") {
      $0.controlPort()
    } set: {
      $0.publication.controlPort = Setting($1)
    },
    StatementForm("passive range") {
      $0.passiveRange()
    } set: {
      $0.publication.passiveRange = $1.value
    },
    StatementForm("tls") {
      $0.tls()
    } set: {
      $0.publication.tls = Setting($1.value.mode, $1.span)
      $0.publication.clearControl = $1.value.clearControl
    },
    StatementForm("helper") {
      $0.toggle()
    } set: {
      $0.publication.helper = Setting($1)
    },
    StatementForm("active") {
      $0.toggle()
    } set: {
      $0.publication.active = Setting($1)
    },
    StatementForm("allow", repeatable: true) {
      $0.clientTerms()
    } set: {
      $0.publication.allow += $1.value
    },
    StatementForm("deny") {
      $0.clientTerms()
    } set: {
      $0.publication.deny = $1.value
    },
    StatementForm("limit", repeatable: true) {
      $0.limit()
    } set: {
      $0.publication.limits.append($1.value)
    },
    StatementForm("hairpin") {
      $0.toggle()
    } set: {
      $0.publication.hairpin = Setting($1)
    },
    StatementForm("source") {
      $0.choice(sourceModes)?.value
    } set: {
      $0.publication.source = Setting($1)
    },
    StatementForm("log") {
      $0.choice(logModes)?.value
    } set: {
      $0.publication.log = Setting($1)
    },
  ])

private let tlsModes = Choices<TLSMode>("a TLS mode")
private let sourceModes = Choices<SourceMode>("a source mode")
private let logModes = Choices<LogMode>("a log mode")

/// What a `publish` block says, with the server that it names or gives in place.
struct PublicationBlock {
  var publication: PublicationDraft
  /// To be found once the servers of all publications are known.
  var serverName: Located<String>?
  var serverInPlace: ServerDraft?
  /// Position of the server in place in `Policy.servers`.
  var position: Int?

  init(name: Located<String>, header: SourceSpan) { publication = PublicationDraft(name: name, header: header) }

  fileprivate mutating func serve(by server: Located<PublishedServer>) {
    switch server.value {
    case .named(let name): serverName = name
    case .inPlace(var draft):
      draft.name = publication.name
      draft.header = server.span
      serverInPlace = draft
    }
  }
}

/// What a `server` statement of a publication says.
private enum PublishedServer {
  case named(Located<String>)
  /// Without its name, which is that of the publication.
  case inPlace(ServerDraft)
}

extension Setting {
  /// What a statement set.
  init(_ located: Located<Value>) { self.init(located.value, located.span) }
}

extension StatementReader {
  /// A declared name, or a server in place: `ADDRESS[, ADDRESS6] SOFTWARE [VERSION]`.
  fileprivate mutating func publishedServer() -> PublishedServer? {
    let hasName = next.map { tree.read($0, isName) } ?? false
    if hasName, tokens.upperBound - index == 1 { return name("the name of a server").map { .named($0) } }
    guard !hasName || nextText == "local" else {
      fail(
        "a server is named, or given in place by its address", at: tree.span(index..<tokens.upperBound),
        help: "write `server NAME`, or `server ADDRESS SOFTWARE`")
      return nil
    }
    guard let place = serverPlace(), let software = software(), isAtEnd || finish() else { return nil }
    var server = ServerDraft(name: Located("", span), header: span)
    server.place = place
    server.software = software
    readBlock { block, reader in
      let keywords = serverForms.read(
        block, with: &reader, into: &server,
        given: [serverForms.statement("address"), serverForms.statement("software")])
      server.unreadable = keywords.unreadable
    }
    return .inPlace(server)
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

  fileprivate mutating func tls() -> (mode: TLSMode, clearControl: SourceSpan?)? {
    guard let mode = choice(tlsModes) else { return nil }
    guard let span = accept("clear-control") else { return (mode.value, nil) }
    guard mode.value == .explicitOptional || mode.value == .explicitRequired else {
      fail(
        "`clear-control` needs explicit TLS", code: "tls-mode-unsupported", at: span,
        help: "CCC returns an explicitly secured control connection to clear text (RFC 4217)")
      return nil
    }
    return (mode.value, span)
  }

  /// Client names, addresses and prefixes.
  mutating func clientTerms() -> [ClientTerm]? { list { $0.clientTerm() } }

  private mutating func clientTerm() -> ClientTerm? {
    if let any = accept("any") { return ClientTerm(.any, any) }
    if let next, next.kind == .word, tree.read(next, isName) {
      let span = tree.span(next)
      return reference(.clients).map { ClientTerm(.list($0), span) }
    }
    guard let word = token("a client name, an address or a prefix") else { return nil }
    guard let (address, prefix) = tree.read(word.value, addressAndPrefix) else {
      fail(
        "`\(tree.text(word.value))` is not a client name, an address or a prefix", code: "invalid-address",
        at: word.span)
      return nil
    }
    guard prefix.isCanonical else {
      fail(
        "`\(tree.text(word.value))` has bits set behind its prefix length", code: "prefix-host-bits", at: word.span,
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

/// `ADDRESS` or `ADDRESS/LENGTH`.
private func addressAndPrefix(_ bytes: TokenBytes) -> (IPAddress, Prefix)? {
  let slash = bytes.firstIndex(of: UInt8(ascii: "/"))
  let length = slash.map { decimal(bytes[($0 + 1)...]).map { Int($0) } ?? -1 }
  guard let address = IPAddress(bytes[..<(slash ?? bytes.endIndex)]),
    let prefix = Prefix(address, length: length ?? address.family.bits)
  else { return nil }
  return (address, prefix)
}
