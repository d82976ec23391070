import Addressing
import Diagnostics
import Policy
import Servers

/// Builds policies as the resolver would, each statement on a line of its own: the line is the start of its span.
struct PolicyBuilder {
  var policy = Policy()
  private var line: Int32 = 0

  mutating func span() -> SourceSpan {
    line += 1
    return SourceSpan(file: SourceID(0), Int(line)..<Int(line) + 1)
  }

  mutating func located<Value: Sendable>(_ value: Value) -> Located<Value> { Located(value, span()) }

  /// Declares a server; no address makes it the firewall host.
  mutating func server(
    _ software: SoftwareKind?, version: String? = nil, at addresses: [String] = ["10.10.20.200"],
    site: String? = nil, certificate: Certificate? = nil, maxClients: Int? = nil
  ) {
    let name = located("box")
    var server = Server.Parts(name: name, header: name.span)
    server.addresses = addresses.compactMap(IPAddress.init).map { Located($0, name.span) }
    if addresses.isEmpty { server.local = span() }
    server.software = software.map { located(Software($0, version: version)) }
    server.site = site.map { located($0) }
    server.certificate = certificate.map { located($0) }
    server.maxClients = maxClients.map { located($0) }
    policy.servers.append(Server(server))
  }

  /// Publishes the server declared last.
  mutating func publish(
    _ name: String = "files", external: [String] = ["203.0.113.10"], port: UInt16? = nil,
    serverPort: UInt16? = nil,
    range: ClosedRange<UInt16>? = nil, tls: TLSMode = .off, clearControl: Bool = false, helper: Bool = false,
    active: Bool? = nil
  ) {
    let name = located(name)
    var publication = Publication.Parts(name: name, header: name.span)
    publication.externalAddresses = external.compactMap(IPAddress.init).map { ExternalAddress(located($0)) }
    let port = port ?? (tls == .implicit ? 990 : 21)
    publication.controlPort = Setting(ControlPort(external: port, server: serverPort ?? port), span())
    if let range, let ports = PortRange(low: range.lowerBound, high: range.upperBound) {
      publication.passiveRange = located(ports)
    }
    publication.tls = Setting(tls, span())
    if clearControl { publication.clearControl = span() }
    if helper { publication.helper = Setting(true, span()) }
    if let active { publication.active = Setting(active, span()) }
    publication.server = policy.servers.indices.last
    policy.publications.append(Publication(publication))
  }

  /// The emission of the server declared last.
  func emit(form: String? = nil, templates: [String: String] = [:]) throws -> Emission {
    try Emitters.emit(policy, server: policy.servers.count - 1, form: form, templates: templates) {
      "test.sally:\($0.start)"
    }
  }
}

/// Builds and emits in one go.
func emit(form: String? = nil, _ build: (inout PolicyBuilder) -> Void) throws -> Emission {
  var builder = PolicyBuilder()
  build(&builder)
  return try builder.emit(form: form)
}

extension Emission {
  /// The text of the only document; empty when there are none or several.
  var text: String { documents.count == 1 ? documents.first?.text ?? "" : "" }

  /// The text of the first document; empty when there are none.
  var first: String { documents.first?.text ?? "" }

  /// The text of the document with that name; empty when there is none.
  func text(of name: String) -> String { documents.first { $0.name == name }?.text ?? "" }

  var errors: [String] { diagnostics.filter { $0.severity == .error }.map(\.code) }
  var warnings: [String] { diagnostics.filter { $0.severity == .warning }.map(\.code) }

  /// The lines of a document that are settings: neither blank nor comments, blanks squeezed.
  func settings(_ name: String? = nil) -> [String] {
    let document = name.map { name in documents.first { $0.name == name } } ?? documents.first
    return (document?.text ?? "").split(whereSeparator: \.isNewline).map {
      $0.split(separator: " ").joined(separator: " ")
    }.filter { !$0.isEmpty && !$0.hasPrefix("#") && !$0.lowercased().hasPrefix("rem") }
  }
}

/// Certificate and key in two files.
let pair = Certificate.files(certificate: "/etc/ssl/certs/ftp.pem", key: "/etc/ssl/private/ftp.key")
