package import Diagnostics
package import Policy

/// The code of a remark on a form that cannot hold a policy.
package let formLeftOut = "form-left-out"

/// Every program and form that settings can be written for.
package enum Emitters {
  /// The forms of one program stand in the order in which they are offered, its default first.
  package static let all: [any ServerEmitter] = ServerPrograms.all.flatMap { $0.emitters }

  /// The forms of a program, the default first.
  package static func forms(of software: SoftwareKind) -> [String] {
    software.program.emitters.map(\.form)
  }

  /// The settings of one server of a policy that has no errors.
  ///
  /// A server whose software the policy does not name gets the checklist.
  ///
  /// - Parameters:
  ///   - index: position in `policy.servers`.
  ///   - form: `nil` for the default of the server's software.
  ///   - templates: texts by file name that replace built-in templates.
  ///   - hostGateways: positions of the gateways that are the machine of their servers, and open ports there.
  ///   - locate: `FILE:LINE` of a span, for the comments.
  /// - Throws: `EmitError` when the request or a template is wrong; what is wrong with the policy is in the
  ///   diagnostics.
  package static func emit(
    _ policy: Policy, server index: Int, form: String? = nil, templates: [String: String] = [:],
    hostGateways: Set<Int> = [], locate: @escaping (SourceSpan) -> String
  ) throws(EmitError) -> Emission {
    let requests = requests(policy, hostGateways, locate: locate)
    guard requests.indices.contains(index) else { throw .unknownServer(index) }
    return try emit(requests[index], form: form, templates: templates)
  }

  /// The settings of one server in one form.
  package struct Form {
    package var server: Server
    package var form: String
    /// Whether this is the form that the program has first.
    package var isDefault: Bool
    package var emission: Emission
  }

  /// The settings of every server of a policy that has no errors, each in all its forms.
  ///
  /// A form that cannot hold them is left out, and a remark says so, as long as another one can.
  ///
  /// - Throws: `EmitError` when a template is wrong.
  package static func emitAll(
    _ policy: Policy, templates: [String: String] = [:], hostGateways: Set<Int> = [],
    locate: @escaping (SourceSpan) -> String
  ) throws(EmitError) -> [Form] {
    var forms: [Form] = []
    // Parsing templates takes longer than filling them in.
    var renderers: [TemplateRenderer] = []
    for emitter in all {
      renderers.append(try TemplateRenderer(emitter.templates, overrides: templates))
    }
    for request in requests(policy, hostGateways, locate: locate) {
      var written: [Form] = []
      if !request.publications.isEmpty, let refusal = refusal(request) {
        written.append(Form(server: request.server, form: "", isDefault: true, emission: refusal))
      }
      for (emitter, renderer) in zip(all, renderers) where request.isFor(emitter) {
        written.append(
          Form(
            server: request.server, form: emitter.form, isDefault: written.isEmpty,
            emission: try emitter.emit(request, renderer: renderer)))
      }
      forms += leavingOutWhatFails(written)
    }
    return forms
  }

  private static func leavingOutWhatFails(_ forms: [Form]) -> [Form] {
    guard forms.contains(where: { !$0.emission.diagnostics.hasErrors }) else { return Array(forms.prefix(1)) }
    return forms.map { form in
      guard let error = form.emission.diagnostics.first(where: { $0.severity == .error }) else { return form }
      var form = form
      let remark = Diagnostic(
        .note, formLeftOut,
        "the form `\(form.form)` of server `\(form.server.name.value)` is left out: \(error.message)",
        at: error.primary.span)
      form.emission = Emission(diagnostics: [remark])
      form.emission.remarks = [remark]
      return form
    }
  }

  private static func emit(
    _ request: ServerRequest, form: String?, templates: [String: String]
  ) throws(EmitError) -> Emission {
    let software = request.software
    if let refusal = refusal(request) { return refusal }
    guard let emitter = software.program.emitters.first(where: { form == nil || $0.form == form }) else {
      throw .unknownForm(form ?? "default", software: software, forms: forms(of: software))
    }
    return try emitter.emit(request, renderer: TemplateRenderer(emitter.templates, overrides: templates))
  }

  /// Why nothing is written for a program whose settings are only read; `nil` for others.
  private static func refusal(_ request: ServerRequest) -> Emission? {
    let program = request.software.program
    guard program.emitters.isEmpty else { return nil }
    let version = request.server.software?.value.version.map { " \($0)" } ?? ""
    return Emission(diagnostics: [
      .error(
        "software-too-old",
        "the settings of \(program.title)\(version) can be read, by `audit` and `import`, but not be written",
        at: request.server.software?.span ?? request.server.header,
        help: "set them by hand and have `audit` compare them, or write `software other` to get a checklist")
    ])
  }

  /// What the software of the servers of a policy cannot be told, for `check`: in the first form that can hold the
  /// policy, or in the default one when none can.
  package static func findings(_ policy: Policy) -> [Diagnostic] {
    let programs = ServerPrograms.all.map(Program.init)
    var found: [Diagnostic] = []
    for (server, publications) in zip(policy.servers, publications(policy)) where !publications.isEmpty {
      let plan = ServerPlan(ServerRequest(server: server, publications: publications) { _ in "" })
      let id = ObjectIdentifier(plan.request.software.facts)
      if let program = programs.first(where: { $0.id == id }) {
        found += program.findings(plan)
      }
    }
    return found
  }

  /// The forms of one program, and what it can be told in each. A class, because many servers ask for it.
  private final class Program {
    let id: ObjectIdentifier
    private let forms: [ProgramForm]

    init(_ program: any ServerProgram.Type) {
      id = ObjectIdentifier(program)
      forms = ProgramForm.all(of: program)
    }

    /// What the first form finds that can hold a plan, or the default one when none can.
    func findings(_ plan: ServerPlan) -> [Diagnostic] {
      var first: [Diagnostic]?
      for form in forms {
        let findings = CapabilityCheck(plan: plan, form: form).diagnostics().inSourceOrder()
        guard findings.hasErrors else { return findings }
        first = first ?? findings
      }
      return first ?? []
    }
  }

  /// The publications of each server, in one pass.
  private static func publications(_ policy: Policy) -> [[Publication]] {
    var publications = [[Publication]](repeating: [], count: policy.servers.count)
    for publication in policy.publications {
      guard let server = publication.server, publications.indices.contains(server) else { continue }
      publications[server].append(publication)
    }
    return publications
  }

  /// One request for each server.
  private static func requests(
    _ policy: Policy, _ hostGateways: Set<Int>, locate: @escaping (SourceSpan) -> String
  ) -> [ServerRequest] {
    let machines = machines(policy)
    return zip(policy.servers, publications(policy)).enumerated().map { index, request in
      ServerRequest(
        server: request.0, publications: request.1, machine: machines[index], hostGateways: hostGateways,
        locate: locate)
    }
  }

  /// What all sites of a program on a machine have together, by the servers there.
  private static func machines(_ policy: Policy) -> [Int: MachineNeeds] {
    guard policy.servers.contains(where: \.isSite) else { return [:] }
    let sites = RuleContext(policy).published.filter(\.server.isSite)
    var result: [Int: MachineNeeds] = [:]
    for sites in Dictionary(grouping: sites, by: \.machine).values {
      let needs = MachineNeeds(sites.map(\.publication))
      for site in sites { result[site.declaration] = needs }
    }
    return result
  }
}

extension Server {
  /// Whether its program has several sites on a machine.
  fileprivate var isSite: Bool { software?.value.kind.facts.hasSites ?? false }
}

extension ServerRequest {
  /// Whether an emitter writes the settings of its program: that one and no other of its name.
  fileprivate func isFor(_ emitter: any ServerEmitter) -> Bool {
    ObjectIdentifier(emitter.software.facts) == ObjectIdentifier(software.facts)
  }
}
