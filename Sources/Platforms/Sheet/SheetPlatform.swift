import Addressing
import Diagnostics
package import Flows

/// A firewall that somebody else runs: plain text that tells them what to permit, without a word of how.
package struct SheetPlatform: Platform {
  package var name: String { "sheet" }
  package var forms: [String] { ["text"] }
  /// Whatever can be said in a sentence.
  package var capabilities: Set<FlowFeature> { Set(FlowFeature.allCases) }

  package var writesBothDirections: Bool { true }

  package init() {}

  /// There are no versions of a sheet.
  package var versions: String? { nil }
  package func knows(version: String) -> Bool { false }

  /// Whoever runs the box calls its sides as they like.
  package func fault(of name: String, as input: GatewayInput) -> String? { nil }

  package func configuration(of plan: FlowPlan, as form: String, version: String) -> [Artifact] {
    var text = ConfigurationText()
    text.add("What has to pass the firewall\(plan.gateway.map { " \"\($0.name)\"" } ?? "")")
    text.add("Written by sallyport \(version) from a policy that the FTP servers are configured by as well.")
    for service in plan.services { SheetEntry(service, plan).write(to: &text) }
    if let outbound = plan.outbound {
      for service in outbound.services { SheetEntry(service, outbound).write(to: &text) }
    }
    return [text.artifact("sheet.txt", purpose: "what to permit, for the people in charge of the firewall")]
  }

  package func guide(to plan: FlowPlan) -> PlatformGuide? {
    PlatformGuide(
      device: "a sheet for the people in charge of it",
      apply: [.init("Send them `sheet.txt`, and ask for what it says to be confirmed line by line.")],
      verify: [
        .init(
          "From a client that may connect, list a folder in passive mode, with TLS as the publication asks for it. "
            + "A login alone shows nothing: it is the listing that needs the passive ports.")
      ],
      wayBack: [.init("Ask them to take away what the same sheet names.")])
  }
}

/// What the sheet says of one publication in one family.
private struct SheetEntry {
  private let service: PublishedService
  private let plan: FlowPlan

  init(_ service: PublishedService, _ plan: FlowPlan) { (self.service, self.plan) = (service, plan) }

  func write(to text: inout ConfigurationText) {
    let header = service.header
    text.add("", for: header)
    text.add("\(service.name), \(service.family.title)\(isOutbound ? ", outwards" : "")", for: header)
    row("Who", clients, .clients, &text)
    row(
      "From", side(plan.outside, otherwise: isOutbound ? "where these users are" : "where these clients come from"),
      .address, &text)
    row("To", "\(service.arrival)\(arrivalNote)", .address, &text)
    row("Control", "TCP \(service.controlPort), destination port; any source port", .control, &text)
    if let range = service.passiveRange {
      row(
        "Passive", "TCP \(range), destination ports, all of them, to the same address from the same \(who)s",
        .passive, &text)
    }
    if let translation { row("Translate", translation, .address, &text) }
    if isOutbound {
      row("Source", outboundSource, .source, &text)
    } else if service.wantsGatewaySource {
      row(
        "Source", "the server sees an address of the firewall, on control and data connections alike", .source, &text)
    } else if service.isTranslated {
      row("Source", "stays that of the client, on control and data connections alike", .source, &text)
    }
    row("Inspection", inspection, .helper, &text)
    if service.wantsActive { row("Active mode", active, .active, &text) }
    row("Direction", "\(who)s open every connection; answers pass by the state of their connection", .control, &text)
    row(
      "Timeouts",
      "an idle control connection stays for at least an hour: it is silent for as long as a transfer lasts", .control,
      &text)
    if service.wantsHairpin {
      row(
        "Inside", "clients behind \(side(plan.inside, otherwise: "the servers' side")) use the same address",
        .hairpin, &text)
    }
    for limit in service.limits { row("Limit", limit.limit.request, limit.provenance, &text) }
    if service.logs(.new) { row("Log", "new control connections", .log, &text) }
    if service.logs(.denied) { row("Log", "connections that are refused", .log, &text) }
    text.add("  Why the ports cannot be left to an FTP helper: \(reason)", for: header)
  }

  private func row(_ title: String, _ words: String, _ aspect: ServiceAspect, _ text: inout ConfigurationText) {
    row(title, words, service.provenance(of: aspect), &text)
  }

  private func row(_ title: String, _ words: String, _ span: SourceSpan, _ text: inout ConfigurationText) {
    text.add("  \(title):\(String(repeating: " ", count: max(1, 13 - title.count)))\(words)", for: span)
  }

  private var isOutbound: Bool { plan.isOutbound }
  private var who: String { isOutbound ? "user" : "client" }

  private var outboundSource: String {
    guard service.wantsGatewaySource else {
      return "as it is for other connections of these users; the other side has to be told which address it sees"
    }
    let address = plan.ownSource(service.family).map { "\($0)" } ?? "an address of the firewall"
    return "the server sees \(address), on control and data connections alike"
  }

  private var clients: String {
    guard let prefixes = service.clientPrefixes else { return "every \(who), from any address" }
    guard !prefixes.isEmpty else { return "nobody" }
    return prefixes.map { $0.isHost ? "\($0.address)" : "\($0)" }.joined(separator: ", ") + "; nobody else"
  }

  private func side(_ interfaces: [GatewayInterface], otherwise: String) -> String {
    interfaces.isEmpty ? otherwise : interfaces.map { "\"\($0.name)\"" }.joined(separator: ", ")
  }

  private var arrivalNote: String {
    service.dialled == service.arrival
      ? "" : " (clients dial \(service.dialled), which another box translates)"
  }

  private var translation: String? {
    let port =
      service.controlPort == service.serverControlPort
      ? "every port stays the same"
      : "control port \(service.controlPort) becomes \(service.serverControlPort), passive ports stay the same"
    if service.isTranslated { return "the destination becomes \(service.serverAddress); \(port)" }
    return service.controlPort == service.serverControlPort ? nil : "the address stays; \(port)"
  }

  private var inspection: String {
    guard service.wantsHelper else {
      return "no FTP inspection, ALG, helper or application filter, and no decryption of TLS, on these connections"
    }
    return service.mayBeEncrypted
      ? "the FTP helper may read what is in clear text; it must not touch or end a connection that begins TLS"
      : "the FTP helper reads the control connection, and opens the data connections that it names"
  }

  private var active: String {
    guard service.wantsHelper else {
      return "the server opens data connections to \(who)s, TCP from its ports to ports from 1024"
    }
    return "the helper lets the server open the data connections that \(who)s ask for"
  }

  private var reason: String {
    if service.mayBeEncrypted {
      return "TLS encrypts the control connection, so no helper can read which port a data connection will use. "
        + "Login works without these ports, and every listing hangs."
    }
    return service.passiveRange == nil
      ? "here it is left to one, because nothing is encrypted and no range is published."
      : "it would have to read every control connection and to know the port \(service.controlPort); fixed ports need "
        + "neither."
  }
}

extension ConnectionLimit {
  /// As a part of a list.
  fileprivate var request: String {
    switch unit {
    case .newPerMinutePerClient: "\(count) new control connections a minute of each client"
    case .sessionsPerClient: "\(count) control connections at the same time of each client"
    case .sessions: "\(count) control connections at the same time"
    }
  }
}
