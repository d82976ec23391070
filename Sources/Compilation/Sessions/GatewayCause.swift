import Addressing
import Diagnostics
import FTPSession
import Nftables
import Platforms
import Policy

/// The line of a gateway's configuration that keeps a session from working, and how.
struct GatewayCause: Hashable {
  var place: SourceSpan
  /// What is wrong with the line, after "this line": a clause without a final period.
  var words: String
  /// The failure of the catalogue that people see.
  var failure: String?
  /// What mends the line, as an imperative sentence; `nil` where other lines are missing.
  var help: String?
}

/// All rules of a gateway, made ready when they are asked for: those that carry no session may be the ones that were
/// meant to.
final class WholeProgram {
  private let ruleset: Ruleset
  private(set) lazy var program = Program(ruleset)

  init(_ ruleset: Ruleset) { self.ruleset = ruleset }
}

/// Finds the line that was meant to carry a session that got lost.
struct CauseFinder {
  private let study: SessionStudy
  private let saved: SavedGateway
  private let everything: WholeProgram
  private let publication: Publication
  private let network: Network
  private let inside: String
  private let outside: String

  /// - Returns: `nil` for a publication without server.
  init?(
    _ study: SessionStudy, _ saved: SavedGateway, _ everything: WholeProgram, of publication: Publication
  ) {
    guard let server = study.policy.server(of: publication) else { return nil }
    self.study = study
    self.saved = saved
    self.everything = everything
    self.publication = publication
    let surroundings = SessionSurroundings(
      study.policy, publication, server, gatewayAddresses: study.gatewayAddresses,
      interfaces: study.interfaces(publication))
    (network, inside, outside) = (
      surroundings.network, surroundings.insideInterface, surroundings.outsideInterface
    )
  }

  /// Why a permitted session that a client opens a connection for does not work; `nil` where no line tells.
  func cause(of cell: SessionCell) -> GatewayCause? {
    guard let performance = cell.performance, case .lost(let subject, let loss) = performance.ending,
      !loss.isUndecided
    else { return nil }
    if case .answered = loss { return inspection(of: performance) }
    guard case .connection(let isData, _) = subject else { return nil }
    guard !(isData && cell.mode.isActive) else { return nil }
    guard let journey = journey(of: cell, performance.session, isData: isData) else { return nil }
    guard journey.isTranslated else { return stopped(journey, nil, loss) }
    guard let change = translation(of: performance, journey) else { return untranslated(journey) }
    return misled(change, journey) ?? stopped(journey, change.place, loss)
  }

  /// The line that lets in a client who is to be kept out; `nil` where no line names the server.
  func permit(of cell: SessionCell) -> SourceSpan? {
    guard let session = cell.performance?.session, let journey = journey(of: cell, session, isData: false) else {
      return nil
    }
    let permits = everything.program.nearMisses(
      of: lone(journey.wanted, journey, leaving: inside), at: .forward, in: network
    ).filter(\.unmet.isEmpty)
    // Where no line leads to the server, one that lets everything through is all there is to name.
    return (permits.first(where: \.namesDestination) ?? (journey.isTranslated ? nil : permits.first))?.place
  }

  private func journey(of cell: SessionCell, _ session: Session, isData: Bool) -> Journey? {
    guard let endpoint = study.policy.endpoints(of: publication).first(where: { $0.family == cell.family }),
      endpoint.reach != .local, let client = session.client.address(cell.family)
    else { return nil }
    let port = isData ? session.passivePort : session.dialledPort
    let original = Tuple(
      from: client, isData ? session.ports.data : session.ports.control, to: endpoint.arrival, port)
    return Journey(
      original: original,
      wanted: Tuple(
        from: client, original.sourcePort, to: endpoint.server, isData ? port : session.server.controlPort),
      input: cell.place == .inside ? inside : outside, isTranslated: endpoint.reach == .translated, isData: isData,
      isEncrypted: cell.encryption != .plain)
  }

  /// A connection, and where it should have got to.
  private struct Journey {
    var original: Tuple
    var wanted: Tuple
    var input: String
    var isTranslated: Bool
    var isData: Bool
    var isEncrypted: Bool
  }

  /// What became of a destination, and by which line.
  private struct Change {
    var address: IPAddress
    var port: UInt16
    var place: SourceSpan?
  }

  /// What the connection became; `nil` where nothing changed it.
  private func translation(
    of performance: Performance, _ journey: Journey
  ) -> Change? {
    for step in performance.steps.reversed() where step.from == .client && step.isData == journey.isData {
      for case .destinationTranslated(let address, let port, let citation) in step.events {
        return Change(address: address, port: port, place: citation?.provenance)
      }
    }
    return nil
  }

  /// The line that gives clear text answers in the place of the server.
  private func inspection(of performance: Performance) -> GatewayCause? {
    performance.helper?.citation.provenance.map { place in
      GatewayCause(
        place: place, words: "has the helper answer `AUTH TLS` itself", failure: "F61",
        help: "keep the helper off this connection, and forward the passive range")
    }
  }

  /// It was led elsewhere than to the server's port.
  private func misled(_ found: Change, _ journey: Journey) -> GatewayCause? {
    guard let place = found.place else { return nil }
    if found.address != journey.wanted.destination {
      return GatewayCause(
        place: place, words: "leads to \(found.address), and the server is \(journey.wanted.destination)",
        help: "lead it to \(journey.wanted.destination)")
    }
    guard found.port != journey.wanted.destinationPort else { return nil }
    return GatewayCause(
      place: place,
      words: "makes port \(found.port) of port \(journey.original.destinationPort)"
        + (journey.isData
          ? ", and passive ports must stay as they are" : ", and the server has \(journey.wanted.destinationPort)"),
      failure: journey.isData ? "F14" : nil,
      help: journey.isData
        ? "let each port of the range keep its number" : "lead it to port \(journey.wanted.destinationPort)")
  }

  private func lone(_ tuple: Tuple, _ journey: Journey, leaving output: String? = nil) -> LoneConnection {
    LoneConnection(original: journey.original, tuple: tuple, input: journey.input, output: output)
  }

  /// A line that would do it and is switched off.
  private func idleLine(_ lone: LoneConnection, isTranslation: Bool) -> GatewayCause? {
    for rule in saved.idle {
      guard let miss = everything.program.nearMiss(of: lone, rule.rule, table: rule.table, in: network),
        miss.isTranslation == isTranslation, miss.unmet.isEmpty
      else { continue }
      return GatewayCause(
        place: miss.place, words: "would \(isTranslation ? "translate" : "permit") it, but it \(rule.reason)",
        help: "switch this line on, where it is meant to hold")
    }
    return nil
  }

  /// Nothing leads it to the server.
  private func untranslated(_ journey: Journey) -> GatewayCause? {
    let before = lone(journey.original, journey)
    if let idle = idleLine(before, isTranslation: true) { return idle }
    let misses = everything.program.nearMisses(of: before, at: .prerouting, in: network)
      .filter { $0.target == journey.wanted.destination }
    if let miss = Self.best(misses, journey) {
      return GatewayCause(
        place: miss.place, words: "would translate it, but \(Self.complaint(miss, journey))",
        failure: miss.unmet == [.port] && journey.isData && journey.isEncrypted ? "F04" : nil,
        help: Self.help(miss, journey))
    }
    let after = lone(journey.wanted, journey, leaving: inside)
    let permits = everything.program.nearMisses(of: after, at: .forward, in: network)
    if let permit = permits.first(where: { $0.unmet.isEmpty && $0.namesDestination }) {
      return GatewayCause(place: permit.place, words: "permits it, and nothing translates its destination")
    }
    return nil
  }

  /// It is the server's, and is stopped on the way.
  ///
  /// - Parameter translation: The line that made it so.
  private func stopped(
    _ journey: Journey, _ translation: SourceSpan?, _ loss: Loss
  ) -> GatewayCause? {
    let after = lone(journey.wanted, journey, leaving: inside)
    if let idle = idleLine(after, isTranslation: false) { return idle }
    let permits = everything.program.nearMisses(of: after, at: .forward, in: network)
    let isPermitted = permits.contains { $0.unmet.isEmpty && $0.namesDestination }
    if let citation = loss.citation, let place = citation.provenance, isPermitted || citation.asksForEnds {
      return GatewayCause(
        place: place, words: isPermitted ? "stops it before the line that permits it" : "stops it",
        help: isPermitted
          ? "put the line that permits it before this one" : "let the published connections pass before this line")
    }
    if journey.isTranslated {
      let mapped = everything.program.nearMisses(
        of: lone(journey.original, journey, leaving: inside), at: .forward, in: network)
      if let miss = mapped.first(where: { $0.unmet.isEmpty && $0.namesDestination }) {
        return GatewayCause(
          place: miss.place,
          words: "permits the external address, and what is compared is the server's, after translation",
          help: "name \(journey.wanted.destination) in this line")
      }
    }
    let close = permits.filter {
      !$0.unmet.isEmpty && ($0.namesDestination || !journey.isData && $0.unmet == [.destination])
    }
    if let miss = Self.best(close, journey) {
      return GatewayCause(
        place: miss.place, words: "would permit it, but \(Self.complaint(miss, journey))",
        help: Self.help(miss, journey))
    }
    guard let place = translation, loss.citation != nil else { return nil }
    return GatewayCause(place: place, words: "translates it, and nothing permits it")
  }

  /// The one that lacks least: one condition, and rather a wrong protocol than other ports, of those the nearest.
  private static func best(_ misses: [NearMiss], _ journey: Journey) -> NearMiss? {
    let order: [NearMiss.Field] = [.transport, .interface, .family, .source, .port, .destination]
    for field in order {
      let close = misses.filter { $0.unmet == [field] }
      guard field == .port else {
        if let miss = close.first { return miss }
        continue
      }
      let ports = [Int(journey.original.destinationPort), Int(journey.wanted.destinationPort)]
      func distance(_ miss: NearMiss) -> Int {
        miss.ports.flatMap { range in
          ports.map { max(Int(range.low) - $0, $0 - Int(range.high), 0) }
        }.min() ?? .max
      }
      if let miss = close.min(by: { distance($0) < distance($1) }) { return miss }
    }
    return nil
  }

  private static func help(_ miss: NearMiss, _ journey: Journey) -> String? {
    switch miss.unmet.first {
    case .transport: "let the line be for TCP"
    case .interface: "let the line be for connections from \(journey.input)"
    case .source: "let the line be for the clients of `allow`"
    case .port where journey.isData:
      "let the line, or another one like it, be for the whole passive range, each port to itself"
    case .port:
      "let the line, or another one like it, be for port "
        + "\(miss.isTranslation ? journey.original.destinationPort : journey.wanted.destinationPort)"
    case .destination:
      "name \(miss.isTranslation ? journey.original.destination : journey.wanted.destination) in this line"
    default: nil
    }
  }

  private static func words(for ports: [PortRange]) -> String {
    guard let first = ports.first else { return "other ports" }
    let shown = ports.prefix(4).map { "\($0)" }.joined(separator: ", ")
    return (ports.count == 1 && first.count == 1 ? "port " : "ports ") + shown
      + (ports.count > 4 ? " and others" : "")
  }

  private static func complaint(_ miss: NearMiss, _ journey: Journey) -> String {
    switch miss.unmet.first {
    case .transport: "it is for another protocol than TCP"
    case .interface: "it is for other interfaces"
    case .family: "it is for another family of addresses"
    case .source: "it is not for this client, \(journey.original.source)"
    case .port:
      "it is for \(Self.words(for: miss.ports)), and not for \(miss.isTranslation ? journey.original.destinationPort : journey.wanted.destinationPort)"
    case .destination: "it is for another address"
    default: "its conditions do not hold"
    }
  }
}
