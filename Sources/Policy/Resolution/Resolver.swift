import Addressing
package import Diagnostics
import Parallel
package import PolicySyntax

/// A policy with what was found wrong while its words were given a meaning.
package struct ResolvedPolicy: Sendable {
  package var policy: Policy
  package var diagnostics: [Diagnostic]
}

/// Gives the trees of one policy their meaning. Reports every mistake that can be known; what is left out because
/// of a mistake is `nil` in the policy.
///
/// - Parameters:
///   - programs: the server programs that it can name, in the order in which messages list them.
///   - platforms: what is known of kinds of gateways, by their names; others are taken for Linux.
///   - includers: which file included a file, as a position in `trees`; `nil` for those that nobody did.
///   - otherIncluders: further files that include one, with both as positions.
package func resolve(
  _ trees: [PolicyFileSyntax], programs: [any ServerFacts.Type], platforms: [String: GatewayFacts] = [:],
  includers: [Int?] = [], otherIncluders: [(tree: Int, includer: Int)] = []
) -> ResolvedPolicy {
  var resolver = Resolver(trees, programs)
  resolver.platforms = platforms
  resolver.includers = includers
  resolver.otherIncluders = otherIncluders
  resolver.run(trees)
  return ResolvedPolicy(policy: resolver.policy, diagnostics: resolver.reports.diagnostics)
}

private struct Resolver {
  let treeOfFile: [SourceID: PolicyFileSyntax]
  let programs: [any ServerFacts.Type]
  var platforms: [String: GatewayFacts] = [:]
  var includers: [Int?] = []
  var otherIncluders: [(tree: Int, includer: Int)] = []
  var policy = Policy()
  var reports = ReadingReports()
  var names = DeclaredNames()
  /// By `DeclarationKind.index`.
  var declarations = [[DeclarationSyntax]](repeating: [], count: DeclarationKind.allCases.count)

  init(_ trees: [PolicyFileSyntax], _ programs: [any ServerFacts.Type]) {
    self.programs = programs
    treeOfFile = Dictionary(trees.map { ($0.file, $0) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func run(_ trees: [PolicyFileSyntax]) {
    for tree in trees { collect(tree) }
    declareAll()
    policy.clientLists = clientLists()
    policy.gateways = read(.gateway) { gateway($0, &$1) }.flatMap(\.self).map(withFacts)
    policy.servers = read(.server) { server($0, &$1) }.flatMap(\.self)
    let gateways = policy.gateways
    let defaults = publicationDefaults(trees)
    var parts = read(.publish) { publication($0, &$1, gateways, defaults) }
    for part in parts.indices {
      for index in parts[part].indices { addServerInPlace(of: &parts[part][index]) }
    }
    policy.publications = finished(parts)
    policy.findHops()
    readReaches()
    policy.findDialledPublications()
    policy.expectations = read(.expect) { expectation($0, &$1) }.flatMap(\.self)
  }

  /// Reads the `defaults` blocks for what is wrong in them, and tells which hold for publications of each file: the
  /// file's own first, then those of the files that include it.
  private mutating func publicationDefaults(_ trees: [PolicyFileSyntax]) -> PublicationDefaults {
    let declarations = declarations[DeclarationKind.defaults.index]
    guard !declarations.isEmpty else { return PublicationDefaults() }
    for words in read(.defaults, { readDefaults($0, &$1) }).flatMap(\.self) where !words.unreadable.isEmpty {
      policy.isPartial = true
    }
    var ofFile: [SourceID: DeclarationSyntax] = [:]
    for declaration in declarations {
      let file = declaration.header.file
      guard let first = ofFile[file] else {
        ofFile[file] = declaration
        if let block = declaration.block, let tree = treeOfFile[file] {
          policy.defaultBlocks.append(
            declaration.header.joined(with: tree.span(block.open..<(block.close ?? block.open) + 1)))
        }
        continue
      }
      reports.add(
        .error(
          "duplicate-statement", "a second `defaults` block stands in this file", at: declaration.header,
          related: [Label(first.header, "the first one")], help: "put their statements into one block"))
    }
    let defaults = PublicationDefaults(
      ofFile, treeOfFile: treeOfFile, files: trees.map(\.file), includers: includers)
    var told: Set<Int> = []
    for (tree, includer) in otherIncluders where trees.indices.contains(tree) && trees.indices.contains(includer) {
      guard let (held, other) = defaults.difference(trees[tree].file, includedBy: trees[includer].file),
        told.insert(tree).inserted, let blame = other ?? held
      else { continue }
      let name = trees[tree].source.name
      reports.add(
        .error(
          "defaults-ambiguous", "`\(name)` is included by files whose `defaults` differ", at: blame.header,
          related: held.flatMap { other == nil ? nil : Label($0.header, "these hold there as well") }.map { [$0] }
            ?? [],
          notes: ["`\(trees[includer].source.name)` includes it, and another file does, too"],
          help: "include it from one of them, or move the `defaults` into the file itself"))
    }
    return defaults
  }

  func withFacts(_ gateway: Gateway) -> Gateway {
    var gateway = gateway
    if let facts = gateway.platform.flatMap({ platforms[$0.name.value] }) { gateway.facts = facts }
    return gateway
  }

  mutating func clientLists() -> [ClientList] {
    var lists = ClientListResolver(
      declarations: declarations[DeclarationKind.clients.index], treeOfFile: treeOfFile, names: names)
    return lists.run(&reports)
  }

  /// Sorts the declarations of a file by their kind.
  mutating func collect(_ tree: PolicyFileSyntax) {
    let statements = tree.statements
    let parts = inParallel(statements.count, least: worthAThread) { part in
      var headers = Headers()
      headers.collect(statements[part], of: tree)
      return headers
    }
    for part in parts {
      for index in declarations.indices { declarations[index] += part.declarations[index] }
      reports.add(part.diagnostics)
      policy.isPartial = policy.isPartial || part.isPartial
      names.addUnread(part.unread)
    }
  }

  /// Records the names, and leaves out what has the name of an earlier one of its kind.
  mutating func declareAll() {
    let declarations = declarations
    @Sendable func declared(_ kind: DeclarationKind) -> Declared { Declared(declarations[kind.index], kind) }
    let (servers, publications) = together(
      worthIt: declarations.contains { $0.count >= worthAThread }, { declared(.server) }, { declared(.publish) })
    for declared in [declared(.clients), declared(.gateway), servers, publications, declared(.reach)] {
      names.merge(declared.names, declared.kind)
      reports.add(declared.diagnostics)
      if let kept = declared.kept {
        self.declarations[declared.kind.index] = kept
        policy.isPartial = true
      }
    }
  }

  /// The `reach` blocks, once publications are known. Commands find both by their names, so no two have one.
  private mutating func readReaches() {
    for declaration in declarations[DeclarationKind.reach.index] {
      guard let other = names.find(declaration.name.value, .publish) else { continue }
      reports.add(
        .error(
          "duplicate-name", "a publication is called `\(declaration.name.value)`, too", at: declaration.name.span,
          related: [Label(other.span, "the publication")], help: "give one of the two another name"
        ).from(.duplicateName))
    }
    let (gateways, publications) = (policy.gateways, policy.publications)
    policy.reaches = read(.reach) { reach($0, &$1, gateways, publications) }.flatMap(\.self)
  }

  /// Reads the blocks of a kind, part by part, each part with one reader.
  mutating func read<Block: Sendable>(
    _ kind: DeclarationKind, _ read: @Sendable (DeclarationSyntax, inout StatementReader) -> Block
  ) -> [[Block]] {
    let declarations = declarations[kind.index]
    let (treeOfFile, names, programs) = (treeOfFile, names, programs)
    guard let first = declarations.first.flatMap({ treeOfFile[$0.header.file] }) else { return [] }
    let parts = inParallel(declarations.count, least: worthAThread) { part in
      var reader = StatementReader(tree: first, names: names, programs: ServerNames(programs))
      let blocks = declarations[part].map { declaration in
        reader.turn(to: declaration.header.file, of: treeOfFile)
        return read(declaration, &reader)
      }
      return (blocks: blocks, reader: reader)
    }
    for part in parts { reports.add(part.reader) }
    return parts.map(\.blocks)
  }

  /// Declares the server that a publication gives in place.
  mutating func addServerInPlace(of read: inout ReadPublication) {
    guard case .pending(var block) = read, let server = block.serverInPlace else { return }
    let position = policy.servers.count
    if let earlier = names.add(server.name, .server, position: position) {
      reports.add(duplicateName(server.name, .server, first: earlier))
    }
    block.publication.server = position
    read = .pending(block)
    policy.servers.append(Server(server))
  }

  /// The publications with the servers that they name.
  mutating func finished(_ read: [[ReadPublication]]) -> [Publication] {
    let names = names
    let parts = inParallel(read.count) { part in
      var unknown: [UnknownName] = []
      let publications = read[part].flatMap { $0.map { published($0, names, &unknown) } }
      return (publications: publications, unknown: unknown)
    }
    for name in parts.flatMap(\.unknown) { reports.add(name, names) }
    return parts.flatMap(\.publications)
  }
}

/// A `publish` block that was read.
private enum ReadPublication {
  case complete(Publication)
  /// Without its server: that has no block of its own.
  indirect case pending(PublicationBlock)
}

/// A publication with the server that it names.
private func published(
  _ read: ReadPublication, _ names: DeclaredNames, _ unknown: inout [UnknownName]
) -> Publication {
  let block: PublicationBlock
  switch read {
  case .complete(let publication): return publication
  case .pending(let pending): block = pending
  }
  var publication = block.publication
  guard let name = block.serverName else { return Publication(publication) }
  if let server = names.find(name.value, .server) {
    publication.server = server.position
  } else {
    if !names.isUnread(name.value) { unknown.append(UnknownName(name: name, kind: .server)) }
    publication.unreadable.insert(.server)
  }
  return Publication(publication)
}

private func duplicateName(_ name: Located<String>, _ kind: DeclarationKind, first: Declaration) -> Diagnostic {
  .error(
    "duplicate-name", "a second \(kind.title) is called `\(name.value)`", at: name.span,
    related: [Label(first.span, "the first one")], help: "give one of the two another name"
  ).from(.duplicateName)
}

/// The names of one kind.
private struct Declared {
  let kind: DeclarationKind
  var names = DeclaredNames()
  var diagnostics: [Diagnostic] = []
  /// What is left when some have the name of an earlier one; `nil` when none has.
  var kept: [DeclarationSyntax]?

  init(_ all: [DeclarationSyntax], _ kind: DeclarationKind) {
    self.kind = kind
    names.reserve(all.count, kind)
    var kept: [Int] = []
    kept.reserveCapacity(all.count)
    for (index, declaration) in all.enumerated() {
      if let earlier = names.add(declaration.name, kind, position: kept.count) {
        diagnostics.append(duplicateName(declaration.name, kind, first: earlier))
      } else {
        kept.append(index)
      }
    }
    if kept.count < all.count { self.kept = kept.map { all[$0] } }
  }
}

/// The declarations of a part of a file.
private struct Headers {
  /// By `DeclarationKind.index`.
  var declarations = [[DeclarationSyntax]](repeating: [], count: DeclarationKind.allCases.count)
  var diagnostics: [Diagnostic] = []
  /// Whether any was left out.
  var isPartial = false
  /// The words of those that were.
  var unread: Set<String> = []

  mutating func collect(_ statements: ArraySlice<StatementSyntax>, of tree: PolicyFileSyntax) {
    var reader = DeclarationReader(tree)
    for statement in statements {
      let known = reader.diagnostics.count
      if let kind = reader.kind(of: statement) {
        if let declaration = reader.read(statement, kind) {
          declarations[kind.index].append(declaration)
        } else {
          leaveOut(statement, of: tree)
        }
      } else if reader.diagnostics.count > known {
        leaveOut(statement, of: tree)
      }
    }
    diagnostics = reader.diagnostics
  }

  private mutating func leaveOut(_ statement: StatementSyntax, of tree: PolicyFileSyntax) {
    isPartial = true
    for index in statement.tokens.prefix(8) { unread.insert(tree.text(tree.token(index))) }
    if tree.token(statement.tokens.lowerBound + 1).kind != .word { unread.insert(DeclaredNames.every) }
  }
}

/// Declarations that are worth a thread of their own.
package let worthAThread = 500

private func gateway(_ declaration: DeclarationSyntax, _ reader: inout StatementReader) -> Gateway {
  var gateway = Gateway(name: declaration.name, header: declaration.header)
  let words = gatewayForms.read(declaration.block, with: &reader, into: &gateway)
  gateway.unreadable = words.unreadable
  gateway.impossibleInterfaces.forEach { reader.report($0) }
  return gateway
}

private func server(_ declaration: DeclarationSyntax, _ reader: inout StatementReader) -> Server {
  var server = Server.Parts(name: declaration.name, header: declaration.header)
  let words = serverForms.read(declaration.block, with: &reader, into: &server)
  server.unreadable = words.unreadable
  reportMissing(serverForms.missing(words), of: declaration, .server, &reader)
  return Server(server)
}

/// - Returns: The words of the block, for what is wrong with them.
private func readDefaults(
  _ declaration: DeclarationSyntax, _ reader: inout StatementReader
) -> StatementWords<PublishWord> {
  var block = PublicationBlock(name: declaration.name, header: declaration.header)
  return defaultForms.read(declaration.block, with: &reader, into: &block)
}

private func expectation(_ declaration: DeclarationSyntax, _ reader: inout StatementReader) -> Expectation {
  let name = declaration.name
  let publication = reader.names.find(name.value, .publish).map { Expectation.Subject.publication($0.position) }
  let subject =
    publication ?? reader.names.find(name.value, .reach).map { Expectation.Subject.reach($0.position) }
  if subject == nil, !reader.names.isUnread(name.value) {
    let known = reader.names.all(.publish) + reader.names.all(.reach)
    let suggestion = nearest(to: name.value, among: known)
    reader.report(
      .error(
        "unknown-name", "there is no publication and no reach `\(name.value)`", at: name.span,
        help: suggestion.map { "did you mean `\($0)`?" } ?? "name what the sessions are of",
        fixes: suggestion.map { [.replace(name.span, with: $0, "write `\($0)`", .unsafe)] } ?? []
      ).from(.undeclaredName))
  }
  var expectation = Expectation(name: name, subject: subject, header: declaration.header)
  _ = expectForms.read(declaration.block, with: &reader, into: &expectation)
  return expectation
}

private func publication(
  _ declaration: DeclarationSyntax, _ reader: inout StatementReader, _ gateways: [Gateway],
  _ defaults: PublicationDefaults
) -> ReadPublication {
  var block = PublicationBlock(name: declaration.name, header: declaration.header)
  var words = publicationForms.read(declaration.block, with: &reader, into: &block)
  defaults.add(to: &block, of: declaration, &words, with: &reader)
  block.publication.unreadable = words.unreadable
  if !words.elsewhere.isEmpty {
    // What stands in the block of the publication was meant for that of the server.
    let meant = ServerWord.allCases.filter { word in
      words.elsewhere.contains { word.spelling == $0 || word.spelling.hasPrefix($0 + " ") }
    }
    block.serverInPlace?.unreadable.formUnion(meant)
  }
  reportMissing(publicationForms.missing(words), of: declaration, .publish, &reader)
  applyDefaults(&block.publication, words, gateways)
  guard let name = block.serverName, let server = reader.names.find(name.value, .server) else {
    return .pending(block)
  }
  block.publication.server = server.position
  return .complete(Publication(block.publication))
}

private func reach(
  _ declaration: DeclarationSyntax, _ reader: inout StatementReader, _ gateways: [Gateway],
  _ publications: [Publication]
) -> Outreach {
  var parts = Outreach.Parts(name: declaration.name, header: declaration.header)
  let words = reachForms.read(declaration.block, with: &reader, into: &parts)
  parts.unreadable = words.unreadable
  if !words.named.contains(reachForms.statement(.gateway)), gateways.count == 1 { parts.gateway = 0 }
  let publication = parts.publication.flatMap {
    publications.indices.contains($0.value) ? publications[$0.value] : nil
  }
  return Outreach(parts, of: publication)
}

private func reportMissing(
  _ words: [some BlockWord], of declaration: DeclarationSyntax, _ kind: DeclarationKind,
  _ reader: inout StatementReader
) {
  for word in words {
    let keyword = word.spelling
    reader.report(
      .error(
        "missing-statement", "`\(kind.word.spelling) \(declaration.name.value)` has no `\(keyword)` statement",
        at: declaration.header, help: "add a line `\(keyword) ...`"))
  }
}

/// Defaults that depend on other statements: control port 990 with implicit TLS, the only gateway, and the
/// gateway's external address.
private func applyDefaults(
  _ publication: inout Publication.Parts, _ words: StatementWords<PublishWord>, _ gateways: [Gateway]
) {
  if publication.controlPort.span == nil, publication.tls.value == .implicit {
    publication.controlPort.value = ControlPort(external: 990, server: 990)
  }
  if !words.named.contains(gatewayStatement), gateways.count == 1 { publication.gateway = 0 }
  if !words.named.contains(externalStatement), let gateway = publication.gateway,
    gateways.indices.contains(gateway)
  {
    let isOnPath = gateways[gateway].behind != nil
    // On a path of several gateways the outermost decides, once all of it is known.
    publication.externalAddresses = isOnPath ? [] : gateways[gateway].externalAddresses
  }
}

private let gatewayStatement = publicationForms.statement(.gateway)
private let externalStatement = publicationForms.statement(.externalIP)
