import Addressing
import Diagnostics
import Policy

/// Two publications that want different values of something that a server has once.
struct ScopeConflict {
  /// What it is, for example "passive range".
  var subject: String
  var first: (publication: Publication, span: SourceSpan)
  var second: (publication: Publication, span: SourceSpan)

  /// The differences between two services in what they would share.
  static func all(_ first: Service, _ second: Service, sharing shared: Capabilities.Shared) -> [ScopeConflict] {
    guard let one = first.publications.first, let other = second.publications.first else { return [] }
    var conflicts: [ScopeConflict] = []
    func add(_ subject: String, _ span: (Publication) -> SourceSpan?) {
      conflicts.append(
        ScopeConflict(
          subject: subject, first: (one, span(one) ?? one.header),
          second: (other, span(other) ?? other.header))
      )
    }
    if shared.contains(.range), first.passiveRange != second.passiveRange {
      add("passive range") { $0.passiveRange?.span }
    }
    if shared.contains(.masquerade), first.masquerade != second.masquerade {
      add("address in the 227 reply") { $0.external(.ipv4)?.span }
    }
    if shared.contains(.tls), !haveOnePolicy(first, second) {
      add("TLS mode") { $0.tls.span }
    }
    return conflicts
  }

  /// The differences between two services on the same port of the same address.
  static func all(onOnePort first: Service, _ second: Service) -> [ScopeConflict] {
    var conflicts = all(first, second, sharing: [.range, .masquerade, .tls])
    for (one, other) in zip(first.publications.prefix(1), second.publications.prefix(1)) {
      if first.allowsClearControl != second.allowsClearControl {
        conflicts.append(
          ScopeConflict(
            subject: "answer to CCC", first: (one, one.clearControl ?? one.tls.span ?? one.header),
            second: (other, other.clearControl ?? other.tls.span ?? other.header)))
      }
      if first.addresses != second.addresses {
        conflicts.append(
          ScopeConflict(subject: "set of addresses", first: (one, one.header), second: (other, other.header)))
      }
    }
    return conflicts
  }

  /// Whether one TLS policy serves both: the same mode, or implicit TLS on a port of its own beside explicit.
  private static func haveOnePolicy(_ first: Service, _ second: Service) -> Bool {
    if first.tls == second.tls { return true }
    guard first.port != second.port, first.tls.allowsTLS, second.tls.allowsTLS else { return false }
    return first.tls == .implicit || second.tls == .implicit
  }

  /// - Parameters:
  ///   - place: what has only one value, for example "port 21 of server `files`".
  ///   - help: the way out.
  func diagnostic(_ place: String, help: String) -> Diagnostic {
    let names = (first.publication.name.value, second.publication.name.value)
    return .error(
      "server-scope-conflict",
      "publications `\(names.0)` and `\(names.1)` want a different \(subject) of \(place), which has one",
      at: second.span, label: "wanted by `\(names.1)`",
      related: [Label(first.span, "wanted by `\(names.0)`")],
      help: help)
  }
}
