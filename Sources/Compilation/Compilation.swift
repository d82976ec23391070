package import Diagnostics
package import Flows
package import Nftables
import Parallel
package import Platforms
package import Policy
package import PolicySyntax
import Servers

/// One policy on its way from sources to output: the one pipeline behind every command. The stages before it are values
/// of their own: `LoadedSources`, `ResolvedSources`, `JudgedSources`.
package struct Compilation: Sendable {
  package private(set) var sources: SourceSet
  package let trees: [PolicyFileSyntax]
  package private(set) var policy: Policy
  /// What the rules were told and found.
  private let validated: ValidatedPolicy
  /// Everything that is wrong or worth a warning, in the order of the text, after `# allow:` comments.
  package let diagnostics: [Diagnostic]

  /// Whether configurations of its gateways are to be written.
  let writes: Bool
  /// Whether they can be written.
  let isWritable: Bool

  /// - Parameter writes: Whether configurations of gateways are to be written. Whoever reads those that are there needs
  ///   nothing of what platforms ask for besides.
  package init(_ loaded: LoadedSources, writes: Bool = true) {
    let judged = JudgedSources(ResolvedSources(loaded), writes: writes)
    self.writes = writes
    isWritable = judged.isWritable
    sources = loaded.sources
    trees = loaded.trees
    policy = judged.policy
    validated = judged.validated
    diagnostics =
      judged.diagnostics.hasErrors ? Self.asMeant(loaded, judged, writes: writes) : judged.diagnostics
  }

  /// The findings about a policy with errors once what comes from other languages is told as such.
  private static func asMeant(_ loaded: LoadedSources, _ judged: JudgedSources, writes: Bool) -> [Diagnostic] {
    guard let second = SecondReading(loaded) else { return judged.diagnostics }
    var others = JudgedSources(ResolvedSources(second.loaded), writes: writes).diagnostics
    if second.isBlind { others.removeAll(where: \.dependsOnOtherFiles) }
    let found = (second.slips + second.inPlace(others)).inSourceOrder()
    // Two names may have differed in what was taken for a slip.
    func clashes(_ diagnostics: [Diagnostic]) -> Bool { diagnostics.contains { $0.origin == .duplicateName } }
    if clashes(others), !clashes(judged.diagnostics) { return judged.diagnostics }
    func errors(_ diagnostics: [Diagnostic]) -> Int { diagnostics.count { $0.severity == .error } }
    return second.isBlind || errors(found) <= errors(judged.diagnostics) ? found : judged.diagnostics
  }

  /// Whether the policy may be turned into anything.
  package var isAccepted: Bool { !diagnostics.hasErrors }

  /// What must happen to the traffic at one gateway.
  ///
  /// - Parameter gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  package func flows(gateway: Int?) -> FlowPlan {
    FlowPlan(policy, gateway: gateway).asked(of: platform(of: gateway))
  }

  /// What a gateway is.
  package func platform(of gateway: Int?) -> any Platform { policy.platform(of: gateway) }

  /// The positions of the gateways that are the machine on which their servers run.
  package var hostGateways: Set<Int> {
    Set(policy.gateways.indices.filter { platform(of: $0).guardsServerHost })
  }

  /// The platform of a gateway where its rules are a table of ours; else `nil`.
  package func tablePlatform(of gateway: Int?) -> (any TablePlatform)? {
    platform(of: gateway) as? any TablePlatform
  }

  /// The table of our own that a gateway has as nftables.
  package func table(gateway: Int?) -> Table { Platforms.nftables.table(of: flows(gateway: gateway)) }

  /// The rules that packets meet at a gateway; `nil` where its platform cannot be played.
  package func ruleset(gateway: Int?) -> Ruleset? {
    (platform(of: gateway) as? any SessionPlatform)?.ruleset(of: flows(gateway: gateway))
  }

  /// What was made of the text, and takes long to free.
  package var madeOfText: [any Sendable] { [policy, validated, diagnostics] }

  /// The same, of whose rules some stand in other files.
  ///
  /// - Parameter sources: The files of the policy, and after them those files.
  package func beside(_ sources: SourceSet) -> Compilation {
    var compilation = self
    compilation.sources = sources
    return compilation
  }

  /// The policy as one gateway carries it out, where publications pass several; see `Policy.seen(from:)`.
  package func seen(from gateway: Int?) -> Compilation {
    guard policy.hasHops else { return self }
    var compilation = self
    compilation.policy = policy.seen(from: gateway)
    return compilation
  }

  /// The same with another policy in the place of its own, which is a part of it.
  func holding(_ part: Policy) -> Compilation {
    var compilation = self
    compilation.policy = part
    return compilation
  }

  /// `FILE:LINE` of a span, for comments in what is generated; each file is indexed once.
  package func locator() -> (SourceSpan) -> String {
    let indexes = sources.files.map { LineIndex($0) }
    return { span in
      let file = Int(span.file.index)
      let line = indexes.indices.contains(file) ? indexes[file].line(of: span.range.lowerBound) : 1
      return "\(sources[span.file].name):\(line)"
    }
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
