package import Addressing
package import Diagnostics
package import Policy
import Templates

/// Writes the settings of one server program in one form.
///
/// A new form is one new file with a conforming type, and one line in `emitters` of its program.
package protocol ServerEmitter: Sendable {
  /// The program.
  var software: SoftwareKind { get }
  /// The name of the form, as `--form` takes it.
  var form: String { get }
  /// What the program can be told; what it cannot becomes a diagnostic before anything is written.
  var capabilities: Capabilities { get }
  /// How text from the policy is written into the documents; it says which text cannot be.
  var format: any DocumentFormat { get }
  /// The templates in use, the main one first.
  var templates: [EmitterTemplate] { get }
  /// Writes the documents of a plan in which nothing is in the way.
  func documents(for plan: ServerPlan, renderer: TemplateRenderer) throws(EmitError) -> Emission
}

/// What publications of one program on one machine need of it together; one range, or the policy has errors.
package struct MachineNeeds: Sendable {
  package var passiveRange: PortRange?
  package var usesTLS: Bool

  init(_ publications: [Publication]) {
    passiveRange = publications.lazy.compactMap(\.passiveRange).first?.value
    usesTLS = publications.contains { $0.tls.value.allowsTLS }
  }
}

/// A template that an emitter uses.
package struct EmitterTemplate: Sendable {
  private let template: Template
  /// How it escapes what it is filled with.
  package let format: any DocumentFormat

  init(_ template: Template, _ format: any DocumentFormat) {
    self.template = template
    self.format = format
  }

  /// File name.
  package var name: String { template.name }
  /// As it is built in.
  var text: String { template.text }
}

/// The settings of which server are wanted, and how to name the lines that ask for them.
package struct ServerRequest {
  package var server: Server
  /// The publications of the server, in the order of the text; an explicit and an implicit one, for example.
  package var publications: [Publication]
  /// `nil` when the machine has no other servers of the program.
  private let machineNeeds: MachineNeeds?
  /// The positions of the gateways that are the machine of their servers, and open ports there.
  private let hostGateways: Set<Int>
  /// `FILE:LINE` of a span, for the comments.
  package var locate: (SourceSpan) -> String

  package init(
    server: Server, publications: [Publication], machine: MachineNeeds? = nil, hostGateways: Set<Int> = [],
    locate: @escaping (SourceSpan) -> String
  ) {
    self.server = server
    self.publications = publications
    machineNeeds = machine
    self.hostGateways = hostGateways
    self.locate = locate
  }

  /// What the machine has to offer for all publications of the same program on it.
  var machine: MachineNeeds { machineNeeds ?? MachineNeeds(publications) }

  /// Whether the configuration of its gateway opens the ports of a publication on the machine of the server.
  func isGuarded(_ publication: Publication) -> Bool { publication.gateway.map(hostGateways.contains) ?? false }

  /// The program; `other` when the policy does not name it.
  var software: SoftwareKind { server.software?.value.kind ?? .other }
}

/// A request together with the services that the server has to offer.
package final class ServerPlan {
  package let request: ServerRequest
  /// One for each control port that the server listens on, in the order of the text; empty only without publications.
  /// Most of what can be wrong is told without them.
  package private(set) lazy var services = request.services()

  init(_ request: ServerRequest) { self.request = request }

  package var server: Server { request.server }

  /// Whether any session may be encrypted. The publications of one service agree on it, or the policy has errors.
  var usesTLS: Bool { request.publications.contains { $0.tls.value.allowsTLS } }

  /// Whether the policy states a version older than the given one.
  func isOlder(than version: SoftwareVersion) -> Bool {
    SoftwareVersion(server.software?.value.version).map { $0 < version } ?? false
  }
}

extension ServerEmitter {
  /// What stands in the way of a request, and what the program cannot be told.
  func findings(_ plan: ServerPlan) -> [Diagnostic] {
    CapabilityCheck(plan: plan, form: ProgramForm(self)).diagnostics().inSourceOrder()
  }

  /// The settings of a server, or the reasons why there are none.
  ///
  /// - Throws: `EmitError.unusableTemplate` when a text that replaces a built-in template cannot be used.
  package func emit(_ request: ServerRequest, renderer: TemplateRenderer) throws(EmitError) -> Emission {
    let plan = ServerPlan(request)
    let findings = findings(plan)
    guard !findings.hasErrors, !plan.services.isEmpty else { return Emission(diagnostics: findings) }
    var emission = try documents(for: plan, renderer: renderer)
    emission.remarks = (findings.filter { $0.severity == .note } + emission.diagnostics).inSourceOrder()
    emission.diagnostics = (findings + emission.diagnostics).inSourceOrder()
    if emission.diagnostics.hasErrors { emission.documents = [] }
    return emission
  }
}
