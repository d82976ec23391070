import Addressing
import Flows

/// What people have to know who load rules of iptables.
func iptablesGuide(_ plan: FlowPlan) -> PlatformGuide {
  let kernel = plan.kernel
  let families = plan.families.map(\.family)
  return PlatformGuide(
    device: "iptables",
    assumes: assumptions(plan),
    apply: [
      .init(
        "Copy this folder to the gateway, put the fragments for the kernel where their first lines say, and run as root:",
        "sh apply.sh"),
      .init(
        "It tries both families before it loads either, leaves out what is there already, and takes away what an earlier "
          + "policy had. `XTABLES=-legacy sh apply.sh` chooses a backend where a machine has both. The files can be loaded "
          + "without it, but each time they are, the rules that lead to our chains are there once more: a file for restore "
          + "cannot ask what is loaded.",
        commands: families.map { "\($0.program)-restore --noflush < \($0.rulesFile)" }),
      .init(
        "From afar, have a way back that runs by itself, and end it when all is well:",
        "nohup sh -c 'sleep 120; sh remove.sh' >/dev/null 2>&1 & guard=$!", "sh apply.sh", "kill $guard"),
    ],
    verify: [
      .init(
        "The counters of our chains show which rules packets met:",
        commands: families.map { "\($0.program)-save -c | grep SALLYPORT" }),
      .init(
        "From a client that may connect, list a folder in passive mode, with TLS as the publication asks for it. A login "
          + "alone shows nothing: it is the listing that needs the passive ports."),
    ],
    keep: [
      .init(
        "Rules are gone after a restart. Let the system run `apply.sh` after its own rules are loaded, or keep all rules "
          + "as the distribution does; a file of all rules has ours in it:",
        commands: families.map { "\($0.program)-save > /etc/iptables/rules.\($0 == .ipv4 ? "v4" : "v6")" })
    ],
    wayBack: [
      .init("It takes away our chains, what leads to them, and our sets, and nothing else:", "sh remove.sh"),
      .init(
        "Connections that were translated keep their translation until they end, or are forgotten:", "conntrack -F"),
    ],
    remarks: remarks(plan, kernel))
}

extension AddressFamily {
  fileprivate var program: String { self == .ipv4 ? "iptables" : "ip6tables" }
}

private func assumptions(_ plan: FlowPlan) -> [String] {
  var all = [
    plan.platformVersion.map { "The kernel is \($0) or newer." } ?? "The kernel is a present-day one.",
    "No rule of others in `raw`, `mangle` and `nat` drops or translates these connections before ours; our rules come "
      + "first where they are loaded last.",
    "nftables rules on the same machine are asked as well: what another table drops stays dropped.",
  ]
  if plan.outside.isEmpty { all.append("Clients may come in on any interface, since the policy names none.") }
  return all
}

private func remarks(_ plan: FlowPlan, _ kernel: LinuxKernel) -> [String] {
  let services = plan.services
  var all = [
    "What the policy lets in is accepted in FORWARD and INPUT before any rule of others, and so are answers; everything "
      + "else is left to the rules that are there."
  ]
  if services.contains(where: { $0.clients != nil }) {
    all.append(
      "Whom `allow` keeps out is dropped in `mangle` PREROUTING, before translation, whatever the policy of FORWARD is. "
        + "`compile --format ipset` keeps lists of clients as sets of ipset, in a file that `apply.sh` loads first.")
  }
  if services.contains(where: { $0.wantsHairpin && $0.isTranslated })
    || services.contains(where: { $0.wantsGatewaySource && $0.isRouted && !plan.outside.isEmpty })
  {
    all.append(
      "The bit 0x\(String(masqueradeMark, radix: 16)) of packet marks is ours, on the first packet of a connection between "
        + "FORWARD and POSTROUTING: rules in POSTROUTING cannot see where a packet came in.")
  }
  let long = Set(services.lazy.filter { ($0.logs(.new) || $0.logs(.denied)) && $0.name.count > 10 }.map(\.name))
    .sorted()
  if !long.isEmpty {
    all.append(
      "A log prefix has \(longestLogPrefix) characters, so \(long.map { "`\($0)`" }.joined(separator: ", ")) stand there in "
        + "a short form.")
  }
  if !kernel.helpsByRule {
    all.append(
      "Kernels before 3.5 give the FTP helper to every connection whose server has one of its ports, as soon as the module "
        + "is loaded, by whomever; no rule can exempt one.")
    let read = services.filter { !$0.wantsHelper && plan.helperPorts.contains($0.serverControlPort) }
    let names = Set(read.map(\.name)).sorted()
    if !names.isEmpty {
      all.append(
        "So the helper reads \(names.map { "`\($0)`" }.joined(separator: ", ")) too, which do not ask for it.")
    }
  } else if kernel < LinuxKernel(6), !services.contains(where: \.wantsHelper) {
    all.append(
      "Kernels before 4.7 give the FTP helper to connections to port 21 by themselves when its module is loaded; "
        + "`sysctl net.netfilter.nf_conntrack_helper` says whether yours does. It is for the whole machine, so it is left "
        + "as it is.")
  }
  if !kernel.hasRevisions {
    all.append(
      "No kernel that old was at hand: the rules use only what its documentation has, and were tried on a present-day one."
    )
  }
  return all
}
