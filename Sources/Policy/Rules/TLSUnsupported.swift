package import Diagnostics
import PolicySyntax

/// TLS that the server program does not have: a mode, a mode on that port, or the way back to clear text.
package struct TLSUnsupported: PublishedRule {
  package init() {}

  package let code = "tls-mode-unsupported"
  package let severity = Severity.error

  package func check(_ published: Published, in context: RuleContext) -> Diagnostic? {
    Self.findings(published.publication, at: published.server).first
  }

  package func check(each published: ArraySlice<Published>, in context: RuleContext) -> [Diagnostic] {
    var found: [Diagnostic] = []
    for published in published {
      let findings = Self.findings(published.publication, at: published.server)
      if !findings.isEmpty { found += findings.map { context.policy.told($0, of: published.publication) } }
    }
    return found
  }

  /// What a publication asks of TLS that the program of its server does not have.
  package static func findings(_ publication: Publication, at server: Server) -> [Diagnostic] {
    guard let facts = server.software?.value.kind.facts else { return [] }
    let check = TLSCheck(publication: publication, server: server, facts: facts)
    // Most find nothing, and make no list of it.
    switch (check.mode(), check.clearControl()) {
    case (nil, nil): return []
    case (let mode, let clearControl): return [mode, clearControl].compactMap(\.self)
    }
  }
}

private struct TLSCheck {
  let publication: Publication
  let server: Server
  let facts: any ServerFacts.Type

  private var program: [Label] { .place(server.software?.span, "") }

  func mode() -> Diagnostic? {
    guard !publication.cannotTell(.tls) else { return nil }
    let mode = publication.tls.value
    guard let gap = facts.gap(at: mode) else { return port(mode) }
    let fixed = "tls \(gap.instead.rawValue)"
    return .error(
      "tls-mode-unsupported", gap.reason, at: publication.tlsSpan, related: program,
      help: publication.tls.span == nil ? "add `\(fixed)`" : "write `\(fixed)`",
      fixes: publication.tls.span.map { [.replace($0, with: fixed, "write `\(fixed)`", .unsafe)] } ?? [])
  }

  /// A program whose port alone decides about implicit TLS.
  private func port(_ mode: TLSMode) -> Diagnostic? {
    let port = publication.controlPort.value
    guard let implicit = facts.implicitPort, (mode == .implicit) != (port.server == implicit),
      !publication.cannotTell(.controlPort)
    else { return nil }
    let isImplicit = mode == .implicit
    let fixed = "control port \(port.external) -> \(isImplicit ? implicit : 21)"
    return .error(
      "tls-mode-unsupported",
      isImplicit
        ? "\(facts.title) has implicit TLS on its port \(implicit) alone, and not on \(port.server)"
        : "\(facts.title) takes its port \(implicit) for implicit TLS, and this is `tls \(mode.rawValue)`",
      at: publication.controlSpan, related: .place(publication.tls.span, "this TLS mode"),
      help: "write `\(fixed)`" + (isImplicit ? ", or `tls explicit required`" : ", or `tls implicit`"),
      fixes: publication.controlPort.span.map { [.replace($0, with: fixed, "write `\(fixed)`", .unsafe)] } ?? [])
  }

  /// `clear-control` for a program that does not know CCC.
  func clearControl() -> Diagnostic? {
    guard let span = publication.clearControl, facts.clearControl == .unsupported else { return nil }
    return .error(
      "clear-control-unsupported", "\(facts.title) does not know CCC, so the control connection stays encrypted",
      at: span, related: program, help: "remove `clear-control` and open a passive range",
      fixes: [.replace(span, with: "", "remove `clear-control`", .unsafe)])
  }
}
