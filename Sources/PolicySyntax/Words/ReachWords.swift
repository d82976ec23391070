/// The words of a `reach` block. Those that `publish` has as well mean the same for the users' side.
package enum ReachWord: String, BlockWord {
  case gateway, server, publication
  case controlPort = "control port"
  case passiveRange = "passive range"
  case tls, helper, active, allow, deny, source, log

  package static let block = BlockKind.reach

  /// The word of `publish` with that spelling, where there is one.
  package var published: PublishWord? { PublishWord(rawValue: rawValue) }

  package var facts: WordFacts {
    switch self {
    case .gateway:
      WordFacts(
        "which firewall the users are behind", value: "the name of a gateway", forms: ["NAME"], [.names, .lowerCase],
        standard: "the only one", example: "gateway edge", aspect: .machines)
    case .server:
      WordFacts(
        "somebody else's server: the addresses that the users dial; this or `publication`",
        value: "the address of a server", forms: ["ADDRESS, ..."], [.list],
        example: "server 198.18.0.21", aspect: .machines)
    case .publication:
      WordFacts(
        "a publication of this policy: addresses, control port, range and TLS come from there, and both ends are checked "
          + "against each other",
        value: "the name of a publication", forms: ["NAME"], [.names, .lowerCase], example: "publication shop",
        aspect: .machines)
    case .controlPort:
      WordFacts(
        "the port of the control connection, as the other side says it", value: "a control port", forms: ["PORT"],
        standard: "21; 990 with `tls implicit`", synonyms: PublishWord.controlPort.facts.synonyms,
        example: "control port 2121", aspect: .control)
    case .passiveRange:
      WordFacts(
        "the ports of data connections in passive mode, as the other side says them; `any` is 1024-65535 to that "
          + "address alone",
        value: "a passive range", forms: ["LOW-HIGH", "any"], [.lowerCase],
        synonyms: PublishWord.passiveRange.facts.synonyms, example: "passive range 50000-50399", aspect: .passive)
    case .tls:
      WordFacts(
        "what users may or must do about TLS there", value: "a TLS mode", forms: PublishWord.tls.facts.forms,
        [.lowerCase], standard: "`off`", synonyms: PublishWord.tls.facts.synonyms, example: "tls explicit required",
        aspect: .encryption)
    case .helper: Self.facts(of: .helper)
    case .active: Self.facts(of: .active)
    case .allow:
      Self.facts(of: .allow, "the users who may connect", example: "allow 10.10.20.0/24")
    case .deny:
      Self.facts(of: .deny, "the users who may not, whatever `allow` says", example: "deny 10.10.20.66")
    case .source:
      Self.facts(
        of: .source, "whether the gateway puts its `external ip` in the place of the users' addresses")
    case .log: Self.facts(of: .log)
    }
  }

  /// What is known of a word of `publish`, told of users.
  private static func facts(
    of word: PublishWord, _ description: String? = nil, example: String? = nil
  ) -> WordFacts {
    var facts = word.facts
    if let description { facts.description = description }
    if let example { facts.example = example }
    return facts
  }
}
