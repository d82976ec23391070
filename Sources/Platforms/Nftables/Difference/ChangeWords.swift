import Flows
import Nftables
import Parallel

/// Puts a difference into words: publications first, then what they do not explain, then what is foreign.
struct ChangeWords {
  let difference: Difference
  let old: Table
  let new: Table
  /// Of publications that an element or a chain names which comes or goes: the others are as they were.
  let running: [String: PublicationFacts]
  let wanted: [String: PublicationFacts]
  /// Addresses of the publications that are running: external ones, and those of servers.
  private(set) lazy var served = Self.served(in: old)
  /// Whether a set comes or goes that holds what many publications have in common.
  private(set) lazy var changesWhatIsInCommon = difference.sets.contains {
    ($0.declaration.old == nil || $0.declaration.new == nil) && SetName(text: $0.name)?.isInCommon == true
  }
  private var changes: [PolicyChange] = []
  /// Publications that have been spoken of, and the aspects of each; all aspects when it comes or goes.
  private(set) var told: [String: Set<Aspect>] = [:]

  init(_ difference: Difference, running old: Table, wanted new: Table) {
    (self.old, self.new) = (old, new)
    self.difference = difference
    let names = difference.publications(old, new)
    (running, wanted) = together(
      worthIt: old.isLarge, { PublicationFacts.all(in: old, of: names) }, { PublicationFacts.all(in: new, of: names) }
    )
  }

  private static func served(in table: Table) -> Set<Value> {
    Set(
      table.sets.filter { SetName(text: $0.name)?.hasPlainElements == false }
        .flatMap(\.elements).filter { !PublicationFacts.publications(of: $0).isEmpty }
        .flatMap { [$0.key.first, $0.data.first] }.compactMap(\.self))
  }

  mutating func all() -> [PolicyChange] {
    for name in Set(running.keys).union(wanted.keys).sorted() { tellPublication(name) }
    for side in InterfaceSide.allCases { tellInterfaces(side) }
    if let isDormant = difference.dormancy?.old {
      let side = isDormant ? "has the flag `dormant`, so none of its rules run" : "lacks the flag `dormant`"
      add(.changed, nil, "the table `inet \(old.name)` \(side)")
    }
    for change in difference.sets { tellSet(change) }
    tellChains()
    for change in difference.helpers { tellHelper(change) }
    for object in difference.removedForeign {
      add(.foreign, nil, "nobody asked for the \(object.kind) `\(object.name)`")
    }
    let foreign = changes.filter { $0.kind == .foreign }
    return changes.filter { $0.kind != .foreign } + foreign
  }

  mutating func add(_ kind: PolicyChange.Kind, _ publication: String?, _ summary: String) {
    changes.append(PolicyChange(kind: kind, publication: publication, summary: summary))
  }

  private mutating func tellPublication(_ name: String) {
    switch (running[name], wanted[name]) {
    case (nil, _?):
      add(.added, name, "`\(name)` is wanted and not running")
      told[name] = Set(Aspect.allCases)
    case (_?, nil):
      add(.removed, name, "`\(name)` is running and no policy asks for it")
      told[name] = Set(Aspect.allCases)
    case (let old?, let new?) where old != new:
      for aspect in Aspect.allCases { tell(aspect, of: name, old, new) }
    default: break
    }
  }

  private mutating func tell(_ aspect: Aspect, of name: String, _ old: PublicationFacts, _ new: PublicationFacts) {
    if aspect == .clients { return tellClients(of: name, old, new) }
    let (before, after) = (old.values(aspect), new.values(aspect))
    guard before != after else { return }
    told[name, default: []].insert(aspect)
    let title = aspect.title
    if before.isEmpty || after.isEmpty {
      let values = before.isEmpty ? after : before
      let what = values == ["on"] ? title : "\(title) \(elided(values))"
      let side = before.isEmpty ? "is wanted and not running" : "is running and not wanted"
      add(before.isEmpty ? .added : .removed, name, "`\(name)`: \(what) \(side)")
    } else {
      add(.changed, name, "`\(name)`: \(title) \(elided(before)) is running, \(elided(after)) is wanted")
    }
  }

  private mutating func tellClients(of name: String, _ old: PublicationFacts, _ new: PublicationFacts) {
    guard old.isRestricted != new.isRestricted || old.clients != new.clients else { return }
    told[name, default: []].insert(.clients)
    guard old.isRestricted, new.isRestricted else {
      let (before, after) = (old.clientWords, new.clientWords)
      return add(.changed, name, "`\(name)`: \(before) may connect, \(after) is wanted")
    }
    let missing = new.clients.subtracting(old.clients).map(\.text).sorted()
    let surplus = old.clients.subtracting(new.clients).map(\.text).sorted()
    if !missing.isEmpty { add(.added, name, "`\(name)`: clients \(elided(missing)) are wanted and not running") }
    if !surplus.isEmpty { add(.removed, name, "`\(name)`: clients \(elided(surplus)) are running and not wanted") }
  }

  private mutating func tellInterfaces(_ side: InterfaceSide) {
    let (before, after) = (old.interfaces(side), new.interfaces(side))
    guard before != after else { return }
    let title = side == .outside ? "outside interfaces" : "inside interfaces"
    let kind: PolicyChange.Kind = before.isEmpty ? .added : after.isEmpty ? .removed : .changed
    let (from, to) = (before.isEmpty ? "none" : elided(before), after.isEmpty ? "none" : elided(after))
    add(kind, nil, "\(title): \(from) is running, \(to) is wanted")
  }
}

extension Difference {
  /// The publications that something names which comes or goes, and those whose list of clients changes.
  fileprivate func publications(_ old: Table, _ new: Table) -> Set<String> {
    var names = Set(chains.compactMap { ChainName(text: $0.name)?.publication })
    for change in sets {
      for element in change.removed { names.formUnion(element.publications) }
      for element in change.added { names.formUnion(element.publications) }
    }
    let lists = Set(sets.map(\.name).filter { SetName(text: $0)?.isClientList == true })
    if !lists.isEmpty { for table in [old, new] { names.formUnion(table.publications(withLists: lists)) } }
    return names
  }
}

/// Values in a row; of many, the first.
private func elided(_ values: [String]) -> String {
  let shown = 6
  guard values.count > shown else { return values.joined(separator: ", ") }
  return values.prefix(shown - 1).joined(separator: ", ") + " and \(values.count - shown + 1) more"
}

extension Table {
  /// The names in a set of interfaces; none when there is no such set.
  fileprivate func interfaces(_ side: InterfaceSide) -> [String] {
    (sets.first { $0.name == SetName.interfaces(side).text }?.elements ?? ElementList()).map { element in
      if case .interface(let name)? = element.key.first { name } else { element.text }
    }
  }
}

extension PublicationFacts {
  fileprivate var clientWords: String {
    guard isRestricted else { return "every client" }
    let names = values(.clients)
    return names.isEmpty ? "no client" : elided(names)
  }
}

extension Aspect {
  /// As the language says it.
  fileprivate var title: String {
    switch self {
    case .external: "external ip"
    case .control: "control port"
    case .server: "server"
    case .passive: "passive range"
    case .clients: "clients"
    case .limit: "limit"
    case .helper: "helper"
    case .active: "active mode"
    case .activeOff: "active off"
    case .hairpin: "hairpin"
    case .source: "source gateway"
    case .log: "log"
    case .mark: "mark"
    case .gateway: "gateway"
    }
  }
}
