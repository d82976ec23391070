import Addressing
import Diagnostics
import Policy

/// What the options of Pure-FTPd come to: which of several wins, which numbers it takes, what follows from what
/// (measured: 1.0.50, and its source).
struct PureFTPdMeaning {
  /// How numbers arrive at the daemon.
  enum Numbers {
    /// As written, so that a leading zero means octal for some options.
    case file
    /// Through `sprintf("%d")` of Debian's wrapper: always decimal.
    case wrapper
  }

  var options: [PureFTPdOption]
  var version: SoftwareVersion?
  var numbers: Numbers

  /// The service; what stops the daemon is reported.
  func service(at place: SourceSpan, _ context: inout ReadingContext) -> EffectiveService {
    for option in options { check(option, &context) }
    var service = EffectiveService(place: place)
    listening(&service, &context)
    service.allowsPASV = flag("NATmode").map { Setting(false, $0) } ?? Setting(default: true)
    service.allowsEPSV =
      (flag("NATmode") ?? flag("BrokenClientsCompatibility")).map { Setting(false, $0) } ?? Setting(default: true)
    if let option = last("PassivePortRange"), let range = range(option) {
      service.passivePorts = Setting(.range(range), option.span)
    }
    if let option = first("ForcePassiveIP"), let value = option.values.first {
      service.announced = Setting(announcement(value.value), option.span)
    }
    tls(&service, &context)
    let fxp = flag("AllowUserFXP") ?? flag("AllowAnonymousFXP")
    service.allowsForeignPort = fxp.map { Setting(true, $0) } ?? Setting(default: false)
    clients(&service)
    users(&service, &context)
    accounts(&context)
    ciphers(&service, &context)
    return service
  }

  /// With `TrustedIP` users with a name log in at that address of the server only, and at all others anonymous ones,
  /// whatever `NoAnonymous` says (measured: 1.0.50). Of `NoAnonymous` and `AnonymousOnly` the last one holds
  /// (measured).
  private func users(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    if let option = last("TrustedIP"), let address = option.values.first.flatMap({ IPAddress($0.value) }) {
      service.loginAddress = Setting(address, option.span)
    }
    let set = options.filter {
      ["AnonymousOnly", "NoAnonymous"].contains($0.name)
        && PureFTPdGrammar.flag($0.values.first?.value ?? "") == true
    }
    guard let holding = set.last, holding.name == "AnonymousOnly" else { return }
    service.login = Setting(.someUsers, holding.span)
    service.remedies[.login] = { _ in "remove `AnonymousOnly` if others than anonymous users may log in" }
    if let lost = set.first(where: { $0.name == "NoAnonymous" }) {
      context.ignore(
        "`NoAnonymous` does not count: `AnonymousOnly` stands after it, and takes every user for an anonymous one",
        at: lost.span, help: "remove `AnonymousOnly`")
    }
  }

  /// Where accounts are looked up: what only some builds can do, and files that are not here (measured: 1.0.50).
  private func accounts(_ context: inout ReadingContext) {
    for option in options where PureFTPdGrammar.databases[option.name] != nil && numbers == .file {
      let database = PureFTPdGrammar.databases[option.name] ?? ""
      context.diagnostics.append(
        .warning(
          "server-build-dependent", "only builds of Pure-FTPd with \(database) know `\(option.name)`",
          at: option.span,
          notes: ["another build does not start with it, as Debian's package `pure-ftpd` does not"],
          help: "see that the server has a build with \(database), in Debian the package "
            + "`pure-ftpd-\(database.lowercased())`, or remove the setting"))
    }
    for option in options where option.name == "PureDB" {
      guard let path = option.values.first?.value, context.files.kind(path) == nil else { continue }
      context.leaveOpen(
        "`\(path)` is not here; without it Pure-FTPd answers logins with 421", at: option.span,
        help:
          "see that the file exists on the server (`pure-pw mkdb` makes it), or audit a copy of its files with `--root`"
      )
    }
  }

  /// A list that leaves no cipher: with TLS the daemon ends when it starts (measured: 1.0.50, by itself and under
  /// inetd).
  private func ciphers(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    guard service.tls.control.value != .off, let option = last("TLSCipherSuite"), let list = option.values.first
    else {
      return
    }
    switch CipherList.outcome(list.value) {
    case .some: break
    case .nothing: context.refuse("Pure-FTPd does not start: `\(list.value)` leaves no cipher", at: list.span)
    case .doubtful: context.doubt(ciphers: list)
    }
  }

  // MARK: Which of several wins

  private func first(_ name: String) -> PureFTPdOption? { options.first { $0.name == name } }
  private func last(_ name: String) -> PureFTPdOption? { options.last { $0.name == name } }

  /// Where a flag is set: one `yes` anywhere is enough.
  private func flag(_ name: String) -> SourceSpan? {
    options.first { $0.name == name && PureFTPdGrammar.flag($0.values.first?.value ?? "") == true }?.span
  }

  // MARK: Sockets

  private func listening(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    for option in options where option.name == "Bind" {
      guard let value = option.values.first else { continue }
      let parts = value.value.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
      let address = parts.count == 2 ? String(parts[0]) : ""
      let port = String(parts.last ?? "")
      if !address.isEmpty, service.addresses.span == nil { service.addresses = Setting([address], option.span) }
      guard !port.isEmpty else { continue }
      guard let number = Self.port(port) else {
        context.refuse(
          "Pure-FTPd does not start: `\(port)` is no port", at: value.span,
          help: IPAddress(port) == nil ? nil : "write `Bind \(port),21`: without a comma the value is a port")
        continue
      }
      service.port = Setting(number, option.span)
    }
    var families = Set(AddressFamily.allCases)
    if let literal = service.addresses.value.first.flatMap({ IPAddress($0) }) { families = [literal.family] }
    let only = (ipv4: flag("IPV4Only"), ipv6: flag("IPV6Only"))
    if only.ipv4 != nil { families.remove(.ipv6) }
    if only.ipv6 != nil { families.remove(.ipv4) }
    service.families = Setting(families, only.ipv4 ?? only.ipv6 ?? service.addresses.span)
    if families.isEmpty, let span = only.ipv6 ?? only.ipv4 {
      context.refuse("Pure-FTPd does not start: no address family is left to listen on", at: span)
    }
  }

  /// A number, of which 16 bits count, or one of the names of `/etc/services` that FTP has.
  private static func port(_ text: String) -> UInt16? {
    if text.utf8.allSatisfy(\.isDigit) { return Int(text).map { UInt16(truncatingIfNeeded: $0) } }
    return namedPort(text)
  }

  // MARK: Values

  private func range(_ option: PureFTPdOption) -> PortRange? {
    let ends = option.values.compactMap { UInt16($0.value) }
    guard ends.count == 2, ends[0] >= 1024 else { return nil }
    return PortRange(low: ends[0], high: ends[1])
  }

  private func announcement(_ text: String) -> Announcement {
    let refusal = "every connection is answered with 421 Illegal forced IP for passive connections"
    var value = text
    if value.hasPrefix("\"") {
      // Quotation marks are literal up to 1.0.52 (source).
      guard let version, version >= SoftwareVersion(1, 0, 53) else {
        return .unusable(text, consequence: refusal)
      }
      value = String(value.drop { $0 == "\"" }.prefix { $0 != "\"" })
    }
    if let address = numericIPv4(value.utf8) { return .address(.v4(address)) }
    let isName = value.utf8.allSatisfy { byte in
      byte.isDigit || (0x61...0x7A).contains(byte | 0x20) || [0x2D, 0x2E, 0x5F].contains(byte)
    }
    return isName ? .name(value) : .unusable(text, consequence: refusal)
  }

  private func tls(_ service: inout EffectiveService, _ context: inout ReadingContext) {
    guard let option = last("TLS"), let level = option.values.first.map({ Self.clamped($0.value) }) else { return }
    service.tls.control = Setting(level >= 2 ? .required : level == 1 ? .optional : .off, option.span)
    service.tls.data = Setting(level >= 3 ? .required : level >= 1 ? .optional : .off, option.span)
    guard level > 0 else { return }
    service.tls.certificate = Setting(default: .files(certificate: "/etc/ssl/private/pure-ftpd.pem", key: nil))
    guard let named = options.last(where: { ["CertFile", "CertFileAndKey"].contains($0.name) }),
      let path = named.values.first
    else { return }
    let parts =
      named.values.count == 2 ? named.values.map(\.value) : path.value.split(separator: ",").map(String.init)
    service.tls.certificate = Setting(
      .files(certificate: parts.first ?? "", key: parts.count > 1 ? parts.last : nil), named.span)
    if path.value.hasPrefix("\"") {
      context.refuse(
        "Pure-FTPd does not start: the quotation marks belong to the name of the file", at: path.span,
        help: "write `CertFile` without them")
    }
  }

  /// The limits. The passive range is one as well, of which the program says nothing: half as many clients as ports. A
  /// single port sets no limit.
  private func clients(_ service: inout EffectiveService) {
    // 50 is compiled in (measured).
    var most: Setting<Int?> = Setting(default: 50)
    if let option = last("MaxClientsNumber"), let number = option.values.first.flatMap({ count($0.value) }) {
      most = Setting(number, option.span)
    }
    if case .range(let range) = service.passivePorts.value {
      let cap = range.count / 2
      if cap == 0 {
        most = Setting(nil, service.passivePorts.span)
      } else if cap < most.value ?? .max {
        most = Setting(cap, service.passivePorts.span)
      }
    }
    service.maxClients = most
    if let option = last("MaxClientsPerIP"), let number = option.values.first.flatMap({ count($0.value) }) {
      service.maxPerClient = Setting(number, option.span)
    }
  }

  /// A number as `strtoul` with base 0 takes it, of which 32 bits count; `nil` for what it leaves over.
  private func count(_ text: String) -> Int? {
    let isOctal = numbers == .file && text.hasPrefix("0") && text.count > 1
    guard !isOctal || text.allSatisfy({ ("0"..."7").contains($0) }) else { return nil }
    return Int(UInt32(truncatingIfNeeded: UInt64(text, radix: isOctal ? 8 : 10) ?? .max))
  }

  /// A number as `atoi` takes it.
  private static func clamped(_ text: String) -> Int32 { Int32(truncatingIfNeeded: Int64(text) ?? .max) }

  // MARK: Values that stop the daemon

  private func check(_ option: PureFTPdOption, _ context: inout ReadingContext) {
    let values = option.values.map(\.value)
    let span = option.values.first.map { $0.span.joined(with: option.values.last?.span ?? $0.span) } ?? option.span
    func refuse(_ reason: String, help: String? = nil) {
      context.refuse("Pure-FTPd does not start: \(reason)", at: span, help: help)
    }
    switch option.name {
    case "PassivePortRange" where range(option) == nil:
      refuse(
        "`\(values.joined(separator: " "))` is no range of ports from 1024 to 65535, the lower one first")
    case "MaxClientsNumber", "MaxClientsPerIP":
      if (count(values.first ?? "") ?? 0) == 0 { refuse("`\(option.name)` has to be a number of at least 1") }
    case "TLS" where !(0...3).contains(Self.clamped(values.first ?? "")):
      refuse("`TLS` is 0, 1, 2 or 3")
    case "AnonymousRatio", "UserRatio", "LimitRecursion", "AnonymousBandwidth", "UserBandwidth", "MaxLoad":
      if values.contains(where: { $0.allSatisfy { $0 == "0" } }) { refuse("`\(option.name)` cannot be 0") }
    case "TrustedIP" where IPAddress(values.first ?? "") == nil:
      refuse("`\(values.first ?? "")` is no address")
    case "TLSCipherSuite":
      let text = values.first ?? ""
      if text.hasPrefix("-"), !text.hasPrefix("-C:"), !text.hasPrefix("-S:") {
        refuse("it loops for ever over a cipher list that begins with `-`")
      }
    case "AltLog":
      let parts = (values.first ?? "").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let isKnown = parts.count < 2 || ["clf", "stats", "w3c", "xferlog"].contains(parts[0].lowercased())
      if !isKnown || parts.last?.hasPrefix("/") != true { refuse("`AltLog` wants `FORMAT:/PATH`") }
    default: break
    }
  }
}
