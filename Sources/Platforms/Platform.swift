package import Addressing
package import Diagnostics
package import Flows
package import Nftables

/// A kind of firewall: how it says what a flow plan asks for. It knows flows and itself, and no policy.
package protocol Platform: Sendable {
  /// As a policy says it.
  var name: String { get }
  /// The forms in which its configuration can be written, the one first that is written when nobody asks for another;
  /// never empty.
  var forms: [String] { get }
  /// The versions for which it has configurations, in words, such as `8.3 to 9.x`; `nil` where there are no versions.
  var versions: String? { get }
  /// Whether it has configurations for a version, as a policy writes it.
  func knows(version: String) -> Bool
  /// What of a flow plan it can do at all.
  var capabilities: Set<FlowFeature> { get }
  /// Whether packets pass netfilter, so that what is known of Linux holds for it.
  var isLinux: Bool { get }
  /// The ports from which the system of one that is not Linux takes those of its own connections, where a server can
  /// run on it; `nil` where none can.
  var outgoingPorts: OutgoingPorts? { get }
  /// Whether it is the firewall of the machine on which the servers run, so that its configuration and not that of the
  /// servers opens ports there.
  var guardsServerHost: Bool { get }
  /// What it can do for a gateway with such inputs; `capabilities` where they do not matter.
  func capabilities(for plan: FlowPlan) -> Set<FlowFeature>
  /// Why it cannot do something, or the way out, as help for the error: a sentence without a final period. `nil` where
  /// nothing better is known than to leave the statement out.
  func advice(on feature: FlowFeature) -> String?

  /// What it makes of a statement of a `gateway` block that is there for the sake of platforms.
  func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed
  /// How its devices call the sides of a gateway, for examples; `nil` where they have names of Linux interfaces.
  var sampleNames: (outside: String, inside: String)? { get }
  /// What is wrong with a name that an input gives, as the rest of a sentence such as `has more than 31 characters`;
  /// `nil` for a name that can be.
  func fault(of name: String, as input: GatewayInput) -> String?
  /// What else keeps it from writing a configuration for a plan that it can do: names that cannot be, numbers that do
  /// not suffice. Errors, at the statements to blame.
  func obstacles(to plan: FlowPlan) -> [Diagnostic]

  /// Its configuration for one gateway: what is loaded or pasted, and nothing else. One file where the device takes
  /// one.
  ///
  /// - Parameters:
  ///   - form: One of `forms`; another one is taken for the default.
  ///   - version: The version of the program, which stands at the head of the text.
  /// - Throws: When what it holds cannot be encoded in the form.
  func configuration(of plan: FlowPlan, as form: String, version: String) throws -> [Artifact]

  /// Whether one configuration holds what publications and what `reach` blocks of a gateway ask for. Others are written
  /// for one of the two, because what the policy says of the gateway for their sake is about one direction.
  var writesBothDirections: Bool { get }

  /// What begins a line in its files that the device does not read.
  var commentMark: String { get }

  /// Further files for the gateway: what it needs beside its configuration, and the way back.
  func companions(of plan: FlowPlan) -> [Artifact]
  /// What people have to know who put the configuration in place; `nil` where the commands of sallyport do that.
  func guide(to plan: FlowPlan) -> PlatformGuide?
}

/// What a platform makes of a statement of a `gateway` block.
package enum InputNeed: Hashable, Sendable {
  /// Nothing can be written without it.
  case required
  case optional
  /// It has no meaning there, and is an error.
  case useless
}

extension Platform {
  /// The form that is written when nobody asks for another one.
  package var defaultForm: String { forms.first ?? "" }
  package var isLinux: Bool { false }
  package var outgoingPorts: OutgoingPorts? { nil }
  package var guardsServerHost: Bool { false }
  package func capabilities(for plan: FlowPlan) -> Set<FlowFeature> { capabilities }
  package func advice(on feature: FlowFeature) -> String? { nil }
  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    input == .outside || input == .inside ? .optional : .useless
  }
  package func fault(of name: String, as input: GatewayInput) -> String? {
    input == .outside || input == .inside ? faultOfLinuxInterface(name) : nil
  }
  package var sampleNames: (outside: String, inside: String)? { nil }
  package var writesBothDirections: Bool { false }
  package var commentMark: String { "#" }
  package func obstacles(to plan: FlowPlan) -> [Diagnostic] { [] }
  package func companions(of plan: FlowPlan) -> [Artifact] { [] }
  package func guide(to plan: FlowPlan) -> PlatformGuide? { nil }
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
  /// Whether sessions through it were held against real connections; else they are played by what is documented.
  var wasRun: Bool { get }
  /// The rules that packets meet, in the form in which the session model runs them.
  func ruleset(of plan: FlowPlan) -> Ruleset
}

extension SessionPlatform {
  package var wasRun: Bool { true }
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

  package init(
    name: String, pieces: [[UInt8]], provenance: LineProvenance = LineProvenance(), destination: String? = nil,
    purpose: String
  ) {
    self.name = name
    self.pieces = pieces
    self.provenance = provenance
    self.destination = destination
    self.purpose = purpose
  }
}

/// The platforms that there are.
package enum Platforms {
  /// Every platform, by the order in which they are told.
  package static let all: [any Platform] = [
    nftables,
    IptablesPlatform(),
    FirewalldPlatform(),
    OpenWrtPlatform(),
    RouterOSPlatform(),
    ASAPlatform(),
    SRXPlatform(),
    ScreenOSPlatform(),
    ISAPlatform.isa,
    ISAPlatform.tmg,
    WindowsPlatform(),
    FortiGatePlatform(),
    SheetPlatform(),
  ]

  /// The platform of that name; `nil` when there is none.
  package static func named(_ name: String) -> (any Platform)? { all.first { $0.name == name } }

  /// What a gateway is that says nothing else.
  package static let standard: any Platform = nftables

  /// What there is for a firewall that no other platform is.
  package static let lastResort: any Platform = SheetPlatform()

  /// Linux, with our own table.
  package static let nftables = NftablesPlatform()
}
