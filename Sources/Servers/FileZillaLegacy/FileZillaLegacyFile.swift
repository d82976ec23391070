import Addressing
import Diagnostics
package import Policy

/// Reads `FileZilla Server.xml`: settings by name in `<Item>` elements.
package struct FileZillaLegacyReader: SingleFileReader {
  package let software = SoftwareKind(FileZillaLegacyProgram.self)

  package func read(
    _ path: String, version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    let file = context.files.main("FileZilla Server.xml", at: path)
    let values = XMLValues.load(file, of: FileZillaLegacyProgram.title, roots: ["FileZillaServer"], &context)
    return values.map { FileZillaLegacyFile($0).services(&context) } ?? []
  }
}

private struct FileZillaLegacyFile {
  private let values: XMLValues
  private var items: [String: XMLElement] = [:]

  init(_ values: XMLValues) {
    self.values = values
    for item in values.document.all(["Settings", "Item"], below: values.document.root) {
      guard let name = item.attribute("name")?.value.value.lowercased(), items[name] == nil else { continue }
      items[name] = item
    }
  }

  func services(_ context: inout ReadingContext) -> [EffectiveService] {
    let place = values.document.first(["Settings"], below: values.document.root)?.span ?? values.document.root?.span
    guard let place else { return [] }
    let isOn = number("Enable SSL", default: 0)
    let users = FileZillaLegacyUsers(values.document)
    let admits = clients(users, &context)
    var services: [EffectiveService] = []
    for port in ports("Serverports", default: number("Serverport", default: 21), &context) {
      services.append(service(port, isImplicit: false, place, users, admits))
    }
    if isOn.value != 0 {
      for port in ports("Implicit SSL ports", default: nil, &context) {
        services.append(service(port, isImplicit: true, place, users, admits))
      }
    }
    if isOn.value != 0, text("SSL Certificate file") == nil,
      services.contains(where: { $0.tls.control.value != .off })
    {
      context.leaveOpen(
        "whether TLS works is not certain: `Enable SSL` is on, and `SSL Certificate file` names no certificate",
        at: items["ssl certificate file"]?.span ?? isOn.span ?? place,
        notes: ["without a certificate AUTH TLS is refused, and no client can log in where TLS is demanded"],
        help: "generate a certificate in the interface of the server")
    }
    return services
  }

  // MARK: Values

  /// A number as the program takes it; any other text counts as 0.
  private func number(_ name: String, default value: Int) -> Setting<Int> {
    guard let item = items[name.lowercased()] else { return Setting(default: value) }
    return Setting(Int(item.trimmedText) ?? 0, item.textSpan ?? item.span)
  }

  private func text(_ name: String) -> (text: String, span: SourceSpan)? {
    guard let item = items[name.lowercased()], !item.trimmedText.isEmpty else { return nil }
    return (item.trimmedText, item.textSpan ?? item.span)
  }

  private func words(_ text: String) -> [String] { FileZillaAddresses.words(text) }

  /// Ports with blanks or commas between them.
  private func ports(_ name: String, default value: Setting<Int>?, _ context: inout ReadingContext) -> [Setting<
    UInt16
  >] {
    guard let list = text(name) else {
      return value.flatMap { number in UInt16(exactly: number.value).map { [Setting($0, number.span)] } } ?? []
    }
    var ports: [Setting<UInt16>] = []
    var known: Set<UInt16> = []
    for word in words(list.text) {
      guard let port = UInt16(word), port > 0 else {
        context.ignore("FileZilla Server passes over `\(word)` in `\(name)`, which is no port", at: list.span)
        continue
      }
      if known.insert(port).inserted { ports.append(Setting(port, list.span)) }
    }
    return ports
  }

  // MARK: One port

  private func service(
    _ port: Setting<UInt16>, isImplicit: Bool, _ place: SourceSpan, _ users: FileZillaLegacyUsers,
    _ admits: Setting<AddressSet>?
  ) -> EffectiveService {
    var service = EffectiveService(title: "port \(port.value)", place: place)
    service.port = port
    if let bindings = text("IP Bindings"), bindings.text != "*" {
      service.addresses = Setting(words(bindings.text), bindings.span)
    }
    let ipv6 = number("Disable IPv6", default: 0)
    if ipv6.value != 0 { service.families = Setting([.ipv4], ipv6.span) }
    service.passivePorts = passivePorts()
    service.announced = announced()
    let local = number("No External IP On Local", default: 1)
    service.tellsPrivatePeersOwn = Setting(local.value != 0, local.span)
    service.tls = tls(isImplicit: isImplicit)
    let most = number("Maximum user count", default: 0)
    service.maxClients = Setting(most.value > 0 ? most.value : nil, most.span)
    service.pinsDataPort = Setting(default: false)
    service.nobody = users.nobody
    service.admits = admits
    service.remarks = ["the files are those of FileZilla Server 0.9; `emit` and `build` do not write them"]
    return service
  }

  /// Ports from everywhere unless `Use custom PASV ports` is 1; two ends in the wrong order are swapped.
  private func passivePorts() -> Setting<PassivePorts> {
    let custom = number("Use custom PASV ports", default: 0)
    guard custom.value != 0 else { return Setting(.any, custom.span) }
    let ends = (low: number("Custom PASV min port", default: 0), high: number("Custom PASV max port", default: 0))
    let (low, high) = (min(ends.low.value, ends.high.value), max(ends.low.value, ends.high.value))
    let span = ends.low.span ?? ends.high.span ?? custom.span
    guard let low = UInt16(exactly: low), let high = UInt16(exactly: high), low > 0,
      let range = PortRange(low: low, high: high)
    else { return Setting(.any, span) }
    return Setting(.range(range), span)
  }

  /// 0 is the server's own address, 1 an address or a name, 2 what a web page says.
  private func announced() -> Setting<Announcement> {
    let kind = number("Custom PASV IP type", default: 0)
    switch kind.value {
    case 1:
      guard let named = text("Custom PASV IP") else { return Setting(.own, kind.span) }
      switch IPAddress(named.text) {
      case .v4(let address)?: return Setting(.address(.v4(address)), named.span)
      case .v6?: return Setting(.unusable(named.text, consequence: "it is no IPv4 address"), named.span)
      case nil: return Setting(.name(named.text), named.span)
      }
    case 2:
      let page = text("Custom PASV IP server")
      return Setting(.name(page?.text ?? "http://ip.filezilla-project.org/ip.php"), page?.span ?? kind.span)
    default: return Setting(.own, kind.span)
    }
  }

  private func tls(isImplicit: Bool) -> EffectiveTLS {
    var tls = EffectiveTLS()
    let isOn = number("Enable SSL", default: 0)
    let explicit = number("Allow explicit SSL", default: 1)
    guard isOn.value != 0, isImplicit || explicit.value != 0 else {
      let span = isOn.value == 0 ? isOn.span : explicit.span
      tls.control = Setting(.off, span)
      tls.data = Setting(.off, span)
      return tls
    }
    let forced = number("Force explicit SSL", default: 0)
    let isRequired = isImplicit || forced.value != 0
    tls.isImplicit = Setting(isImplicit, isImplicit ? text("Implicit SSL ports")?.span : nil)
    tls.control = Setting(isRequired ? .required : .optional, isImplicit ? isOn.span : forced.span ?? isOn.span)
    let protected = number("Force PROT P", default: 1)
    tls.data = Setting(isRequired && protected.value != 0 ? .required : .optional, protected.span ?? isOn.span)
    let reuse = number("Force TLS session resumption", default: 1)
    tls.demandsReuse = Setting(reuse.value != 0, reuse.span)
    if let certificate = text("SSL Certificate file") {
      tls.certificate = Setting(
        .files(certificate: certificate.text, key: text("SSL Key file")?.text), certificate.span)
    }
    return tls
  }

  /// Disallowed addresses, and among them the allowed ones; of these clients those whom a user lets in.
  private func clients(_ users: FileZillaLegacyUsers, _ context: inout ReadingContext) -> Setting<AddressSet>? {
    let users = users.clients(&context)
    guard let disallowed = text("IP Filter Disallowed") else { return users.value == .any ? nil : users }
    let refused = FileZillaAddresses.clients(disallowed.text, at: disallowed.span, &context)
    let exceptions =
      text("IP Filter Allowed").map { FileZillaAddresses.clients($0.text, at: $0.span, &context) } ?? AddressSet()
    let admitted = AddressSet(unionOf: [AddressSet.any.subtracting(refused), exceptions])
    return Setting(admitted.intersection(users.value), disallowed.span)
  }
}
