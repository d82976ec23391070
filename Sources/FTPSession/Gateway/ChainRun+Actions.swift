import Addressing
import Diagnostics
import Nftables

/// What single statements of a rule do.
extension ChainRun {
  /// A statement that decides or changes something.
  mutating func act(_ operation: Operation) -> Step {
    switch operation {
    case .verdict(let verdict): return step(verdict)
    case .reject: return .final(.reject)
    case .verdictMap(let key, let reference): return verdict(under: key, reference)
    case .translate(let kind, let family, let address, let port): return translate(kind, family, address, port)
    case .assignHelper(let name):
      guard let type = table.helpers[name] else { return .doubt("the helper object `\(name)`") }
      effects.append(.helper(type))
    case .setMark(let ofConnection, let operand):
      switch read(operand) {
      case .value(let value): setMark(ofConnection, value.bits)
      case .fields(let values): setMark(ofConnection, values.first?.bits ?? 0)
      case .absent: return .next
      case .unknown(let text), .oneOf(_, let text): doubtMark(ofConnection, text)
      }
    case .setField(let name, var value):
      if name == KnownFields.segmentSize, let earlier = view.changed[name] {
        value = earlier.flatMap { old in value.map { min(old, $0) } }
      }
      view.changed[name] = .some(value)
      effects.append(.field(name, value))
    case .setLabel(let bits):
      view.connection?.labels |= bits
      effects.append(.label(bits))
    case .doNotTrack: effects.append(.untracked)
    case .setZone(let zone): effects.append(.zone(zone))
    case .extensionTarget(let target): return run(target)
    default: break
    }
    return .next
  }

  var context: ExtensionContext {
    ExtensionContext(
      view: view, network: premises.network, hook: entry.base.hook, sets: premises.program.sets)
  }

  private mutating func run(_ target: ExtensionTarget) -> Step {
    let changes: [Ruling.Effect]
    var step = Step.next
    switch target.act(context) {
    case .goesOn(let effects): changes = effects
    case .ends(let outcome, let effects): (changes, step) = (effects, .final(outcome))
    case .unknown(let reason): return .doubt(reason)
    }
    for change in changes {
      switch change {
      case .packetMark(let mark): setMark(false, mark)
      case .connectionMark(let mark): setMark(true, mark)
      case .doubtfulMark(let ofConnection, let text): doubtMark(ofConnection, text)
      case .field(let name, let value):
        view.changed[name] = .some(value)
        effects.append(change)
      case .element(let key, let set, let state): remember(key, set, state)
      default: effects.append(change)
      }
    }
    return step
  }

  private mutating func setMark(_ ofConnection: Bool, _ value: UInt128) {
    if ofConnection {
      view.connection?.mark = value
      view.connection?.markDoubt = nil
      effects.append(.connectionMark(value))
    } else {
      view.mark = value
      view.markDoubt = nil
      effects.append(.packetMark(value))
    }
  }

  mutating func doubtMark(_ ofConnection: Bool, _ text: String) {
    if ofConnection { view.connection?.markDoubt = text } else { view.markDoubt = text }
    effects.append(.doubtfulMark(ofConnection: ofConnection, text))
  }

  /// What the object does that a rule refers to; `nil` where a map names none.
  func meaning(of reference: ObjectReference) -> Operation? {
    let name: String
    switch reference.choice {
    case .named(let known): name = known
    case .mapped(let key, let map):
      switch find(key, map) {
      case .failure(let doubt): return .unknown(doubt.text)
      case .success(nil): return nil
      case .success(let entry?):
        guard let found = entry.data.word else { return .unknown(entry.data.text) }
        name = found
      }
    }
    if reference.kind == "ct helper" { return .assignHelper(name) }
    return table.objects[ObjectName(kind: reference.kind, name: name)]
      ?? .unknown("the \(reference.kind) `\(name)`, which the listing does not show")
  }

  private func step(_ verdict: Verdict) -> Step {
    switch verdict {
    case .accept: .final(.accept)
    case .drop: .final(.drop)
    case .return: .return
    case .continue: .next
    case .jump(let name): .jump(name)
    case .goto(let name): .goto(name)
    }
  }

  private mutating func verdict(under key: Operand, _ reference: LookupReference) -> Step {
    switch find(key, reference) {
    case .failure(let doubt): return .doubt(doubt.text)
    case .success(nil): return .next
    case .success(let entry?):
      lastElement = entry.provenance ?? lastElement
      switch entry.data {
      case .none: return .doubt("a map without data")
      case .verdict(let verdict): return step(verdict)
      case .other, .values: return .doubt(entry.data.text)
      }
    }
  }

  /// A mapping ends the chain: the rest of it is not run.
  private mutating func translate(
    _ kind: Operation.Translation, _ family: AddressFamily?, _ target: Operand?, _ port: PortChoice?
  ) -> Step {
    let packetFamily = view.packet.tuple.family
    if let family, family != packetFamily { return .next }
    var values: [Datum] = []
    if let target {
      switch read(target) {
      case .value(let value): values = [value]
      case .fields(let more): values = more
      case .absent: return .next
      case .unknown(let text), .oneOf(_, let text): return .doubt(text)
      }
      noteElement(target)
    }
    var ports: ClosedRange<UInt16>?
    switch port {
    case .range(let range): ports = range
    case .computed(let operand):
      guard case .value(let value) = read(operand), let number = UInt16(exactly: value.bits) else {
        return .doubt("a computed port")
      }
      ports = number...number
    case nil:
      if values.count > 1, let number = UInt16(exactly: values.last?.bits ?? 0) { ports = number...number }
    }
    var address: IPAddress?
    if target != nil {
      guard case .number(let number)? = values.first, let found = IPAddress(family: packetFamily, value: number)
      else {
        return .doubt("an address of another family")
      }
      address = found
    }
    effects.append(.translate(kind, family, address: address, ports: ports))
    return .final(.accept)
  }

  /// Remembers the statement behind the element of a map that gave a translation its target.
  private mutating func noteElement(_ target: Operand) {
    guard case .mapped(let key, let reference) = target, case .success(let entry?) = find(key, reference) else {
      return
    }
    lastElement = entry.provenance ?? lastElement
  }

  private func find(_ key: Operand, _ reference: LookupReference) -> Result<Lookup.Entry?, Doubt> {
    view.find(key, reference, premises.network, table)
  }
}
