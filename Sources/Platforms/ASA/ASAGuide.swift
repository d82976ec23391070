import Addressing
import Flows

/// What people have to know who paste our commands into an ASA.
struct ASAGuide {
  private let plan: FlowPlan
  private let services: [PublishedService]
  private let list: String

  init(_ plan: FlowPlan) {
    self.plan = plan
    services = plan.services
    list = plan.name(of: .accessList) ?? ""
  }

  var guide: PlatformGuide {
    PlatformGuide(
      device: "Cisco ASA", assumes: assumes, apply: apply, verify: verify,
      keep: [.init("When everything works, keep it over a restart.", "write memory")],
      wayBack: wayBack, remarks: remarks)
  }

  private var outside: String { plan.outside.map { "`\($0.name)`" }.joined(separator: ", ") }
  private var inside: String { plan.inside.first?.name ?? "" }
  private var changesInspection: Bool { !plan.uninspected.isEmpty }

  private var assumes: [String] {
    var sentences = [
      "The version is 8.3 or newer\(services.contains { $0.family == .ipv6 } ? ", with IPv6 9.0 or newer" : "").",
      "\(outside) and `\(inside)` are the names (`nameif`) of interfaces; the servers are reached through `\(inside)`.",
      "The access list `\(list)` is bound inbound on \(outside) already (`show running-config access-group`). Nothing "
        + "here binds it: an interface has one access list in each direction, and binding another one would replace it.",
    ]
    if !plan.usesInterfaceAddress, services.contains(where: \.isTranslated) {
      sentences.append(
        "No external address is that of an interface itself, for which the policy would say `external is interface`; the "
          + "device answers ARP for the others, or they are routed to it.")
    }
    if plan.usesInterfaceAddress {
      sentences.append(
        "The external address is that of the interface, so `interface` stands in its place, and no service of the "
          + "device itself listens on the same ports.")
    }
    if plan.isOutbound {
      sentences.append(
        services.contains(where: \.wantsGatewaySource) && !plan.usesInterfaceAddress
          ? "The address that users get is not that of an interface, for which the policy would say `external is "
            + "interface`, and it is routed to the device."
          : "Without `source gateway` users leave with the addresses that your own translations give them.")
    }
    if services.contains(where: \.wantsHelper) {
      sentences.append(
        "FTP is inspected in the class `inspection_default`, without `strict`, as it is by default: `show "
          + "running-config policy-map` shows `inspect ftp`. That is the helper here; it reads all FTP on port 21 of "
          + "servers, and not these connections alone.")
    }
    return sentences
  }

  private var apply: [PlatformGuide.Step] {
    var steps: [PlatformGuide.Step] = [
      .init(
        "Keep a copy of what runs now. If an earlier text from here was pasted before, paste the way back that came with "
          + "it first: commands add, and what the policy no longer has would stay. \(emptied)",
        "copy running-config disk0:/before-sallyport.cfg"),
      .init(
        "If a mistake could lock you out, let the device restart with what was saved, unless you call it off.",
        "reload in 10", "reload cancel"),
      .init(
        "Paste `asa.cfg` in configuration mode, and read every answer. A line that is there already is refused or "
          + "changes nothing; a `remark` that is pasted twice may stand there twice.",
        "configure terminal", "end"),
      .init(
        "The permits stand at the end of `\(list)`. If a line above them denies these packets, the permits are never "
          + "reached: then take them away and enter them with `line` and the number of that line.",
        "show access-list \(list)", "access-list \(list) line NUMBER extended permit ..."),
    ]
    if services.contains(where: \.isForwarded), let first = plan.outside.first {
      steps.append(
        .init(
          "The translations stand at the end of section 1, where the first that matches decides. If one above them has "
            + "the same external address and ports, take ours away and enter them with a number.",
          "show nat", "nat (\(inside),\(first.name)) 1 source static ..."))
    }
    if plan.isOutbound, services.contains(where: \.wantsGatewaySource) {
      steps.append(
        .init(
          "The translations of users stand at the end of section 1, where the first that matches decides. If one of yours "
            + "above them takes these users, take ours away and enter them with a number.",
          "show nat", "nat (INTERFACE,\(inside)) 1 source dynamic ..."))
    }
    if changesInspection {
      steps.append(
        .init(
          "`asa-inspection.cfg` changes a class of the whole device: it takes the servers without `helper on` out of all "
            + "default inspections, whatever the port. Look first whether `inspection_default` matches an access list "
            + "already; if so, add the lines to that one by hand. Paste it after `asa.cfg`.",
          "show running-config class-map"))
    }
    return steps
  }

  private var verify: [PlatformGuide.Step] {
    let interface = plan.outside.first?.name ?? ""
    let traces = services.flatMap { service -> [String] in
      guard let client = service.sampleClient else { return [] }
      let ports = [service.controlPort] + (service.passiveRange.map { [$0.low] } ?? [])
      return ports.map {
        "packet-tracer input \(interface) tcp \(client) 40000 \(service.arrival) \($0)"
      }
    }
    var steps: [PlatformGuide.Step] = [
      .init("Follow a packet to each port: the result is `allow`, and NAT names our objects.", commands: traces),
      .init(
        "Look at the translations and at the counts of the permits.", "show nat detail", "show access-list \(list)"),
    ]
    let uninspected = plan.uninspected.lazy.compactMap { service in service.sampleClient.map { (service, $0) } }
    if let (service, client) = uninspected.first {
      steps.append(
        .init(
          "See which inspections a connection meets: none for a server that was taken out, and FTP for others still.",
          "show service-policy flow tcp host \(client) host \(service.serverAddress) eq "
            + "\(service.serverControlPort)"))
    }
    return steps
  }

  /// What the way back may take along.
  private var emptied: String {
    "An access list without any line is gone, and its `access-group` goes with it (from experience). So where "
      + "`\(list)` has our lines alone, keep a line of your own in it, or look at `show running-config access-group` "
      + "after the way back and bind the list again."
  }

  private var wayBack: [PlatformGuide.Step] {
    let first =
      changesInspection ? "`asa-inspection-way-back.cfg`, and then `asa-way-back.cfg`," : "`asa-way-back.cfg`"
    let addresses = Set(services.map(\.serverAddress)).sorted()
    return [
      .init(
        "Paste \(first) in configuration mode. \(emptied)", "configure terminal", "end",
        "show running-config access-group"),
      .init(
        "Connections that run go on as they began. Ending them is your choice; `clear xlate` ends every connection of a "
          + "translation.",
        commands: addresses.flatMap { ["clear conn address \($0)", "clear xlate local \($0)"] }),
    ]
  }

  private var remarks: [String] {
    var sentences = [
      "These commands follow Cisco's documentation; they were not run on a device. Not verified are the answer to a "
        + "`nat` or `remark` line that is there already, and the spelling of `clear conn` and `clear xlate` of every "
        + "version.",
      "Access lists of an ASA look at the server's own address and port, translations at both.",
    ]
    if services.contains(where: { !$0.wantsHelper }), !plan.mayUseDeviceSwitch {
      sentences.append(
        "The inspection of FTP is left as it is, because it belongs to the whole device. It is blind once a session is "
          + "encrypted, and does no harm then unless it is `strict`, which may end such sessions: use it on none of these "
          + "servers.")
    }
    if services.contains(where: { !$0.wantsHelper && $0.mayBeClear }), !plan.mayUseDeviceSwitch {
      sentences.append(
        "Sessions in clear text on port 21 of the server are inspected as well; what the inspection makes of a reply "
          + "that names the external address already was not tried. `helper scope device` writes commands that take the "
          + "servers out.")
    }
    if changesInspection {
      sentences.append(
        "That an access list narrows `inspection_default` is documented; the effect on a running device was not tried."
      )
    }
    if services.contains(where: \.wantsHelper) {
      sentences.append(
        "An inspected control connection has at most 200 data connections at the same time, for all that are inspected "
          + "together (documented by Cisco).")
    }
    if services.contains(where: { $0.isRouted && $0.controlPort != $0.serverControlPort }) {
      sentences.append(
        "A server at its own address with another control port gets a translation of its address to itself; that form "
          + "was not tried.")
    }
    sentences += services.withoutClients
    return sentences
  }
}
