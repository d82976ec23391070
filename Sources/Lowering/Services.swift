import Addressing
import Diagnostics
import Parallel
import Policy

/// One service in a few numbers: what the steps ask of every service, so that going over all of them touches nothing
/// else.
struct ServiceOutline {
  /// What a service may have, for the steps that look for it.
  struct Traits: OptionSet {
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
  fileprivate(set) var position: Int32 = 0
  /// Position among the services as the policy declares them.
  fileprivate var place: Int32
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
  fileprivate func dialsBefore(_ other: Self) -> Bool {
    arrival == other.arrival ? controlPort < other.controlPort : arrival < other.arrival
  }
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
  fileprivate var outlines: [ServiceOutline] = []

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

/// The services of one family as the steps look at them.
struct FamilyServices {
  let family: AddressFamily
  /// Those of all families, as the policy declares them.
  private let services: [PublishedService]
  /// Sorted by the address for which packets arrive, and by name where several have the same.
  let outlines: [ServiceOutline]
  /// What any of them has.
  let traits: ServiceOutline.Traits

  fileprivate init(_ family: AddressFamily, of all: DeclaredServices) {
    let services = all.services
    var outlines = all.outlines.kept { $0.arrival.family == family }
    func precedes(_ left: ServiceOutline, _ right: ServiceOutline) -> Bool {
      left.arrival == right.arrival
        ? services[Int(left.place)].name < services[Int(right.place)].name : left.arrival < right.arrival
    }
    let isSorted = outlines.indices.dropFirst().allSatisfy { !precedes(outlines[$0], outlines[$0 - 1]) }
    if !isSorted { outlines.sort(by: precedes) }
    for position in outlines.indices { outlines[position].position = Int32(clamping: position) }
    self.family = family
    self.services = services
    self.outlines = outlines
    traits = outlines.reduce(into: []) { $0.formUnion($1.traits) }
  }

  subscript(outline: ServiceOutline) -> PublishedService { services[Int(outline.place)] }

  /// The service at that position, as an outline names it.
  subscript(position: Int32) -> PublishedService { self[outlines[Int(position)]] }

  func has(_ traits: ServiceOutline.Traits) -> Bool { self.traits.contains(traits) }

  /// The services with some traits, in the order of their control ports.
  func byControlPort(_ traits: ServiceOutline.Traits = []) -> [ServiceOutline] {
    let chosen = traits.isEmpty ? outlines : outlines.kept { $0.has(traits) }
    let isSorted = chosen.indices.dropFirst().allSatisfy { !chosen[$0].dialsBefore(chosen[$0 - 1]) }
    return isSorted ? chosen : chosen.sorted { $0.dialsBefore($1) }
  }
}

extension [ServiceOutline] {
  /// Those that a condition holds for. They are counted first, so that no room is made in vain.
  fileprivate func kept(_ condition: (ServiceOutline) -> Bool) -> [ServiceOutline] {
    let count = reduce(0) { condition($1) ? $0 + 1 : $0 }
    if count == self.count { return self }
    var kept: [ServiceOutline] = []
    kept.reserveCapacity(count)
    for outline in self where condition(outline) { kept.append(outline) }
    return kept
  }
}

/// The services of one gateway as the steps look at them.
struct Services {
  /// The families that have any.
  let families: [FamilyServices]
  /// What any of them has.
  let traits: ServiceOutline.Traits

  init(_ declared: DeclaredServices) {
    let (ipv4, ipv6) = together(
      worthIt: declared.services.count >= 2 * worthAThread,
      { FamilyServices(.ipv4, of: declared) }, { FamilyServices(.ipv6, of: declared) })
    families = [ipv4, ipv6].filter { !$0.outlines.isEmpty }
    traits = families.reduce(into: []) { $0.formUnion($1.traits) }
  }

  func has(_ traits: ServiceOutline.Traits) -> Bool { self.traits.contains(traits) }

  /// The outlines of all families.
  var outlines: some Sequence<ServiceOutline> { families.lazy.flatMap(\.outlines) }

  /// The publications with some traits, sorted by name, each as one of its services.
  func publications(_ traits: ServiceOutline.Traits) -> [PublishedService] {
    guard has(traits) else { return [] }
    var found: [PublishedService] = []
    for family in families where family.has(traits) {
      for outline in family.outlines where outline.has(traits) { found.append(family[outline]) }
    }
    found.sort { $0.name < $1.name }
    return found.indices.filter { $0 == 0 || found[$0].name != found[$0 - 1].name }.map { found[$0] }
  }
}
