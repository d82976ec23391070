import Addressing
import Diagnostics
package import Policy

/// Reads `settings.xml` of FileZilla Server 1.x (its source, 1.7.3; never run).
/// Range, announced address and certificate are those of the whole server; listeners differ in address, port and TLS.
package struct FileZillaReader: SingleFileReader {
  package let software = SoftwareKind.filezilla

  package init() {}

  package func read(
    _ path: String, version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    let file = context.files.main("settings.xml", at: path)
    guard let values = XMLValues.load(file, of: FileZillaProgram.title, roots: ["filezilla"], &context) else {
      return []
    }
    var services = FileZillaConfiguration(values).services(&context)
    FileZillaUsers(besides: file).apply(to: &services, &context)
    return services
  }
}

private struct FileZillaConfiguration {
  let values: XMLValues
  private var document: XMLDocument { values.document }

  init(_ values: XMLValues) { self.values = values }

  func services(_ context: inout ReadingContext) -> [EffectiveService] {
    let server = document.first(["ftp_server"], below: document.root)
    let session = document.first(["session"], below: server)
    let pasv = document.first(["pasv"], below: session)
    let listeners = document.children(of: server, named: "listener")
    var services = listeners.compactMap { listener($0, &context) }
    let admin = document.first(["admin", "local_port"], below: document.root)
    let adminPort = number(admin, in: 1...65535, "local_port", &context) ?? 14148
    let ports = passivePorts(pasv, taken: services.map(\.port.value) + [UInt16(clamping: adminPort)], &context)
    let announced = announced(document.first(["host_override"], below: pasv))
    let certificate = certificate(document.first(["tls"], below: session))
    let privatePeers = document.first(["do_not_override_host_if_peer_is_local"], below: pasv)
    let tellsOwn = Setting(!["false", "0"].contains(trimmed(privatePeers).lowercased()), privatePeers?.textSpan)
    context.doubtShared(&services, "address and port") { service in
      ("\(service.addresses.value.joined()) \(service.port.value)", "\(service.place.start)")
    }
    for index in services.indices {
      services[index].tellsPrivatePeersOwn = tellsOwn
      services[index].passivePorts = ports
      services[index].announced = announced
      services[index].tls.certificate = certificate
    }
    return services
  }

  private func number(
    _ element: XMLElement?, in bounds: ClosedRange<Int>, _ name: String, _ context: inout ReadingContext
  ) -> Int? {
    guard let element else { return nil }
    return values.number(element.text, at: element.textSpan ?? element.span, in: bounds, name, &context)
  }

  private func trimmed(_ element: XMLElement?) -> String {
    element?.text.split(whereSeparator: \.isWhitespace).joined(separator: " ") ?? ""
  }

  private func listener(_ element: XMLElement, _ context: inout ReadingContext) -> EffectiveService? {
    let address = document.first(["address"], below: element)
    let port = document.first(["port"], below: element)
    let mode = document.first(["tls_mode"], below: element)
    guard let number = number(port, in: 1...65535, "port", &context) else { return nil }
    let text = trimmed(address)
    var service = EffectiveService(title: "listener \(text):\(number)", place: element.span)
    service.port = Setting(UInt16(clamping: number), port?.textSpan)
    service.addresses = Setting(text.isEmpty ? [] : [text], address?.textSpan)
    let level = self.number(mode, in: 0...2, "tls_mode", &context) ?? 0
    let demand = level == 0 ? TLSDemand.optional : .required
    service.tls.control = Setting(demand, mode?.textSpan)
    service.tls.data = Setting(demand, mode?.textSpan)
    service.tls.isImplicit = Setting(level == 1, mode?.textSpan)
    service.tls.demandsReuse = Setting(default: true)
    service.pinsDataPort = Setting(default: false)
    service.allowsForeignPort = Setting(default: true)
    return service
  }

  /// The range, whose ends may stand in any order; it is dropped when the server listens in it.
  private func passivePorts(
    _ pasv: XMLElement?, taken: [UInt16], _ context: inout ReadingContext
  ) -> Setting<PassivePorts> {
    guard let element = document.first(["port_range"], below: pasv) else { return Setting(default: .any) }
    let isNil = element.attributes.contains {
      $0.name.value.hasSuffix(":nil") && ["true", "1"].contains($0.value.value)
    }
    if isNil { return Setting(.any, element.span) }
    let ends = ["min", "max"].map { document.first([$0], below: element) }
    let low = number(ends[0], in: 1...65535, "min", &context) ?? 49152
    let high = number(ends[1], in: 1...65535, "max", &context) ?? 65534
    let span =
      ends.compactMap { $0?.textSpan }.reduce(nil as SourceSpan?) { $0?.joined(with: $1) ?? $1 } ?? element.span
    guard let range = PortRange(low: UInt16(clamping: min(low, high)), high: UInt16(clamping: max(low, high))) else {
      return Setting(.any, span)
    }
    if let port = taken.first(where: range.contains) {
      context.ignore(
        "FileZilla Server drops the range \(range), because it listens on port \(port) itself", at: span,
        notes: ["it says so at debug level only, and then takes passive ports from everywhere"],
        help: "keep the range off the ports of listeners and of the administration, \(taken.last ?? 14148)")
      return Setting(.any, span)
    }
    return Setting(.range(range), span)
  }

  private func announced(_ element: XMLElement?) -> Setting<Announcement> {
    let text = trimmed(element)
    guard let element, !text.isEmpty else { return Setting(default: .own) }
    let span = element.textSpan ?? element.span
    switch IPAddress(text) {
    case .v4(let address)?: return Setting(.address(.v4(address)), span)
    case .v6?: return Setting(.unusable(text, consequence: "PASV is answered with 425"), span)
    case nil: return Setting(.name(text), span)
    }
  }

  /// Files, as `keyfile` and `certsfile` up to 1.7, and as `key` and `certs` of the type `filepath` in newer files
  /// (unverified).
  private func certificate(_ tls: XMLElement?) -> Setting<Certificate?> {
    guard let tls else { return Setting(default: nil) }
    let file = document.first(["certsfile"], below: tls) ?? document.first(["certs"], below: tls)
    let key = document.first(["keyfile"], below: tls) ?? document.first(["key"], below: tls)
    guard let file, !trimmed(file).isEmpty else { return Setting(nil, tls.span) }
    return Setting(
      .files(certificate: trimmed(file), key: key.map { trimmed($0) }), file.textSpan)
  }
}
