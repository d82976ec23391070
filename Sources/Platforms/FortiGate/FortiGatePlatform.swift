import Addressing
package import Diagnostics
package import Flows

/// FortiGate with FortiOS 6.0 to 7.x: virtual addresses, service objects that say what the session helper may do, and
/// one policy for each publication.
///
/// The forms and names of options are those of Fortinet's CLI reference and of its Ansible modules (from 6.0.0 on).
/// Nothing here was run on a device.
package struct FortiGatePlatform: DevicePlatform {
  package var name: String { "fortigate" }
  package var forms: [String] { ["commands"] }

  package init() {}

  package var versions: String? { "6.0 to 7.x" }

  package func knows(version: String) -> Bool {
    ReleaseNumber(version).map { (6...7).contains($0.major) } ?? false
  }

  /// Whether its session helper hurts a control connection that begins TLS is not known, and neither is what it does
  /// in active mode.
  package var capabilities: Set<FlowFeature> {
    [
      .translation, .routedServer, .controlPortTranslation, .clients, .helper, .logNew, .reach, .reachHelper,
      .reachSource, .reachUsers, .reachLogNew, .reachLogDenied,
    ]
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .ipv6, .ipv6Translation:
      "publish IPv4 alone here; policies and virtual addresses for IPv6 are not written yet"
    case .helperBesideTLS:
      "leave `helper` out: whether the session helper of a FortiGate hurts an encrypted session is not known, and a "
        + "passive range needs no helper"
    case .activeThroughHelper: "leave active mode off: what the session helper does there is not known"
    case .hairpin: "let clients inside dial the server's own address, by a name that says so inside"
    case .limitNewPerMinute, .limitPerClient, .limitTotal:
      "leave the limit to the server (`max clients`), or to a DoS policy of your own"
    case .logDenied: "leave the statement out: the FortiGate's implicit deny policy has a log of its own"
    default: nil
    }
  }

  package var sampleNames: (outside: String, inside: String)? { ("wan1", "dmz") }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    switch input {
    case .outside, .inside, .numbers: .required
    case .before, .unitOutside: .optional
    case .accessList, .externalIsInterface, .unitInside, .helperScope, .mark: .useless
    }
  }

  /// Interfaces and zones have at most 35 characters (the CLI reference, `firewall policy`). They stand in quotes; what
  /// could end these is refused, and so is `?`, which asks the console for help, and what FortiOS takes for an attack
  /// on its pages (`< > ( ) #`).
  package func fault(of name: String, as input: GatewayInput) -> String? {
    if input == .before {
      let number = UInt32(name)
      return number.map { "\($0)" == name && $0 > 0 && $0 < .max } ?? false ? nil : "is not the id of a policy"
    }
    if name.utf8.count > 35 { return "has more than 35 bytes" }
    let others = Set(" -_.:/+@&")
    guard name.allSatisfy({ $0.isLetter || $0.isNumber || others.contains($0) }) else {
      return "has a character other than letters, digits, spaces and `- _ . : / + @ &`"
    }
    return name.hasPrefix(" ") || name.hasSuffix(" ") ? "begins or ends with a space" : nil
  }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    let target = plan.gateway.map { " for gateway \($0.name)" } ?? ""
    return [
      FortiGateObjects(plan).artifact(
        "fortigate.cfg", "# Written by sallyport \(version)\(target). Nothing in it saves anything.",
        purpose: "addresses, services, virtual addresses and policies, to be pasted or run as a script")
    ]
  }

  package func companions(of plan: FlowPlan) -> [Artifact] {
    [
      FortiGateObjects(plan).wayBack(
        "fortigate-way-back.cfg", "# Takes away what fortigate.cfg made, and nothing else.",
        purpose: "takes fortigate.cfg back")
    ]
  }

  package func guide(to plan: FlowPlan) -> PlatformGuide? { FortiGateGuide(plan).guide }

  package func obstacles(to plan: FlowPlan) -> [Diagnostic] {
    sides(of: plan) + numbers(of: plan)
      + plan.services.filter { $0.isRouted && $0.controlPort != $0.serverControlPort }
      .map { service in
        .error(
          "platform-unsupported",
          "`\(service.name)` asks for another control port at the server's own address, which nothing is written for on "
            + "a fortigate",
          at: service.provenance(of: .control),
          help: "let clients dial port \(service.serverControlPort), or publish the server at another address")
      }
  }

  /// A virtual address belongs to one interface, and those of two must not overlap.
  private func sides(of plan: FlowPlan) -> [Diagnostic] {
    // Users' interfaces may be several: policies take lists.
    guard !plan.isOutbound else { return [] }
    return plan.outside.dropFirst().prefix(1).map { second in
      .error(
        "platform-input", "the virtual addresses of a fortigate name one `outside`, and `\(second.name)` is another",
        at: second.provenance, help: "name the one interface or zone, or make a second gateway for the others")
    }
  }

  private func numbers(of plan: FlowPlan) -> [Diagnostic] {
    guard let numbers = plan.numbers, let place = plan.provenance(of: .numbers) else { return [] }
    let permits = plan.isOutbound ? plan.services.count : Set(plan.services.map(\.name)).count
    let needed = permits + plan.refusingReaches.count
    var found: [Diagnostic] = []
    if needed > numbers.count {
      found.append(
        .error(
          "platform-input",
          "`numbers` has \(numbers.count == 1 ? "one id" : "\(numbers.count) ids"), and \(needed) policies need one each",
          at: place, help: "give it \(needed) ids that no policy of the device has"))
    }
    if let before = plan.name(of: .before).flatMap(UInt32.init), numbers.contains(before),
      let span = plan.provenance(of: .before)
    {
      found.append(
        .error(
          "platform-input", "policy \(before) is one of `numbers`, so ours cannot stand before it", at: span,
          help: "name a policy of the device that is not ours"))
    }
    return found
  }
}

extension FlowPlan {
  /// The `reach` blocks that need a policy more, which keeps other users out: each once for each address.
  var refusingReaches: [PublishedService] { isOutbound ? services.filter { $0.restrictedClients != nil } : [] }

  /// The interface where packets for virtual addresses arrive: these name no zone (the CLI reference, `firewall vip`),
  /// while policies name the zone where there is one.
  var externalInterface: String { name(of: .unitOutside) ?? outside.first?.name ?? "any" }
}

extension FortiGatePlatform {
  package func helperType(for plan: FlowPlan) -> String { "fortigate-ftp" }
}
