package import Diagnostics

/// What some platforms have to be told of a gateway, and others have no use for: each `nil` when the policy does not
/// say it. Which platform needs what is for the platforms to say.
package struct GatewayInputs: Sendable {
  /// `access list "NAME"`.
  package var accessList: Located<String>?
  /// `external is interface`: the statement.
  package var externalIsInterface: SourceSpan?
  /// `unit outside "NAME"`: the interface where `outside` names a zone.
  package var unitOutside: Located<String>?
  /// `unit inside "NAME"`.
  package var unitInside: Located<String>?
  /// `before "TEXT"`: what names the rule of others that our permits precede.
  package var before: Located<String>?
  /// `numbers L-H`: the numbers that our rules may have, both ends included.
  package var numbers: Located<ClosedRange<UInt32>>?
  /// `helper scope`: whether a switch that holds for the whole device may be written.
  package var helperScope: Located<HelperScope>?

  package init() {}

  /// `connection` when the policy does not say it.
  package var scope: HelperScope { helperScope?.value ?? .connection }
}

/// How far a switch of the FTP helper may reach.
package enum HelperScope: String, CaseIterable, Sendable {
  /// Single control connections.
  case connection
  /// All connections through the device.
  case device
}
