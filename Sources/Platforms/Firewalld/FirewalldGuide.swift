package import Flows

extension FirewalldPlatform {
  package func guide(to plan: FlowPlan) -> PlatformGuide? {
    let rules = FirewalldRules(plan)
    return PlatformGuide(
      device: "firewalld", assumes: assumptions(plan, rules), apply: applying(plan, rules),
      verify: verifying(plan, rules),
      keep: [.init("Nothing is left to do: files below /etc/firewalld are the permanent configuration.")],
      wayBack: [
        .init(
          "Run `\(Self.wayBackName)` of this folder, and have firewalld read what is left.", "sh \(Self.wayBackName)",
          "firewall-cmd --reload")
      ],
      remarks: remarks(plan))
  }

  private func assumptions(_ plan: FlowPlan, _ rules: FirewalldRules) -> [String] {
    func list(_ zones: [String]) -> String { zones.map { "`\($0)`" }.joined(separator: ", ") }
    var sentences: [String] = []
    if !plan.services.isEmpty {
      sentences = [
        "Clients come in through the zones that `outside` of the gateway names: \(list(rules.zones)). Interfaces or sources are bound "
          + "to them already; the files here bind none.",
        "Only what is let in is written. Whoever is kept out is refused by the zone, as long as its target is `default`, "
          + "`REJECT` or `DROP`, and it opens none of these ports itself, by a service or a port.",
      ]
    }
    if let outbound = plan.outbound {
      let users = rules.users.isEmpty ? "any zone" : list(rules.users)
      sentences.append(
        "Users of `reach` come from \(users), and leave by \(list(rules.zones)), which have interfaces or sources.")
      if outbound.services.contains(where: { !$0.wantsGatewaySource }) {
        sentences.append(
          "Without `source gateway` users leave with their own addresses, unless the outer zone has `masquerade`.")
      }
    }
    if plan.services.contains(where: \.isRouted) {
      sentences.append("Networks beyond the gateway know the way to the servers' own addresses, and it forwards.")
    }
    if plan.needsSideTable {
      sentences.append("The machine has nft and systemd, for the table with \(FirewalldHelper.words(plan)).")
    }
    return sentences
  }

  private func applying(_ plan: FlowPlan, _ rules: FirewalldRules) -> [PlatformGuide.Step] {
    var steps = [
      PlatformGuide.Step(
        "Where a bundle was applied before, run its `\(Self.wayBackName)` first: publications that are gone leave no "
          + "files then. Connections are not touched by that; new ones are refused only from the reload on."),
      .init(
        "Put the files in place.",
        commands: (rules.sets.isEmpty ? [] : ["install -m 644 -t /etc/firewalld/ipsets ipsets/*.xml"])
          + ["install -m 644 -t /etc/firewalld/policies policies/*.xml"]),
      .init(
        "Have them checked, and read what it says: of a bad port it warns, and ends with 0 all the same. Then load them.",
        "firewall-cmd --check-config", "firewall-cmd --reload"),
    ]
    let kernel = KernelFiles(plan).artifacts
    if !kernel.isEmpty {
      steps.append(
        .init(
          "Settings of the kernel, now and at every start.",
          commands: kernel.map { "install -m 644 \($0.name) \($0.destination ?? "")" }
            + (plan.helpedServices.isEmpty ? [] : ["systemctl restart systemd-modules-load.service"])
            + (kernel.contains { $0.name == "sysctl.conf" } ? ["sysctl -p /etc/sysctl.d/60-sallyport.conf"] : [])))
    }
    if plan.needsSideTable {
      let words = FirewalldHelper.words(plan)
      steps.append(
        .init(
          "\(words.prefix(1).uppercased())\(words.dropFirst()), now and at every start.",
          "install -D -m 644 sallyport-alg.nft /etc/sallyport/sallyport-alg.nft",
          "install -m 644 \(FirewalldHelper.unit) /etc/systemd/system/\(FirewalldHelper.unit)",
          "systemctl daemon-reload", "systemctl enable --now \(FirewalldHelper.unit)",
          "systemctl reload \(FirewalldHelper.unit)"))
    }
    return steps
  }

  private func verifying(_ plan: FlowPlan, _ rules: FirewalldRules) -> [PlatformGuide.Step] {
    var commands = rules.policies.prefix(3).map { "firewall-cmd --info-policy=\($0.name)" }
    if plan.needsSideTable { commands.append("nft list table inet \(FirewalldHelper.tableName)") }
    return [
      .init(
        "See what is loaded, and list a folder in passive mode from \(plan.somebodyAllowed), with TLS as the "
          + "\(plan.services.isEmpty ? "`reach`" : "publication") asks for it.", commands: commands)
    ]
  }

  private func remarks(_ plan: FlowPlan) -> [String] {
    var sentences = [
      "The rules that firewalld makes of this were looked at with 1.3.3 and its nftables backend; other versions and "
        + "the iptables backend were not tried."
    ]
    if plan.services.contains(where: { $0.isTranslated }) {
      sentences.append(
        "Connections that are forwarded keep the clients' addresses, unless a zone towards the servers has "
          + "`masquerade`: the server then sees one client.")
    }
    if plan.hidesUsers {
      sentences.append(
        "The source of users has a table of its own, because a rich rule that translates sources has no ports. It comes "
          + "before the `masquerade` of a zone, and holds for all connections to these ports of the server that pass the machine."
      )
    }
    if !plan.helpedServices.isEmpty {
      sentences.append(
        "The FTP helper has a table of its own, because firewalld accepts what it has translated before it would set a "
          + "helper. It does not touch tables of others, and a reload leaves this one alone.")
    }
    return sentences
  }
}
