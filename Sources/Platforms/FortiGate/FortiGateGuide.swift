import Addressing
import Flows

/// What people have to know who paste our text into a FortiGate.
struct FortiGateGuide {
  private let plan: FlowPlan
  private let services: [PublishedService]

  init(_ plan: FlowPlan) {
    self.plan = plan
    services = plan.services
  }

  var guide: PlatformGuide {
    PlatformGuide(
      device: "FortiGate", assumes: assumes, apply: apply, verify: verify,
      keep: [
        .init(
          "Within the ten minutes, when everything works, keep it, and let changes be kept at once again if they were "
            + "before.",
          "execute cfg save", "config system global", "set cfg-save automatic", "end")
      ],
      wayBack: [
        .init(
          "Paste `fortigate-way-back.cfg`, in the same VDOM. An entry that is not there is answered by an error."),
        .init("Sessions that run end when the device looks at its policies again, or when you clear them."),
      ],
      remarks: remarks)
  }

  private var sides: (outside: String, inside: String) {
    func list(_ interfaces: [GatewayInterface]) -> String {
      interfaces.map { "`\($0.name)`" }.joined(separator: ", ")
    }
    return (list(plan.outside), list(plan.inside))
  }

  private var ids: String {
    guard let first = plan.numbers?.lowerBound, !services.isEmpty else { return "" }
    let count = services.count + plan.refusingReaches.count
    return count == 1 ? "\(first)" : "\(first) to \(UInt64(first) + UInt64(count) - 1)"
  }

  private var assumes: [String] {
    [
      "The version is FortiOS 6.0 to 7.x, in NAT mode with policies by profile, and central NAT is off, as it is by "
        + "default: with central NAT policies do not name virtual addresses.",
      "\(sides.outside) and \(sides.inside) are interfaces or zones of the VDOM into which the text is pasted; an "
        + "interface that is in a zone cannot be named in policies.",
      plan.isOutbound
        ? "Without `source gateway` users leave with their own addresses. With it they get the address of a pool, which is "
          + "not used for anything else; the interface where they leave answers ARP for it where it lies in its subnet."
        : "`\(plan.externalInterface)` is an interface and no zone, because virtual addresses name interfaces; where "
          + "`outside` is a zone, `unit outside` names the interface.",
      "No policy of the device has an id that is ours (\(ids)): `edit` would change it.",
    ]
  }

  private var apply: [PlatformGuide.Step] {
    var steps: [PlatformGuide.Step] = [
      .init(
        "See that the ids are free, and that nothing else is called `sallyport-`. If an earlier text from here was pasted "
          + "before, paste the way back that came with it first: what the policy no longer has would stay.",
        "show firewall policy", "show firewall vip"),
      .init(
        "If a mistake could lock you out, let the device return to what was saved after ten minutes.",
        "config system global", "set cfg-save revert", "set cfg-revert-timeout 600", "end"),
      .init("Paste `fortigate.cfg`, or run it as a script, and read every answer."),
    ]
    if plan.name(of: .before) == nil {
      steps.append(
        .init(
          "New policies stand at the end. If one above them denies these packets, move ours before it (`before` in the "
            + "policy writes that).", "config firewall policy", "move ID before OTHER", "end"))
    }
    return steps
  }

  private var verify: [PlatformGuide.Step] {
    let interface = plan.externalInterface
    let lookups = services.flatMap { service -> [String] in
      guard let client = service.sampleClient else { return [] }
      let ports = [service.controlPort] + (service.passiveRange.map { [$0.low] } ?? [])
      return ports.map {
        "diagnose firewall iprope lookup \(client) 40000 \(service.arrival) \($0) tcp \"\(interface)\""
      }
    }
    return [.init("Look up the policy for each port: it is ours.", commands: lookups)]
  }

  private var remarks: [String] {
    var sentences = [
      "The text follows Fortinet's CLI reference; it was not run on a device. Not verified are the form of `diagnose "
        + "firewall iprope lookup` of every version, and that lines which begin with `#` are ignored when they are "
        + "pasted, as they are in scripts.",
      "Services say `helper disable` or `helper ftp` and never leave it to the device (`auto`), which would choose by the "
        + "port. That service objects match the port of the server, and not the one that clients dial, is known from "
        + "others' descriptions alone.",
      "A policy of yours that denies `all` does not match traffic to a virtual address, unless it has `match-vip`.",
      "A profile with deep inspection in a policy before ours could open FTPS; ours have no profile.",
    ]
    if services.contains(where: { !$0.logs(.new) }) {
      sentences.append("Without `log new` a policy has `logtraffic utm`, which is the default.")
    }
    if services.contains(where: { $0.logs(.new) }) {
      sentences.append("`log new` writes every session of a publication, data connections as well, when it ends.")
    }
    if services.contains(where: { ($0.restrictedClients?.count ?? 0) > 300 }) {
      sentences.append("A group has more than 300 members, which small models may not take.")
    }
    sentences += services.withoutClients
    return sentences
  }
}
