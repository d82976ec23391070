package import Diagnostics
package import Flows

/// Juniper ScreenOS 6 (SSG, NetScreen): zones and policies with NAT-dst, as lines to paste.
///
/// Policies see the address and the port that clients dial (practitioners' write-ups; the forms of the commands are in
/// published configurations). The system has been out of support for years, there was no device to try anything on, and
/// no program reads its configuration: what is not in such a configuration is not written.
package struct ScreenOSPlatform: DevicePlatform {
  package var name: String { "screenos" }
  package var forms: [String] { ["text"] }

  package init() {}

  package var versions: String? { "6.x" }

  /// As the system calls its releases: `6`, `6.3`, `6.3.0r25`, `6.2.0r19.0`.
  package func knows(version: String) -> Bool {
    let halves = version.split(separator: "r", maxSplits: 1, omittingEmptySubsequences: false)
    func numbers(_ text: Substring) -> [Substring] {
      let parts = text.split(separator: ".", omittingEmptySubsequences: false)
      return parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) } ? parts : []
    }
    guard let parts = halves.first.map(numbers), parts.first == "6", parts.count <= 3 else { return false }
    // A revision follows a full release only.
    return halves.count == 1 || parts.count > 1 && (1...2).contains(numbers(halves[1]).count)
  }

  /// The helper is not among them: `application "FTP"` in a policy is known by its form alone, and what the ALG does
  /// with it, and with TLS, by nobody who wrote it down.
  package var capabilities: Set<FlowFeature> {
    [
      .translation, .routedServer, .controlPortTranslation, .clients, .logNew, .reach, .reachUsers, .reachLogNew,
      .reachLogDenied,
    ]
  }

  package func advice(on feature: FlowFeature) -> String? {
    switch feature {
    case .helper, .helperBesideTLS:
      "write `helper off` and a `passive range`, which needs no helper: what the ALG does on this system is not known"
    case .reachHelper:
      "ask the other side for its passive range, which needs no helper: what the ALG does on this system is not known"
    case .reachSource:
      "leave `source` out: `nat src` of a policy takes the address of the interface where packets leave, or a pool that is "
        + "set up there, and whether that is the `external ip` no policy can say"
    case .activeThroughHelper, .activeTranslation, .activeRouted:
      "write `active off`: passive mode works without the helper, and active mode does not"
    case .ipv6, .ipv6Translation: "publish IPv4 alone"
    case .localServer: "publish a server behind the device"
    case .limitPerClient, .limitTotal, .limitNewPerMinute: "let the server limit its sessions"
    default: nil
    }
  }

  package var sampleNames: (outside: String, inside: String)? { ("\"Untrust\"", "\"Trust\"") }

  package func need(of input: GatewayInput, for plan: FlowPlan) -> InputNeed {
    switch input {
    case .outside, .inside, .numbers: .required
    // Required where there is anything to translate, see `obstacles`.
    case .unitInside, .unitOutside: .optional
    case .accessList, .externalIsInterface, .before, .helperScope, .mark: .useless
    }
  }

  package func fault(of name: String, as input: GatewayInput) -> String? {
    guard name.utf8.count <= 31, !name.isEmpty else { return "has to have 1 to 31 characters" }
    guard input == .unitInside || input == .unitOutside else {
      let isPlain = name.utf8.allSatisfy { $0.isAlphanumeric || "-_./: ".utf8.contains($0) }
      let isTrimmed = name.first != " " && name.last != " "
      return isPlain && isTrimmed ? nil : "has to be letters, digits, spaces within, and `-_./:`"
    }
    let isUnit =
      name.utf8.first?.isLetter == true && name.utf8.allSatisfy { $0.isAlphanumeric || "-/.:".utf8.contains($0) }
    return isUnit ? nil : "is no interface, such as `ethernet0/1`"
  }

  package func obstacles(to plan: FlowPlan) -> [Diagnostic] {
    var found: [Diagnostic] = []
    let services = plan.services
    if let second = plan.inside.dropFirst().first {
      found.append(
        plan.isOutbound
          ? .error(
            "platform-input", "screenos takes one zone in `outside`, where the servers of a `reach` are",
            at: second.provenance, help: "declare the device once more for the servers of the other zone")
          : .error(
            "platform-input", "screenos takes one zone in `inside`, because the external addresses are routed there",
            at: second.provenance, help: "publish the servers of each zone on a gateway of its own"))
    }
    if let numbers = plan.numbers, let span = plan.provenance(of: .numbers) {
      let needed = ScreenOSConfiguration.numbersNeeded(by: plan)
      if numbers.count < needed {
        found.append(
          .error(
            "platform-input", "`numbers` gives \(numbers.count), and \(needed) are needed", at: span,
            help: "give \(needed) ids of policies that nothing else has: two for each "
              + (plan.isOutbound
                ? "`reach` and zone of users, and two more where it keeps users out"
                : "publication and zone of clients")
          ))
      }
    }
    if let first = services.first(where: \.isTranslated), let gateway = plan.gateway,
      plan.provenance(of: .unitInside) == nil
    {
      found.append(
        .error(
          "platform-input",
          "screenos has to be told `unit inside` of `\(gateway.name)`, because `\(first.name)` is translated",
          at: gateway.platform ?? gateway.header,
          help:
            "write a statement such as `unit inside \"ethernet0/1\"` into the `gateway` block, as the device has it"))
    }
    for service in services where service.isRouted && service.controlPort != service.serverControlPort {
      found.append(
        .error(
          "platform-unsupported",
          "`\(service.name)` asks for another control port at the server's own address, and nobody has seen screenos do it",
          at: service.provenance(of: .control), help: "write the port of the server, or an `external ip` of its own"))
    }
    return found
  }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    var text = ConfigurationText()
    ScreenOSConfiguration(plan).write(to: &text)
    return [text.artifact("screenos.txt", purpose: "lines to paste at the console")]
  }

  package func companions(of plan: FlowPlan) -> [Artifact] {
    var text = ConfigurationText()
    ScreenOSConfiguration(plan).writeWayBack(to: &text)
    return [text.artifact(Self.wayBack, purpose: "lines to paste that take it away")]
  }

  /// The name of the file with the way back.
  static let wayBack = "way-back.txt"

  package func guide(to plan: FlowPlan) -> PlatformGuide? { ScreenOSGuide(plan).guide }
}

extension ScreenOSPlatform {
  package func helperType(for plan: FlowPlan) -> String { "screenos-ftp" }
}
