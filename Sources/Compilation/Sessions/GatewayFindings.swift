import Diagnostics
import FTPSession
import Platforms
import Policy

/// Gathers what sessions meet on a gateway, by the line to blame.
struct GatewayFindings {
  let file: SourceSpan
  let declarations: [String: SourceSpan]
  let mending: GatewayMending
  /// Whether the clients are users behind the gateway.
  let isOfUsers: Bool

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

  init(file: SourceSpan, declarations: [String: SourceSpan], mending: GatewayMending, isOfUsers: Bool) {
    (self.file, self.declarations, self.mending, self.isOfUsers) = (file, declarations, mending, isOfUsers)
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
        "there are \(size) rules and elements of sets that its sessions may meet, and no more than \(mostJudgedByAudit) are judged",
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
        related: [Label(note.publication.header, isOfUsers ? "the reach" : "the publication")])
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
    let kinds = more == 1 ? "kind of session meets" : "kinds of sessions meet"
    var notes = more > 0 ? ["\(more) more \(kinds) the same"] : []
    if alike > 0 { notes.append("\(alike) more \(isOfUsers ? "servers" : "publications") are of this kind") }
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
        "gateway-admits-others",
        "\(isOfUsers ? "users" : "clients") that `\(name)` keeps out get \(isOfUsers ? "through" : "in"): \(cell.title)",
        at: place,
        related: policy, notes: notes,
        help:
          "admit the \(isOfUsers ? "users" : "clients") of `allow` alone, at the control port and the passive range")
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
      let verb = isOfUsers ? "permit" : "forward and permit"
      if !isData { return "\(verb) the control port, as `sallyport compile` writes it" }
      if cell.mode.isActive { return "permit what the helper expects, as `sallyport compile` writes it" }
      return cell.encryption == .plain
        ? "\(verb) the whole passive range, each port to itself"
        : "\(verb) the whole passive range, each port to itself: under TLS no helper can do it (F04)"
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
