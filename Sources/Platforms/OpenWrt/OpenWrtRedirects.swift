import Addressing
import Diagnostics
import Nftables

/// What is left of a section `redirect` once its options are read.
private struct OpenWrtRedirect {
  var section: UCISection
  var isEnabled: Bool
  var family: OpenWrtFamily
  var source: OpenWrtZone?
  var target: OpenWrtZone?
  /// What packets have.
  var from: [Choice<OpenWrtNetwork>]
  var to: [Choice<OpenWrtNetwork>]
  var sourcePorts: [Choice<PortRange>]
  var ports: [Choice<PortRange>]
  /// What they get instead.
  var address: [Choice<OpenWrtNetwork>]
  var port: PortRange?
  var more: [Statement]
  var set: OpenWrtSetMatch?
  /// Whether it names a zone as its destination, or all by `*`.
  var namesTarget: Bool
  var reflects: Bool
  var reflectsInternally: Bool
  var reflectionZones: [OpenWrtZone]

  /// The first address of a family that packets get.
  func address(_ family: AddressFamily?) -> Value? {
    for choice in address {
      guard case .addresses(let value, let own) = choice.value, family == nil || own == family else { continue }
      if case .addresses(let low, _) = value { return .address(low) }
      return value
    }
    return nil
  }

  /// Whether it names an address that the file does not tell.
  var leadsNowhereKnown: Bool { address.contains { if case .unread = $0.value { true } else { false } } }
}

extension OpenWrtLowering {
  mutating func addRedirect(_ section: UCISection) {
    var options = OpenWrtOptions(section)
    let isSource = options.word("target", ["snat", "dnat"]) == "snat"
    let protocols = options.protocols(["tcp", "udp"])
    let redirect = redirect(&options, isSource: isSource)
    let zone = isSource ? redirect.target : redirect.source
    let chain = "\(isSource ? "srcnat" : "dstnat")_\(zone?.name ?? "")"
    if let fault = options.fault { return leaveOut(section, chain, fault) }
    if !isSource, redirect.isEnabled, let zone {
      translating.insert(zone.name)
      if redirect.reflects, zone.masquerades[.ipv4] != nil, let target = redirect.target {
        translating.insert(target.name)
      }
    }
    for proto in protocols {
      var families = OpenWrtFamilies(
        redirect.family, networks: [redirect.from, redirect.to, redirect.address],
        zones: [redirect.source, redirect.target])
      if families.isContradictory {
        leaveOut(section, chain, "is left out by fw4, because its addresses and zones are of different families")
        continue
      }
      if families.rules == [nil], redirect.family == .untold {
        // Without anything that tells it such a section is for IPv4.
        families = OpenWrtFamilies(.only(.ipv4), networks: [], zones: [])
      }
      for family in families.rules {
        if redirect.reflects, !isSource { addReflections(redirect, proto, family) }
        let match = match(redirect, proto, family, from: redirect.from, to: redirect.to)
        add(
          match + redirect.more + (redirect.set.map { [$0.statement(proto.value)] } ?? [])
            + [translation(redirect, family, proto, isSource: isSource)],
          to: chain, section, idle: redirect.isEnabled ? nil : "is disabled")
      }
    }
  }

  private func redirect(_ options: inout OpenWrtOptions, isSource: Bool) -> OpenWrtRedirect {
    func list<T>(_ value: T?) -> [T] { value.map { [$0] } ?? [] }
    let (source, target) = (zone("src", &options), zone("dest", &options))
    let ends = [list(options.network("src_dip")), list(options.network("dest_ip"))]
    let ports = [list(options.port("src_dport")), list(options.port("dest_port"))]
    let (reached, given) = isSource ? (1, 0) : (0, 1)
    if isSource {
      if target?.zone == nil { options.fail("it names no zone as its destination") }
      if ends[0].isEmpty { options.fail("it has no `src_dip`") }
    } else if source?.zone == nil {
      options.fail(source == nil ? "it names no zone as its source" : "its source must not be `*`")
    }
    if ends[given].contains(where: \.isInverted) { options.fail("the address that packets get is negated") }
    let port = (ports[given].first ?? (isSource ? nil : ports[reached].first))?.value
    let reflectionZones = options.names("reflection_zone").compactMap { zone($0.value) }
    let internally = options.word("reflection_src", ["internal", "external"]) != "external"
    return OpenWrtRedirect(
      section: options.section, isEnabled: options.flag("enabled", true), family: options.family(),
      source: source?.zone, target: target?.zone, from: list(options.network("src_ip")), to: ends[reached],
      sourcePorts: list(options.port("src_port")), ports: ports[reached], address: ends[given], port: port,
      more: conditions(&options), set: set(&options), namesTarget: target != nil,
      reflects: options.flag("reflection", true),
      reflectsInternally: internally, reflectionZones: reflectionZones)
  }

  private func match(
    _ redirect: OpenWrtRedirect, _ proto: Choice<String>, _ family: AddressFamily?, from: [Choice<OpenWrtNetwork>],
    to: [Choice<OpenWrtNetwork>]
  ) -> [Statement] {
    OpenWrtMatch(
      family: family, proto: proto, sources: from, destinations: to, sourcePorts: redirect.sourcePorts,
      destinationPorts: redirect.ports
    ).statements
  }

  private func translation(
    _ redirect: OpenWrtRedirect, _ family: AddressFamily?, _ proto: Choice<String>, isSource: Bool
  ) -> Statement {
    if redirect.leadsNowhereKnown { return .unread("a translation to the addresses of a network") }
    let hasPorts = proto.value == "tcp" || proto.value == "udp"
    let port = hasPorts ? redirect.port.map { Expression.value(Value($0)) } : nil
    guard let address = redirect.address(family) else { return .translate(Translation(.redirect, port: port)) }
    return .translate(
      Translation(isSource ? .source : .destination, family, address: .value(address), port: port))
  }

  /// Clients in the zone of the server, or in others, may dial the external address as well, where the zone outside
  /// masquerades. Asked for are the networks of their zone, here its devices.
  private mutating func addReflections(
    _ redirect: OpenWrtRedirect, _ proto: Choice<String>, _ family: AddressFamily?
  ) {
    guard let family, redirect.source?.masquerades[family] != nil, let address = redirect.address(family) else {
      return
    }
    let reason = redirect.isEnabled ? nil : "is disabled"
    let external: [Choice<OpenWrtNetwork>] =
      redirect.to.isEmpty
      ? context.arrivals.filter { $0.family == family }.map {
        Choice(value: .addresses(.address($0), family), isInverted: false)
      } : redirect.to
    guard !external.isEmpty else { return }
    var inner = redirect
    (inner.sourcePorts, inner.set) = ([], nil)
    guard let target = redirect.target else {
      return addDoubtfulReflections(redirect, match(inner, proto, family, from: [], to: external), reason)
    }
    let hasPorts = proto.value == "tcp" || proto.value == "udp"
    for zone in redirect.reflectionZones.isEmpty ? [target] : redirect.reflectionZones {
      if redirect.isEnabled { translating.insert(zone.name) }
      add(
        match(inner, proto, family, from: [], to: external) + redirect.more
          + [translation(inner, family, proto, isSource: false)],
        to: "dstnat_\(zone.name)", redirect.section, idle: reason)
      let server = OpenWrtMatch(
        family: family, proto: proto, destinations: [Choice(value: .addresses(address, family), isInverted: false)],
        destinationPorts: hasPorts ? (redirect.port.map { [Choice(value: $0, isInverted: false)] } ?? []) : [])
      let arriving = zone.conditions(leaving: false).first ?? []
      let first = external.first.flatMap { choice -> Value? in
        if case .addresses(.address(let address), _) = choice.value { .address(address) } else { nil }
      }
      let source: Statement =
        redirect.reflectsInternally ? .masquerade : first.map { .translateSource(family, .value($0)) } ?? .masquerade
      add(
        arriving + server.statements + redirect.more + [source], to: "srcnat_\(zone.name)", redirect.section,
        idle: reason)
    }
  }

  /// Without a zone as its destination fw4 takes the one with an address in the network of the server; the addresses
  /// stand in another file.
  private mutating func addDoubtfulReflections(
    _ redirect: OpenWrtRedirect, _ match: [Statement], _ reason: String?
  ) {
    guard !redirect.namesTarget else { return }
    for zone in zones where context.inside.contains(where: zone.interfaces.contains) {
      add(
        match + [.unread("whether there is a reflection, as the section names no `dest`")],
        to: "dstnat_\(zone.name)", redirect.section, idle: reason)
    }
  }

  // MARK: - Source translation

  /// A section `nat`: the zone is the one to which packets go.
  mutating func addTranslation(_ section: UCISection) {
    var options = OpenWrtOptions(section)
    let isEnabled = options.flag("enabled", true)
    let target = options.word("target", ["accept", "snat", "masquerade"]) ?? "masquerade"
    let zone = zone("src", &options)
    let family = options.family()
    func list<T>(_ value: T?) -> [T] { value.map { [$0] } ?? [] }
    let (from, to) = (list(options.network("src_ip")), list(options.network("dest_ip")))
    let given = list(options.network("snat_ip"))
    let port = options.port("snat_port")?.value
    let (sourcePorts, ports) = (list(options.port("src_port")), list(options.port("dest_port")))
    var protocols = options.protocols([OpenWrtProtocols.any])
    if protocols.allSatisfy({ $0.value == OpenWrtProtocols.any }), !(sourcePorts + ports).isEmpty || port != nil {
      protocols = ["tcp", "udp"].map { Choice(value: $0, isInverted: false) }
    }
    let more = conditions(&options)
    if target == "snat", given.isEmpty, port == nil { options.fail("it has no `snat_ip`") }
    if target != "snat", !given.isEmpty || port != nil { options.fail("`snat_ip` is for the target `SNAT` alone") }
    let chain = zone?.zone.map { "srcnat_\($0.name)" } ?? "srcnat"
    var families = OpenWrtFamilies(family, networks: [from, to, given], zones: [zone?.zone])
    if families.isContradictory { options.fail("its addresses and its zone are of different families") }
    if let fault = options.fault { return leaveOut(section, chain, fault) }
    if families.rules == [nil], family == .untold {
      families = OpenWrtFamilies(.only(.ipv4), networks: [], zones: [])
    }
    let device = leavingDevice(&options)
    for proto in protocols {
      for family in families.rules {
        let match = OpenWrtMatch(
          family: family, proto: proto, sources: from, destinations: to, sourcePorts: sourcePorts,
          destinationPorts: ports)
        add(
          match.statements + device + more + [source(target, given, port, family)], to: chain, section,
          idle: isEnabled ? nil : "is disabled")
      }
    }
  }

  /// The device that a section `nat` names.
  private func leavingDevice(_ options: inout OpenWrtOptions) -> [Statement] {
    guard let name = options.single("device") else { return [] }
    let isKnown = (context.outside + context.inside).contains(name)
    return isKnown ? [.match(.outputInterface, .equal, .value(.interface(name)))] : [.unread("device \(name)")]
  }

  private func source(
    _ target: String, _ given: [Choice<OpenWrtNetwork>], _ port: PortRange?, _ family: AddressFamily?
  ) -> Statement {
    guard target == "snat" else { return target == "accept" ? .verdict(.accept) : .masquerade }
    let ports = port.map { Expression.value(Value($0)) }
    guard let first = given.first else { return .translate(Translation(.source, family, port: ports)) }
    guard case .addresses(let value, _) = first.value else {
      return .unread("a source in the addresses of a network")
    }
    if case .addresses(let low, _) = value {
      return .translate(Translation(.source, family, address: .value(.address(low)), port: ports))
    }
    return .translate(Translation(.source, family, address: .value(value), port: ports))
  }
}
