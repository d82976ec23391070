import Addressing
import Diagnostics
import Policy

/// One service in a few numbers: what every list of flows asks of all services, so that going over them touches nothing
/// else.
struct ServiceOutline: Sendable {
  /// What a service may have, for the lists that look for it.
  struct Traits: OptionSet, Sendable {
    let rawValue: UInt16

    /// Not everybody may connect.
    static let restricted = Traits(rawValue: 1)
    static let limited = Traits(rawValue: 1 << 1)
    static let helper = Traits(rawValue: 1 << 2)
    static let active = Traits(rawValue: 1 << 3)
    static let hairpin = Traits(rawValue: 1 << 4)
    /// With `hairpin on`, some clients are kept out all the same.
    static let denying = Traits(rawValue: 1 << 5)
    static let gatewaySource = Traits(rawValue: 1 << 6)
    static let logsNew = Traits(rawValue: 1 << 7)
    static let logsDenied = Traits(rawValue: 1 << 8)
    /// The publication has another service, in the other family or for clients inside.
    static let several = Traits(rawValue: 1 << 9)
  }

  /// Position among the outlines of the family.
  var position: Int32 = 0
  /// Position among the services as the policy declares them.
  var place: Int32
  /// The address for which the packets of clients arrive.
  let arrival: IPAddress
  let serverAddress: IPAddress
  let controlPort: UInt16
  let serverControlPort: UInt16
  let passiveRange: PortRange?
  let reach: Reach
  let traits: Traits
  /// The first line of the publication.
  let header: SourceSpan

  /// - Parameter place: Position among services in the order of their declaration.
  init(_ service: PublishedService, place: Int) {
    self.place = Int32(clamping: place)
    arrival = service.arrival
    serverAddress = service.serverAddress
    controlPort = service.controlPort
    serverControlPort = service.serverControlPort
    passiveRange = service.passiveRange
    reach = service.endpoint.reach
    header = service.publication.header
    traits = Traits(service)
  }

  func has(_ traits: Traits) -> Bool { self.traits.contains(traits) }

  /// By the address and the port that clients dial.
  func dialsBefore(_ other: Self) -> Bool {
    arrival == other.arrival ? controlPort < other.controlPort : arrival < other.arrival
  }
}

extension ServiceOutline {
  /// Whether the control connection needs another destination: another address, or another port.
  var isTranslated: Bool { reach == .translated || controlPort != serverControlPort }
}

extension ServiceOutline.Traits {
  fileprivate init(_ service: PublishedService) {
    self = []
    let publication = service.publication
    if service.clients != nil { insert(.restricted) }
    if !publication.limits.isEmpty { insert(.limited) }
    if publication.helper.value { insert(.helper) }
    if publication.active.value { insert(.active) }
    if publication.hairpin.value { insert(.hairpin) }
    if !service.denied.isEmpty { insert(.denying) }
    if publication.source.value == .gateway { insert(.gatewaySource) }
    if publication.log.value.logsNew { insert(.logsNew) }
    if publication.log.value.logsDenied { insert(.logsDenied) }
    if service.isOneOfSeveral { insert(.several) }
  }
}

/// Services in the order in which the policy declares them.
struct DeclaredServices {
  private(set) var services: [PublishedService] = []
  /// In the same order; each is made where its service is, because looking at all services again would take longer.
  var outlines: [ServiceOutline] = []

  mutating func reserve(_ count: Int) {
    services.reserveCapacity(services.count + count)
    outlines.reserveCapacity(services.count + count)
  }

  mutating func append(_ service: PublishedService) {
    outlines.append(ServiceOutline(service, place: services.count))
    services.append(service)
  }

  mutating func append(_ next: Self) {
    let offset = Int32(clamping: services.count)
    reserve(next.services.count)
    services += next.services
    for var outline in next.outlines {
      outline.place += offset
      outlines.append(outline)
    }
  }
}
