import Addressing
package import Diagnostics
package import Flows

/// MikroTik RouterOS, from 6.38 on: a script for `/import`.
///
/// Everything of ours bears a comment that begins with `sallyport:`. The script takes away what does and adds what the
/// policy says now, so that it can be imported again. Destination NAT comes before the `forward` chain, so translations
/// name the external address and permits the server's (the manual's page of the packet flow).
package struct RouterOSPlatform: DevicePlatform {
  package var name: String { "routeros" }
  package var isLinux: Bool { true }
  package var forms: [String] { ["rsc"] }

  package init() {}

  package var versions: String? { "6.38 to 7.x" }

  package func knows(version: String) -> Bool { RouterOSVersion(version) != nil }

  /// All but what nobody asks of it (`limitTotal` would have to count the connections to several addresses together)
  /// and a server on the router.
  package var capabilities: Set<FlowFeature> {
    Set(FlowFeature.allCases).subtracting([.limitTotal, .localServer])
  }

  package func capabilities(for plan: FlowPlan) -> Set<FlowFeature> {
    var capabilities = capabilities
    if !plan.routerOSTranslatesIPv6 { capabilities.remove(.ipv6Translation) }
    // `/ip firewall service-port` has no address: it is on or off for the router.
    if !plan.mayUseDeviceSwitch {
      capabilities.subtract([.helper, .helperBesideTLS, .activeThroughHelper, .reachHelper])
    }
    if plan.name(of: .before) == nil { capabilities.remove(.activeRefusal) }
    return capabilities
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .ipv6Translation:
      "RouterOS translates IPv6 from 7.1 on; write `platform routeros 7.1`, or what the device has, if it is newer"
    case .helper, .helperBesideTLS, .activeThroughHelper, .reachHelper:
      "RouterOS has one switch of the helper for the whole router; let it be set by `helper scope device` in the "
        + "gateway, or write `helper off` and a passive range"
    case .limitTotal: "let the server count, by `max clients` in its block"
    case .localServer: "give the server an address of its own, and publish that"
    default: nil
    }
  }

  package var sampleNames: (outside: String, inside: String)? { ("ether1", "bridge") }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    switch input {
    // That a publication cannot do without `before` is an obstacle: a gateway alone does not say.
    case .outside, .inside, .before, .helperScope: .optional
    case .accessList, .externalIsInterface, .unitOutside, .unitInside, .numbers, .mark: .useless
    }
  }

  package func fault(of name: String, as input: GatewayInput) -> String? {
    switch input {
    case .outside, .inside: name.hasPrefix("!") ? "begins with `!`, by which RouterOS says every other one" : nil
    case .before: name.hasPrefix(tag("")) ? "is a comment of ours, and such rules go at every import" : nil
    default: nil
    }
  }

  package func obstacles(to plan: FlowPlan) -> [Diagnostic] { RouterOSObstacles(plan).findings }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    [RouterOSScript(plan).artifact(version: version)]
  }

  package func companions(of plan: FlowPlan) -> [Artifact] {
    [RouterOSHelper(plan)?.artifact, RouterOSRemoval(plan).artifact].compactMap(\.self)
  }

  package func guide(to plan: FlowPlan) -> PlatformGuide? { RouterOSGuide(plan).guide }
}

extension FlowPlan {
  /// Whether `/ipv6 firewall nat` is there: a policy that names no version may be for a device without it.
  var routerOSTranslatesIPv6: Bool {
    platformVersion.flatMap { RouterOSVersion($0) }.map { $0 >= .ipv6Translation } ?? false
  }

  /// The families in whose menus something of ours is, or may be from earlier. Those of IPv6 are unknown to a device of
  /// 6 without the package, where a script that names them ends.
  var routerOSFamilies: [AddressFamily] {
    [.ipv4, .ipv6].filter { family in
      family == .ipv4 || routerOSTranslatesIPv6 || families.contains { $0.family == family }
    }
  }
}

extension PublishedService {
  /// Whether the control connection passes destination NAT.
  var translatesControl: Bool { isTranslated || controlPort != serverControlPort }
}

extension RouterOSPlatform {
  package func helperType(for plan: FlowPlan) -> String { "routeros-ftp" }

  /// RouterOS has the helper on for port 21 of every server unless somebody switched it off (`/ip firewall
  /// service-port`).
  package func inspects(_ service: PublishedService, in plan: FlowPlan) -> Bool {
    service.wantsHelper || service.serverControlPort == 21 && !plan.mayUseDeviceSwitch
  }
}
