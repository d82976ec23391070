import Addressing
package import Diagnostics
import PolicySyntax

/// A `reach` of a publication that does not fit it.
package struct ReachOtherEnd: ReachRule {
  package init() {}

  package let code = "reach-other-end"
  package let severity = Severity.error

  package func check(_ reach: Outreach, in context: RuleContext) -> [Diagnostic] {
    guard let publication = context.policy.publication(of: reach) else { return [] }
    let span = reach.publication?.span ?? reach.serverSpan ?? reach.header
    let name = publication.name.value
    let passed = reach.gateway.map { context.policy.path(to: $0) } ?? []
    let own = publication.gateway.map { context.policy.path(to: $0) } ?? []
    if publication.gateway != reach.gateway, let shared = own.last(where: passed.contains) {
      let gateway = context.policy.gateway(at: shared)?.name.value ?? ""
      return [
        diagnostic(
          "users of `\(reach.name.value)` pass gateway `\(gateway)` on their way out, and `\(name)` lets clients in there from "
            + "outside alone", at: span, related: [Label(publication.header, "the publication")],
          help:
            "have them dial the address that the next gateway inwards has, with `server ADDRESS` in place of `publication`"
        )
      ]
    }
    // Users who dial an address of their own gateway: `reach-server-unusable`.
    if publication.gateway == reach.gateway, reach.publication != nil, !publication.cannotTell(.gateway),
      !reach.cannotTell(.gateway)
    {
      return [
        diagnostic(
          "`\(name)` is published on the gateway behind which the users of `\(reach.name.value)` are", at: span,
          related: [Label(publication.header, "the publication")],
          help:
            "clients inside use it with `hairpin on` in the publication; a `reach` is for users behind another one"
        )
      ]
    }
    return reach.publication == nil
      ? misfits(reach, publication) : differences(reach, publication) + active(reach, publication)
  }

  /// Statements that say other than the publication does.
  private func differences(_ reach: Outreach, _ publication: Publication) -> [Diagnostic] {
    let (parts, name) = (reach.parts, publication.name.value)
    var found: [Diagnostic] = []
    func add(_ word: ReachWord, _ span: SourceSpan?, _ said: String, _ other: SourceSpan?) {
      guard let span, word.published.map({ publication.cannotTell($0) }) != true else { return }
      found.append(
        diagnostic(
          "`\(word.spelling)` of `\(name)` is \(said)", at: span, related: .place(other, "the publication says it"),
          help: "leave the statement out: it comes from the publication"))
    }
    let port = publication.controlPort
    if parts.controlPort.map({ $0.value != port.value.external }) == true {
      add(.controlPort, parts.controlPort?.span, "\(port.value.external)", port.span)
    }
    if parts.range.map({ $0.value.ports != publication.passiveRange?.value }) == true {
      add(
        .passiveRange, parts.range?.span, publication.passiveRange.map { "\($0.value)" } ?? "not there",
        publication.passiveRange?.span)
    }
    if parts.tls.map({ $0.value != publication.tls.value }) == true {
      add(.tls, parts.tls?.span, "`\(publication.tls.value.rawValue)`", publication.tls.span)
    }
    return found
  }

  /// What a `reach` says that has the address of a publication in place of its name, and that does not go with it.
  private func misfits(_ reach: Outreach, _ publication: Publication) -> [Diagnostic] {
    guard let access = reach.accesses.first else { return [] }
    let name = publication.name.value
    let place = reach.serverSpan ?? reach.header
    func misfit(_ what: String, at span: SourceSpan?, _ other: SourceSpan?) -> Diagnostic {
      diagnostic(
        "`\(reach.name.value)` dials the publication `\(name)`, and \(what)", at: span ?? place,
        related: [Label(other ?? publication.header, "the publication says it")],
        help: "write `publication \(name)` in place of `server`: the rest comes from the publication")
    }
    var found: [Diagnostic] = []
    if let range = publication.passiveRange, let own = access.passiveRange, !publication.cannotTell(.passiveRange),
      own.value.low > range.value.low || own.value.high < range.value.high
    {
      found.append(misfit("its data connections go to \(range.value)", at: own.span, range.span))
    }
    let (wanted, promised) = (access.tls.value, publication.tls.value)
    if !publication.cannotTell(.tls),
      wanted.allowsPlain && !promised.allowsPlain || wanted.allowsTLS && !promised.allowsTLS
    {
      found.append(
        misfit(
          "that says `tls \(promised.rawValue)`, not `\(wanted.rawValue)`", at: access.tls.span, publication.tls.span)
      )
    }
    return found
  }

  private func active(_ reach: Outreach, _ publication: Publication) -> [Diagnostic] {
    guard reach.active.value, !publication.active.value, !publication.cannotTell(.active),
      let span = reach.active.span
    else { return [] }
    return [
      diagnostic(
        "`\(publication.name.value)` does not mean active mode to work", at: span,
        related: .place(publication.active.span, "it is off here"),
        help: "write `active off`; passive mode serves every user")
    ]
  }
}
