import Addressing
import Diagnostics
import Flows

private let published = ownChain("PUBLISHED")
private let helped = ownChain("HELPED")
private let active = ownChain("ACTIVE")
private let gateway = ownChain("GATEWAY")
private let markInside = ownChain("MARK-INSIDE")
private let markOutside = ownChain("MARK-OUTSIDE")

extension IptablesLowering {
  /// `helper on`: the FTP helper on exactly the published control connections. `-j CT` is asked before connection
  /// tracking, so it sees what clients dial. Where the server is the firewall host, also on connections that the host
  /// opens itself.
  ///
  /// A kernel that assigns the helper by itself does so to every connection whose server has such a port; then these
  /// rules say what the kernel does, and are no part of the text.
  mutating func assignHelper() {
    let ports = kernel.helpsByRule ? [] : Set(plan.helperPorts)
    let read = services.filter { $0.wantsHelper || ports.contains($0.serverControlPort) }
    rules.addTree(
      helped, .raw, by: .destination,
      read.map { service in
        AddressedRules(
          prefix: Prefix(service.arrival),
          rules: [
            IptablesRule(
              [.dials(PortRange(service.controlPort))], .help, comment: comment(service, "alg"),
              for: service.provenance(of: .helper))
          ])
      })
    enter(.help, to: helped)
    guard let local = read.first(where: \.isLocal) else { return }
    rules.add(
      [IptablesRule([.leaves("lo")], .jump(helped), for: local.provenance(of: .helper))], to: .helpOutput)
  }

  /// `external ip`, `control port`, `passive range`: what is dialled goes to the server. A passive port stays as it is,
  /// so no port is written.
  mutating func translate() {
    var entries = flows.controlTranslations.map { control in
      AddressedRules(
        prefix: Prefix(control.address),
        rules: [
          IptablesRule(
            [.dials(PortRange(control.port))],
            .destination(control.service.serverAddress, port: control.service.serverControlPort),
            comment: comment(control.service, "ctl"), for: control.provenance)
        ])
    }
    let passive = flows.passiveTranslations
    for flow in passive.flows {
      entries.append(
        AddressedRules(
          prefix: Prefix(flow.address),
          rules: [
            IptablesRule(
              [.dials(flow.ports)], .destination(passive.service(flow).serverAddress, port: nil),
              comment: comment(passive.publications(flow), "pasv"), for: passive.provenance(flow))
          ]))
    }
    rules.addTree(published, .nat, by: .destination, entries)
    enter(.publish, to: published)
  }

  /// `hairpin on`, `source gateway` of servers at their own address: packets that shall get the gateway's address as
  /// their source, by the interface on which they came in. Rules in POSTROUTING cannot see that interface.
  mutating func mark() {
    func marking(_ services: [PublishedService], _ aspect: ServiceAspect, _ part: String) -> [AddressedRules] {
      services.map { service in
        AddressedRules(
          prefix: Prefix(service.serverAddress),
          rules: ends(service).map { end in
            IptablesRule(
              [.dials(end.served)] + dialled(service, end.dialled, nil), .mark, comment: comment(service, part),
              for: service.provenance(of: aspect))
          })
      }
    }
    let hairpins = services.filter { $0.wantsHairpin && $0.isTranslated }
    rules.addTree(markInside, .mangle, by: .destination, marking(hairpins, .hairpin, "hairpin"))
    if !outside.isEmpty {
      let routed = services.filter { $0.wantsGatewaySource && $0.isRouted }
      rules.addTree(markOutside, .mangle, by: .destination, marking(routed, .source, "source"))
    }
    for (chain, interfaces, span) in [
      (markInside, inside, plan.inside.first?.provenance), (markOutside, outside, plan.outside.first?.provenance),
    ] where rules.has(chain, .mangle) {
      rules.add(
        interfaces.map { IptablesRule([.comesIn($0), .state(.new)], .jump(chain), for: span) }, to: .mark)
    }
  }

  /// Sources: those of the server's own data connections in active mode without helper become what clients dialled,
  /// and with `hairpin on` and `source gateway` clients get the gateway's address.
  mutating func changeSources() {
    let activeFlows = flows.activeTranslations
    rules.addTree(
      active, .nat, by: .source,
      activeFlows.flows.map { flow in
        AddressedRules(
          prefix: Prefix(flow.address),
          rules: [
            IptablesRule(
              [.sends(flow.ports)], .source(activeFlows.service(flow).arrival),
              comment: comment(activeFlows.publications(flow), "active"), for: activeFlows.provenance(flow))
          ])
      })
    if rules.has(active, .nat) {
      let leads =
        outside.isEmpty
        ? [IptablesRule([], .jump(active), for: plan.header)]
        : outside.map { IptablesRule([.leaves($0)], .jump(active), for: plan.outside.first?.provenance) }
      rules.add(leads, to: .source)
    }
    if rules.has(IptablesEntrance.mark.chain, .mangle), !plan.isOutbound {
      let comment = kernel.hasRevisions ? "sallyport" : nil
      let span = rules.jump(.mark).provenance
      rules.add([IptablesRule([.marked], .masquerade, comment: comment, for: span)], to: .source)
    }
    // Users are known by the mark, and leave with the gateway's `external ip`.
    let own = plan.isOutbound ? plan.ownSource(family) : nil
    let isMarked: [IptablesMatch] = own != nil && !outside.isEmpty ? [.marked] : []
    let sources = services.filter {
      $0.wantsGatewaySource && ($0.isTranslated || $0.isRouted && (outside.isEmpty || own != nil))
    }
    rules.addTree(
      gateway, .nat, by: .destination,
      sources.map { service in
        AddressedRules(
          prefix: Prefix(service.serverAddress),
          rules: ends(service).map { end in
            IptablesRule(
              [.dials(end.served)] + dialled(service, end.dialled, nil) + isMarked,
              own.map { .source($0) } ?? .masquerade, comment: comment(service, "source"),
              for: service.provenance(of: .source))
          })
      })
    if rules.has(gateway, .nat) {
      rules.add([IptablesRule([], .jump(gateway), for: sources.first?.provenance(of: .source))], to: .source)
    }
  }
}
