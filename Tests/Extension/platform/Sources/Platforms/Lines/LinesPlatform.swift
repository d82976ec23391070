package import Flows

/// A firewall that does not exist: one line for each flow that clients may use.
package struct LinesPlatform: Platform {
  package var name: String { "lines" }
  package var versions: String? { "any" }
  package func knows(version: String) -> Bool { true }
  package var forms: [String] { ["text"] }
  package var capabilities: Set<FlowFeature> { [.ipv6, .translation, .clients] }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    let lines = plan.families.flatMap { family in
      family.admissions.flows.map { "permit \($0.address) \($0.ports)\n" }
    }
    return [Artifact(name: "lines.txt", pieces: lines.map { Array($0.utf8) }, purpose: "the rules")]
  }
}
