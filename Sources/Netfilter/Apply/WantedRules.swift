package import Compilation
package import Diagnostics
package import Nftables
package import Platforms

/// What the rules of this host shall be: one gateway of an accepted policy.
package struct WantedRules: Sendable {
  let compilation: Compilation
  let view: GatewayView
  private let header: [String]

  /// - Parameters:
  ///   - gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  ///   - version: The version of the program, which stands at the head of a script.
  /// - Returns: `nil` for a gateway whose platform has no table of ours.
  package init?(_ compilation: Compilation, gateway: Int?, version: String) {
    guard let view = GatewayView(compilation, gateway: gateway) else { return nil }
    self.compilation = compilation
    self.view = view
    header = view.platform.header(version: version)
  }

  /// Where spans of diagnostics lead.
  package var sources: SourceSet { compilation.sources }

  /// How to get there from the running table.
  package func plan(from running: Table?, replacing: Bool) -> ApplyPlan {
    let difference = view.platform.difference(running: running, wanted: view.table)
    var wanted = view.table
    let generation = Generation.random()
    wanted.generation = generation
    return ApplyPlan(
      difference: difference, generation: generation,
      transaction: difference.transaction(from: running, to: wanted, replacing: replacing, header: header))
  }

  /// The script that loads these rules at boot, as those of one generation.
  func bootScript(_ generation: Generation?) -> [UInt8] {
    var table = view.table
    table.generation = generation
    return table.script(header: header, isTraced: false).bytes
  }

  /// What the kernel refused, at the statements that asked for it.
  package func diagnostics(_ messages: [KernelMessage], of plan: ApplyPlan) -> [Diagnostic] {
    refusals(messages, of: plan.transaction.script, view)
  }
}

/// The way from the running rules to the wanted ones.
package struct ApplyPlan: Sendable {
  package let difference: PolicyDifference
  /// The generation that the table will have.
  package let generation: Generation
  package let transaction: Transaction
}

extension Generation {
  fileprivate static func random() -> Generation {
    Generation(UInt32.random(in: 1 ... .max)) ?? .random()
  }
}
