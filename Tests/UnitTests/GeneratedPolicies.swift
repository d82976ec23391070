import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Policy
import PolicySyntax
import Testing

/// What holds for every policy, shown on generated ones: `SALLYPORT_PROVE` sets how many, 200 otherwise.
@Suite struct GeneratedPolicies {
  static let count = ProcessInfo.processInfo.environment["SALLYPORT_PROVE"].flatMap { Int($0) } ?? 200

  /// The first accepted policies of a row of seeds, and how many were refused on the way.
  static let policies: (accepted: [(text: String, compilation: Compilation)], refused: Int) = {
    var accepted: [(String, Compilation)] = []
    var refused = 0
    var seed: UInt64 = 1
    while accepted.count < count, refused < count * 10 {
      var generator = PolicyGenerator(seed: seed)
      let text = generator.policy()
      let compilation = compile(text)
      if compilation.isAccepted { accepted.append((text, compilation)) } else { refused += 1 }
      seed += 1
    }
    return (accepted, refused)
  }()

  /// A generator that is refused more often than not would prove little.
  @Test func mostAreAccepted() {
    #expect(Self.policies.accepted.count == Self.count)
    #expect(Self.policies.refused < Self.count, "\(Self.policies.refused) refused")
  }

  @Test(.enabled(if: LiveRequirements.met, Comment(rawValue: LiveRequirements.comment)))
  func everyAcceptedPolicyLoads() async throws {
    try await withLab { lab in
      for (text, compilation) in Self.policies.accepted {
        let result = try await lab.nft(["-f", "-"], input: compilation.script)
        #expect(result.succeeded, "\(text)\n\(result.errorText)")
      }
    }
  }

  /// From each policy to the next one by `apply`, which changes only what differs: then nothing differs, and the way
  /// back leads where it came from.
  @Test(.enabled(if: LiveRequirements.met, Comment(rawValue: LiveRequirements.comment)))
  func everyAcceptedPolicyIsApplied() async throws {
    let program = Sallyport.besideThisProgram.path
    try await withLab { lab in
      func sallyport(_ words: [String], _ policy: String) async throws -> CommandResult {
        try await lab.run([program] + words, on: .gateway, input: policy)
      }
      func isRunning(_ policy: String) async throws -> Bool {
        try await sallyport(["diff", "--quiet", "-"], policy).status == 0
      }
      // `apply` changes nothing where the machine lacks what the policy names.
      var lines = ["link add eth2 type veth peer name eth2p"]
      for number in 10..<30 {
        let addresses = ["203.0.113.\(number)/32", "10.0.1.\(number)/32"]
        lines += addresses.map { "address replace \($0) dev lo" }
        lines += ["2001:db8:113::\(number)/128", "fd00:1::\(number)/128"].map { "address replace \($0) dev lo nodad" }
      }
      for line in lines {
        let made = try await lab.run(["ip"] + line.split(separator: " ").map(String.init), on: .gateway)
        try #require(made.succeeded, "\(line): \(made.errorText)")
      }
      let state = ["--state-dir", "\(lab.folder)/state"]
      var before = ""
      var replaced = 0
      for (index, (text, _)) in Self.policies.accepted.prefix(max(60, Self.count / 5)).enumerated() {
        let applied = try await sallyport(["apply", "-", "--output", "json"] + state, text)
        let isThere = try await isRunning(text)
        #expect(applied.succeeded && isThere, "from\n\(before)\nto\n\(text)\n\(applied.errorText)")
        if applied.text.contains("\"replace\"") { replaced += 1 }
        if index % 10 == 9 {
          let rolledBack = try await sallyport(["rollback"] + state, "")
          let isBack = try await isRunning(before)
          #expect(rolledBack.succeeded && isBack, "back from\n\(text)\nto\n\(before)\n\(rolledBack.errorText)")
        } else {
          before = text
        }
      }
      // Whatever the language can say differs in elements and rules, never in what only a new table could change.
      #expect(replaced == 0)
    }
  }

  @Test func formattingKeepsTheBytes() throws {
    for (text, compilation) in Self.policies.accepted {
      let formatted = try #require(format(tree(text)))
      let again = compile(formatted)
      #expect(again.script == compilation.script, "\(text)")
      #expect(again.diagnostics.map(\.code) == compilation.diagnostics.map(\.code), "\(text)")
    }
  }

  @Test func orderKeepsTheBytes() {
    var random = SeededGenerator(state: 7)
    for (text, compilation) in Self.policies.accepted {
      let declarations = text.components(separatedBy: "\n}\n").filter { !$0.isEmpty }.map { $0 + "\n}\n" }
      let lists = text.split(separator: "\n").filter { $0.hasPrefix("clients ") }
      let blocks = declarations.map { block in
        block.split(separator: "\n").filter { !$0.hasPrefix("clients ") }.joined(separator: "\n")
      }
      let shuffled = (blocks + lists.map(String.init)).shuffled(using: &random).joined(separator: "\n")
      #expect(compile(shuffled).script == compilation.script, "\(text)\n\(shuffled)")
    }
  }
}
