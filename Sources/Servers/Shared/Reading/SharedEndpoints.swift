import Diagnostics
import Policy

extension ReadingContext {
  /// Says that several services want what only one can have while it runs. Which of them gets it is known of no program
  /// that has not been run, so nothing that either does on that port is compared.
  ///
  /// - Parameters:
  ///   - what: What they have in common.
  ///   - endpoint: What a service listens on, and which service it is; `nil` for one that does not run.
  mutating func doubtShared(
    _ services: inout [EffectiveService], _ what: String,
    _ endpoint: (EffectiveService) -> (key: String, owner: String)?
  ) {
    var first: [String: (index: Int, owner: String)] = [:]
    for index in services.indices {
      guard let (key, owner) = endpoint(services[index]) else { continue }
      guard let earlier = first[key] else {
        first[key] = (index, owner)
        continue
      }
      guard earlier.owner != owner else { continue }
      let (one, other) = (services[earlier.index].title, services[index].title)
      leaveOpen(
        "\(one == other ? "two services" : "`\(one)` and `\(other)`") have the same \(what), which only one of them can have "
          + "while it runs", at: services[index].port.span ?? services[index].place,
        notes: ["the other one does not answer there; which of them it is, is not known, and neither was compared"],
        help: "give one of the two another port or address, or take it out")
      // That there is something on the port is all that is known.
      let topics = SettingTopic.allCases.filter { $0 != .port }
      for position in [earlier.index, index] { services[position].undecided.formUnion(topics) }
    }
  }
}
