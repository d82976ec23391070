import Addressing
import Diagnostics
package import Policy

/// Reads `applicationHost.config` of IIS 7 to 10: sites, their defaults, and the range of the whole server. Types and defaults are
/// those of the reference pages (documented; never run).
package struct IISReader: ServerReader {
  package let software = SoftwareKind.iis

  package init() {}

  package func read(
    _ path: String, version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    let names = ["", "/applicationHost.config", "/config/applicationHost.config"]
    let file = names.map { path + $0 }.first { context.files.kind($0) == .file } ?? path
    guard let values = XMLValues.load(file, of: "IIS", root: "configuration", &context) else { return [] }
    return IISConfiguration(values).services(&context)
  }
}

/// The parts of the file that decide about FTP.
private struct IISConfiguration {
  private let values: XMLValues
  private let defaults: XMLElement?
  private var document: XMLDocument { values.document }

  init(_ values: XMLValues) {
    self.values = values
    defaults = values.document.first(
      ["system.applicationHost", "sites", "siteDefaults", "ftpServer"], below: values.document.root)
  }

  func services(_ context: inout ReadingContext) -> [EffectiveService] {
    let root = document.root
    misplaced(&context)
    let ports = passivePorts(&context)
    let sites = document.all(["system.applicationHost", "sites"], below: root)
    for section in sites + document.all(["system.ftpServer", "firewallSupport"], below: root) {
      guard let source = section.attribute("configSource") else { continue }
      context.diagnostics.append(
        .error(
          "server-file-unreadable", "this section is in another file, `\(source.value.value)`, which was not read",
          at: source.value.span, help: "put the section in its place, and audit that"))
    }
    return sites.flatMap { document.children(of: $0, named: "site") }.flatMap { site in
      document.all(["bindings", "binding"], below: site).compactMap { binding in
        service(site, binding, ports, &context)
      }
    }
  }

  /// What stands where IIS does not look for it, a common mistake.
  private func misplaced(_ context: inout ReadingContext) {
    let root = document.root
    let firewall = document.all(["system.ftpServer", "firewallSupport"], below: root)
    if let attribute = firewall.compactMap({ $0.attribute("externalIp4Address") }).first {
      context.ignore(
        "IIS looks for `externalIp4Address` in a site or in `siteDefaults`, not here", at: attribute.name.span,
        help: "move it to `<firewallSupport>` in the `<ftpServer>` of the site")
    }
    for location in document.children(of: root, named: "location") {
      if let found = document.first(["system.ftpServer", "firewallSupport"], below: location) {
        context.refuse(
          "IIS does not take `firewallSupport` in a `<location>`: the range belongs to the server", at: found.span)
      }
    }
  }

  /// The range of the whole server; 0 and 0 leave it to Windows.
  private func passivePorts(_ context: inout ReadingContext) -> Setting<PassivePorts> {
    let element = document.all(["system.ftpServer", "firewallSupport"], below: document.root).first
    let low = port(element, "lowDataChannelPort", &context)
    let high = port(element, "highDataChannelPort", &context)
    guard let element, low != 0 || high != 0 else { return Setting(.any, element?.span) }
    guard let range = PortRange(low: low, high: high), low > 1024 else {
      context.refuse(
        "IIS does not take the range \(low)-\(high): both are 0, or ports from 1025 to 65535, the lower one first",
        at: element.span)
      return Setting(.any, element.span)
    }
    return Setting(.range(range), element.span)
  }

  private func port(_ element: XMLElement?, _ name: String, _ context: inout ReadingContext) -> UInt16 {
    let attribute = element?.attribute(name)
    let number = values.number(attribute?.value.value, at: attribute?.value.span, in: 0...65535, name, &context)
    return UInt16(clamping: number ?? 0)
  }

  // MARK: Sites

  private func service(
    _ site: XMLElement, _ binding: XMLElement, _ ports: Setting<PassivePorts>, _ context: inout ReadingContext
  ) -> EffectiveService? {
    guard binding.attribute("protocol")?.value.value.lowercased() == "ftp",
      let information = binding.attribute("bindingInformation")
    else { return nil }
    let name = site.attribute("name")?.value.value ?? ""
    guard let (address, port) = endpoint(information.value.value) else {
      context.refuse(
        "IIS does not take `\(information.value.value)` for a binding, which is `ADDRESS:PORT:HOST`",
        at: information.value.span)
      return nil
    }
    var service = EffectiveService(title: "site \(name)", place: site.span)
    service.site = name
    service.port = Setting(port, information.value.span)
    if !address.isEmpty { service.addresses = Setting([address], information.value.span) }
    service.passivePorts = ports
    let view = IISSite(values, own: document.first(["ftpServer"], below: site), defaults: defaults)
    view.fill(&service, &context)
    // The port is the switch, and without a certificate there is no TLS.
    service.tls.isImplicit = Setting(port == 990 && service.tls.certificate.value != nil, information.value.span)
    return service
  }

  /// Address and port of `ADDRESS:PORT:HOST`; an empty address for `*`. An IPv6 address stands in brackets.
  private func endpoint(_ text: String) -> (address: String, port: UInt16)? {
    var rest = Substring(text)
    var address = ""
    if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
      address = String(rest[rest.index(after: rest.startIndex)..<end])
      rest = rest[rest.index(after: end)...]
    } else {
      address = String(rest.prefix { $0 != ":" })
      rest = rest.dropFirst(address.count)
    }
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count >= 2, parts[0].isEmpty, let port = UInt16(parts[1]), port > 0 else { return nil }
    return (address == "*" ? "" : address, port)
  }
}

/// One site: its own settings, then those of `siteDefaults`, then the defaults of the schema.
private struct IISSite {
  private let values: XMLValues
  private let scopes: [XMLElement]

  init(_ values: XMLValues, own: XMLElement?, defaults: XMLElement?) {
    self.values = values
    scopes = [own, defaults].compactMap(\.self)
  }

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
    service.allowsActive = allows(["PORT", "EPRT"], &context)
    service.allowsPASV = allows(["PASV"], &context)
    service.allowsEPSV = allows(["EPSV"], &context)
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

  /// Whether any of the commands passes the filter.
  private func allows(_ commands: [String], _ context: inout ReadingContext) -> Setting<Bool> {
    var listed: [String: (isAllowed: Bool, span: SourceSpan)] = [:]
    var unlisted: (isAllowed: Bool, span: SourceSpan)?
    for scope in scopes.reversed() {
      guard let filter = values.document.first(["security", "commandFiltering"], below: scope) else { continue }
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
    let decisions = commands.map { listed[$0] ?? unlisted }
    guard let refused = decisions.compactMap({ $0 }).first(where: { !$0.isAllowed }) else {
      return Setting(default: true)
    }
    return decisions.allSatisfy { $0?.isAllowed == false }
      ? Setting(false, refused.span) : Setting(true, refused.span)
  }
}
