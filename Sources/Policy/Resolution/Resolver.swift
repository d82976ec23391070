import Addressing
package import Diagnostics
package import PolicySyntax

/// A policy with what was found wrong while its words were given a meaning.
package struct ResolvedPolicy: Sendable {
  package var policy: Policy
  package var diagnostics: [Diagnostic]
}

/// Gives the trees of one policy their meaning. Reports every mistake that can be known; what is left out because
/// of a mistake is `nil` in the policy.
package func resolve(_ trees: [PolicyFileSyntax]) -> ResolvedPolicy {
  var resolver = Resolver()
  resolver.run(trees)
  return ResolvedPolicy(policy: resolver.policy, diagnostics: resolver.diagnostics)
}

private struct Resolver {
  var policy = Policy()
  var diagnostics: [Diagnostic] = []
  var names = DeclaredNames()
  var clients: [DeclarationSyntax] = []
  var gateways: [DeclarationSyntax] = []
  var servers: [DeclarationSyntax] = []
  var publications: [DeclarationSyntax] = []

  mutating func run(_ trees: [PolicyFileSyntax]) {
    for tree in trees {
      for statement in tree.statements { collect(statement, of: tree) }
    }
    var lists = ClientListResolver(declarations: clients, names: names)
    policy.clientLists = lists.run()
    diagnostics += lists.diagnostics
    policy.gateways = gateways.map { gateway($0) }
    policy.servers = servers.map { server($0) }
    policy.publications.reserveCapacity(publications.count)
    for declaration in publications { policy.publications.append(publication(declaration)) }
  }

  /// Sorts a declaration by its kind and records its name.
  mutating func collect(_ statement: StatementSyntax, of tree: PolicyFileSyntax) {
    var header = DeclarationHeader(statement, of: tree)
    guard let kind = header.kind else {
      diagnostics += header.diagnostics
      policy.isPartial = policy.isPartial || header.diagnostics.hasErrors
      return
    }
    guard let declaration = header.read(kind) else {
      diagnostics += header.diagnostics
      policy.isPartial = true
      return
    }
    diagnostics += header.diagnostics
    let position: Int
    switch kind {
    case .clients: position = clients.count
    case .gateway: position = gateways.count
    case .server: position = servers.count
    case .publish: position = publications.count
    }
    if let earlier = names.add(declaration.name, kind, position: position) {
      diagnostics.append(duplicate(declaration.name, kind, first: earlier.name))
      policy.isPartial = true
      return
    }
    switch kind {
    case .clients: clients.append(declaration)
    case .gateway: gateways.append(declaration)
    case .server: servers.append(declaration)
    case .publish: publications.append(declaration)
    }
  }

  func duplicate(_ name: Located<String>, _ kind: DeclarationKind, first: Located<String>) -> Diagnostic {
    .error(
      "duplicate-name", "a second \(kind.title) is called `\(name.value)`", at: name.span,
      related: [Label(first.span, "the first one")], help: "give one of the two another name")
  }

  mutating func gateway(_ declaration: DeclarationSyntax) -> Gateway {
    var gateway = Gateway(name: declaration.name, header: declaration.header)
    let keywords = gatewayForms.read(
      declaration.block, of: declaration.tree, names: names, into: &gateway, diagnostics: &diagnostics)
    gateway.unreadable = keywords.unreadable
    return gateway
  }

  mutating func server(_ declaration: DeclarationSyntax) -> Server {
    var server = Server(name: declaration.name, header: declaration.header)
    let keywords = serverForms.read(
      declaration.block, of: declaration.tree, names: names, into: &server, diagnostics: &diagnostics)
    server.unreadable = keywords.unreadable
    require(["address", "software"], keywords, declaration, "server")
    return server
  }

  mutating func publication(_ declaration: DeclarationSyntax) -> Publication {
    var draft = PublicationDraft(Publication(name: declaration.name, header: declaration.header))
    let keywords = publicationForms.read(
      declaration.block, of: declaration.tree, names: names, into: &draft, diagnostics: &diagnostics)
    draft.publication.unreadable = keywords.unreadable
    require(["server"], keywords, declaration, "publish")
    if let server = draft.serverInPlace {
      let position = policy.servers.count
      if let earlier = names.add(server.name, .server, position: position) {
        diagnostics.append(duplicate(server.name, .server, first: earlier.name))
      }
      draft.publication.server = position
      policy.servers.append(server)
    }
    applyDefaults(&draft.publication, keywords)
    return draft.publication
  }

  /// Defaults that depend on other statements: control port 990 with implicit TLS, the only gateway, and the
  /// gateway's external address.
  func applyDefaults(_ publication: inout Publication, _ keywords: StatementKeywords) {
    if publication.controlPort.span == nil, publication.tls.value == .implicit {
      publication.controlPort.value = ControlPort(external: 990, server: 990)
    }
    if !keywords.contains("gateway"), policy.gateways.count == 1 { publication.gateway = 0 }
    if !keywords.contains("external ip"), let gateway = policy.gateway(of: publication) {
      publication.externalAddresses = gateway.externalAddresses
    }
  }

  mutating func require(
    _ required: [String], _ keywords: StatementKeywords, _ declaration: DeclarationSyntax, _ block: String
  ) {
    for keyword in required where !keywords.contains(keyword) {
      diagnostics.append(
        .error(
          "missing-statement", "`\(block) \(declaration.name.value)` has no `\(keyword)` statement",
          at: declaration.header, help: "add a line `\(keyword) ...`"))
    }
  }
}
