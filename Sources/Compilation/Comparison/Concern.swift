import Addressing
import Policy

/// Of which publications and reaches something can have changed between two policies: those that say or admit
/// something else, those that have an address in common with one of these, and all that pass a gateway which says
/// something else of itself, or whose platform has switches for the whole device. For no key of a set of ours leads
/// from one address to another.
struct Concern {
  private let old: Compilation
  private let new: Compilation
  /// Gateways of the new policy whose files differ.
  private var touched: Set<Int?> = []
  /// Those of them where all that passes is concerned.
  private var whole: Set<Int?> = []
  /// Names, with whether it is a `reach`, of what says or admits something else.
  private var changed: Set<Name> = []
  private var addresses: Set<IPAddress> = []

  private struct Name: Hashable {
    var name: String
    var isReach: Bool

    init(_ subject: SessionSubject) { (name, isReach) = (subject.name, subject.isReach) }
  }

  init(
    _ old: Compilation, _ new: Compilation, _ machines: [PolicyComparison.Machine],
    _ changes: [PolicyComparison.Change], _ pairs: [SubjectPairs]
  ) {
    (self.old, self.new) = (old, new)
    let files = Set(machines.filter { $0.kind == .gateway }.map(\.name))
    let former = Set(old.policy.gateways.map(\.name.value))
    let says = Set(changes.filter { $0.machine == .gateway }.map(\.name))
    for gateway in new.policy.gatewayPositions {
      let name = new.policy.gateway(at: gateway)?.name.value ?? ""
      guard files.contains(name) else { continue }
      touched.insert(gateway)
      let isNew = gateway != nil && !former.contains(name)
      if isNew || says.contains(name) || new.tablePlatform(of: gateway) == nil { whole.insert(gateway) }
    }
    for pair in pairs.flatMap(\.ofPresent) {
      guard let earlier = pair.former else {
        addresses.formUnion(pair.present.addresses(in: new.policy))
        continue
      }
      guard differs(earlier, pair.present) else { continue }
      changed.insert(Name(pair.present))
      addresses.formUnion(earlier.addresses(in: old.policy).union(pair.present.addresses(in: new.policy)))
    }
    for subject in pairs.flatMap(\.gone) { addresses.formUnion(subject.addresses(in: old.policy)) }
  }

  private func differs(_ earlier: SessionSubject, _ later: SessionSubject) -> Bool {
    earlier.name != later.name || old.policy.statements(of: earlier) != new.policy.statements(of: later)
      || old.admittedClients(of: earlier) != new.admittedClients(of: later)
  }

  func isConcerned(_ earlier: SessionSubject, _ later: SessionSubject) -> Bool {
    if changed.contains(Name(later)) { return true }
    let passed = touched.filter { new.passes(later, $0) }
    guard !passed.isEmpty else { return false }
    return !passed.isDisjoint(with: whole) || !later.addresses(in: new.policy).isDisjoint(with: addresses)
  }
}
