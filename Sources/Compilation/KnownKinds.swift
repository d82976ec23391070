import Platforms
import Policy
import PolicySyntax
import Servers

/// Gives trees their meaning, with every server program and every platform that there is.
///
/// - Parameters:
///   - includers: See `LoadedSources.includers`.
///   - otherIncluders: See `LoadedSources.otherIncluders`.
func resolveWithKnownKinds(
  _ trees: [PolicyFileSyntax], includers: [Int?] = [], otherIncluders: [(tree: Int, includer: Int)] = []
) -> ResolvedPolicy {
  resolve(
    trees, programs: ServerPrograms.all, platforms: factsOfPlatforms, includers: includers,
    otherIncluders: otherIncluders)
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

/// The names by which a policy can name server programs, with the programs' own spelling of them.
package let namesOfPrograms: [(name: String, title: String)] = {
  var names: [(name: String, title: String)] = []
  for program in ServerPrograms.all where !names.contains(where: { $0.name == program.name }) {
    names.append((program.name, program.title))
  }
  return names
}()

/// The names by which a policy can name platforms.
package let namesOfPlatforms: [String] = Platforms.all.map(\.name)
