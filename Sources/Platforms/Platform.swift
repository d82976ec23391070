package import Diagnostics
package import Flows
package import Nftables

/// A kind of firewall: how it says what a flow plan asks for. It knows flows and itself, and no policy.
package protocol Platform: Sendable {
  /// As a policy says it.
  var name: String { get }
  /// The forms in which its configuration can be written; never empty.
  var forms: [String] { get }
  /// The form that is written when nobody asks for another one.
  var defaultForm: String { get }
  /// Whether it has configurations for a version, as a policy writes it.
  func knows(version: String) -> Bool
  /// What of a flow plan it can do.
  var capabilities: Set<FlowFeature> { get }

  /// Its configuration for one gateway.
  ///
  /// - Parameters:
  ///   - form: One of `forms`; another one is taken for the default.
  ///   - version: The version of the program, which stands at the head of the text.
  /// - Throws: When what it holds cannot be encoded in the form.
  func configuration(of plan: FlowPlan, as form: String, version: String) throws -> Artifact

  /// Further files that the gateway needs beside its configuration.
  func companions(of plan: FlowPlan) -> [Artifact]
}

extension Platform {
  package func companions(of plan: FlowPlan) -> [Artifact] { [] }
}

/// A platform whose rules are one nftables table that is ours: it can be listed and compared, tried and changed in one
/// transaction.
package protocol TablePlatform: Platform {
  /// The name of the table that is ours, of family `inet`.
  var tableName: String { get }
  /// Comment lines at the head of every script.
  func header(version: String) -> [String]
  func table(of plan: FlowPlan) -> Table
  /// What a running table has in another way, in words of the policy.
  func difference(running: Table?, wanted: Table) -> PolicyDifference
}

/// A platform on which sessions can be played.
package protocol SessionPlatform: Platform {
  /// The rules that packets meet, in the form in which the session model runs them.
  func ruleset(of plan: FlowPlan) -> Ruleset
}

/// One file of a gateway.
package struct Artifact: Sendable {
  /// The name of the file.
  package var name: String
  /// Its bytes, in pieces: a configuration may be long.
  package var pieces: [[UInt8]]
  /// Which statements asked for which lines; empty where nobody traced them.
  package var provenance = LineProvenance()
  /// Where it belongs on the gateway; `nil` where it is typed or pasted.
  package var destination: String?
  /// What it is, in one phrase.
  package var purpose: String
  /// What only writing brings up.
  package var remarks: [Diagnostic] = []

  package init(
    name: String, pieces: [[UInt8]], provenance: LineProvenance = LineProvenance(), destination: String? = nil,
    purpose: String, remarks: [Diagnostic] = []
  ) {
    self.name = name
    self.pieces = pieces
    self.provenance = provenance
    self.destination = destination
    self.purpose = purpose
    self.remarks = remarks
  }
}

/// The platforms that there are.
package enum Platforms {
  /// Every platform, by the order in which they are told.
  package static let all: [any Platform] = [
    nftables
  ]

  /// The platform of that name; `nil` when there is none.
  package static func named(_ name: String) -> (any Platform)? { all.first { $0.name == name } }

  /// What a gateway is that says nothing else.
  package static let standard: any Platform = nftables

  /// Linux, with our own table.
  package static let nftables = NftablesPlatform()
}
