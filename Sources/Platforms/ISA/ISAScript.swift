import Addressing
import Diagnostics
import Flows

/// The scripts of one gateway: what is wanted, a statement for each thing, and after it what makes it so.
struct ISAScript {
  let plan: FlowPlan
  private let platform: ISAPlatform
  let names: ObjectNames

  /// The longest name of a rule or of a rule element that is taken for granted (unverified: 64), without the digits
  /// that may follow.
  private static let longestName = 59

  init(_ plan: FlowPlan, _ platform: ISAPlatform) {
    self.plan = plan
    self.platform = platform
    names = ObjectNames(
      plan.services.map(\.name), longest: Self.longestName,
      suffixes: ["control", "passive"] + (plan.isOutbound ? ["permit", "refused"] : []))
  }

  func configuration(_ version: String) -> Artifact {
    var text = ConfigurationText()
    text.add("// \(gateway), written by sallyport \(version).")
    text.add("// Run it on the firewall, as an administrator, after an export of its configuration:")
    text.add("//     cscript //nologo \(platform.scriptName)")
    text.add(
      "// It may be run again. What has a name that begins with \(ObjectNames.prefix) is taken away first, so that nothing of"
    )
    text.add("// an earlier policy stays. \(platform.wayBackName) takes away all of it.")
    text.add("")
    text.add("var NETWORK = \(jscriptLiteral(platform.network(of: plan)));", for: plan.provenance(of: .outside))
    text.add("var WAY_BACK = \(jscriptLiteral(platform.wayBackName));")
    let isOutbound = plan.isOutbound
    add(isaDeclarations(predefined: isOutbound ? "FTP" : "FTP Server"), to: &text)
    add(isOutbound ? isaAccessDeclarations : isaPublishingDeclarations, to: &text)
    if isOutbound { reaches(to: &text) } else { statements(to: &text) }
    add(isaObjects, to: &text)
    add(isaRemoval, to: &text)
    add(isaElements(direction: isOutbound ? 1 : 0), to: &text)
    add(isaClients, to: &text)
    add(isOutbound ? isaAccessRule : isaPublishingRule, to: &text)
    add(isaRules, to: &text)
    add(isOutbound ? isaAccessCheck : isaPublishingCheck, to: &text)
    add(isaMain, to: &text)
    return text.artifact(
      platform.scriptName,
      purpose: "makes the \(isOutbound ? "access" : "publishing") rules; run it on the firewall with cscript")
  }

  func wayBack() -> Artifact {
    var text = ConfigurationText()
    text.add("// Takes back what \(platform.scriptName) made. Run it on the firewall, as an administrator:")
    text.add("//     cscript //nologo \(platform.wayBackName)")
    text.add("// It may be run again.")
    add(isaObjects, to: &text)
    add(isaRemoval, to: &text)
    add(isaWayBack, to: &text)
    return text.artifact(
      platform.wayBackName, purpose: "the way back: takes away all that \(platform.scriptName) makes")
  }

  private var gateway: String { plan.gateway.map { "Gateway \($0.name): \(platform.title)" } ?? platform.title }

  private func add(_ lines: String, to text: inout ConfigurationText) {
    text.add("")
    for line in lines.split(separator: "\n", omittingEmptySubsequences: false) { text.add(String(line)) }
  }
}

// What is wanted.

extension ISAScript {
  private func statements(to text: inout ConfigurationText) {
    for service in plan.services where service.family == .ipv4 {
      text.add("", for: service.header)
      text.add(
        "// \(service.name): \(service.arrival):\(service.controlPort) to "
          + "\(service.serverAddress):\(service.serverControlPort)", for: service.header)
      clients(of: service, to: &text)
      guard !isClosed([service]) else { continue }
      if service.wantsHelper { helped(service, to: &text) } else { control(of: service, to: &text) }
    }
    for family in plan.families where family.family == .ipv4 { passive(family.passiveTranslations, to: &text) }
  }

  /// Whom a publication admits, by names that other publications with the same clients have as well.
  func clients(of service: PublishedService, to text: inout ConfigurationText) {
    let span = service.provenance(of: .clients)
    guard let prefixes = service.clientPrefixes, !prefixes.contains(where: { $0.length == 0 }) else {
      return text.add("everyone(\(jscriptLiteral(service.name)));", for: span)
    }
    if prefixes.isEmpty {
      text.add(
        "// Nobody may connect over IPv4, so \(plan.isOutbound ? "nothing is permitted" : "there is no rule").",
        for: span)
    }
    for prefix in prefixes {
      let address = "\(prefix.address)"
      let name = ObjectNames.prefix + address.replacing(".", with: "-") + (prefix.isHost ? "" : "-\(prefix.length)")
      let words = [service.name, name, address] + (prefix.isHost ? [] : [prefix.mask])
      text.add("client(\(words.map(jscriptLiteral).joined(separator: ", ")));", for: span)
    }
  }

  /// The control connection, with a protocol of its own that no filter looks at.
  private func control(of service: PublishedService, to text: inout ConfigurationText) {
    let name = names.name(service.name, "control")
    let port = service.serverControlPort
    let span = service.provenance(of: .control)
    text.add("protocol(\(jscriptLiteral(name)), \(port), \(port));", for: span)
    rule(
      name, tag(service.name, "control"), [service], service.arrival, jscriptLiteral(name),
      ports: (service.controlPort == port ? 0 : service.controlPort, 0), span, &text)
  }

  /// The control connection with the predefined protocol, whose filter opens the data connections. Its port is 21 and
  /// cannot be edited (documented by practitioners), but overridden on both sides, as it is a single one.
  private func helped(_ service: PublishedService, to text: inout ConfigurationText) {
    func override(_ port: UInt16) -> UInt16 { port == 21 ? 0 : port }
    rule(
      names.name(service.name, "control"), tag(service.name, "control"), [service], service.arrival, "PREDEFINED",
      ports: (override(service.controlPort), override(service.serverControlPort)), service.provenance(of: .helper),
      &text)
  }

  /// Passive ranges, each port once for each listener: two rules with the same port there would contend for it.
  private func passive(_ flows: PortFlows, to text: inout ConfigurationText) {
    if !flows.flows.isEmpty { text.add("") }
    var count: [String: Int] = [:]
    for flow in flows.flows {
      let services = flows.allServices(flow)
      guard let first = services.first, !isClosed(services) else { continue }
      count[first.name, default: 0] += 1
      let number = count[first.name] ?? 1
      let name = names.name(first.name, "passive" + (number == 1 ? "" : "\(number)"))
      let span = flows.provenance(flow)
      text.add("// Passive ports of \(flows.publications(flow))", for: span)
      text.add("protocol(\(jscriptLiteral(name)), \(flow.ports.low), \(flow.ports.high));", for: span)
      let others = Set(services.map(\.name)).count - 1
      let tag = tag(first.name, "passive") + (others == 0 ? "" : " and \(others) more")
      rule(name, tag, services, flow.address, jscriptLiteral(name), ports: (0, 0), span, &text)
    }
  }

  /// - Parameters:
  ///   - protocolWord: An expression of the script that names the protocol.
  ///   - ports: What overrides the port of the protocol where clients dial, and at the server; 0 for nothing.
  private func rule(
    _ name: String, _ tag: String, _ services: [PublishedService], _ listener: IPAddress, _ protocolWord: String,
    ports: (external: UInt16, server: UInt16), _ span: SourceSpan, _ text: inout ConfigurationText
  ) {
    guard let server = services.first?.serverAddress else { return }
    let whose = Set(services.map(\.name)).sorted().map(jscriptLiteral).joined(separator: ", ")
    text.add(
      "rule(\(jscriptLiteral(name)), \(jscriptLiteral(tag)), \"\(listener)\", \(ports.external), \"\(server)\", "
        + "\(ports.server), \(protocolWord), [\(whose)]);", for: span)
  }

  /// Whether none of the services admits anybody.
  private func isClosed(_ services: [PublishedService]) -> Bool {
    services.allSatisfy { $0.clients?.ranges(.ipv4).isEmpty ?? false }
  }
}
