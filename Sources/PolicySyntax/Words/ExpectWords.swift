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
      description, value: "the kind of sessions",
      forms: [
        "[plain] [pasv] [over ipv4] [from CLIENT, ...]", "[explicit] [epsv] [over ipv6]",
        "[implicit] [port] [from inside]", "[eprt]",
      ],
      [.list, .names, .lowerCase], isRepeatable: true, example: example, aspect: .expectations)
  }
}
