import Addressing
import Diagnostics
import Flows

/// What keeps a plan from an SRX device, beside features that it does not have.
struct SRXObstacles {
  private let plan: FlowPlan

  init(_ plan: FlowPlan) { self.plan = plan }

  var found: [Diagnostic] {
    // Nothing is written for a service without clients. NAT could ask for the source (`match source-address-name`), but
    // clients that reach the server's own address would still pass by another one's policy.
    let written = plan.isOutbound ? [] : plan.services.filter { $0.clientPrefixes?.isEmpty != true }
    return version + zones + services + helpers + Platforms.sharedServerPorts(written, on: SRXPlatform())
  }

  /// Releases whose schema nobody could read.
  private var version: [Diagnostic] {
    guard let version = plan.platformVersion, let span = plan.platformVersionProvenance,
      JunosVersion(version)?.isDescribed == false
    else { return [] }
    return [
      .warning(
        "platform-untried",
        "what is written for srx is known to be right from Junos 18.1 on, not for `\(version)`",
        at: span, help: "let `commit check` on the device decide")
    ]
  }

  /// A rule-set comes from at most eight zones (published schema).
  private var zones: [Diagnostic] {
    let most = 8
    guard plan.outside.count > most else { return [] }
    return [
      .error(
        "platform-input", "srx takes at most \(most) zones in `outside`: that many a rule-set of NAT has",
        at: plan.outside[most].provenance, help: "let fewer zones use the gateway")
    ]
  }

  /// What is asked of one publication and cannot be.
  private var services: [Diagnostic] {
    plan.services.flatMap { service -> [Diagnostic] in
      var found: [Diagnostic] = []
      if service.family == .ipv6, service.controlPort != service.serverControlPort, !service.isTranslated {
        found.append(
          refusal(
            "`\(service.name)` asks for a control port that differs from the server's over IPv6, which is not written for srx",
            at: service.provenance(of: .control),
            help: "write the port of the server: IPv6 packets are not translated"))
      }
      if service.family == .ipv6, service.wantsHelper {
        found.append(
          refusal(
            "`\(service.name)` asks for the FTP helper over IPv6, and nobody has seen what that of srx does there",
            at: service.provenance(of: .helper),
            help: plan.isOutbound
              ? "ask the other side for its passive range, and leave the helper out"
              : "publish a `passive range` and leave the helper out, or publish IPv4 alone"))
      }
      if let inspection = inspection(of: service) { found.append(inspection) }
      let most = 16_384
      if let clients = service.clientPrefixes, clients.count > most {
        found.append(
          refusal(
            "`\(service.name)` has \(clients.count) networks of clients, and srx takes \(most) in an address set",
            at: service.provenance(of: .clients), help: "list fewer and larger networks"))
      }
      return found
    }
  }

  /// What the ALG would read, and not let through or not understand. A 227 reply with another address than the server's
  /// is passed on with `allow-mismatch-ip-address` alone (published schema), which holds for the whole device.
  private func inspection(of service: PublishedService) -> Diagnostic? {
    guard service.wantsHelper, service.family == .ipv4 else { return nil }
    let span = service.provenance(of: .helper)
    if service.mayBeEncrypted, service.passiveRange == nil {
      return refusal(
        "`\(service.name)` leaves the data connections to the FTP helper after a return from TLS, and nobody has seen what "
          + "that of srx reads then",
        at: span, help: "publish a `passive range`, and write `helper off`")
    }
    guard let announced = service.readableAnnouncement else { return nil }
    return refusal(
      "`\(service.name)` asks for the FTP helper, and its server announces \(announced) in clear text, which that of srx "
        + "does not pass on",
      at: span,
      help: service.passiveRange == nil
        ? "publish a `passive range`, and write `helper off`"
        : "write `helper off`: the `passive range` needs no helper")
  }

  /// Publications with one control port of a server, of which some ask for the helper and some do not: policies see
  /// the server's address and port, so the first of them would decide for all.
  private var helpers: [Diagnostic] {
    var first: [ServerPort: PublishedService] = [:]
    return plan.services.compactMap { service in
      let place = ServerPort(address: service.serverAddress, port: service.serverControlPort)
      guard let other = first[place] else {
        first[place] = service
        return nil
      }
      guard other.wantsHelper != service.wantsHelper else { return nil }
      let (with, without) = service.wantsHelper ? (service, other) : (other, service)
      return refusal(
        "`\(with.name)` asks for the FTP helper and `\(without.name)` does not, on one port of one server, which srx "
          + "cannot tell apart",
        at: with.provenance(of: .helper), help: "write `helper \(without.wantsHelper ? "on" : "off")` for both")
    }
  }

  private struct ServerPort: Hashable {
    var address: IPAddress
    var port: UInt16
  }

  private func refusal(_ message: String, at span: SourceSpan, help: String) -> Diagnostic {
    .error("platform-unsupported", message, at: span, help: help)
  }
}
