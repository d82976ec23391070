import Addressing
import Diagnostics
package import Policy

/// Reads `vsftpd.conf`; a folder is taken as several daemons, each with a `*.conf` of its own.
package struct VsftpdReader: ServerReader {
  package let software = SoftwareKind.vsftpd

  package init() {}

  package func read(
    _ path: String, version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    guard context.files.kind(path) == .folder else { return daemon(path, version, &context).map { [$0] } ?? [] }
    return context.configurations(in: path).compactMap { daemon($0, version, &context) }
  }

  private func daemon(
    _ path: String, _ version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> EffectiveService? {
    guard let file = context.load(path) else { return nil }
    let length = context.sources[file].bytes.count
    if length > 100_000 {
      context.refuse(
        "vsftpd reads no more than 100000 bytes of its file, and this one has \(length)",
        at: SourceSpan(file: file, 100_000..<length))
    }
    var settings = VsftpdSettings(place: SourceSpan(file: file, 0..<0))
    for line in ConfigurationLine.all(of: file, in: context.sources) where !context.hasEnough {
      settings.take(line, version, &context)
    }
    return settings.service(&context)
  }
}

/// The settings of one file; the last one of a key wins.
struct VsftpdSettings {
  var place: SourceSpan
  /// The value and the whole line of each key that is set.
  private var values: [String: (value: Located<String>, line: SourceSpan)] = [:]

  init(place: SourceSpan) { self.place = place }

  /// Reads a line. A comment begins in the first column; blanks before a key are taken away, no others.
  mutating func take(_ line: ConfigurationLine, _ version: SoftwareVersion?, _ context: inout ReadingContext) {
    if line.bytes.first == UInt8(ascii: "#") || line.bytes.allSatisfy(\.isBlank) { return }
    let setting = line.bytes.drop(while: \.isBlank)
    let equals = setting.firstIndex(of: UInt8(ascii: "="))
    let key = line.word(setting[..<(equals ?? setting.endIndex)])
    let value = line.word(setting[(equals.map { $0 + 1 } ?? setting.endIndex)...])
    let shape = VsftpdGrammar.shapes[key.value]
    if shape != .text, value.value.isEmpty {
      let isComment = key.value.hasPrefix("#")
      return context.refuse(
        "vsftpd does not start: `\(key.value)` has no value", at: line.span(setting),
        help: isComment ? "begin a comment in the first column" : nil)
    }
    switch shape {
    case .flag? where VsftpdGrammar.flag(value.value) == nil:
      let trimmed = String(
        decoding: value.value.utf8.drop(while: \.isBlank).reversed().drop(while: \.isBlank).reversed(), as: UTF8.self)
      let isBlank = VsftpdGrammar.flag(trimmed) != nil
      context.refuse(
        "vsftpd does not start: `\(key.value)` is YES or NO", at: value.span,
        help: isBlank ? "remove the white space around the value; a carriage return counts too" : nil,
        fixes: isBlank ? [.replace(value.span, with: trimmed, "write `\(trimmed)`")] : [])
    case nil where Self.isLater(key.value) && version.map({ $0 >= SoftwareVersion(3, 0, 4) }) ?? false: break
    case nil: refuse(unknown: key, &context)
    default: values[key.value] = (value, line.span(setting))
    }
  }

  private static func isLater(_ key: String) -> Bool { ["ssl_tlsv1_1", "ssl_tlsv1_2", "ssl_tlsv1_3"].contains(key) }

  private func refuse(unknown key: Located<String>, _ context: inout ReadingContext) {
    let bare = String(
      decoding: key.value.utf8.drop(while: \.isBlank).reversed().drop(while: \.isBlank).reversed(), as: UTF8.self)
    let hasBlank = bare != key.value && VsftpdGrammar.shapes[bare] != nil
    let known = nearest(to: key.value, among: VsftpdGrammar.shapes.keys.sorted())
    context.refuse(
      "vsftpd does not start: there is no setting `\(key.value)`", at: key.span,
      notes: Self.isLater(key.value) ? ["vsftpd 3.0.3 does not know it; some later builds do"] : [],
      help: hasBlank ? "no blank may stand before `=`" : known.map { "did you mean `\($0)`?" })
  }

  // MARK: Values with the defaults of the program

  private func line(_ key: String) -> SourceSpan? { values[key]?.line }

  func flag(_ key: String, default value: Bool) -> Setting<Bool> {
    guard let written = values[key] else { return Setting(default: value) }
    return Setting(VsftpdGrammar.flag(written.value.value) ?? value, written.line)
  }

  private func number(_ key: String, default value: UInt32) -> Setting<UInt32> {
    guard let written = values[key] else { return Setting(default: value) }
    return Setting(VsftpdGrammar.number(written.value.value), written.line)
  }

  /// `nil` when it is not set, or set to nothing.
  private func text(_ key: String) -> (value: Located<String>, line: SourceSpan)? {
    values[key].flatMap { $0.value.value.isEmpty ? nil : $0 }
  }

  // MARK: What they come to

  func service(_ context: inout ReadingContext) -> EffectiveService {
    var service = EffectiveService(place: place)
    listening(&service, &context)
    service.allowsPASV = flag("pasv_enable", default: true)
    service.allowsEPSV = service.allowsPASV
    service.passivePorts = passivePorts(&context)
    service.announced = announced(isIPv6: service.families.value.contains(.ipv6), &context)
    service.allowsActive = flag("port_enable", default: true)
    service.pinsDataPort = flag("connect_from_port_20", default: false)
    service.allowsForeignPort = flag("port_promiscuous", default: false)
    service.allowsForeignPeer = flag("pasv_promiscuous", default: false)
    service.tls = tls()
    service.maxClients = limit("max_clients", default: 2000)
    service.maxPerClient = limit("max_per_ip", default: 50)
    return service
  }

  private func limit(_ key: String, default value: UInt32) -> Setting<Int?> {
    let number = number(key, default: value)
    return Setting(number.value == 0 ? nil : Int(number.value), number.span)
  }

  private func listening(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    let four = flag("listen", default: false)
    let six = flag("listen_ipv6", default: false)
    service.families = six.value ? Setting([.ipv4, .ipv6], six.span) : Setting([.ipv4], four.span)
    if four.value, six.value {
      context.refuse(
        "vsftpd does not start: `listen` and `listen_ipv6` cannot both be YES", at: six.span ?? place,
        help: "run two daemons, or keep `listen_ipv6=YES`, which takes IPv4 too")
    } else if !four.value, !six.value {
      context.refuse(
        "vsftpd does not start by itself: without `listen=YES` or `listen_ipv6=YES` it waits for inetd",
        at: four.span ?? six.span ?? place)
    }
    let port = number("listen_port", default: 21)
    service.port = Setting(UInt16(truncatingIfNeeded: port.value), port.span)
    if let address = text(six.value ? "listen_address6" : "listen_address") {
      listening(at: address, isIPv6: six.value, &service, &context)
    }
  }

  private func listening(
    at address: (value: Located<String>, line: SourceSpan), isIPv6: Bool, _ service: inout EffectiveService,
    _ context: inout ReadingContext
  ) {
    let text = address.value.value
    var literal: IPAddress?
    if isIPv6 {
      if case .v6? = IPAddress(text) { literal = IPAddress(text) }
    } else {
      literal = numericIPv4(text.utf8).map { .v4($0) }
    }
    guard let literal else {
      return context.refuse("vsftpd does not start: `\(text)` is no address to listen on", at: address.value.span)
    }
    service.addresses = Setting(["\(literal)"], address.line)
    if isIPv6, literal.value != 0 { service.families = Setting([.ipv6], address.line) }
  }

  /// From 1024 to 65535, where a bound that does not fit is passed over (source; measured: 3.0.3).
  private func passivePorts(_ context: inout ReadingContext) -> Setting<PassivePorts> {
    let wanted = (low: number("pasv_min_port", default: 0), high: number("pasv_max_port", default: 0))
    var low: UInt16 = 1024
    var high: UInt16 = 65535
    if let port = UInt16(exactly: wanted.low.value), port > low { low = port }
    if let port = UInt16(exactly: wanted.high.value), port >= low { high = port }
    if let span = wanted.high.span, wanted.high.value != 0, UInt32(high) != wanted.high.value {
      context.ignore(
        "vsftpd passes over `pasv_max_port`, because \(wanted.high.value) is not between \(low) and 65535", at: span)
    }
    if let span = wanted.low.span, wanted.low.value != 0, UInt32(low) != wanted.low.value {
      context.ignore(
        "vsftpd passes over `pasv_min_port`, because \(wanted.low.value) is not between 1024 and 65535", at: span)
    }
    let span = wanted.low.span ?? wanted.high.span
    guard let range = PortRange(low: low, high: high), low > 1024 || high < 65535 else { return Setting(.any, span) }
    return Setting(.range(range), span)
  }

  private func announced(isIPv6: Bool, _ context: inout ReadingContext) -> Setting<Announcement> {
    guard let written = text("pasv_address") else { return Setting(.own, line("pasv_address")) }
    let text = written.value.value
    if isIPv6 {
      return Setting(.unusable(text, consequence: "an IPv6 socket announces 0.0.0.0 for it"), written.line)
    }
    if let address = numericIPv4(text.utf8) { return Setting(.address(.v4(address)), written.line) }
    guard flag("pasv_addr_resolve", default: false).value else {
      return Setting(
        .unusable(text, consequence: "PASV is answered with 500 OOPS: invalid pasv_address, and the session ends"),
        written.line)
    }
    let isName = text.utf8.allSatisfy { $0.isDigit || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x2E }
    if !isName {
      context.refuse("vsftpd does not start: it cannot look up the name `\(text)`", at: written.value.span)
    }
    return Setting(.name(text), written.line)
  }

  private func tls() -> EffectiveTLS {
    var tls = EffectiveTLS()
    let enabled = flag("ssl_enable", default: false)
    tls.control = Setting(.off, enabled.span)
    tls.data = Setting(.off, enabled.span)
    guard enabled.value else { return tls }
    tls.control = demand("logins", enabled)
    tls.data = demand("data", enabled)
    tls.isImplicit = flag("implicit_ssl", default: false)
    tls.demandsReuse = flag("require_ssl_reuse", default: true)
    let certificate = text("rsa_cert_file")
    let key = text("rsa_private_key_file")
    tls.certificate = Setting(
      .files(certificate: certificate?.value.value ?? "/usr/share/ssl/certs/vsftpd.pem", key: key?.value.value),
      certificate?.line ?? key?.line)
    return tls
  }

  /// What is demanded of all users: of local ones, and of anonymous ones where there are any.
  private func demand(_ kind: String, _ enabled: Setting<Bool>) -> Setting<TLSDemand> {
    let local = flag("force_local_\(kind)_ssl", default: true)
    if !local.value { return Setting(.optional, local.span) }
    let anonymous = flag("force_anon_\(kind)_ssl", default: false)
    let anonymousUsers = flag("anonymous_enable", default: true)
    if anonymousUsers.value, !anonymous.value {
      return Setting(.optional, anonymous.span ?? anonymousUsers.span ?? enabled.span)
    }
    return Setting(.required, local.span ?? enabled.span)
  }
}
