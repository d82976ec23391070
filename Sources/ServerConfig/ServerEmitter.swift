package import Diagnostics
package import Policy

/// Writes the settings of one server program in one form.
///
/// A new program or a new form is one new file with a conforming type, and one line in `Emitters.all`.
package protocol ServerEmitter: Sendable {
  /// The program.
  var software: SoftwareKind { get }
  /// The name of the form, as `--form` takes it.
  var form: String { get }
  /// What the program can be told; what it cannot becomes a diagnostic before anything is written.
  var capabilities: Capabilities { get }
  /// How text from the policy is written into the documents.
  var format: any DocumentFormat { get }
  /// File names of the templates in use, the main one first.
  var templates: [String] { get }
  /// Writes the documents of a plan in which nothing is in the way.
  func documents(for plan: ServerPlan, renderer: TemplateRenderer) throws(EmitError) -> Emission
}

/// The settings of which server are wanted, and how to name the lines that ask for them.
package struct ServerRequest {
  package var server: Server
  /// The publications of the server, in the order of the text; an explicit and an implicit one, for example.
  package var publications: [Publication]
  package var policy: Policy
  /// `FILE:LINE` of a span, for the comments.
  package var locate: (SourceSpan) -> String

  package init(
    server: Server, publications: [Publication], policy: Policy, locate: @escaping (SourceSpan) -> String
  ) {
    self.server = server
    self.publications = publications
    self.policy = policy
    self.locate = locate
  }

  /// The program; `other` when the policy does not name it.
  var software: SoftwareKind { server.software?.value.kind ?? .other }
}

/// A request together with the services that the server has to offer.
package struct ServerPlan {
  package var request: ServerRequest
  /// One for each control port that the server listens on, in the order of the text; never empty.
  package var services: [Service]

  package var server: Server { request.server }

  /// Whether any session may be encrypted.
  var usesTLS: Bool { services.contains { $0.tls.allowsTLS } }

  /// Whether the policy states a version older than the given one.
  func isOlder(than version: SoftwareVersion) -> Bool {
    SoftwareVersion(server.software?.value.version).map { $0 < version } ?? false
  }
}

extension ServerEmitter {
  /// What stands in the way of a request, and what the program cannot be told.
  package func findings(_ request: ServerRequest) -> [Diagnostic] {
    let grouping = request.services()
    let plan = ServerPlan(request: request, services: grouping.services)
    let check = CapabilityCheck(plan: plan, emitter: self)
    return (grouping.conflicts + check.diagnostics()).inSourceOrder()
  }

  /// The settings of a server, or the reasons why there are none.
  ///
  /// - Parameter templates: texts by file name that replace the built-in templates.
  /// - Throws: `EmitError.unusableTemplate` when such a text cannot be used.
  package func emit(_ request: ServerRequest, templates: [String: String] = [:]) throws(EmitError) -> Emission {
    var diagnostics = findings(request)
    let services = request.services().services
    guard !diagnostics.hasErrors, !services.isEmpty else { return Emission(diagnostics: diagnostics) }
    let renderer = try TemplateRenderer(names: self.templates, format: format, overrides: templates)
    let emission = try documents(
      for: ServerPlan(request: request, services: services), renderer: renderer)
    diagnostics = (diagnostics + emission.diagnostics).inSourceOrder()
    return Emission(documents: diagnostics.hasErrors ? [] : emission.documents, diagnostics: diagnostics)
  }
}
