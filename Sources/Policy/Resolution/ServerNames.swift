/// The server programs that a policy can name. A class, because every reader has it; each part of a policy has one of
/// its own, so that threads do not count references to the same.
final class ServerNames: Sendable {
  private let programs: [any ServerFacts.Type]
  /// Each name with the first of its programs.
  let choices: Choices<SoftwareKind>

  /// For readers of statements that name none.
  static let none = ServerNames([])

  init(_ programs: [any ServerFacts.Type]) {
    self.programs = programs
    var named: [(word: String, value: SoftwareKind)] = []
    var otherNames: [String: String] = [:]
    for program in programs where !named.contains(where: { $0.word == program.name }) {
      named.append((program.name, SoftwareKind(program)))
      for other in program.otherNames { otherNames[other] = program.name }
    }
    choices = Choices("a server program", named, otherWords: otherNames, takesVersion: true)
  }

  /// The program of a name in that version.
  func program(_ kind: SoftwareKind, version: String?) -> SoftwareKind {
    guard !kind.facts.isMeant(byVersion: version) else { return kind }
    let other = programs.first { $0.name == kind.name && $0.isMeant(byVersion: version) }
    return other.map(SoftwareKind.init) ?? kind
  }
}
