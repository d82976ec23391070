import Nftables
import Policy

extension Ruleset {
  /// The rules as they are once the elements have gone away that do so by themselves, and the sets that have such;
  /// `nil` where there are none. A file is read later than it was saved, so nobody knows which are still there.
  fileprivate var afterwards: (ruleset: Ruleset, sets: [String])? {
    var later = self
    var names: [String] = []
    for table in later.tables.indices {
      for index in later.tables[table].sets.indices {
        let set = later.tables[table].sets[index]
        guard set.flags.contains(.timeout) || set.timeout > 0, !set.elements.isEmpty else { continue }
        later.tables[table].sets[index].elements = ElementList()
        names.append(set.name)
      }
    }
    for index in later.ipSets.indices where later.ipSets[index].elements.contains(where: \.goesAway) {
      later.ipSets[index].elements.removeAll(where: \.goesAway)
      names.append(later.ipSets[index].name)
    }
    return names.isEmpty ? nil : (later, names)
  }
}

/// What becomes of the sessions of a publication when elements of sets go away.
struct PassingElements {
  private let names: String
  private let table: SessionTable

  /// - Parameter prepare: Completes the study, as that of the rules with the elements was.
  /// - Returns: `nil` where no elements go away.
  init?(
    _ policy: Policy, _ publication: Publication, _ relevant: Ruleset, _ prepare: (inout SessionStudy) -> Void
  ) {
    guard let (later, sets) = relevant.afterwards else { return nil }
    var study = SessionStudy(policy, of: publication, underSaved: later)
    prepare(&study)
    names = sets.map { "`\($0)`" }.joined(separator: ", ")
    table = study.table(of: publication)
  }

  /// The session, which nobody can tell where it fares otherwise without the elements.
  func judged(_ cell: SessionCell) -> SessionCell {
    guard let later = table.cells.first(where: { $0.title == cell.title }) else { return cell }
    if cell.isPermitted, cell.outcome == .works, later.outcome != .works {
      var open = later
      open.outcome = .undecided
      open.reason = "elements of \(names) go away by themselves, and without them it \(later.reason)"
      return open
    }
    if !cell.isIntrusion, later.isIntrusion {
      var open = later
      open.isIntrusionOpen = true
      open.reason = "elements of \(names) go away by themselves, and without them it gets in"
      return open
    }
    return cell
  }
}
