package import Diagnostics
package import Policy

/// Every program and form that settings can be written for.
package enum Emitters {
  /// The forms of one program stand in the order in which they are offered, its default first.
  package static let all: [any ServerEmitter] = [
    AppcmdEmitter(),
    PureFTPdConfEmitter(),
    ProftpdConfEmitter(),
    VsftpdConfEmitter(),
    FileZillaXMLEmitter(),
    ChecklistEmitter(),
  ]

  /// The forms of a program, the default first.
  package static func forms(of software: SoftwareKind) -> [String] {
    all.filter { $0.software == software }.map(\.form)
  }

  /// The emitter of a program and a form; `nil` for a form stands for the default.
  package static func emitter(for software: SoftwareKind, form: String? = nil) -> (any ServerEmitter)? {
    all.first { $0.software == software && (form == nil || $0.form == form) }
  }

  /// The settings of one server of a policy that has no errors.
  ///
  /// A server whose software the policy does not name gets the checklist.
  ///
  /// - Parameters:
  ///   - index: position in `policy.servers`.
  ///   - form: `nil` for the default of the server's software.
  ///   - templates: texts by file name that replace built-in templates.
  ///   - locate: `FILE:LINE` of a span, for the comments.
  /// - Throws: `EmitError` when the request or a template is wrong; what is wrong with the policy is in the
  ///   diagnostics.
  package static func emit(
    _ policy: Policy, server index: Int, form: String? = nil, templates: [String: String] = [:],
    locate: @escaping (SourceSpan) -> String
  ) throws(EmitError) -> Emission {
    guard policy.servers.indices.contains(index) else { throw .unknownServer(index) }
    return try emit(
      ServerRequest(
        server: policy.servers[index], publications: policy.publications(ofServer: index), policy: policy,
        locate: locate), form: form, templates: templates)
  }

  /// The settings of every server of a policy that has no errors, each in its default form.
  ///
  /// - Throws: `EmitError` when a template is wrong.
  package static func emitAll(
    _ policy: Policy, templates: [String: String] = [:], locate: @escaping (SourceSpan) -> String
  ) throws(EmitError) -> [(server: Server, emission: Emission)] {
    var emissions: [(server: Server, emission: Emission)] = []
    for request in requests(policy, locate: locate) {
      emissions.append((request.server, try emit(request, form: nil, templates: templates)))
    }
    return emissions
  }

  private static func emit(
    _ request: ServerRequest, form: String?, templates: [String: String]
  ) throws(EmitError) -> Emission {
    let software = request.software
    guard let emitter = emitter(for: software, form: form) else {
      throw .unknownForm(form ?? "default", software: software, forms: forms(of: software))
    }
    return try emitter.emit(request, templates: templates)
  }

  /// What the software of the servers of a policy cannot be told, whatever the form; for `check`.
  package static func findings(_ policy: Policy) -> [Diagnostic] {
    requests(policy, locate: { _ in "" }).flatMap { emitter(for: $0.software)?.findings($0) ?? [] }
  }

  /// One request for each server, in one pass over the publications.
  private static func requests(
    _ policy: Policy, locate: @escaping (SourceSpan) -> String
  ) -> [ServerRequest] {
    var publications = [[Publication]](repeating: [], count: policy.servers.count)
    for publication in policy.publications {
      guard let server = publication.server, publications.indices.contains(server) else { continue }
      publications[server].append(publication)
    }
    return zip(policy.servers, publications).map {
      ServerRequest(server: $0, publications: $1, policy: policy, locate: locate)
    }
  }
}
