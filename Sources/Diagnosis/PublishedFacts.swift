package import Addressing

/// What a policy says about the publication that the evidence is about.
package struct PublishedFacts: Sendable {
  package var externalAddresses: [IPAddress]
  package var serverAddresses: [IPAddress]
  package var controlPort: UInt16
  package var passiveRange: PortRange?
  package var hasHelper: Bool
  package var hasActive: Bool

  package init(
    externalAddresses: [IPAddress], serverAddresses: [IPAddress], controlPort: UInt16, passiveRange: PortRange?,
    hasHelper: Bool, hasActive: Bool
  ) {
    self.externalAddresses = externalAddresses
    self.serverAddresses = serverAddresses
    self.controlPort = controlPort
    self.passiveRange = passiveRange
    self.hasHelper = hasHelper
    self.hasActive = hasActive
  }
}
