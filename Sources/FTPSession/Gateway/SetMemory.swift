import Addressing
import Nftables

/// The name of a set, and whose it is: a table as nft names it, or `ipset`.
struct SetName: Hashable, Sendable {
  var owner: String
  var name: String

  static let ofIPSet = "ipset"
}

/// What rules have added to sets and deleted from them since the session began.
struct SetMemory: Hashable, Sendable {
  /// Whether something is an element now.
  enum State: Hashable, Sendable {
    case isElement, isNone
    /// The rule that would change it may have run or not.
    case unknown
  }

  private var states: [SetName: [[Datum]: State]] = [:]
  /// Sets of which some elements have changed that are not known.
  private var doubtful: Set<SetName> = []

  /// What is known of an element; `nil` where it is as the listing shows it.
  func state(of key: [Datum], in set: SetName) -> State? {
    states.isEmpty && doubtful.isEmpty ? nil : states[set]?[key] ?? (doubtful.contains(set) ? .unknown : nil)
  }

  /// - Parameter key: `nil` for one that is not known.
  mutating func note(_ key: [Datum]?, in set: SetName, _ state: State) {
    guard let key else {
      doubtful.insert(set)
      return
    }
    states[set, default: [:]][key] = state
  }
}

/// A statement that adds an element to a named set when a packet comes, or deletes one.
struct SetChange: Sendable {
  var isAddition: Bool
  /// The set of the rule's table.
  var set: String
  var key: Operand
  /// What the element does to the packet: a limit, a count, nothing.
  var inner: Operation
}

extension ChainRun {
  /// Adds or deletes an element. Returns whether the rule goes on: without a key it ends (`nft_dynset_eval` in
  /// nft_dynset.c).
  mutating func change(_ change: SetChange, isDoubtful: Bool) -> Bool {
    let key: [Datum]?
    switch read(change.key) {
    case .value(let value): key = [value]
    case .fields(let fields): key = fields
    case .absent: return false
    case .unknown, .oneOf: key = nil
    }
    let state: SetMemory.State = isDoubtful ? .unknown : change.isAddition ? .isElement : .isNone
    remember(key, SetName(owner: table.title, name: change.set), state)
    return true
  }

  mutating func remember(_ key: [Datum]?, _ set: SetName, _ state: SetMemory.State) {
    view.memory.note(key, in: set, state)
    effects.append(.element(key, set, state))
  }
}

extension PacketView {
  /// Searches a set or map for a key, as rules have changed it until now.
  ///
  /// - Parameter ofClient: Whether the key has an address, so that nobody else's packets change the element; asked
  ///   where rules change the set.
  func search(
    _ key: [Datum], _ lookup: Lookup, _ reference: LookupReference, _ table: Program.CompiledTable,
    ofClient: @autoclosure () -> Bool
  ) -> Lookup.Answer {
    guard let doubt = lookup.doubt, case .named(let name) = reference else { return lookup.find(key) }
    guard lookup.isSet else { return .unknown(doubt) }
    switch memory.state(of: key, in: SetName(owner: table.title, name: name)) {
    case .isElement?: return .found(Lookup.Entry(key: key.map(FieldPattern.init)))
    case .isNone?: return .missing
    case .unknown?: return .unknown(doubt)
    case nil: return ofClient() ? lookup.find(key) : .unknown(doubt)
    }
  }
}

extension FieldPattern {
  fileprivate init(_ datum: Datum) {
    switch datum {
    case .number(let value): self = .range(value...value)
    case .word(let word): self = .word(word)
    }
  }
}

extension Operand {
  /// Whether an address of the packet or its connection is a part of it.
  var hasAddress: Bool { AddressFamily.allCases.contains { concerns(.address($0)) } }
}
