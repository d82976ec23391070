import Addressing
import Compilation
import Diagnosis
import Diagnostics
import Policy
import PolicySyntax

/// A publication, as `diagnose` and `probe` need it.
struct Published {
  var publication: Publication
  var compilation: Compilation

  var facts: PublishedFacts {
    let server = publication.server.flatMap { index in
      compilation.policy.servers.indices.contains(index) ? compilation.policy.servers[index] : nil
    }
    return PublishedFacts(
      externalAddresses: publication.externalAddresses.map(\.dialled.value),
      serverAddresses: server?.addresses.map(\.value) ?? [],
      controlPort: publication.controlPort.value.external, passiveRange: publication.passiveRange?.value,
      hasHelper: publication.helper.value, hasActive: publication.active.value)
  }

  /// `FILE:LINE: STATEMENT`, or what is missing in the publication.
  func statement(_ found: Found) -> String? {
    guard let word = found.word else { return nil }
    let locate = compilation.statementLocator()
    let span: SourceSpan? =
      switch word {
      case .externalIP: publication.externalAddresses.first?.dialled.span
      case .passiveRange: publication.passiveRange?.span
      case .tls: publication.tls.span
      case .helper: publication.helper.span
      case .active: publication.active.span
      case .source: publication.source.span
      case .limit: publication.limits.first?.span
      case .controlPort: publication.controlPort.span
      default: nil
      }
    return span.map { "`\(word.rawValue)`, \(locate($0))" }
      ?? "`\(word.rawValue)` is not set, \(locate(publication.header))"
  }
}
