import Addressing
import Policy

/// What of a policy stands in the place of what in an earlier one: what has the same name, and of the rest what is
/// dialled at the same address and port, which is a new name for it.
struct SubjectPairs {
  /// Everything of the new policy, in the order of its text, each with its predecessor; `nil` for what is new.
  private(set) var ofPresent: [(former: SessionSubject?, present: SessionSubject)] = []
  /// What is gone, in the order of the old text.
  private(set) var gone: [SessionSubject] = []

  init<Subject>(
    from old: Compilation, to new: Compilation, _ subjects: KeyPath<Policy, [Subject]>,
    _ make: (Subject) -> SessionSubject
  ) {
    let (former, present) = (old.policy[keyPath: subjects].map(make), new.policy[keyPath: subjects].map(make))
    let before = Dictionary(former.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    let names = Set(present.map(\.name))
    let left = former.filter { !names.contains($0.name) }
    var places: [Place: [Int]] = [:]
    for (position, subject) in left.enumerated().reversed() {
      for place in subject.places { places[place, default: []].append(position) }
    }
    var taken: Set<Int> = []
    for subject in present {
      var predecessor = before[subject.name]
      if predecessor == nil {
        let found = subject.places.lazy.compactMap { places[$0]?.last { !taken.contains($0) } }.first
        if let found, taken.insert(found).inserted { predecessor = left[found] }
      }
      ofPresent.append((predecessor, subject))
    }
    gone = left.enumerated().filter { !taken.contains($0.offset) }.map(\.element)
  }
}

/// Where somebody dials.
private struct Place: Hashable {
  var address: IPAddress
  var port: UInt16
}

extension SessionSubject {
  fileprivate var places: [Place] {
    let publications =
      switch self {
      case .publication(let publication): [publication]
      case .reach(let reach): reach.accesses
      }
    return publications.flatMap { publication in
      publication.externalAddresses.map {
        Place(address: $0.dialled.value, port: publication.controlPort.value.external)
      }
    }
  }
}
