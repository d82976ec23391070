package import Addressing
package import Diagnostics
import Parallel
package import Policy

/// An interface of a gateway, or what the platform has in its place.
package struct GatewayInterface: Sendable {
  package var name: String
  /// The statement that names it.
  package var provenance: SourceSpan
}

/// The gateway that a plan is for, as the policy names it.
package struct PlannedGateway: Sendable {
  package var name: String
  /// The first line of its declaration.
  package var header: SourceSpan
  /// The statement that says what it is; `nil` where none does.
  package var platform: SourceSpan?
  /// The version of its platform, as the policy writes it.
  package var version: Located<String>?
}

/// What must happen to the traffic of the publications of one gateway: whom to admit, what to translate, which control
/// connections to help, limit and log, and whose source to change. It knows no platform; what a platform writes comes
/// from here alone.
///
/// A family has its flows in lists, each made when it is asked for (`FamilyFlows`).
package struct FlowPlan: Sendable {
  /// Interfaces where clients come from; empty when addresses alone decide.
  package let outside: [GatewayInterface]
  /// Interfaces where the servers are.
  package let inside: [GatewayInterface]
  /// The gateway; `nil` for a policy that declares none.
  package let gateway: PlannedGateway?
  /// The bit of the connection mark that admitted connections bear, with its statement; `nil` for none.
  package let mark: (bit: UInt32, provenance: SourceSpan)?
  /// What some platforms are told of the gateway besides.
  package let inputs: GatewayInputs
  /// The families that have any service.
  package let families: [FamilyFlows]
  /// What any of them has.
  let traits: PublishedService.Traits
  /// Whether it is the other direction of one: users inside are the clients, and servers outside.
  package let isOutbound: Bool
  /// The plan of the gateway's `reach` blocks, at most one: a plan cannot hold itself.
  private let outbounds: [FlowPlan]
  /// The address that `source gateway` of a `reach` puts in the place of the users', of each family that has one.
  private let ownSources: [AddressFamily: IPAddress]
  /// The services, in the order in which the policy declares them.
  let declared: [PublishedService]

  /// - Parameters:
  ///   - policy: A policy without errors.
  ///   - gateway: Position in `Policy.gateways`; `nil` for a policy that declares none.
  package init(_ policy: Policy, gateway: Int?) {
    let policy = policy.seen(from: gateway)
    let own = policy.gateway(at: gateway)
    outside = (own?.outside ?? []).map { GatewayInterface(name: $0.value, provenance: $0.span) }
    inside = (own?.inside ?? []).map { GatewayInterface(name: $0.value, provenance: $0.span) }
    self.gateway = own.map {
      PlannedGateway(
        name: $0.name.value, header: $0.header, platform: $0.platform?.name.span, version: $0.platform?.version)
    }
    mark = own?.mark.map { ($0.value, $0.span) }
    inputs = own?.inputs ?? GatewayInputs()
    isOutbound = policy.isOutbound
    outbounds = policy.hasReaches(through: gateway) ? [FlowPlan(policy.outbound, gateway: gateway)] : []
    ownSources = AddressFamily.allCases.reduce(into: [:]) { $0[$1] = policy.outboundSource(of: gateway, $1) }
    let declared = declaredServices(of: policy, gateway: gateway)
    let (ipv4, ipv6) = together(
      worthIt: declared.count >= 2 * worthAThread,
      { FamilyFlows(.ipv4, of: declared) }, { FamilyFlows(.ipv6, of: declared) })
    families = [ipv4, ipv6].filter { !$0.services.isEmpty }
    traits = families.reduce(into: []) { $0.formUnion($1.traits) }
    self.declared = declared
  }

  /// What a gateway says of itself, without its publications.
  package init(of gateway: Gateway) {
    var alone = Policy()
    alone.gateways = [gateway]
    self.init(alone, gateway: 0)
  }

  /// The services, sorted by name and family, so that the order of declarations carries no meaning.
  package var services: [PublishedService] {
    declared.sorted { $0.name == $1.name ? $0.family < $1.family : $0.name < $1.name }
  }

  /// What `reach` blocks ask of the gateway, with its sides swapped: users inside are the clients of servers outside.
  /// `nil` where there is none.
  package var outbound: FlowPlan? { outbounds.first }

  /// The address that `source gateway` of a `reach` puts in the place of the users', as packets leave the gateway.
  package func ownSource(_ family: AddressFamily) -> IPAddress? { ownSources[family] }

  /// Whether there is enough to do for several threads.
  package var isLarge: Bool { declared.count >= 2 * worthAThread }

  /// The first line of the publication that comes first; `nil` when there is none.
  package var header: SourceSpan? { declared.lazy.map(\.header).min() }

  /// Whether clients behind the inside interfaces may dial a publication at its external address.
  package var opensInside: Bool { !inside.isEmpty && has(.hairpin) }

  func has(_ traits: PublishedService.Traits) -> Bool { self.traits.contains(traits) }

  /// The publications with some traits, sorted by name, each as one of its services.
  func publications(_ traits: PublishedService.Traits) -> [PublishedService] {
    guard has(traits) else { return [] }
    var found: [PublishedService] = []
    for family in families where family.has(traits) {
      found += family.services.lazy.filter { $0.has(traits) }
    }
    found.sort { $0.name < $1.name }
    return found.indices.filter { $0 == 0 || found[$0].name != found[$0 - 1].name }.map { found[$0] }
  }
}
