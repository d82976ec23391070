import Platforms
import Policy
import PolicySyntax
import Servers

/// Gives trees their meaning, with every server program and every platform that there is.
func resolve(_ trees: [PolicyFileSyntax], programs: [any ServerProgram.Type]) -> ResolvedPolicy {
  resolve(trees, programs: programs, platforms: factsOfPlatforms)
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
