package import Addressing
import Diagnostics
package import FTPSession
package import Nftables
import Platforms
package import Policy

/// What tables of other programs do to the sessions of a policy: one thing that they do, and to whom.
package struct ForeignEffect: Sendable {
  package enum Kind: Hashable, Sendable {
    /// The policy of a chain drops them.
    case droppedByPolicy(Citation)
    /// A rule ends them.
    case stopped(Citation)
    /// A rule translates them, and then they do not arrive.
    case translated(Citation)
    /// Whether a rule lets them through is not known.
    case undecided(Citation, reason: String)
    /// They do not work, and no single rule is known to be the cause.
    case other
    /// By the routes, rules and settings of the machine, and its neighbours, they do not work, or nobody can tell.
    case machine(isUndecided: Bool)
  }

  package var kind: Kind
  /// The first of the publications, whose session shows it.
  package var publication: Publication
  /// The session, for example `plain PASV, IPv4, an allowed client`.
  package var title: String
  /// What becomes of it, as one sentence.
  package var sentence: String
  /// How many publications more are concerned.
  package var more: Int
  package var families: Set<AddressFamily>
}

/// How the interfaces of a gateway are called, where the machine tells what the policy leaves open.
package struct InterfaceNames: Sendable {
  /// Where clients come from; each is tried.
  package var outside: [String]
  /// Where the server of a publication is; `nil` where nobody knows.
  package var inside: @Sendable (Publication) -> String?

  package init(outside: [String], inside: @escaping @Sendable (Publication) -> String?) {
    self.outside = outside
    self.inside = inside
  }
}

extension Compilation {
  /// What tables of others do to the sessions that the policy permits, found by playing these with all tables; of large
  /// policies those of one publication of each kind. Alone our table lets them all through: `check` has seen to it.
  ///
  /// - Returns: What they do, and how many publications are of kinds that were not played, because there are too many
  ///   kinds.
  /// - Parameters:
  ///   - gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  ///   - ruleset: All tables that run there.
  ///   - ours: What the policy compiles to, which takes the place of our running table.
  ///   - site: The machines that are really there for a publication; `nil` where that is not known.
  ///   - outbound: Whether it is about users behind the gateway: names and sites are those of `Policy.outbound` then.
  package func effects(
    of ruleset: Ruleset, onSessionsOf gateway: Int?, with ours: Table, _ names: InterfaceNames,
    at site: ((Publication) -> SessionSite)? = nil, outbound: Bool = false
  ) -> (effects: [ForeignEffect], unjudged: Int) {
    let policy = outbound ? policy.outbound : policy.seen(from: gateway)
    let all = ruleset.replacing(ours)
    guard all.tables.count > 1 || site != nil else { return ([], 0) }
    let others = ruleset.without(ours.name, ours.family)
    let routed =
      site.flatMap { site in
        policy.publications.first { $0.gateway == gateway }.flatMap { site($0).network.routing?.ports }
      } ?? []
    let borders = RuleBorders(others.tables, routed)
    // Our own table treats all ports and all admitted clients of a publication alike.
    let program = Program(others)
    let (ports, addresses) = (PortBorders(program), AddressBorders(program))
    var room = mostParts
    let check = SessionCheck(policy)
    let kinds = check.kinds(behind: gateway) { borders.place(of: policy.publications[$0], in: policy) }
    var collection = EffectCollection(own: "\(ours.family.rawValue) \(ours.name)")
    collection.unjudged = kinds.unjudged
    /// Whether the parts of a passive range are played one by one: a few more than one, of as many publications as
    /// there is room for; `nil` where all its ports are alike.
    func isPlayedWhole(_ publication: Publication, _ ports: PortBorders) -> Bool? {
      let parts =
        publication.passiveRange.map { Set(ports.parts(of: $0.value.low...$0.value.high).map(\.kind)).count } ?? 1
      guard parts > 1 else { return nil }
      guard parts <= room else { return false }
      room -= parts
      return true
    }
    for outside in all.tables.count == 1 ? [] : names.outside.isEmpty ? [nil] : names.outside.map({ $0 }) {
      var study = SessionStudy(policy, gateway: gateway, ruleset: all)
      (study.borders, study.clientBorders) = (ports, ports)
      study.addressBorders = { _ in addresses }
      study.interfaces = { (outside, names.inside($0)) }
      for kind in kinds.judged {
        let publication = policy.publications[kind.first]
        let isWhole = isPlayedWhole(publication, ports)
        if isWhole == false { collection.unjudged += kind.count }
        guard isWhole == true || !study.permittedSessionsWork(of: publication) else { continue }
        collection.add(study.table(of: publication, permittedOnly: true), publication, alike: kind.count - 1)
      }
    }
    guard let site else { return (collection.effects, collection.unjudged) }
    var study = SessionStudy(policy, gateway: gateway, ruleset: all)
    // Marks of rules, and rules of the machine's routing, may send some ports another way.
    (study.borders, study.clientBorders) = (ports, ports)
    let onWay = ports.adding(routed)
    study.triesNetworks = kinds.judged.count <= mostWithNetworks
    for kind in kinds.judged {
      let publication = policy.publications[kind.first]
      let site = site(publication)
      let isWhole = isPlayedWhole(publication, onWay)
      if isWhole == false { collection.unjudged += kind.count }
      guard isWhole == true || !study.permittedSessionsWork(of: publication, at: site) else { continue }
      let table = study.table(of: publication, at: site, permittedOnly: true)
      collection.add(table, publication, alike: kind.count - 1, isOfMachine: true)
    }
    return (collection.effects, collection.unjudged)
  }
}

/// Publications up to which the clients of every network are tried with the routes of the machine.
private let mostWithNetworks = 24

/// Parts of passive ranges that are played at most for all publications together.
private let mostParts = 4000

/// Gathers what sessions meet, by what it is.
private struct EffectCollection {
  /// Our table, as nft names it.
  let own: String
  var unjudged = 0
  private(set) var effects: [ForeignEffect] = []
  private var positions: [ForeignEffect.Kind: Int] = [:]
  private var seen: [ForeignEffect.Kind: Set<String>] = [:]

  init(own: String) { self.own = own }

  /// - Parameter isOfMachine: Whether they were played with the machine's own routes and neighbours.
  mutating func add(
    _ table: SessionTable, _ publication: Publication, alike: Int, isOfMachine: Bool = false
  ) {
    for cell in table.cells where cell.isPermitted && cell.outcome != .works {
      var kind = kind(of: cell)
      if isOfMachine, kind == .other { kind = .machine(isUndecided: cell.outcome == .undecided) }
      let isNew = seen[kind, default: []].insert(publication.name.value).inserted
      if let position = positions[kind] {
        effects[position].families.insert(cell.family)
        if isNew { effects[position].more += 1 + alike }
      } else {
        positions[kind] = effects.count
        effects.append(
          ForeignEffect(
            kind: kind, publication: publication, title: cell.title, sentence: cell.reason, more: alike,
            families: [cell.family]))
      }
    }
  }

  private func kind(of cell: SessionCell) -> ForeignEffect.Kind {
    let loss = cell.performance?.ending.loss
    if case .undecided(let citation, let reason)? = loss { return .undecided(citation, reason: reason) }
    if let citation = loss?.citation, citation.table != own {
      return citation.rule == nil ? .droppedByPolicy(citation) : .stopped(citation)
    }
    return translation(in: cell).map { .translated($0) } ?? .other
  }

  /// The rule of another table that translated a connection of the session.
  private func translation(in cell: SessionCell) -> Citation? {
    for step in cell.performance?.steps ?? [] {
      for case .destinationTranslated(_, _, let citation?) in step.events where citation.table != own {
        return citation
      }
      for case .sourceTranslated(_, _, let citation?) in step.events where citation.table != own { return citation }
    }
    return nil
  }
}

/// The addresses and ports that rules name. Between two of them all publications are alike.
struct RuleBorders {
  private let addresses: [AddressFamily: [UInt128]]
  private let ports: [UInt128]

  /// - Parameter routed: Ports by which the machine chooses the way of packets.
  init(_ tables: [Table], _ routed: [ClosedRange<UInt16>]) {
    var found = Set(routed.flatMap { [UInt128($0.lowerBound), UInt128($0.upperBound) + 1] })
    var numbers: [AddressFamily: Set<UInt128>] = [:]
    for text in tables.flatMap(\.texts) {
      // The address before a number: both may be a prefix, in the form of nft or of JSON.
      var address: IPAddress?
      for word in text.split(whereSeparator: { !($0.isHexDigit || $0 == "." || $0 == ":") }) {
        if let next = IPAddress(String(word)) {
          address = next
          numbers[next.family, default: []].formUnion([next.value, next.value &+ 1])
        } else if let number = UInt16(word.drop { $0 == ":" }) {
          found.formUnion([UInt128(number), UInt128(number) + 1])
          if let address, let prefix = Prefix(address, length: Int(number)) {
            numbers[address.family, default: []].formUnion([prefix.bounds.lowerBound, prefix.bounds.upperBound &+ 1])
          }
        }
      }
    }
    ports = found.sorted()
    addresses = numbers.mapValues { $0.sorted() }
  }

  /// Where the addresses and ports of a publication lie among the borders.
  func place(of publication: Publication, in policy: Policy) -> [Int] {
    let server = policy.server(of: publication)?.addresses.map(\.value) ?? []
    let external = publication.externalAddresses.flatMap { [$0.dialled.value, $0.arrival.value] }
    let own = (external + server).map { address in
      let sorted = addresses[address.family] ?? []
      return sorted.indices.partitionPoint { sorted[$0] <= address.value }
    }
    var used = [publication.controlPort.value.external, publication.controlPort.value.server]
    if let range = publication.passiveRange?.value { used += [range.low, range.high] }
    return own + used.map { port in ports.indices.partitionPoint { ports[$0] <= UInt128(port) } }
  }
}

extension Table {
  /// All that may name addresses and ports.
  fileprivate var texts: [String] {
    chains.flatMap { $0.rules.flatMap { $0.statements.map(\.json.text) } } + sets.flatMap { $0.elements.map(\.text) }
      + foreign.map(\.definition.text)
  }
}
