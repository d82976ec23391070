package import Flows

extension OpenWrtPlatform {
  package func guide(to plan: FlowPlan) -> PlatformGuide? {
    PlatformGuide(
      device: "OpenWrt", assumes: assumptions(plan),
      apply: [
        .init(
          "Copy the folder to the router. Where a bundle was applied before, take its sections away first, with its own "
            + "`\(Self.wayBackName)`: sections of publications that are gone would stay.",
          "uci batch < \(Self.wayBackName)"),
        .init(
          "Add the sections; those with the same names are replaced option by option. `sallyport compile --format batch` "
            + "writes the same as commands for `uci batch`, which make each section anew. Do not leave out `-m`: without "
            + "it `uci import` replaces the whole file.",
          "uci -m import firewall < firewall.uci", "uci changes firewall"),
      ],
      verify: verifying(plan),
      keep: [
        .init(
          "Commit, and load the rules. `uci revert firewall` before the commit undoes everything that is not committed.",
          "uci commit firewall", "service firewall reload")
      ],
      wayBack: [
        .init(
          "Take the sections away, commit, and load what is left.", "uci batch < \(Self.wayBackName)",
          "uci commit firewall", "service firewall reload")
      ],
      remarks: remarks(plan))
  }

  private func assumptions(_ plan: FlowPlan) -> [String] {
    let sections = OpenWrtSections(plan)
    let services = plan.services
    var sentences: [String] = []
    if !services.isEmpty {
      sentences = [
        "The zones have the names that the gateway in the policy gives: \(list(sections.outside)) for clients"
          + (sections.inside.isEmpty ? "." : ", \(list(sections.inside)) for servers."),
        "A zone where clients come from rejects or drops what nothing accepts (`input` and `forward`), as `wan` does on a "
          + "new router: only what is let in is written.",
      ]
    }
    if services.contains(where: \.wantsHairpin) {
      sentences.append(
        "For `hairpin on`, the outside zone has `masq` (`masq6` for IPv6), and the inside zone its networks by `option "
          + "network`: a reflection is made of these.")
    }
    sentences += assumptionsOfReaches(plan, sections)
    if !plan.helpedServices.isEmpty {
      sentences.append("The package `kmod-nf-nathelper` is installed, for the FTP helper.")
    }
    return sentences
  }

  private func assumptionsOfReaches(_ plan: FlowPlan, _ sections: OpenWrtSections) -> [String] {
    guard let outbound = plan.outbound else { return [] }
    let users = sections.inside.isEmpty ? "any zone" : list(sections.inside)
    let own =
      outbound.services.contains { !$0.wantsGatewaySource }
      ? ["Without `source gateway` users leave with their own addresses, unless the outer zone has `masq`."] : []
    return [
      "Users of `reach` are in \(users), and leave by \(list(sections.outside)). Rules come before what a `forwarding` of "
        + "the zone permits, so whom `allow` leaves out is kept out."
    ] + own
  }

  private func verifying(_ plan: FlowPlan) -> [PlatformGuide.Step] {
    let look =
      plan.hasFw4
      ? PlatformGuide.Step(
        "See whether all of it is understood: a line that begins with `[!]` names a section that is left out, and the "
          + "status is 0 all the same.", "fw4 check", "fw4 print | grep sallyport:")
      : .init("See whether all of it is understood: warnings name sections that are left out.", "fw3 print")
    return [
      look,
      .init(
        "After the reload list a folder in passive mode from \(plan.somebodyAllowed), with TLS as the "
          + "\(plan.services.isEmpty ? "`reach`" : "publication") asks for it."),
    ]
  }

  private func remarks(_ plan: FlowPlan) -> [String] {
    let services = plan.services
    let reached = plan.outbound?.services ?? []
    var sentences: [String] = []
    if !plan.hasFw4 {
      sentences.append("Releases before 22.03 have fw3; what it makes of these sections was not tried.")
    }
    if (services + reached).contains(where: { !$0.wantsHelper }) {
      sentences.append(
        "A zone without masquerading gets the FTP helper on TCP port 21 by itself. Where `helper off` is to hold there "
          + "too, set `auto_helper` of that zone, which is yours: `uci set firewall.@zone[N].auto_helper='0'`, with its "
          + "number as `uci show firewall` tells it.")
    }
    if services.contains(where: \.wantsHelper) {
      sentences.append(
        "The helper sees packets after their translation: its rules name the address and port of the server, not those "
          + "that clients dial.")
    }
    if (services + reached).contains(where: \.wantsGatewaySource) {
      sentences.append(
        "`source gateway` holds for all connections to these ports of the server that pass the router, from wherever "
          + "they come.")
    }
    if services.contains(where: \.opensActiveData) || (services + reached).contains(where: \.wantsGatewaySource) {
      sentences.append("`nat` sections were read in the source of fw4, and not tried on a router.")
    }
    return sentences
  }

  private func list(_ zones: [String]) -> String { zones.map { "`\($0)`" }.joined(separator: ", ") }
}
