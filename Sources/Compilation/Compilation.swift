package import Diagnostics
import Lowering
package import Nftables
import Parallel
package import Policy
package import PolicySyntax
import Servers

/// One policy on its way from sources to output: the one pipeline behind every command.
package struct Compilation: Sendable {
  package let sources: SourceSet
  package let trees: [PolicyFileSyntax]
  package let policy: Policy
  /// What the rules were told and found.
  private let validated: ValidatedPolicy
  /// Everything that is wrong or worth a warning, in the order of the text, after `# allow:` comments.
  package let diagnostics: [Diagnostic]

  package init(_ loaded: LoadedSources) {
    let reading = Reading(loaded)
    sources = loaded.sources
    trees = loaded.trees
    policy = reading.policy
    validated = reading.validated
    diagnostics = reading.diagnostics.hasErrors ? Self.asMeant(loaded, reading) : reading.diagnostics
  }

  /// The findings about a policy with errors once what comes from other languages is told as such.
  private static func asMeant(_ loaded: LoadedSources, _ reading: Reading) -> [Diagnostic] {
    guard let second = SecondReading(loaded) else { return reading.diagnostics }
    var others = Reading(second.loaded).diagnostics
    if second.isBlind { others.removeAll(where: \.isAboutNames) }
    let found = (second.slips + second.inPlace(others)).inSourceOrder()
    // Two names may have differed in what was taken for a slip.
    func clashes(_ diagnostics: [Diagnostic]) -> Bool { diagnostics.contains { $0.code == "duplicate-name" } }
    if clashes(others), !clashes(reading.diagnostics) { return reading.diagnostics }
    func errors(_ diagnostics: [Diagnostic]) -> Int { diagnostics.count { $0.severity == .error } }
    return second.isBlind || errors(found) <= errors(reading.diagnostics) ? found : reading.diagnostics
  }

  /// Whether the policy may be turned into anything.
  package var isAccepted: Bool { !diagnostics.hasErrors }

  /// The name of the table that every policy compiles to.
  package static var tableName: String { ownTableName }

  /// The table of one gateway.
  ///
  /// - Parameters:
  ///   - gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  ///   - keep: Is given what the table is made of. Whoever keeps it does not wait until all of that is taken apart.
  package func table(gateway: Int?, keeping keep: (any Sendable) -> Void = { _ in }) -> Table {
    lowering(gateway: gateway)(keep)
  }

  /// What makes the table of one gateway. It does not hold the text of the policy, whose room can be used again.
  package func lowering(gateway: Int?) -> (_ keep: (any Sendable) -> Void) -> Table {
    let policy = policy
    return { lower(policy, gateway: gateway, keeping: $0) }
  }

  /// What was made of the text, and takes long to take apart.
  package var madeOfText: [any Sendable] { [policy, validated, diagnostics] }

  /// `FILE:LINE` of a span, for comments in what is generated; each file is indexed once.
  package func locator() -> (SourceSpan) -> String {
    let indexes = trees.map { LineIndex($0.source) }
    return { span in
      let file = Int(span.file.index)
      let line = indexes.indices.contains(file) ? indexes[file].line(of: span.range.lowerBound) : 1
      return "\(sources[span.file].name):\(line)"
    }
  }
}

/// What trees mean, and what is wrong with that.
private struct Reading {
  let policy: Policy
  let validated: ValidatedPolicy
  let diagnostics: [Diagnostic]

  init(_ loaded: LoadedSources) {
    let resolved = resolve(loaded.trees, programs: ServerPrograms.all)
    let syntax = loaded.diagnostics + loaded.trees.flatMap(\.diagnostics) + resolved.diagnostics
    let validated = validate(resolved.policy)
    var found = syntax + validated.diagnostics.filter { !$0.isAboutOthers(than: loaded.rootCount) }
    // A file that is missing may declare and use any name.
    if loaded.isIncomplete { found.removeAll(where: \.isAboutNames) }
    if !found.hasErrors {
      // Both look at a policy that is in order; sessions are played for servers that can be told their part.
      let (ofServers, ofSessions) = together(
        worthIt: resolved.policy.publications.count >= 1000,
        { Emitters.findings(resolved.policy) }, { SessionCheck(resolved.policy).findings() })
      // Notes are for those who write the settings.
      found += ofServers.filter { $0.severity > .note }
      if !found.hasErrors { found += ofSessions }
    }
    policy = resolved.policy
    self.validated = validated
    applyAllowComments(to: &found, of: loaded.trees)
    diagnostics = found.inSourceOrder()
  }
}

extension Diagnostic {
  /// Whether another file could make it untrue.
  fileprivate var isAboutNames: Bool { code == "unknown-name" || code == "unused-declaration" }

  /// Whether it calls something unused that an included file declares: other policies that include the file may use it.
  fileprivate func isAboutOthers(than rootCount: Int) -> Bool {
    code == "unused-declaration" && Int(primary.span.file.index) >= rootCount
  }
}

/// Which gateway a command is about.
package enum GatewayChoice: Error, Hashable, Sendable {
  case unknown(String, known: [String])
  case ambiguous([String])
}

extension Compilation {
  /// The position of the gateway of that name; without a name the only one, or `nil` when there is none.
  package func gateway(named name: String?) throws(GatewayChoice) -> Int? {
    let known = policy.gateways.map(\.name.value)
    guard let name else {
      guard known.count <= 1 else { throw .ambiguous(known) }
      return known.isEmpty ? nil : 0
    }
    guard let index = known.firstIndex(of: name) else { throw .unknown(name, known: known) }
    return index
  }
}

extension GatewayChoice: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknown(let name, let known) where known.isEmpty:
      "there is no gateway `\(name)`: the policy declares none"
    case .unknown(let name, let known): Diagnostics.unknown("gateway", name, among: known)
    case .ambiguous(let known): "the policy has several gateways; choose one with --gateway: \(listed(known))"
    }
  }
}
