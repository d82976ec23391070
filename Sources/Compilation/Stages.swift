package import Diagnostics
import Flows
import Parallel
import Platforms
package import Policy
import PolicySyntax
import Servers

/// Trees whose names and statements have their meaning, before any rule has looked at it.
package struct ResolvedSources: Sendable {
  package let loaded: LoadedSources
  package let policy: Policy
  /// What is wrong with includes, syntax and meaning.
  package let diagnostics: [Diagnostic]

  package init(_ loaded: LoadedSources) {
    let resolved = resolveWithKnownKinds(
      loaded.trees, includers: loaded.includers, otherIncluders: loaded.otherIncluders)
    self.loaded = loaded
    policy = resolved.policy
    diagnostics = loaded.diagnostics + loaded.trees.flatMap(\.diagnostics) + resolved.diagnostics
  }
}

/// A policy that was judged: by rules, by what platforms and servers can do, and by the sessions that it permits.
package struct JudgedSources: Sendable {
  package let policy: Policy
  let validated: ValidatedPolicy
  /// Everything that was found, in the order of the text, after `# allow:` comments.
  package let diagnostics: [Diagnostic]
  /// Whether configurations of its gateways can be written.
  let isWritable: Bool

  /// - Parameter writes: Whether configurations of gateways are to be written. What only keeps them from being written
  ///   is no finding otherwise.
  package init(_ resolved: ResolvedSources, writes: Bool = true) {
    let loaded = resolved.loaded
    let validated = validate(resolved.policy)
    var found = resolved.diagnostics + validated.diagnostics.filter { !$0.isAboutOthers(than: loaded.rootCount) }
    // A file that is missing may declare and use any name.
    if loaded.isIncomplete { found.removeAll(where: \.dependsOnOtherFiles) }
    // Each of these looks at a policy that is in order so far; sessions are played for servers that can be told their
    // part.
    found += resolved.policy.unknownPlatforms + resolved.policy.platformInputs
    if !found.hasErrors(besides: writes ? nil : .writing) { found += resolved.policy.platformFindings }
    isWritable = !found.contains { $0.origin == .writing && $0.severity == .error }
    if !writes { found.removeAll { $0.origin == .writing } }
    if !found.hasErrors, isWritable {
      let (ofServers, ofSessions) = together(
        worthIt: resolved.policy.publications.count >= 1000,
        { Emitters.findings(resolved.policy) }, { resolved.policy.sessionFindings })
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

extension [Diagnostic] {
  /// Whether one of them is an error, without those of one origin.
  fileprivate func hasErrors(besides origin: Diagnostic.Origin?) -> Bool {
    contains { $0.severity == .error && $0.origin != origin }
  }
}

extension Diagnostic {
  /// Whether another file could make it untrue.
  var dependsOnOtherFiles: Bool { origin == .undeclaredName || origin == .unusedName }

  /// Whether it calls something unused that an included file declares: other policies that include the file may use it.
  fileprivate func isAboutOthers(than rootCount: Int) -> Bool {
    origin == .unusedName && Int(primary.span.file.index) >= rootCount
  }
}

extension Policy {
  /// What a gateway is.
  func platform(of gateway: Int?) -> any Platform {
    self.gateway(at: gateway)?.platform
      .flatMap { Platforms.named($0.name.value) } ?? Platforms.standard
  }

  /// Sessions that it permits, of publications and of users behind gateways, and that do not work.
  fileprivate var sessionFindings: [Diagnostic] {
    SessionCheck(self).findings() + (reaches.isEmpty ? [] : SessionCheck(outbound).findings())
  }

  /// Platforms that there are not, or not in that version.
  fileprivate var unknownPlatforms: [Diagnostic] {
    gateways.compactMap(\.platform).compactMap { choice in
      let name = choice.name.value
      guard let platform = Platforms.named(name) else {
        let known = Platforms.all.map(\.name)
        let suggestion = nearest(to: name, among: known)
        return .error(
          "unknown-platform", "no configuration can be written for `\(name)`", at: choice.name.span,
          help: suggestion.map { "did you mean `\($0)`?" }
            ?? "write one of \(listed(known)), or leave the statement out for `\(Platforms.standard.name)`",
          fixes: suggestion.map { [.replace(choice.name.span, with: $0, "write `\($0)`", .unsafe)] } ?? [])
      }
      guard let version = choice.version, !platform.knows(version: version.value) else { return nil }
      return .error(
        "unknown-platform", "`\(version.value)` is no version of `\(name)` for which a configuration can be written",
        at: version.span,
        help: platform.versions.map {
          "they are written for \($0); for another one write `platform \(Platforms.lastResort.name)`, which tells people "
            + "what to permit, or publish on another gateway"
        } ?? "leave the version out: `\(name)` has none")
    }
  }

  /// What is wrong with what gateways say for the sake of their platforms. Where nothing was said that could be wrong,
  /// nothing is looked at.
  fileprivate var platformInputs: [Diagnostic] {
    gateways.indices.flatMap { position -> [Diagnostic] in
      let gateway = gateways[position]
      guard gateway.platform.map({ Platforms.named($0.name.value) != nil }) ?? true,
        !gateway.unreadable.contains(.platform)
      else { return [] }
      let plan = FlowPlan(of: gateway)
      return Platforms.inputFindings(plan, on: platform(of: position)).filter { finding in
        // What another statement was meant to say is not missing.
        gateway.unreadable.isEmpty || finding.primary.span != gateway.platform?.name.span
      }
    }
  }

  /// What the platforms of the gateways cannot do, and of which sessions nothing is known.
  fileprivate var platformFindings: [Diagnostic] {
    gatewayPositions.flatMap { gateway -> [Diagnostic] in
      let platform = platform(of: gateway)
      guard !(platform is any TablePlatform) else { return [] }
      let plan = FlowPlan(self, gateway: gateway).asked(of: platform)
      let found = Platforms.findings(plan, on: platform) + Platforms.omissionFindings(plan, on: platform)
      guard !found.hasErrors, !(platform is any SessionPlatform) else { return found }
      return found + [notPlayed(gateway, platform)].compactMap(\.self)
    }
  }

  /// That nothing is said about the sessions through a gateway.
  private func notPlayed(_ gateway: Int?, _ platform: any Platform) -> Diagnostic? {
    guard let gateway = gateway.map({ gateways[$0] }), let choice = gateway.platform else { return nil }
    return Diagnostic(
      .note, "sessions-not-played",
      "sessions through `\(gateway.name.value)` are not played: nobody knows what \(platform.name) makes of them",
      at: choice.name.span)
  }
}
