import Addressing
import Diagnostics
import Policy

extension VsftpdSettings {
  /// What the settings come to; what stops the daemon is reported.
  func service(_ context: inout ReadingContext) -> EffectiveService {
    var service = EffectiveService(place: place)
    listening(&service, &context)
    service.allowsPASV = flag("pasv_enable", default: true)
    service.allowsEPSV = service.allowsPASV
    service.passivePorts = passivePorts(&context)
    announcement(&service, &context)
    service.allowsActive = flag("port_enable", default: true)
    service.pinsDataPort = flag("connect_from_port_20", default: false)
    service.allowsForeignPort = flag("port_promiscuous", default: false)
    service.allowsForeignPeer = flag("pasv_promiscuous", default: false)
    service.tls = tls()
    service.maxClients = limit("max_clients", default: 2000)
    service.maxPerClient = limit("max_per_ip", default: 50)
    VsftpdCommands(self).apply(to: &service)
    service.nobody = service.nobody ?? VsftpdUsers(self).nobody(&context)
    VsftpdNeeds(self).report(&context)
    if service.tls.control.value != .off, let span = flag("require_cert", default: false).trueSpan {
      context.leaveOpen(
        "clients have to show a certificate, and who has one is not in the files", at: span,
        help: "write `require_cert=NO` if everybody may log in")
    }
    if let span = flag("tcp_wrappers", default: false).trueSpan { hostsAccess(at: span, &context) }
    listings(&service)
    return service
  }

  /// `tcp_wrappers=YES`: what `/etc/hosts.allow` and `/etc/hosts.deny` say about vsftpd, where they are here
  /// (hosts_access(5)).
  private func hostsAccess(at span: SourceSpan, _ context: inout ReadingContext) {
    let paths = ["/etc/hosts.allow", "/etc/hosts.deny"].filter { context.files.kind($0) == .file }
    let decides = paths.contains { path in
      // What is not read may say anything.
      let limit = 1 << 16
      guard case .success(let bytes) = context.files.read(path, limit), bytes.count <= limit else { return true }
      return bytes.split(separator: 0x0A).contains { line in
        let text = String(decoding: line.trimmed, as: UTF8.self)
        let daemons = text.prefix { $0 != ":" }.split { $0.isWhitespace || $0 == "," }.map(String.init)
        return !text.hasPrefix("#") && daemons.contains { $0 == "ALL" || $0.hasPrefix("vsftpd") }
      }
    }
    let message = "`/etc/hosts.allow` and `/etc/hosts.deny` decide about clients as well"
    if decides {
      context.leaveOpen(
        message + ", and have lines about vsftpd or all programs", at: span,
        help: "see that they let in the clients of the policy, or write `tcp_wrappers=NO`")
    } else if paths.isEmpty {
      context.diagnostics.append(Diagnostic(.note, "server-undecided", message + ", and were not read", at: span))
    }
  }

  /// `dirlist_enable=NO` answers listings with 550, whoever asks (source).
  private func listings(_ service: inout EffectiveService) {
    let enabled = flag("dirlist_enable", default: true)
    guard !enabled.value else { return }
    service.allowsListings = enabled
    service.remedies[.listings] = { _ in "write `dirlist_enable=YES`" }
  }

  private func limit(_ key: String, default value: UInt32) -> Setting<Int?> {
    let number = number(key, default: value)
    return Setting(number.value == 0 ? nil : Int(number.value), number.span)
  }

  // MARK: Sockets

  private func listening(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    let six = flag("listen_ipv6", default: false)
    if let spawner = context.spawner { return spawned(by: spawner, six, &service, &context) }
    let four = listensIPv4(six, &service, &context)
    service.families = six.value ? Setting([.ipv4, .ipv6], six.span) : Setting([.ipv4], four.span)
    if four.value, six.value {
      context.refuse(
        "vsftpd does not start: `listen` and `listen_ipv6` cannot both be YES", at: six.span ?? place,
        help: "run two daemons, or keep `listen_ipv6=YES`, which takes IPv4 too")
    }
    let port = number("listen_port", default: 21)
    service.port = Setting(UInt16(truncatingIfNeeded: port.value), port.span)
    if let address = text(six.value ? "listen_address6" : "listen_address") {
      listening(at: address, isIPv6: six.value, &service, &context)
    }
  }

  /// What listens for it is another program. With a socket of its own, whose port is taken, each session ends with 500
  /// OOPS (measured: 3.0.3).
  private func spawned(
    by spawner: Spawner, _ six: Setting<Bool>, _ service: inout EffectiveService, _ context: inout ReadingContext
  ) {
    let four = flag("listen", default: false)
    if let span = four.trueSpan ?? six.trueSpan {
      service.nobody = Refusal(
        "\(spawner.title) listens for it, and it wants to listen itself, which ends every session with 500 OOPS",
        span,
        help: "write `listen=NO` and `listen_ipv6=NO`")
    } else if four.span == nil, context.build.builder != .debian {
      context.diagnostics.append(
        .warning(
          "server-build-dependent",
          "without `listen=NO` only some builds of vsftpd can be started by \(spawner.title)",
          at: place, notes: ["the default of `listen` is YES since 3.0.0, and NO in Debian and Ubuntu"],
          help: "write `listen=NO`"))
    }
  }

  /// The value of `listen`. Its default is YES since 3.0.0 (source), and NO in Debian's builds (measured: 3.0.3,
  /// 3.0.5-0.2 and 3.0.5-1, which end with `not configured for standalone, must be started from inetd`).
  private func listensIPv4(
    _ six: Setting<Bool>, _ service: inout EffectiveService, _ context: inout ReadingContext
  ) -> Setting<Bool> {
    let written = flag("listen", default: false)
    guard written.span == nil else {
      if !written.value, !six.value { waitForInetd(at: written.span ?? place, &service, &context) }
      return written
    }
    let isOldDefault = context.build.version.map { $0 < SoftwareVersion(3, 0, 0) } ?? false
    if isOldDefault || context.build.builder == .debian {
      if !six.value { waitForInetd(at: six.span ?? place, &service, &context) }
      return written
    }
    if context.build.builder == .upstream { return Setting(default: true) }
    let place = six.span ?? place
    let help = "write `listen=\(six.value ? "NO" : "YES")`"
    context.diagnostics.append(
      .warning(
        "server-build-dependent",
        six.value
          ? "without `listen=NO` beside `listen_ipv6=YES` only some builds of vsftpd start"
          : "without `listen` only some builds of vsftpd listen by themselves",
        at: place,
        notes: [
          "the default is YES since 3.0.0\(six.value ? ", which excludes `listen_ipv6=YES`" : ""), and NO in Debian and Ubuntu"
        ] + (six.value ? [] : ["with NO it waits for inetd or a socket unit of systemd to start it"]), help: help))
    return Setting(default: !six.value)
  }

  private func waitForInetd(
    at span: SourceSpan, _ service: inout EffectiveService, _ context: inout ReadingContext
  ) {
    service.isSpawned = true
    context.leaveOpen(
      "vsftpd does not listen by itself here: inetd or a socket unit of systemd starts it for each session", at: span,
      notes: [
        "port, address and number of sessions are those of inetd or of the unit, and were not compared",
        "started by itself it ends with `not configured for standalone, must be started from inetd`",
      ],
      help: "write `listen=YES`, or see that the port of the socket unit is that of the policy")
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

  // MARK: Data connections

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

  /// The address of 227 replies. An IPv6 socket announces 0.0.0.0 for `pasv_address` (measured: 3.0.3, 3.0.5-0.2;
  /// mended in Debian's 3.0.5-1), so that an address needs `listen=YES`.
  private func announcement(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    if let spawner = context.spawner { return announcement(under: spawner, &service, &context) }
    service.announced = announced(isIPv6: service.families.value.contains(.ipv6), &context)
    let six = flag("listen_ipv6", default: false)
    guard six.value, let span = six.span else { return }
    let lines = ["listen=YES", "listen_ipv6=NO"]
    service.remedies[.announced] = { address in
      "write " + (["pasv_address=\(address)"] + lines).map { "`\($0)`" }.joined(separator: " and ")
    }
    let four = line("listen")
    let edits =
      four.map { [TextEdit($0, lines[0]), TextEdit(span, lines[1])] } ?? [
        TextEdit(span, lines.joined(separator: "\n"))
      ]
    service.announcedNote =
      "F43: only a socket of IPv4 announces it; of vsftpd's builds Debian's 3.0.5-1 and later alone do without"
    service.announcedFixes = [FixIt("write `listen=YES` and `listen_ipv6=NO`", .unsafe, edits)]
  }

  /// The same where the socket is that of another program (measured: 3.0.3).
  private func announcement(
    under spawner: Spawner, _ service: inout EffectiveService, _ context: inout ReadingContext
  ) {
    service.announced = announced(isIPv6: spawner.isIPv6 ?? false, &context)
    service.remedies[.announced] = { address in
      "write `pasv_address=\(address)`, and let \(spawner.title) listen on an address of IPv4"
    }
    guard spawner.isIPv6 == nil, let written = text("pasv_address") else { return }
    service.undecided.insert(.announced)
    context.leaveOpen(
      "whether vsftpd announces this depends on \(spawner.title): with a socket of IPv6 it announces 0.0.0.0",
      at: written.line, help: "write `flags = IPv4` in the service of \(spawner.title)")
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

  // MARK: TLS

  func tls() -> EffectiveTLS {
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

extension Setting<Bool> {
  /// Where it is set, when it is true.
  var trueSpan: SourceSpan? { value ? span : nil }
}
