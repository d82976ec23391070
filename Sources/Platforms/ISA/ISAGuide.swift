import Addressing
import Flows

/// What people have to know who run the script.
func isaGuide(to plan: FlowPlan, _ platform: ISAPlatform) -> PlatformGuide {
  let network = platform.network(of: plan)
  let inside = plan.inside.map { "`\($0.name)`" }
  let servers = inside.isEmpty ? "the network of each server" : inside.joined(separator: ", ")
  let addresses = Set(plan.services.filter { $0.family == .ipv4 }.map(\.arrival)).sorted().map { "\($0)" }
  let isHelped = plan.services.contains(where: \.wantsHelper)
  var assumes = [
    "Clients come from the network `\(network)`\(plan.outside.isEmpty ? ", as `outside` says nothing else" : "").",
    "A network rule with a NAT relation leads from \(servers) to `\(network)`: server publishing needs one.",
    "The external addresses are bound to the firewall in `\(network)`: \(addresses.joined(separator: ", ")).",
    "The servers' default route leads through the firewall, because a server sees the addresses of its clients.",
    "Names that begin with `\(ObjectNames.prefix)` are ours. Rules and rule elements with such names go at every run.",
    "No enabled rule of others publishes the same address and port, for example with the predefined protocol "
      + "`FTP Server`: the firewall takes a protocol by its port, and that rule could take the connection.",
  ]
  if plan.isOutbound { assumes = assumptionsOfUsers(network, isNamed: !plan.outside.isEmpty) }
  if isHelped {
    assumes.append(
      "The FTP Access Filter is enabled, and belongs to the predefined protocol "
        + "`\(plan.isOutbound ? "FTP" : "FTP Server")`.")
  }
  var remarks = [
    "The scripts were run against a model of the object model that its documentation describes, never on a firewall.",
    "Without the FTP Access Filter there is no active mode; an FTP client has to use passive mode.",
    plan.isOutbound
      ? "For the time between the removal of the old rules and the last line of the script other rules decide."
      : "For the time between the removal of the old rules and the last line of the script nothing is published.",
    "Do not unbind the FTP Access Filter as a whole: clients of other rules lose FTP by that.",
  ]
  let own = platform.host.outgoingPorts
  let sharing = Set(
    plan.services.filter { service in
      service.passiveRange.map { own.overlaps($0.low...$0.high) } ?? false
    }.map { "`\($0.name)`" }
  ).sorted()
  if !sharing.isEmpty, !plan.isOutbound {
    remarks.append(
      "\(platform.host.title) takes the ports of the firewall's own connections from \(own.lowerBound) to "
        + "\(own.upperBound) unless told otherwise; the passive range of \(sharing.joined(separator: ", ")) has some of "
        + "them, and should lie elsewhere.")
  }
  if isHelped {
    remarks.append(
      "Uploads need `Read Only` to be cleared in the FTP settings of each rule with the protocol "
        + "`\(plan.isOutbound ? "FTP" : "FTP Server")`; the object "
        + "model that is documented has no property for it.")
    remarks.append(
      "That the filter follows a control port other than 21 was not tried, and neither was active mode through it.")
  }
  return PlatformGuide(
    device: platform.title, assumes: assumes,
    apply: [
      .init(
        "Export the configuration first: in the management console, the context menu of the array or server, "
          + "`Export (Back Up)`."),
      .init(
        "Run the script on the firewall as an administrator. It says what it made, reads it back, and ends with exit "
          + "status 1 when something failed or is missing.", "cscript //nologo \(platform.scriptName)"),
    ],
    verify: [
      .init(
        "From \(plan.somebodyAllowed), list a folder in passive mode, with TLS as the \(plan.isOutbound ? "`reach`" : "publication") asks for it. In the "
          + "log of the firewall, `0x80074E24 FWX_E_CONNECTION_KILLED` at a control connection means that the FTP "
          + "Access Filter got hold of it: another rule or protocol takes the port.")
    ],
    keep: [.init("The script saves what it makes; nothing has to be done.")],
    wayBack: [
      .init(
        "It removes every rule and rule element whose name begins with `\(ObjectNames.prefix)`, and nothing else.",
        "cscript //nologo \(platform.wayBackName)")
    ],
    remarks: remarks)
}

/// What is taken for granted where users reach servers beyond the firewall.
private func assumptionsOfUsers(_ network: String, isNamed: Bool) -> [String] {
  [
    "Users are in the network `\(network)`\(isNamed ? "" : ", as `inside` says nothing else").",
    "A network rule leads from there to the network of the servers. Whether users leave with their own addresses or with "
      + "that of the firewall is said by it: by its relation, route or NAT.",
    "New rules come before all others (documented: `FPCPolicyRule.Order`), and the script says so if they do not.",
    "Names that begin with `\(ObjectNames.prefix)` are ours. Rules and rule elements with such names go at every run.",
    "On port 21 the predefined protocol `FTP` is refused to these servers, because the firewall takes a protocol by its port "
      + "and the FTP Access Filter would get hold of the connection (documented by the vendor's support).",
  ]
}
