import Addressing
import Nftables

/// One statement of a rule, ready to be evaluated.
indirect enum Operation: Sendable {
  /// What a value is compared with.
  enum Test: Sendable {
    case equals(FieldPattern)
    case isIn(LookupReference)
    /// At least one of these bits is set.
    case anyBit(UInt128)
    case noBit(UInt128)
    case less(UInt128)
    case greater(UInt128)
    /// Whether the routing table names an interface at all, or none.
    case exists(Bool)
  }

  enum Translation: Sendable { case destination, source, masquerade, redirect }

  case match(Operand, Test, negated: Bool)
  case verdict(Verdict)
  /// The packet is refused, and its sender is told.
  case reject(withReset: Bool)
  case verdictMap(Operand, LookupReference)
  case translate(Translation, family: AddressFamily?, address: Operand?, port: PortChoice?)
  case assignHelper(String)
  case setMark(ofConnection: Bool, Operand)
  /// A field of the packet becomes another value, by its name in `KnownFields`; `nil` for one that is not known.
  case setField(String, UInt128?)
  case setLabel(UInt128)
  case doNotTrack
  case setZone(TrackingZone)
  case changeSet(SetChange)
  case extensionMatch(ExtensionMatch)
  case extensionTarget(ExtensionTarget)
  /// A limit, a quota or a count that is not reached, or has been already: whether the rule goes on.
  case limit(goesOn: Bool)
  /// A condition of which nobody can tell whether it holds, and why.
  case doubtful(String)
  /// A count of connections that is over a number, or is not. One session has up to two at a time.
  case connectionCount(limit: UInt32, isOver: Bool)
  /// A named object that a rule refers to, or finds in a map.
  case object(ObjectReference)
  /// Takes part in the rule only as long as the entry of the connection is not confirmed (`nft_ct_expect_obj_eval` in
  /// nft_ct.c).
  case newConnectionOnly
  /// Something that neither matches nor changes anything here: counters, logs.
  case nothing
  case unknown(String)
}

/// The port of a translation.
enum PortChoice: Sendable {
  case range(ClosedRange<UInt16>)
  case computed(Operand)
}

extension Operation {
  init(_ statement: Statement) { self = Self.read(statement) ?? .unknown(statement.text) }

  private static func read(_ statement: Statement) -> Operation? {
    switch statement {
    case .match(let left, let comparison, let right): return match(left, comparison, right, in: statement)
    case .verdict(.continue), .counter, .log, .last: return .nothing
    case .verdict(let verdict): return .verdict(verdict)
    case .verdicts(let key, let map):
      let key = Operand(key)
      return LookupReference(map, key: key).map { .verdictMap(key, $0) }
    case .reject(let type, _): return .reject(withReset: type == "tcp reset")
    case .translate(let translation): return translate(translation)
    case .assignHelper(let name): return .assignHelper(name)
    case .set(let field, let value): return set(field, to: value)
    case .reset(let option):
      guard case .field(let name) = Operand(option) else { return nil }
      return .setField(name, 0)
    case .notrack: return .doNotTrack
    case .limit(let rate): return .limit(goesOn: !rate.isOver)
    case .quota(let quota): return meaning(of: quota)
    case .connectionCount(let limit, let isOver): return .connectionCount(limit: limit, isOver: isOver)
    case .object(let kind, let name): return object(kind, name)
    case .update(let update): return change(update)
    case .handOver(let handover): return handover.kind == .dup ? .nothing : nil
    // Whether the packet is of a flow that takes the short way.
    case .flow: return .match(.unknown(statement.text), .noBit(0), negated: false)
    case .xtables: return Operation(extension: statement, .inet)
    case .unread(let text): return .unknown(text)
    case .foreign(.string(let text)): return read(text: text)
    case .queue, .synproxy, .foreign: return nil
    }
  }

  private static func change(_ update: ElementUpdate) -> Operation {
    let inner = dynamic(update.statements.map { Operation($0) })
    if case .map = update.target { return inner }
    return .changeSet(
      SetChange(
        isAddition: update.operation != "delete", set: update.name, key: Operand(update.key.plainKey), inner: inner))
  }

  /// What `add @set { key statement }` does to a packet is what its statements do.
  private static func dynamic(_ statements: [Operation]) -> Operation {
    for inner in statements {
      switch inner {
      case .limit(goesOn: false), .doubtful, .connectionCount, .unknown: return inner
      default: continue
      }
    }
    return .nothing
  }
}
