import Compilation
import Diagnostics
import Foundation
import Platforms
import Policy
import Testing

/// How many configurations and policies of a kind proofs of readers try: `SALLYPORT_PROVE_GATEWAYS`, a small sample
/// otherwise.
let gatewayProofSize = ProcessInfo.processInfo.environment["SALLYPORT_PROVE_GATEWAYS"].flatMap { Int($0) }

/// The audit of the configuration of a gateway, as a text, against a policy.
struct AuditedText {
  var found: [Diagnostic] = []
  var sources: SourceSet

  /// - Parameters:
  ///   - text: What the gateway saved.
  ///   - policy: An accepted policy with one gateway, of the platform of the text.
  init(_ text: String, against policy: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try self.init(text, against: compile(policy), sourceLocation: sourceLocation)
  }

  init(_ text: String, against compilation: Compilation, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try #require(compilation.isAccepted, "\(compilation.errors)", sourceLocation: sourceLocation)
    sources = compilation.sources
    let bytes = Array(text.utf8)
    let file = sources.add(SourceFile(name: "gateway.cfg", bytes: bytes))
    let saved = GatewayText(name: "gateway.cfg", bytes: bytes, file: file)
    let reader = try #require(Platforms.reader(of: saved), "no reader knows it", sourceLocation: sourceLocation)
    #expect(reader.platform == compilation.platform(of: 0).name, sourceLocation: sourceLocation)
    let gateway = reader.read(saved, GatewayContext(compilation.policy, gateway: 0))
    found = gateway.diagnostics
    guard !found.hasErrors else { return }
    found += compilation.audit(of: gateway, gateway: 0, file: saved.whole)
  }

  /// The lines of the configuration that a finding names: the one that it stands at, and the others that take part.
  func line(of diagnostic: Diagnostic) -> String {
    let own = diagnostic.primary.span
    let others = diagnostic.related.map(\.span).filter { $0.file == own.file }
    return ([own] + others).map { line(at: $0) }.joined(separator: "\n")
  }

  private func line(at span: SourceSpan) -> String {
    let bytes = sources[span.file].bytes
    let place = min(span.range.lowerBound, bytes.count)
    let start = bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
    return String(decoding: bytes[start..<max(start, end)], as: UTF8.self)
  }

  /// Each finding as `CODE: MESSAGE @ LINE`, for failing tests.
  var description: String {
    found.map { "\($0.code): \($0.message) @ \(line(of: $0))" }.joined(separator: "\n")
  }
}
