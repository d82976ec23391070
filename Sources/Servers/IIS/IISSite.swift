import Addressing
import Diagnostics
import Policy

/// One site: its own settings, then those of `siteDefaults`, then the defaults of the schema.
struct IISSite {
  let values: XMLValues
  private let scopes: [XMLElement]
  /// What `<location>` of the site and the server as a whole say about access, the site first.
  let access: [XMLElement]

  init(_ values: XMLValues, own: XMLElement?, defaults: XMLElement?, access: [XMLElement]) {
    self.values = values
    scopes = [own, defaults].compactMap(\.self)
    self.access = access
  }

  /// The elements at a path, the nearest scope first.
  func all(_ path: [String]) -> [XMLElement] { scopes.compactMap { values.document.first(path, below: $0) } }

  /// The attribute of the first scope that has it.
  private func attribute(_ path: [String], _ name: String) -> XMLAttribute? {
    scopes.lazy.compactMap { values.document.first(path, below: $0)?.attribute(name) }.first
  }

  func fill(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    if let external = attribute(["firewallSupport"], "externalIp4Address"), !external.value.value.isEmpty {
      let text = external.value.value
      if case .v4(let address)? = IPAddress(text) {
        service.announced = Setting(.address(.v4(address)), external.value.span)
      } else {
        service.announced = Setting(
          .unusable(text, consequence: "`externalIp4Address` is one IPv4 address"), external.value.span)
      }
    }
    tls(&service, &context)
    let most = attribute(["connections"], "maxConnections")
    let count = values.number(
      most?.value.value, at: most?.value.span, in: 0...Int(UInt32.max), "maxConnections", &context)
    if let count { service.maxClients = Setting(count == Int(UInt32.max) ? nil : count, most?.value.span) }
    if count == 0, let most {
      context.leaveOpen(
        "whether `maxConnections` 0 lets nobody in is not documented", at: most.value.span,
        help: "write the number of sessions, or remove it")
    }
    commands(&service, &context)
    let security = ["security", "dataChannelSecurity"]
    let port = attribute(security, "matchClientAddressForPort")
    service.allowsForeignPort = Setting(values.flag(port, &context) == false, port?.value.span)
    let peer = attribute(security, "matchClientAddressForPasv")
    service.allowsForeignPeer = Setting(values.flag(peer, &context) == false, peer?.value.span)
  }

  private func tls(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    let path = ["security", "ssl"]
    let hash = attribute(path, "serverCertHash")
    let hasCertificate = hash.map { !$0.value.value.isEmpty } ?? false
    let control = attribute(path, "controlChannelPolicy")
    let data = attribute(path, "dataChannelPolicy")
    let clients = attribute(["security", "sslClientCertificates"], "clientCertificatePolicy")
    if let clients, ["certrequire", "2"].contains(clients.value.value.lowercased()) {
      context.leaveOpen(
        "clients have to show a certificate, and who has one is not in the files", at: clients.value.span,
        help: "write `CertIgnore` or `CertAllow` if everybody may log in")
    }
    let policies = ["SslAllow": 0, "SslRequire": 1, "SslRequireCredentialsOnly": 2]
    let controlPolicy = policy(control, policies, &context)
    let dataPolicy = policy(data, ["SslAllow": 0, "SslRequire": 1, "SslDeny": 2], &context)
    if controlPolicy == 0, !hasCertificate {
      service.tls.control = Setting(.off, hash?.value.span ?? control?.value.span)
      service.tls.data = Setting(.off, hash?.value.span ?? control?.value.span)
    } else {
      service.tls.control = Setting(controlPolicy == 0 ? .optional : .required, control?.value.span)
      service.tls.data = Setting(
        dataPolicy == 0 ? .optional : dataPolicy == 1 ? .required : .off, data?.value.span)
    }
    service.tls.certificate = Setting(
      hash.flatMap { hasCertificate ? .thumbprint($0.value.value.uppercased()) : nil }, hash?.value.span)
    service.allowsClearControl = Setting(controlPolicy != 1, control?.value.span)
  }

  /// A policy by name or number; the default of both is `SslRequire`.
  private func policy(
    _ attribute: XMLAttribute?, _ numbers: [String: Int], _ context: inout ReadingContext
  ) -> Int {
    guard let attribute else { return 1 }
    let text = attribute.value.value
    if let number = numbers[text] ?? Int(text).flatMap({ (0...2).contains($0) ? $0 : nil }) { return number }
    context.refuse(
      "IIS does not take `\(text)` for `\(attribute.name.value)`", at: attribute.value.span,
      help: "write one of \(numbers.sorted { $0.value < $1.value }.map { "`\($0.key)`" }.joined(separator: ", "))")
    return 1
  }

  /// What the command filter takes away. The mechanism is documented, its effect on these commands is not (unverified).
  /// AUTH begins TLS, PROT asks for it on data connections.
  private func commands(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    let places = [["security", "commandFiltering"], ["security", "requestFiltering", "commands"]]
    let filters = (scopes + access).flatMap { scope in places.compactMap { values.document.first($0, below: scope) } }
    let filter = IISCommandFilter(filters, values, &context)
    service.allowsActive = filter.allows("PORT", "EPRT")
    service.allowsPASV = filter.allows("PASV")
    service.allowsEPSV = filter.allows("EPSV")
    let through = { (command: String) -> @Sendable (String) -> String in
      { _ in "let `\(command)` through in `commandFiltering`" }
    }
    let auth = filter.allows("AUTH")
    let isImplicit = service.port.value == 990 && service.tls.certificate.value != nil
    if !auth.value, !isImplicit, service.tls.control.value != .off {
      if service.tls.control.value == .required {
        service.nobody = Refusal(
          "TLS is required, and the command filter refuses AUTH, which begins it", auth.span ?? service.place,
          help: "let `AUTH` through in `commandFiltering`")
      } else {
        service.tls.control = Setting(.off, auth.span)
        service.remedies[.control] = through("AUTH")
      }
    }
    let listings = filter.allows("LIST", "NLST", "MLSD")
    if !listings.value {
      service.allowsListings = listings
      service.remedies[.listings] = through("LIST")
    }
    let prot = filter.allows("PROT")
    if !prot.value, service.tls.data.value != .off {
      service.tls.data = Setting(.off, prot.span)
      service.remedies[.data] = through("PROT")
    }
    for command in ["USER", "PASS"] {
      let login = filter.allows(command)
      guard !login.value else { continue }
      service.nobody = Refusal(
        "the command filter refuses \(command)", login.span ?? service.place,
        help: "let `\(command)` through in `commandFiltering`")
    }
  }

}

/// The command filter: which commands are answered.
struct IISCommandFilter {
  private var listed: [String: (isAllowed: Bool, span: SourceSpan)] = [:]
  private var unlisted: (isAllowed: Bool, span: SourceSpan)?

  /// - Parameter filters: the nearest scope first.
  init(_ filters: [XMLElement], _ values: XMLValues, _ context: inout ReadingContext) {
    for filter in filters.reversed() {
      if let attribute = filter.attribute("allowUnlisted"), let isAllowed = values.flag(attribute, &context) {
        unlisted = (isAllowed, attribute.value.span)
      }
      for index in filter.children where values.document.elements.indices.contains(index) {
        let entry = values.document.elements[index]
        let command = entry.attribute("command")?.value.value.uppercased() ?? ""
        switch entry.localName {
        case "clear": listed = [:]
        case "remove": listed[command] = nil
        case "add": listed[command] = (values.flag(entry.attribute("allowed"), &context) ?? true, entry.span)
        default: break
        }
      }
    }
  }

  /// Whether any of the commands passes.
  func allows(_ commands: String...) -> Setting<Bool> {
    let decisions = commands.map { listed[$0] ?? unlisted }
    guard let refused = decisions.compactMap({ $0 }).first(where: { !$0.isAllowed }) else {
      return Setting(default: true)
    }
    return decisions.allSatisfy { $0?.isAllowed == false }
      ? Setting(false, refused.span) : Setting(true, refused.span)
  }
}
