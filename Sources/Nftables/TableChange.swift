/// The commands that turn one table into another by touching only what differs.
///
/// Their order is that of need: rules and elements go first, then what is new comes with what it refers to, then rules
/// and elements come, then goes what nothing refers to any more. Elements that go stand before those that come, because
/// an element with other data, or an interval that overlaps, is refused while the old one is there (nft 1.0.6).
struct TableChange {
  private let difference: Difference
  private let running: Table
  private let wanted: Table
  /// What is new as a whole.
  private var additions: Table
  private var chains: [RuleCommands] = []
  private var removals: Removals

  /// `nil` when commands cannot lead there. nft takes another definition of an object that exists and does nothing (a
  /// helper of another type), or refuses it (another key of a set, another hook of a chain); what was listed and we
  /// never write has no text of ours; a name that somebody else chose may be one that no command can hold; and a
  /// dormant table is woken as a whole.
  init?(_ difference: Difference, from running: Table, to wanted: Table) {
    guard difference.removedForeign.isEmpty, difference.addedForeign.isEmpty, difference.dormancy == nil,
      difference.helpers.allSatisfy({ $0.old == nil || $0.new == nil }),
      difference.sets.allSatisfy({ $0.isExpressible && $0.canName(removedFrom: running) }),
      difference.chains.allSatisfy({ $0.declaration.isAdditionOrRemoval || $0.declaration.old == $0.declaration.new }
      ),
      let removals = Removals(difference, running)
    else { return nil }
    self.removals = removals
    self.difference = difference
    self.running = running
    self.wanted = wanted
    additions = Self.additions(difference, wanted)
    let listed = Dictionary(running.chains.map { ($0.name, $0.rules) }, uniquingKeysWith: { first, _ in first })
    for change in difference.chains where change.declaration.old != nil && change.declaration.new != nil {
      guard let commands = RuleCommands(change, running: listed[change.name] ?? []) else { return nil }
      chains.append(commands)
    }
  }

  /// Objects that are not running, as the wanted table has them: the canonical form lacks `typeof` and `dynamic`.
  private static func additions(_ difference: Difference, _ wanted: Table) -> Table {
    let helpers = Set(difference.helpers.filter { $0.old == nil }.compactMap(\.new?.name))
    let sets = Set(difference.sets.filter { $0.declaration.old == nil }.map(\.name))
    let chains = Set(difference.chains.filter { $0.declaration.old == nil }.map(\.name))
    return Table(
      wanted.name, helpers: wanted.helpers.filter { helpers.contains($0.name) },
      sets: wanted.sets.filter { sets.contains($0.name) }, chains: wanted.chains.filter { chains.contains($0.name) })
  }

  func write(to writer: inout ScriptWriter) {
    let kept = difference.sets.filter { $0.declaration.old != nil && $0.declaration.new != nil }
    for commands in chains { commands.writeDeletions(to: &writer, table: wanted.name) }
    for set in kept { set.writeRemovals(to: &writer, table: wanted.name) }
    writeAdditions(to: &writer)
    for set in kept { set.writeAdditions(to: &writer, table: wanted.name) }
    for commands in chains { commands.writeInsertions(to: &writer, table: wanted.name) }
    removals.write(to: &writer, table: wanted.name)
  }

  /// The new objects, and the generation: as an element where its set exists, otherwise with the set.
  private func writeAdditions(to writer: inout ScriptWriter) {
    var additions = additions
    if running.generation == nil {
      additions.generation = wanted.generation
    } else if let generation = wanted.generation {
      writer.line { writer in
        writer.write("add element \(Table.family) \(name: wanted.name) \(name: Generation.setName) { ")
        generation.value.write(to: &writer)
        writer.write(" }")
      }
    }
    let isEmpty = additions.helpers.isEmpty && additions.sets.isEmpty && additions.chains.isEmpty
    if !isEmpty || additions.generation != nil { additions.write(to: &writer) }
  }
}

/// The commands that take objects away: by number where nft can, so that it does not matter what they are called.
private struct Removals {
  private enum Target {
    case handle(Int64)
    case name(ScriptName)
  }

  private var chains: [ScriptName] = []
  private var sets: [(target: Target, isMap: Bool)] = []
  private var helpers: [ScriptName] = []

  /// `nil` when something has no number that nft takes, and a name that no command can hold.
  init?(_ difference: Difference, _ running: Table) {
    let handles = Dictionary(running.sets.map { ($0.name, $0.handle) }, uniquingKeysWith: { first, _ in first })
    for change in difference.chains where change.declaration.new == nil {
      guard let name = ScriptName(change.name) else { return nil }
      chains.append(name)
    }
    for change in difference.sets {
      guard let old = change.declaration.old, change.declaration.new == nil else { continue }
      guard
        let target = handles[change.name]?.map({ .handle($0) }) ?? ScriptName(change.name).map({ Target.name($0) })
      else { return nil }
      sets.append((target, old.isMap))
    }
    for change in difference.helpers {
      guard let old = change.old, change.new == nil else { continue }
      guard let name = ScriptName(old.name) else { return nil }
      helpers.append(name)
    }
  }

  /// Chains are emptied before sets go, and go after them: rules refer to sets, and verdict maps to chains.
  func write(to writer: inout ScriptWriter, table: String) {
    for chain in chains { writer.command("flush chain", chain, in: table) }
    for (target, isMap) in sets {
      switch target {
      // Of maps as well: nft takes no number after `delete map`.
      case .handle(let handle):
        writer.line(provenance: []) { $0.write("delete set \(Table.family) \(name: table) handle \(handle)") }
      case .name(let name): writer.command(isMap ? "delete map" : "delete set", name, in: table)
      }
    }
    for chain in chains { writer.command("delete chain", chain, in: table) }
    for helper in helpers { writer.command("delete ct helper", helper, in: table) }
  }
}

extension Difference.Change {
  fileprivate var isAdditionOrRemoval: Bool { old == nil || new == nil }
}

extension Difference.SetChange {
  /// Whether commands can make the change: the declaration stays, comes or goes, and every element has a text.
  fileprivate var isExpressible: Bool {
    guard !declaration.isAdditionOrRemoval else { return true }
    return declaration.old == declaration.new
      && (removed + added).allSatisfy { !$0.isForeign }
  }

  /// Whether every element that goes can be named: the canonical form has `?` for what ends a quoted text, so what is
  /// running is asked.
  fileprivate func canName(removedFrom running: Table) -> Bool {
    guard removed.contains(where: { $0.key.contains(where: \.isText) }) else { return true }
    return running.sets.first { $0.name == name }?.elements.allSatisfy { $0.key.allSatisfy(\.isExact) } ?? true
  }

  /// An element that goes needs no data.
  fileprivate func writeRemovals(to writer: inout ScriptWriter, table: String) {
    guard !removed.isEmpty else { return }
    writer.block("delete element \(Table.family) \(name: table) \(name: name)") { writer in
      for element in removed {
        writer.line(provenance: []) { writer in
          writer.write(element.key, separator: " . ") { $1.write(to: &$0) }
          writer.write(",")
        }
      }
    }
  }

  fileprivate func writeAdditions(to writer: inout ScriptWriter, table: String) {
    guard !added.isEmpty else { return }
    writer.block("add element \(Table.family) \(name: table) \(name: name)") { writer in
      for element in added { element.write(to: &writer) }
    }
  }
}

extension ScriptWriter {
  fileprivate mutating func command(_ verb: ScriptPhrase, _ name: ScriptName, in table: String) {
    line(provenance: []) { writer in
      writer.write(verb)
      writer.write(" \(Table.family) \(name: table) \(name: name.text)")
    }
  }
}
