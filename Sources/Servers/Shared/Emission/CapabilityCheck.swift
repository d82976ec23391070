import Addressing
import Diagnostics
import Policy

/// One form of a program, with what it can be told. A class, because many servers are compared with it.
final class ProgramForm: Sendable {
  /// `nil` for a program whose settings are not written.
  let emitter: (any ServerEmitter)?
  let capabilities: Capabilities
  let program: any ServerProgram.Type

  init(_ emitter: any ServerEmitter) {
    self.emitter = emitter
    capabilities = emitter.capabilities
    program = emitter.software.program
  }

  private init(unwritten program: any ServerProgram.Type) {
    emitter = nil
    capabilities = Capabilities()
    self.program = program
  }

  /// The forms of a program, its default first; one without emitter for a program whose settings are not written.
  static func all(of program: any ServerProgram.Type) -> [ProgramForm] {
    let forms = program.emitters.map { ProgramForm($0) }
    return forms.isEmpty ? [ProgramForm(unwritten: program)] : forms
  }
}

/// Compares what a policy asks of a server with what its program can be told.
///
/// What is written in the policy and cannot be had is an error, or a warning where the gateway makes up for it;
/// a default that cannot be had is a note.
struct CapabilityCheck {
  let plan: ServerPlan
  let form: ProgramForm

  var emitter: (any ServerEmitter)? { form.emitter }
  var capabilities: Capabilities { form.capabilities }
  var program: any ServerProgram.Type { form.program }
  var server: Server { plan.server }
  /// The name of the program in messages.
  var title: String { program.title }
  var publications: [Publication] { plan.request.publications }

  /// Where the policy names the program.
  var softwareSpan: SourceSpan { server.software?.span ?? server.header }

  func diagnostics() -> [Diagnostic] {
    guard !publications.isEmpty else { return [] }
    var found: [Diagnostic] = []
    func note(_ more: [Diagnostic]) { if !more.isEmpty { found += more } }
    for publication in publications {
      note(TLSUnsupported.findings(publication, at: server))
      note(clearControl(publication))
      note(adminPort(publication))
    }
    note(version())
    note(processes())
    note(wildcardCollisions())
    note(wildcard())
    note(certificate())
    note(site())
    note(clients())
    note(values())
    return found
  }

  /// A version that is configured in another way.
  private func version() -> [Diagnostic] {
    guard let oldest = capabilities.oldestVersion, plan.isOlder(than: oldest) else { return [] }
    return [
      .error(
        "software-too-old", "the settings of \(title) before \(oldest) have another form, which is not written",
        at: softwareSpan, help: "write `software other` to get a checklist")
    ]
  }

  /// Control ports, each of which is a process of its own, in a form that describes one process.
  private func processes() -> [Diagnostic] {
    guard let emitter, capabilities.isOneProcess, publications.count > 1,
      let second = plan.services.dropFirst().first,
      let publication = second.publications.first
    else { return [] }
    return [
      .error(
        "one-control-port-only",
        "the form `\(emitter.form)` of \(title) has one control port, and server `\(server.name.value)` has "
          + "\(plan.services.count)",
        at: publication.controlPort.span ?? publication.header,
        help: "use another form, which has a file for each")
    ]
  }

  /// A passive range with a port that the program has for itself.
  private func adminPort(_ publication: Publication) -> [Diagnostic] {
    guard let port = program.adminPort, let range = publication.passiveRange,
      range.value.low <= port, port <= range.value.high
    else { return [] }
    return [
      .error(
        "range-holds-admin-port",
        "\(title) administers itself on port \(port) and drops a passive range that holds it", at: range.span,
        help: "use a range above or below it")
    ]
  }

  /// Whether a process for the service would listen on more addresses than the policy names.
  private func listensEverywhere(_ service: Service) -> Bool {
    switch capabilities.binding {
    case .bothFamilies: false
    case .oneAddress: service.addresses.count != 1
    case .ipv4Address: !service.listensOnly(.ipv4)
    }
  }

  /// Processes of their own that would listen on all addresses, on the same port.
  private func wildcardCollisions() -> [Diagnostic] {
    guard program.isOneProcessPerService, publications.count > 1 else { return [] }
    var diagnostics: [Diagnostic] = []
    var everywhere: [UInt16: Publication] = [:]
    for service in plan.services {
      guard let second = service.publications.first else { continue }
      guard let one = everywhere[service.port] else {
        if listensEverywhere(service) { everywhere[service.port] = second }
        continue
      }
      diagnostics.append(
        .error(
          "server-scope-conflict",
          "\(title) listens on all addresses when IPv6 is among them, so `\(one.name.value)` and "
            + "`\(second.name.value)` cannot both have port \(service.port)",
          at: second.controlPort.span ?? second.header,
          related: [Label(one.header, "also port \(service.port)")],
          help: "use another port of the server for one of them"))
    }
    return diagnostics
  }

  /// A program on the firewall host that cannot be kept to the published addresses.
  private func wildcard() -> [Diagnostic] {
    guard let local = server.local, plan.services.contains(where: listensEverywhere) else { return [] }
    let limit =
      capabilities.binding == .oneAddress ? "can be given one address only" : "cannot be given an IPv6 address"
    return [
      .warning(
        "listens-on-all-addresses",
        "\(title) \(limit), so it listens on every address of this firewall host",
        at: local,
        help:
          "publish it over IPv4 only, or see that other rules keep its port closed on the other interfaces")
    ]
  }

  /// `site`, which one program needs and no other knows.
  private func site() -> [Diagnostic] {
    if program.hasSites, server.site == nil {
      return [
        .error(
          "site-missing", "\(title) keeps its settings by site, and server `\(server.name.value)` names none",
          at: softwareSpan,
          help: "write `site \"NAME\"` in a `server` block, with the name that the program shows for it")
      ]
    }
    guard !program.hasSites, let site = server.site, program.isKnown else { return [] }
    return [
      .warning(
        "site-unsupported", "\(title) has no sites, so `\(site.value)` is not used", at: site.span,
        help: "remove the statement; only \(Self.siteful) has sites")
    ]
  }

  /// The programs that have sites.
  private static let siteful = ServerPrograms.named.filter { $0.facts.hasSites }
    .map { "`software \($0.name)`" }.joined(separator: " or ")

  /// `max clients`, where it cannot be said or counts for each process.
  private func clients() -> [Diagnostic] {
    guard let clients = server.maxClients else { return [] }
    guard program.limitsClients else {
      return [
        .warning(
          "max-clients-unsupported", "\(title) has no limit on its sessions", at: clients.span,
          help: "limit them at the gateway: `limit \(clients.value) sessions`")
      ]
    }
    guard program.isOneProcessPerService else { return [] }
    let processes = plan.services.reduce(0) { count, service in
      count + (capabilities.splitsFamilies && service.needsTwoSockets(server) ? 2 : 1)
    }
    guard processes > 1 else { return [] }
    return [
      .warning(
        "max-clients-per-process",
        "server `\(server.name.value)` is \(processes) processes of \(title), each of which admits "
          + "\(clients.value) sessions",
        at: clients.span, help: "limit the total at the gateway: `limit \(clients.value) sessions`")
    ]
  }
}
