import Foundation

/// What the gateway of a lab is: how the rules of a policy come into its kernel.
package enum Firewall: String, CaseIterable, Sendable {
  case nftables
  case iptablesNft = "iptables-nft"
  case iptablesLegacy = "iptables-legacy"

  /// That of the test that runs.
  @TaskLocal package static var current = Firewall.nftables

  /// Those for which tests of the matrix run: all, or the one that `SALLYPORT_FIREWALL` names.
  package static let matrix: [Firewall] =
    ProcessInfo.processInfo.environment["SALLYPORT_FIREWALL"].map { name in
      allCases.filter { $0.rawValue == name }
    } ?? allCases

  /// For `XTABLES` of the scripts.
  var backend: String? {
    switch self {
    case .nftables: nil
    case .iptablesNft: "-nft"
    case .iptablesLegacy: "-legacy"
    }
  }

  /// A policy for gateways of this kind.
  package func policy(_ text: String) -> String {
    guard self != .nftables else { return text }
    let statement = "{ platform iptables; "
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      line.hasPrefix("gateway ")
        ? String(line).replacing(" {", with: " \(statement)", maxReplacements: 1) : String(line)
    }
    let changed = lines.joined(separator: "\n")
    return changed == text ? "gateway edge \(statement)}\n" + text : changed
  }
}

extension Lab {
  /// Puts the rules of a policy in place as whoever runs the gateway would. Forwarding is refused then but for what our
  /// rules of iptables accept.
  package func enforce(_ policy: String, gateway: String? = nil, by sallyport: Sallyport) async throws {
    let firewall = Firewall.current
    guard let backend = firewall.backend else {
      return try await load(ruleset: sallyport.ruleset(of: policy, gateway: gateway))
    }
    let output = "\(folder)/built"
    let built = try await sallyport.run(["build", "-", "-o", output], policy: firewall.policy(policy))
    guard built.succeeded else { throw LabError("build: \(built.errorText)\n\(firewall.policy(policy))") }
    let drop = ["iptables", "ip6tables"].map { "\($0)\(backend) -P FORWARD DROP && " }.joined()
    let result = try await run(
      ["sh", "-c", drop + "sh \(output)/gateways/\(gateway ?? "edge")/apply.sh"], on: .gateway,
      environment: ["XTABLES": backend])
    guard result.succeeded else { throw LabError("apply.sh: \(result.errorText)") }
  }
}

extension Lab {
  /// How many rules of ours have dropped anything.
  package func rulesThatDropped() async throws -> Int {
    guard let backend = Firewall.current.backend else {
      let text = try await nft(["list", "table", "inet", "sallyport"]).text
      return text.matches(of: /counter packets [1-9][0-9]* .* drop/).count
    }
    var count = 0
    for program in ["iptables", "ip6tables"] {
      let saved = try await run(["\(program)\(backend)-save", "-c"], on: .gateway).text
      count += saved.matches(of: /\[[1-9][0-9]*:[0-9]+\] -A SALLYPORT-\S+ .*-j DROP/).count
    }
    return count
  }
}
