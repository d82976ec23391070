/// The words of an `expect` block: what must become of the sessions that a statement speaks of.
package enum ExpectWord: String, BlockWord {
  case works, refused, broken

  package static let block = BlockKind.expect

  package var facts: WordFacts {
    switch self {
    case .works: facts("they work, data connections too", example: "works explicit pasv")
    case .refused: facts("the policy does not permit them, and they do not work", example: "refused plain")
    case .broken:
      facts("the policy permits them, and they do not work: a known fault", example: "broken explicit port")
    }
  }

  private func facts(_ description: String, example: String) -> WordFacts {
    WordFacts(
      description
        + "; TLS is `plain`, `explicit` or `implicit`, MODE `pasv`, `epsv`, `port` or `eprt`, FAMILY `ipv4` or `ipv6`",
      value: "the kind of sessions",
      forms: ["[TLS] [MODE] [over FAMILY] [from CLIENT, ...]", "[TLS] [MODE] [over FAMILY] [from inside]"],
      [.list, .names, .lowerCase], isRepeatable: true, example: example, aspect: .expectations)
  }
}
