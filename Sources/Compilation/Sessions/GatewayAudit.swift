import Addressing
package import Diagnostics
import FTPSession
import Nftables
package import Platforms
import Policy

extension Compilation {
  /// What the rules of a gateway, read from a file, do to the sessions of the policy, of clients outside and of users
  /// behind it: those that it permits and that have no path, those of which nobody knows, and clients who get in
  /// although it keeps them out. The sessions are played; of large policies those of one publication of each kind.
  ///
  /// - Parameters:
  ///   - saved: What the gateway's files say, all its rules.
  ///   - gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  ///   - file: What stands for the file where no line of it is to blame.
  package func audit(of saved: SavedGateway, gateway: Int?, file: SourceSpan) -> [Diagnostic] {
    guard !policy.hasHops else { return seen(from: gateway).audit(of: saved, gateway: gateway, file: file) }
    let rules = AuditedRules(saved, gateway: gateway, file: file, GatewayMending(self, gateway: gateway))
    let published = policy.audited(rules)
    var found = published.findings.diagnostics + policy.lostServers(saved, gateway: gateway)
    // Another door to a server is told where each publication was looked at by itself.
    if !published.findings.hasDoubts, published.isOneByOne {
      found += unexpectedDoors(in: saved.ruleset, gateway: gateway, besides: published.findings.used).map { place in
        .warning(
          "gateway-remark", "this leads to a published server as well, and no session of the policy comes this way",
          at: place, help: "see whom it lets in, or take it away")
      }
    }
    found += [published.unjudgedFinding(file)].compactMap(\.self)
    if policy.hasReaches(through: gateway) {
      let outbound = policy.outbound
      let reached = outbound.audited(rules)
      found += reached.findings.diagnostics + outbound.lostServers(saved, gateway: gateway)
      found += [reached.unjudgedFinding(file)].compactMap(\.self)
    }
    return found.map { $0.from(.audit) }.inSourceOrder()
  }

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

/// The rules of a gateway, made ready for an audit.
private final class AuditedRules {
  let saved: SavedGateway
  let gateway: Int?
  let file: SourceSpan
  let mending: GatewayMending
  let everything: WholeProgram

  init(_ saved: SavedGateway, gateway: Int?, file: SourceSpan, _ mending: GatewayMending) {
    (self.saved, self.gateway, self.file, self.mending) = (saved, gateway, file, mending)
    everything = WholeProgram(saved.ruleset)
  }
}

/// What an audit finds in one direction.
private struct Audited {
  var findings: GatewayFindings
  /// Whether each publication was played itself.
  var isOneByOne: Bool
  /// Publications that were not looked at.
  var unjudged: Int

  func unjudgedFinding(_ file: SourceSpan) -> Diagnostic? {
    guard unjudged > 0 else { return nil }
    return .warning(
      "gateway-undecided",
      "the rules tell publications apart in so many ways that \(unjudged) of them were not looked at", at: file,
      help: "audit a policy with fewer publications")
  }
}

extension Policy {
  /// Plays the sessions of publications that a gateway carries out; for a policy that is outbound those of users behind
  /// it.
  fileprivate func audited(_ rules: AuditedRules) -> Audited {
    let ruleset = rules.saved.ruleset
    let borders = publications.count > SessionCheck.few ? RuleBorders(ruleset.tables, []) : nil
    let kinds = SessionCheck(self).kinds(behind: rules.gateway) {
      borders?.place(of: publications[$0], in: self) ?? []
    }
    let outside: [String?] = gateway(at: rules.gateway)?.outside.map(\.value) ?? []
    var findings = GatewayFindings(
      file: rules.file, declarations: rules.saved.declarations, mending: rules.mending, isOfUsers: isOutbound)
    for kind in kinds.judged {
      let publication = publications[kind.first]
      let relevant = SessionReach(of: publication, in: self).relevant(in: ruleset)
      guard relevant.judgedSize <= mostJudgedByAudit else {
        findings.add(tooLarge: relevant.judgedSize, for: publication)
        continue
      }
      for interface in outside.isEmpty ? [nil] : outside {
        play(publication, alike: kind.count - 1, relevant, from: interface, rules, &findings)
      }
    }
    return Audited(
      findings: findings, isOneByOne: kinds.unjudged == 0 && kinds.judged.allSatisfy { $0.count == 1 },
      unjudged: kinds.unjudged)
  }

  /// Plays the sessions of one publication whose clients come in on one interface.
  private func play(
    _ publication: Publication, alike: Int, _ relevant: Ruleset, from interface: String?, _ rules: AuditedRules,
    _ findings: inout GatewayFindings
  ) {
    var study = SessionStudy(self, of: publication, underSaved: relevant)
    study.interfaces = { _ in (interface, nil) }
    let table = study.table(of: publication)
    let finder = CauseFinder(study, rules.saved, rules.everything, of: publication)
    let atBest =
      table.cells.contains { $0.isPermitted && $0.outcome == .undecided }
      ? self.atBest(publication, relevant, interface) : nil
    let passing = PassingElements(self, publication, relevant) { $0.interfaces = { _ in (interface, nil) } }
    for played in table.cells {
      let cell = passing?.judged(played) ?? played
      let known = atBest?.cells.first { $0.title == cell.title && $0.outcome == .broken }
      findings.add(cell.outcome == .undecided ? known ?? cell : cell, of: publication, alike: alike, finder)
    }
    for note in table.notes { findings.add(note: note, of: publication) }
  }

  /// The sessions of a publication where the device's helper hurts nobody: what fails even so is no open question.
  /// `nil` where no helper is in doubt.
  private func atBest(_ publication: Publication, _ relevant: Ruleset, _ interface: String?) -> SessionTable? {
    guard let harmless = DeviceHelpers.harmless(relevant) else { return nil }
    var study = SessionStudy(self, of: publication, underSaved: harmless)
    study.interfaces = { _ in (interface, nil) }
    return study.table(of: publication)
  }
}

/// Rules and elements of sets that one publication is judged by at most; beyond that it takes longer than anybody
/// waits.
let mostJudgedByAudit = 12_000

extension Ruleset {
  fileprivate var judgedSize: Int {
    tables.reduce(ipSets.reduce(0) { $0 + $1.elements.count }) { sum, table in
      table.chains.reduce(table.sets.reduce(sum) { $0 + $1.elements.count }) { $0 + $1.rules.count }
    }
  }
}
