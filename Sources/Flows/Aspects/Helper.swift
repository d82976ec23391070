package import Addressing
package import Diagnostics
import Policy

/// The ports of the server's or the client's data connections where the policy names none.
private let dataPorts = PortRange(low: 1024, high: 65535) ?? PortRange(1024)

extension FlowPlan {
  /// Whether control connections have the helper, and where their servers are; `nil` where none has it.
  package var help: Help? {
    var help: Help?
    for family in families where family.has(.helper) {
      for service in family.services where service.has(.helper) {
        let span = service.helperSpan
        var known = help ?? Help(isForwarded: false, isLocal: false, provenance: span)
        known.provenance = min(known.provenance, span)
        if service.isLocal { known.isLocal = true } else { known.isForwarded = true }
        help = known
      }
    }
    return help
  }
}

/// That control connections have the helper.
package struct Help: Sendable {
  /// Whether some of the servers are behind the gateway.
  package var isForwarded: Bool
  /// Whether some of them run on the gateway itself.
  package var isLocal: Bool
  /// The first statement that asked for it.
  package var provenance: SourceSpan
}

extension FamilyFlows {
  /// Help (`helper on`): the control connections that the helper reads, in the order of what is dialled.
  package var helped: [ControlFlow] {
    guard has(.helper) else { return [] }
    return controls(.helper, provenance: \.helperSpan)
  }

  /// Admit (`helper on`): data connections of passive mode that the helper expects.
  package var expectedInbound: PortFlows { expected(.served, .helper) { $0.passiveRange ?? dataPorts } }

  /// Admit (`helper on`, `active on`): data connections of active mode that the helper expects.
  package var expectedOutbound: PortFlows { expected(.answered, [.helper, .active]) { _ in dataPorts } }

  /// The servers whose control connections the helper reads, sorted. What it expects of them beyond the two lists is to
  /// be dropped (promise 7, docs/promises.md).
  package var helpedServers: [(address: IPAddress, provenance: SourceSpan)] { helpedAddresses(\.serverAddress) }

  /// The addresses at which they are published, as packets arrive.
  package var helpedArrivals: [(address: IPAddress, provenance: SourceSpan)] { helpedAddresses(\.arrival) }

  private func expected(
    _ side: FlowSide, _ traits: PublishedService.Traits, _ ports: (PublishedService) -> PortRange
  ) -> PortFlows {
    var claims = PortClaims(self, side)
    if has(traits) {
      for (position, service) in services.enumerated() where service.has(traits) {
        claims.add(
          service.serverAddress, ports(service), of: position,
          provenance: service.publication.passiveRange?.span ?? service.header)
      }
    }
    return PortFlows(claims)
  }

  private func helpedAddresses(
    _ address: (PublishedService) -> IPAddress
  ) -> [(address: IPAddress, provenance: SourceSpan)] {
    var found: [(address: IPAddress, provenance: SourceSpan)] = []
    for service in services where service.has(.helper) { found.append((address(service), service.helperSpan)) }
    found.sort { ($0.address, $0.provenance) < ($1.address, $1.provenance) }
    return found.indices.filter { $0 == 0 || found[$0].address != found[$0 - 1].address }.map { found[$0] }
  }
}

extension PublishedService {
  /// The statement that asked for the helper.
  fileprivate var helperSpan: SourceSpan { publication.helper.span ?? header }
}
