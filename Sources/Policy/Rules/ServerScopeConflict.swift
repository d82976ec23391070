package import Diagnostics

/// Two publications want different values of something that their server has once.
package struct ServerScopeConflict: PolicyRule {
  package init() {}

  package let code = "server-scope-conflict"
  package let severity = Severity.error

  /// The first publication of a scope that wants something.
  private struct First {
    var subject: ServerSubject
    var published: Published
    var wish: ServerWish
  }

  package func check(_ context: RuleContext) -> [Diagnostic] {
    var firsts: [ServerScope: [First]] = [:]
    var diagnostics: [Diagnostic] = []
    for published in context.published where context.sharesServer(published) {
      let wishes = ServerSubject.allCases.compactMap { subject in
        published.wish(subject, in: context.policy).map {
          First(subject: subject, published: published, wish: $0)
        }
      }
      var reported: Set<ServerSubject> = []
      for scope in ServerScope.all(of: published) {
        let known = firsts[scope] ?? []
        let shared = wishes.filter { scope.shares($0.subject, published.software) }
        firsts[scope] = known + shared.filter { wish in !known.contains { $0.subject == wish.subject } }
        for wish in shared {
          guard let first = known.first(where: { $0.subject == wish.subject }),
            differ(first.wish, wish.wish, in: scope, published.software),
            reported.insert(wish.subject).inserted
          else { continue }
          diagnostics.append(conflict(wish.subject, first.published, published, scope))
        }
      }
    }
    return diagnostics
  }

  /// Whether one server cannot fulfil both. Some have implicit TLS on a port of its own, beside explicit TLS.
  private func differ(
    _ first: ServerWish, _ second: ServerWish, in scope: ServerScope, _ software: SoftwareKind?
  ) -> Bool {
    guard first != second else { return false }
    guard case .daemon = scope, software?.facts.hasImplicitBesideExplicit == true, case .tls(let one, _) = first,
      case .tls(let other, _) = second
    else { return true }
    return one != .implicit && other != .implicit
  }

  private func conflict(
    _ subject: ServerSubject, _ first: Published, _ second: Published, _ scope: ServerScope
  ) -> Diagnostic {
    var spans = (first.span(of: subject), second.span(of: subject))
    if spans.0 == spans.1 { spans = (first.publication.header, second.publication.header) }
    return diagnostic(
      "`\(first.name)` and `\(second.name)` want different \(subject.title) of \(place(scope, second)), "
        + "which has one",
      at: spans.1, label: "wanted by `\(second.name)`",
      related: [Label(spans.0, "wanted by `\(first.name)`")], help: help(subject, scope, second))
  }

  private func place(_ scope: ServerScope, _ published: Published) -> String {
    let server = "server `\(published.server.name.value)`"
    switch scope {
    case .socket, .port: return "port \(published.publication.controlPort.value.server) of \(server)"
    case .daemon where published.software?.facts.hasSites == true: return "the site of \(server)"
    case .daemon: return "\(server), a single \(published.software?.title ?? "") daemon"
    case .machine: return "the \(published.software?.title ?? "program") of \(server)"
    }
  }

  private func help(_ subject: ServerSubject, _ scope: ServerScope, _ published: Published) -> String {
    let same = "give both the same value"
    if case .machine = scope { return same }
    let facts = published.software?.facts ?? UnknownServer.self
    return facts.separation(of: subject).map { "\(same), or \($0)" } ?? same
  }
}
