import Addressing
import Diagnostics
package import Policy

/// Reads `applicationHost.config` of IIS 7 to 10: sites, their defaults, and the range of the whole server. Types and
/// defaults are those of the reference pages (documented; never run).
package struct IISReader: SingleFileReader {
  package let software = SoftwareKind.iis

  package init() {}

  package func read(
    _ path: String, version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    let names = ["", "/applicationHost.config", "/config/applicationHost.config"]
    let file = names.map { path + $0 }.first { context.files.kind($0) == .file } ?? path
    guard let values = XMLValues.load(file, of: "IIS", roots: ["configuration"], &context) else { return [] }
    return IISConfiguration(values).services(&context)
  }
}

/// The parts of the file that decide about FTP.
private struct IISConfiguration {
  private let values: XMLValues
  private let defaults: XMLElement?
  private let access: IISAccess
  private var document: XMLDocument { values.document }

  init(_ values: XMLValues) {
    self.values = values
    access = IISAccess(values.document)
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
    var services = sites.flatMap { document.children(of: $0, named: "site") }.flatMap { site in
      document.all(["bindings", "binding"], below: site).compactMap { binding in
        service(site, binding, ports, &context)
      }
    }
    let sources = context.sources
    context.doubtShared(&services, "binding") { service in
      let text = sources.text(service.port.span ?? service.place)
      guard service.stopped == nil, let (address, port, host) = endpoint(text) else { return nil }
      return ("\(address) \(port) \(host.lowercased())", service.site ?? "")
    }
    return services
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
    let sites = document.all(["system.applicationHost", "sites"], below: root)
    let scopes = sites.flatMap {
      document.children(of: $0, named: "site") + document.children(of: $0, named: "siteDefaults")
    }
    for element in scopes.flatMap({ document.all(["ftpServer", "firewallSupport"], below: $0) }) {
      let names = ["lowDataChannelPort", "highDataChannelPort"]
      guard let attribute = names.lazy.compactMap({ element.attribute($0) }).first else { continue }
      context.ignore(
        "IIS has one range for all sites and does not look for `\(attribute.name.value)` here",
        at: attribute.name.span,
        help: "move it to `<firewallSupport>` in `<system.ftpServer>`, and restart the service `ftpsvc`")
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
    guard let (address, port, host) = endpoint(information.value.value) else {
      context.refuse(
        "IIS does not take `\(information.value.value)` for a binding, which is `ADDRESS:PORT:HOST`",
        at: information.value.span)
      return nil
    }
    var service = EffectiveService(title: "site \(name)", place: site.span)
    service.site = name
    if !host.isEmpty {
      context.leaveOpen(
        "clients have to name the host `\(host)`: with the command HOST, or as user `\(host)|NAME`",
        at: information.value.span,
        notes: ["F25: all others are answered with 530, unless another site has this port without a host name"],
        help: "leave the host name out of `bindingInformation`, or tell the users how to log in")
    }
    service.stopped = stopped(site, &context)
    service.port = Setting(port, information.value.span)
    if !address.isEmpty { service.addresses = Setting([address], information.value.span) }
    service.passivePorts = ports
    let view = IISSite(
      values, own: document.first(["ftpServer"], below: site), defaults: defaults, access: access.scopes(of: name))
    view.fill(&service, &context)
    view.admit(&service, isWhole: access.isWhole, &context)
    // The port is the switch, and without a certificate there is no TLS.
    service.tls.isImplicit = Setting(port == 990 && service.tls.certificate.value != nil, information.value.span)
    return service
  }

  /// What keeps a site from running until somebody starts it: `serverAutoStart` of the site, and of its FTP service.
  private func stopped(_ site: XMLElement, _ context: inout ReadingContext) -> Refusal? {
    let attributes = [site, document.first(["ftpServer"], below: site)].compactMap {
      $0?.attribute("serverAutoStart")
    }
    let inherited = attributes.isEmpty ? [defaults?.attribute("serverAutoStart")].compactMap(\.self) : []
    for attribute in attributes + inherited where values.flag(attribute, &context) == false {
      return Refusal(
        "`serverAutoStart` is false, so it stays stopped when the service starts", attribute.value.span,
        help: #"write `serverAutoStart="true"`, and start the site"#)
    }
    return nil
  }

  /// Address, port and host name of `ADDRESS:PORT:HOST`; an empty address for `*`. An IPv6 address stands in brackets.
  private func endpoint(_ text: String) -> (address: String, port: UInt16, host: String)? {
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
    return (address == "*" ? "" : address, port, parts.count > 2 ? String(parts[2]) : "")
  }
}
