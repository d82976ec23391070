import Addressing
import Diagnostics
import Flows

/// One section of OpenWrt's firewall configuration. Its text and the rules that sessions are played by both come from
/// this.
struct OpenWrtSection {
  enum Kind {
    /// A `redirect`: the packet gets another destination, and its port stays where there is none.
    case redirect(to: IPAddress, port: UInt16?)
    /// A `rule` that accepts.
    case accept
    /// A `rule` that drops.
    case drop
    /// A `rule` that sets the FTP helper.
    case helper
    /// A `nat` rule: the source becomes the router's address towards the server.
    case masquerade
    /// A `nat` rule: the source becomes that address.
    case source(IPAddress)
  }

  var kind: Kind
  /// What the section is called; no two have the same.
  var id = ""
  var publication: String
  /// What of the publication, or of the `reach`, it is for.
  var part: Part
  var family: AddressFamily
  /// The zone where packets come from, or in a `nat` rule the one to which they go; `*` for any zone, `nil` for the
  /// router itself.
  var from: String?
  /// The zone to which they go; `*` for any zone, `nil` for the router itself.
  var to: String?
  var source: Prefix?
  var sourcePort: UInt16?
  var destination: Prefix?
  var ports: PortRange?
  /// Whether clients in the zone of the server may dial the external address as well.
  var isReflected = false
  var provenance: SourceSpan

  enum Part: String, CaseIterable { case ctl, pasv, alg, src, active, deny }
}

/// The sections for one gateway.
struct OpenWrtSections {
  private(set) var sections: [OpenWrtSection] = []
  /// The zones where clients come from, and where servers are.
  let outside: [String]
  let inside: [String]
  private let names: ObjectNames
  private var counts: [String: Int] = [:]

  /// UCI knows no longest name of a section (`uci_validate_name`); this is what a line has room for.
  private static let longestName = 80

  init(_ plan: FlowPlan) {
    outside = Self.zones(plan.outside)
    inside = Self.zones(plan.inside)
    let services = plan.services
    names = ObjectNames(
      (services + (plan.outbound?.services ?? [])).lazy.map(\.name), longest: Self.longestName,
      suffixes: OpenWrtSection.Part.allCases.map(\.rawValue), joint: "_")
    for service in services {
      addControl(service)
      addPassive(service)
      if service.wantsHelper { addHelper(service) }
      if service.wantsGatewaySource { addGatewaySource(service) }
      if service.opensActiveData { addActive(service) }
    }
    for family in plan.families { addActiveTranslations(family.activeTranslations) }
    if let outbound = plan.outbound { addReaches(outbound) }
  }

  private static func zones(_ interfaces: [GatewayInterface]) -> [String] {
    var known: Set<String> = []
    return interfaces.map(\.name).filter { known.insert($0).inserted }
  }

  /// Where the servers are: any zone where the policy names none or several, because only a reflection looks at it.
  private var server: String { inside.count == 1 ? inside[0] : "*" }

  /// Adds a section under a name of its own: `sallyport_files_ctl`, `sallyport_files_ctl2`, ...
  mutating func add(_ section: OpenWrtSection) {
    var section = section
    let name = names.name(section.publication, section.part.rawValue)
    let count = counts[name, default: 0] + 1
    counts[name] = count
    section.id = count == 1 ? name : "\(name)\(count)"
    sections.append(section)
  }

  private mutating func addControl(_ service: PublishedService) {
    let isShifted = service.controlPort != service.serverControlPort
    let target = service.isTranslated || isShifted ? service.serverControlPort : nil
    addEntrance(service, .ctl, PortRange(service.controlPort), to: target, .control)
  }

  /// Without a port a redirect keeps that of the packet.
  private mutating func addPassive(_ service: PublishedService) {
    guard let range = service.passiveRange else { return }
    addEntrance(service, .pasv, range, to: nil, .passive)
  }

  /// Lets clients in at some ports.
  ///
  /// - Parameter port: Another port than they dial.
  private mutating func addEntrance(
    _ service: PublishedService, _ part: OpenWrtSection.Part, _ ports: PortRange, to port: UInt16?,
    _ aspect: ServiceAspect
  ) {
    let isRedirected = service.isTranslated || port != nil
    // Of a redirect only a reflection looks at the zone.
    let local = isRedirected ? service.wantsHairpin ? server : "*" : nil
    let section = OpenWrtSection(
      kind: isRedirected ? .redirect(to: service.serverAddress, port: port) : .accept, publication: service.name,
      part: part, family: service.family, to: service.isLocal ? local : server,
      destination: Prefix(service.arrival), ports: ports, provenance: service.provenance(of: aspect))
    var isFirst = true
    for zone in outside {
      for source in service.clientSources {
        var section = section
        (section.from, section.source) = (zone, source)
        // One of them is enough: it asks for no client.
        section.isReflected = isFirst && isRedirected && service.wantsHairpin
        isFirst = false
        add(section)
      }
    }
    guard service.wantsHairpin, !isRedirected else { return }
    for zone in inside {
      var section = section
      section.from = zone
      section.provenance = service.provenance(of: .hairpin)
      add(section)
    }
  }

  /// The helper sees packets after their translation, so the server's address and port.
  private mutating func addHelper(_ service: PublishedService) {
    let section = OpenWrtSection(
      kind: .helper, publication: service.name, part: .alg, family: service.family,
      destination: Prefix(service.serverAddress), ports: PortRange(service.serverControlPort),
      provenance: service.provenance(of: .helper))
    for zone in outside {
      for source in service.clientSources {
        var section = section
        (section.from, section.source) = (zone, source)
        add(section)
      }
    }
    guard service.wantsHairpin else { return }
    for zone in inside {
      var section = section
      section.from = zone
      add(section)
    }
  }

  private mutating func addGatewaySource(_ service: PublishedService) {
    guard !service.isLocal else { return }
    let zones: [String?] = inside.isEmpty ? [nil] : inside
    for (zone, ports) in zones.flatMap({ zone in service.serverPorts.map { (zone, $0) } }) {
      add(
        OpenWrtSection(
          kind: .masquerade, publication: service.name, part: .src, family: service.family, from: zone,
          destination: Prefix(service.serverAddress), ports: ports, provenance: service.provenance(of: .source)))
    }
  }

  /// Data connections that the server opens itself, to the ports that clients listen on.
  private mutating func addActive(_ service: PublishedService) {
    let sources: [String?] = service.isLocal ? [nil] : inside.isEmpty ? ["*"] : inside
    for (source, zone) in sources.flatMap({ source in outside.map { (source, $0) } }) {
      for client in service.clientSources {
        add(
          OpenWrtSection(
            kind: .accept, publication: service.name, part: .active, family: service.family, from: source, to: zone,
            source: Prefix(service.serverAddress), destination: client, ports: PortRange(low: 1024, high: 65535),
            provenance: service.provenance(of: .active)))
      }
    }
  }

  /// They leave with the address that clients dialled.
  private mutating func addActiveTranslations(_ flows: PortFlows) {
    for flow in flows.flows {
      let service = flows.service(flow)
      for zone in outside {
        add(
          OpenWrtSection(
            kind: .source(service.arrival), publication: service.name, part: .active, family: service.family,
            from: zone, source: Prefix(flow.address), sourcePort: flow.ports.low,
            provenance: service.provenance(of: .active)))
      }
    }
  }
}
