import Platforms
import Policy
import PolicySyntax
import Servers

/// Gives trees their meaning, with every server program and every platform that there is.
func resolveWithKnownKinds(_ trees: [PolicyFileSyntax]) -> ResolvedPolicy {
  resolve(trees, programs: ServerPrograms.all, platforms: factsOfPlatforms)
}

private let factsOfPlatforms = Dictionary(
  Platforms.all.map { platform in
    (
      platform.name,
      platform.isLinux
        ? .linux
        : GatewayFacts(
          hasHelperOfLinux: false, isServerHost: platform.guardsServerHost,
          outgoingPorts: platform.outgoingPorts)
    )
  }, uniquingKeysWith: { first, _ in first })
