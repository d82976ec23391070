package import Addressing
import Diagnostics

/// One address of `external ip`: what clients dial, and the address that their packets bear at the gateway.
package struct ExternalAddress: Sendable {
  /// What clients dial, and what servers announce.
  package var dialled: Located<IPAddress>
  /// The `at B` of `external ip A at B`, of the same family: a box that the policy does not describe (a cloud's 1:1
  /// NAT, a provider's router) translates A, and packets arrive for B. `nil` when they arrive as they were sent.
  package var at: Located<IPAddress>?
  /// The address after `at` where it is the one that clients dial, which says nothing.
  package var atItself: Located<IPAddress>?
  /// Whether all that translates it before is described: the gateways further out on the path of a publication.
  package var passesGateways = false

  package init(_ dialled: Located<IPAddress>, at: Located<IPAddress>? = nil, passesGateways: Bool = false) {
    self.dialled = dialled
    self.at = at
    self.passesGateways = passesGateways
  }

  /// The address to which a box that the policy does not describe translates; `nil` where there is none.
  package var atUnknownBox: Located<IPAddress>? { passesGateways ? nil : at }

  /// The address for which packets arrive at the gateway: what its rules look at, and what it has itself.
  package var arrival: Located<IPAddress> { at ?? dialled }

  package var family: AddressFamily { dialled.value.family }
}

extension ExternalAddress: CustomStringConvertible {
  /// As a policy writes it.
  package var description: String { "\(dialled.value)\(at.map { " at \($0.value)" } ?? "")" }
}
