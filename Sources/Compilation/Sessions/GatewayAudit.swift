import Addressing
package import Diagnostics
import FTPSession
import Nftables
package import Platforms
package import Policy

extension Compilation {
  /// What the rules of a gateway, read from a file, do to the sessions of the policy: those that it permits and that
  /// have no path, those of which nobody knows, and clients who get in although it keeps them out. The sessions are
  /// played; of large policies those of one publication of each kind.
  ///
  /// - Parameters:
  ///   - saved: What the gateway's files say, all its rules.
  ///   - gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  ///   - file: What stands for the file where no line of it is to blame.
  package func audit(of saved: SavedGateway, gateway: Int?, file: SourceSpan) -> [Diagnostic] {
    guard !policy.hasHops else { return seen(from: gateway).audit(of: saved, gateway: gateway, file: file) }
    let ruleset = saved.ruleset
    let borders = policy.publications.count > SessionCheck.few ? RuleBorders(ruleset.tables, []) : nil
    let kinds = SessionCheck(policy).kinds(behind: gateway) {
      borders?.place(of: policy.publications[$0], in: policy) ?? []
    }
    let everything = WholeProgram(ruleset)
    let outside: [String?] = policy.gateway(at: gateway)?.outside.map(\.value) ?? []
    var findings = GatewayFindings(
      file: file, declarations: saved.declarations, mending: GatewayMending(self, gateway: gateway))
    for kind in kinds.judged {
      let publication = policy.publications[kind.first]
      let relevant = SessionReach(of: publication, in: policy).relevant(in: ruleset)
      guard relevant.judgedSize <= mostJudged else {
        findings.add(tooLarge: relevant.judgedSize, for: publication)
        continue
      }
      var study = SessionStudy(policy, of: publication, underSaved: relevant)
      for interface in outside.isEmpty ? [nil] : outside {
        study.interfaces = { _ in (interface, nil) }
        let table = study.table(of: publication)
        let finder = CauseFinder(study, saved, everything, of: publication)
        let atBest =
          table.cells.contains { $0.isPermitted && $0.outcome == .undecided }
          ? self.atBest(publication, relevant, interface) : nil
        let passing = PassingElements(policy, publication, relevant) { $0.interfaces = { _ in (interface, nil) } }
        for played in table.cells {
          let cell = passing?.judged(played) ?? played
          let known = atBest?.cells.first { $0.title == cell.title && $0.outcome == .broken }
          findings.add(
            cell.outcome == .undecided ? known ?? cell : cell, of: publication, alike: kind.count - 1, finder)
        }
        for note in table.notes { findings.add(note: note, of: publication) }
      }
    }
    var found = findings.diagnostics + lostServers(saved, gateway: gateway)
    // Another door to a server is told where each publication was looked at by itself.
    if !findings.hasDoubts, kinds.unjudged == 0, kinds.judged.allSatisfy({ $0.count == 1 }) {
      found += unexpectedDoors(in: ruleset, gateway: gateway, besides: findings.used).map { place in
        .warning(
          "gateway-remark", "this leads to a published server as well, and no session of the policy comes this way",
          at: place, help: "see whom it lets in, or take it away")
      }
    }
    if kinds.unjudged > 0 {
      found.append(
        .warning(
          "gateway-undecided",
          "the rules tell publications apart in so many ways that \(kinds.unjudged) of them were not looked at",
          at: file,
          help: "audit a policy with fewer publications"))
    }
    return (found + unauditedReaches(of: gateway)).map { $0.from(.audit) }.inSourceOrder()
  }

  /// That nothing is said of users behind the gateway: no silence where nobody looked.
  private func unauditedReaches(of gateway: Int?) -> [Diagnostic] {
    policy.reaches.filter { $0.gateway == gateway }.map { reach in
      Diagnostic(
        .note, "sessions-not-played",
        "what these rules do to users of `\(reach.name.value)` was not looked at: an audit plays publications",
        at: reach.header, help: "see that users get out to its ports, and others do not")
    }
  }
}

extension Compilation {
  /// The sessions of a publication where the device's helper hurts nobody: what fails even so is no open question.
  /// `nil` where no helper is in doubt.
  private func atBest(
    _ publication: Publication, _ relevant: Ruleset, _ interface: String?
  ) -> SessionTable? {
    guard let harmless = DeviceHelpers.harmless(relevant) else { return nil }
    var study = SessionStudy(policy, of: publication, underSaved: harmless)
    study.interfaces = { _ in (interface, nil) }
    return study.table(of: publication)
  }
}

/// Rules and elements of sets that one publication is judged by at most; beyond that it takes longer than anybody
/// waits.
private let mostJudged = 12_000

extension Ruleset {
  fileprivate var judgedSize: Int {
    tables.reduce(ipSets.reduce(0) { $0 + $1.elements.count }) { sum, table in
      table.chains.reduce(table.sets.reduce(sum) { $0 + $1.elements.count }) { $0 + $1.rules.count }
    }
  }
}

/// Gathers what sessions meet on a gateway, by the line to blame.
private struct GatewayFindings {
  let file: SourceSpan
  let declarations: [String: SourceSpan]
  let mending: GatewayMending

  /// What several sessions have in common.
  private struct Cause: Hashable {
    var kind: Kind
    var publication: String
    var place: SourceSpan?
    var reason: String
    /// The line that was meant to carry the session.
    var line: GatewayCause?
    /// The line that leads a client to the server who is to be kept out.
    var door: SourceSpan?
  }

  private enum Kind { case stopped, undecided, intrusion, more }

  private var order: [Cause] = []
  private var cells: [Cause: [SessionCell]] = [:]
  /// The lines of translations that some session met.
  private(set) var used: Set<SourceSpan> = []
  private var isIncomplete = false
  private var notes: [(text: String, publication: Publication)] = []
  private var publications: [String: (publication: Publication, alike: Int)] = [:]

  init(file: SourceSpan, declarations: [String: SourceSpan], mending: GatewayMending) {
    (self.file, self.declarations, self.mending) = (file, declarations, mending)
  }

  mutating func add(_ cell: SessionCell, of publication: Publication, alike: Int, _ finder: CauseFinder?) {
    for citation in cell.performance?.translations ?? [] { citation.provenance.map { _ = used.insert($0) } }
    guard let kind = Self.kind(of: cell) else { return }
    let loss = cell.performance?.ending.loss
    let isStopped = kind == .stopped || kind == .undecided
    // Where nothing stops it, and it arrives at the wrong place, what led it there is to blame.
    let stopper =
      loss?.citation ?? cell.performance?.steps.last?.translations.last
      ?? (kind == .undecided ? cell.performance?.helper?.citation : nil)
    let citation = isStopped ? stopper : cell.performance?.translations.first
    let place = citation.flatMap { $0.provenance ?? declarations["\($0.table) \($0.chain)"] }
    let permit = kind == .intrusion ? finder?.permit(of: cell) : nil
    let cause = Cause(
      kind: kind, publication: publication.name.value, place: permit ?? place,
      reason: isStopped ? loss?.sentence ?? cell.reason : "", line: kind == .stopped ? finder?.cause(of: cell) : nil,
      door: permit == place ? nil : permit.flatMap { _ in place })
    if cells[cause] == nil { order.append(cause) }
    if cells[cause]?.contains(where: { $0.title == cell.title }) != true { cells[cause, default: []].append(cell) }
    publications[publication.name.value] = (publication, alike)
  }

  /// Too many rules are about one publication.
  mutating func add(tooLarge size: Int, for publication: Publication) {
    add(
      note:
        "there are \(size) rules and elements of sets that its sessions may meet, and no more than \(mostJudged) are judged",
      of: publication)
    isIncomplete = true
  }

  /// Whether a session ended before it met all rules that it would meet.
  var hasDoubts: Bool { isIncomplete || order.contains { $0.kind == .stopped || $0.kind == .undecided } }

  /// What is to be said although no session fails by it.
  mutating func add(note: String, of publication: Publication) {
    if !notes.contains(where: { $0.text == note }) { notes.append((note, publication)) }
  }

  private static func kind(of cell: SessionCell) -> Kind? {
    if cell.isIntrusion { return cell.isIntrusionOpen ? .undecided : .intrusion }
    switch cell.outcome {
    case .broken where cell.isPermitted: return .stopped
    case .undecided where cell.isPermitted: return .undecided
    // That a server may open connections of its own is not what a gateway publishes; that a helper opens them is.
    case .works where !cell.isPermitted && cell.place == .allowed && !cell.mode.isActive: return .more
    case .works where !cell.isPermitted && cell.place == .allowed && cell.performance?.helper != nil: return .more
    default: return nil
    }
  }

  var diagnostics: [Diagnostic] {
    let remarks = notes.map { note in
      Diagnostic.warning(
        isIncomplete ? "gateway-undecided" : "gateway-remark", "`\(note.publication.name.value)`: \(note.text)",
        at: file,
        related: [Label(note.publication.header, "the publication")])
    }
    return remarks
      + order.compactMap { cause in
        guard let sessions = cells[cause], let first = sessions.first,
          let (publication, alike) = publications[cause.publication]
        else { return nil }
        return diagnostic(cause, first, publication, sessions.count - 1, alike)
      }
  }

  private func diagnostic(
    _ cause: Cause, _ cell: SessionCell, _ publication: Publication, _ more: Int, _ alike: Int
  ) -> Diagnostic {
    var notes = more > 0 ? ["\(more) more kinds of sessions meet the same"] : []
    if alike > 0 { notes.append("\(alike) more publications are of this kind") }
    let place = cause.line?.place ?? cause.place ?? file
    var policy = [Label(statement(of: publication, for: cell), "the policy says so here")]
    let name = cause.publication
    switch cause.kind {
    case .stopped:
      var reason = cell.reason
      if let line = cause.line {
        notes.insert((line.failure.map { "\($0): " } ?? "") + reason, at: 0)
        reason = "this line \(line.words)"
        if let stop = cause.place, stop != place { policy.insert(Label(stop, "this stops it"), at: 0) }
      }
      if cause.line?.help == nil {
        notes += mending.lines(for: policy.last?.span).map { "`sallyport compile` writes for it: `\($0)`" }
      }
      return .error(
        "gateway-stops-session", "`\(name)` permits sessions that do not work here: \(cell.title): \(reason)",
        at: place, related: policy, notes: notes, help: cause.line?.help ?? help(for: cell))
    case .undecided:
      return .warning(
        "gateway-undecided", "whether sessions of `\(name)` work here is not known: \(cell.title): \(cell.reason)",
        at: place, related: policy, notes: notes,
        help: cell.performance?.helper.flatMap { DeviceHelpers.remedy(type: $0.type) }
          ?? "what the line says decides it; leave it out of the file to see the rest")
    case .intrusion:
      if let door = cause.door { policy.insert(Label(door, "this leads them to the server"), at: 0) }
      return .error(
        "gateway-admits-others", "clients that `\(name)` keeps out get in: \(cell.title)", at: place,
        related: policy, notes: notes,
        help: "admit the clients of `allow` alone, at the control port and the passive range")
    case .more:
      return Diagnostic(
        .note, "gateway-allows-more", "sessions work that `\(name)` does not ask for: \(cell.title)", at: place,
        related: policy, notes: notes)
    }
  }

  /// The statement that asks for such sessions.
  private func statement(of publication: Publication, for cell: SessionCell) -> SourceSpan {
    let span: SourceSpan? =
      if cell.isIntrusion {
        publication.allow.first?.span ?? publication.deny.first?.span
      } else if case .lost(.connection(isData: false, _), _)? = cell.performance?.ending {
        publication.controlPort.span
      } else if cell.mode.isActive {
        publication.active.span
      } else {
        publication.passiveRange?.span
      }
    return span ?? publication.header
  }

  /// What mends it, where the session shows it.
  private func help(for cell: SessionCell) -> String? {
    guard case .lost(let step, _)? = cell.performance?.ending else { return nil }
    switch step {
    case .connection(let isData, _), .answer(let isData):
      if !isData { return "forward and permit the control port, as `sallyport compile` writes it" }
      if cell.mode.isActive { return "permit what the helper expects, as `sallyport compile` writes it" }
      return cell.encryption == .plain
        ? "forward and permit the whole passive range, each port to itself"
        : "forward and permit the whole passive range, each port to itself: under TLS no helper can do it (F04)"
    default: return nil
    }
  }
}

extension Performance {
  /// The rules that lead its connections elsewhere.
  fileprivate var translations: [Citation] { steps.flatMap(\.translations) }

  /// The helper of its control connection, and the rule that assigned it.
  var helper: (type: String, citation: Citation)? {
    for step in steps {
      for case .helperAssigned(let type, let citation) in step.events { return (type, citation) }
    }
    return nil
  }
}

extension Step {
  /// The rules that lead its connection elsewhere.
  fileprivate var translations: [Citation] {
    events.compactMap { event -> Citation? in
      if case .destinationTranslated(_, _, let citation) = event { citation } else { nil }
    }
  }
}

extension Compilation {
  /// The lines of translations that lead to a published server from where the policy does not publish it.
  private func unexpectedDoors(in ruleset: Ruleset, gateway: Int?, besides used: Set<SourceSpan>) -> [SourceSpan] {
    let own = policy.gateway(at: gateway)
    let interfaces = Set((own?.outside ?? []).map(\.value) + (own?.inside ?? []).map(\.value))
    var published: [IPAddress: (arrivals: Set<IPAddress>, ports: [PortRange])] = [:]
    for publication in policy.publications where publication.gateway == gateway {
      for endpoint in policy.endpoints(of: publication) where endpoint.reach == .translated {
        published[endpoint.server, default: ([], [])].arrivals.formUnion([endpoint.arrival, endpoint.dialled])
        published[endpoint.server, default: ([], [])].ports +=
          [PortRange(publication.controlPort.value.external)]
          + (publication.passiveRange.map { [$0.value] } ?? [])
      }
    }
    return PublishedForwards(ruleset).translations.compactMap { door in
      guard let place = door.place, !used.contains(place), let known = published[door.server] else { return nil }
      let isExpected =
        known.arrivals.isSuperset(of: door.external) && !door.ports.isEmpty
        && door.ports.allSatisfy { range in
          known.ports.contains { $0.low <= range.low && range.high <= $0.high }
        } && door.interface.map { interfaces.isEmpty || interfaces.contains($0) } ?? true
      return isExpected ? nil : place
    }
  }
}

extension Compilation {
  /// Servers that the gateway does not reach by the interfaces that the policy calls `inside`.
  private func lostServers(_ saved: SavedGateway, gateway: Int?) -> [Diagnostic] {
    guard !saved.networks.isEmpty else { return [] }
    let inside = Set(policy.gateway(at: gateway)?.inside.map(\.value) ?? [])
    let ways = NetworkWays(saved.networks)
    var found: [Diagnostic] = []
    var seen: Set<IPAddress> = []
    for publication in policy.publications where publication.gateway == gateway {
      for endpoint in policy.endpoints(of: publication)
      where endpoint.reach != .local && seen.insert(endpoint.server).inserted {
        guard let best = ways.best(for: endpoint.server), let fault = best.fault(inside) else { continue }
        found.append(
          .error(
            "gateway-stops-session",
            "the server \(endpoint.server) of `\(publication.name.value)` is not reached: \(fault)",
            at: best.place, related: [Label(publication.header, "the publication")],
            help: "let the network of the server be at an interface of `inside`, or name that one in the policy"))
      }
    }
    return found
  }
}

/// The most specific of the networks of a gateway that holds an address.
private struct NetworkWays {
  private let networks: [Prefix: GatewayNetwork]
  /// The lengths that occur, longest first.
  private let lengths: [Int]

  /// - Parameter all: Of two of one prefix the first counts. What the default route leads to is where clients are, and
  ///   dynamic routes may know better, so it is left out.
  init(_ all: [GatewayNetwork]) {
    networks = Dictionary(
      all.lazy.filter { $0.prefix.length > 0 }.map { ($0.prefix.canonical, $0) },
      uniquingKeysWith: { first, _ in first })
    lengths = Set(networks.keys.map(\.length)).sorted(by: >)
  }

  func best(for address: IPAddress) -> GatewayNetwork? {
    lengths.lazy.compactMap { Prefix(address, length: $0).flatMap { networks[$0.canonical] } }.first
  }
}

extension GatewayNetwork {
  /// Why packets for it do not leave by one of some interfaces; `nil` where they do.
  fileprivate func fault(_ inside: Set<String>) -> String? {
    switch way {
    case .nowhere(let reason): return "its network \(prefix) \(reason)"
    case .through(let names) where names.isEmpty: return "the interface of its network \(prefix) is in no zone"
    case .through(let names):
      guard !inside.isEmpty, names.isDisjoint(with: inside) else { return nil }
      return "its network \(prefix) is behind \(names.sorted().map { "`\($0)`" }.joined(separator: ", "))"
    }
  }
}

extension GatewayContext {
  /// What a policy tells about one of its gateways.
  ///
  /// - Parameter gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  package init(_ policy: Policy, gateway: Int?) {
    let own = policy.gateway(at: gateway)
    let arrivals = policy.publications.lazy.filter { $0.gateway == gateway }.flatMap { publication in
      policy.endpoints(of: publication).filter { $0.reach != .routed }.map(\.arrival)
    }
    self.init(
      arrivals: Set(arrivals).sorted(), outside: own?.outside.map(\.value) ?? [],
      inside: own?.inside.map(\.value) ?? [])
  }
}
