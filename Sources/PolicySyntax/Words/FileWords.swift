/// The words that begin declarations.
package enum FileWord: String, BlockWord {
  case clients, gateway, server, publish, reach, defaults, expect, include

  package static let block = BlockKind.file

  /// The block after the declaration; `nil` for one that has none.
  package var ownBlock: BlockKind? {
    switch self {
    case .clients, .include: nil
    case .gateway: .gateway
    case .server: .server
    case .publish: .publish
    case .reach: .reach
    case .defaults: .defaults
    case .expect: .expect
    }
  }

  /// Whether a name stands between the word and what it declares.
  package var isNamed: Bool { self != .defaults && self != .include }

  /// The declaration of something, as messages show it: `publish files { ... }`.
  package func declaration(of name: String) -> String {
    "\(spelling) \(facts.forms.first ?? "")".replacing("NAME", with: name)
  }

  package var facts: WordFacts {
    switch self {
    case .clients:
      WordFacts(
        "a list of clients: addresses, prefixes and other lists; `any` is built in",
        value: "the name of a client list",
        forms: ["NAME = ADDRESS, ..."], [.list, .names, .lowerCase], isRepeatable: true,
        example: "clients friends = 198.51.100.0/24, 192.0.2.7, 2001:db8:beef::/48", aspect: .clients)
    case .gateway:
      WordFacts(
        "a firewall, with the statements of a `gateway` block", value: "the name of a gateway",
        forms: ["NAME { ... }"],
        [.names, .lowerCase], isRepeatable: true, example: "gateway border { outside eth0 }", aspect: .machines)
    case .server:
      WordFacts(
        "an FTP server, with the statements of a `server` block", value: "the name of a server",
        forms: ["NAME { ... }"],
        [.names, .lowerCase], isRepeatable: true,
        example: "server archive { address 10.10.20.201; software other }", aspect: .machines)
    case .publish:
      WordFacts(
        "publishes an FTP server, with the statements of a `publish` block", value: "the name of a publication",
        forms: ["NAME { ... }"], [.names, .lowerCase], isRepeatable: true,
        example: "publish mirror { server files; external ip 203.0.113.11 }", aspect: .machines)
    case .reach:
      WordFacts(
        "lets users behind a gateway use an FTP server beyond it, with the statements of a `reach` block",
        value: "the name of a reach", forms: ["NAME { ... }"], [.names, .lowerCase], isRepeatable: true,
        example: "reach bank { server 198.18.0.21 }", aspect: .machines)
    case .defaults:
      WordFacts(
        "statements of `publish` for every publication of the file, and of the files that it includes, that has none of its "
          + "own; one in a file",
        value: "a block", forms: ["{ ... }"], isRepeatable: true, example: "defaults { tls explicit required }",
        aspect: .files)
    case .expect:
      WordFacts(
        "what sessions of a publication or a `reach` must do, with the statements of an `expect` block; `sallyport test` "
          + "judges it",
        value: "the name of a publication or a reach", forms: ["NAME { ... }"], [.names, .lowerCase],
        isRepeatable: true, example: "expect shop { works explicit pasv }", aspect: .expectations)
    case .include:
      WordFacts(
        "reads another policy file, whose path is relative to this one, or all files that a pattern with `*`, `?` or "
          + "`[...]` names, in the order of their names",
        value: "the path of a policy file",
        forms: ["\"PATH\"", "\"PATTERN\""], [.strings], isRepeatable: true, example: "include \"clients.sally\"",
        aspect: .files)
    }
  }
}
