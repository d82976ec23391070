import Diagnostics
import Policy

/// One start of `pure-ftpd` with flags, in a container or without.
struct PureFTPdInvocation {
  var invocation: Invocation
  var version: SoftwareVersion?

  /// The configuration file that the only argument names; `nil` for flags.
  var file: Located<String>? {
    guard invocation.arguments.count == 1, let only = invocation.arguments.first, !only.value.hasPrefix("-"),
      !invocation.isOpen(only)
    else { return nil }
    return only
  }

  func service(_ context: inout ReadingContext) -> EffectiveService {
    var invocation = invocation
    if let container = invocation.container { follow(container, &invocation, &context) }
    // A variable by itself may be any flag.
    let plain = invocation.arguments.filter { !invocation.isOpen($0) || $0.value.first != "$" || hasFlag(before: $0) }
    var options = PureFTPdFlags.options(plain, &context)
    context.leaveOpen(variables: invocation.unknown)
    let open = options.filter { $0.values.contains { invocation.isOpen($0) } }
    options.removeAll { option in open.contains { $0.span == option.span && $0.name == option.name } }
    var service = PureFTPdMeaning(options: options, version: version, numbers: .file)
      .service(at: invocation.span, &context)
    service.form = .flags
    let isAnything = plain.count < invocation.arguments.count
    service.undecided = isAnything ? Set(SettingTopic.allCases) : Set(open.compactMap { Self.topics[$0.name] })
    service.place(under: invocation, &context)
    return service
  }

  /// Whether a word is the value of the flag before it.
  private func hasFlag(before word: Located<String>) -> Bool {
    guard let index = invocation.arguments.firstIndex(of: word), index > 0 else { return false }
    return PureFTPdFlags.awaitsValue(invocation.arguments[index - 1].value)
  }

  private static let topics: [String: SettingTopic] = [
    "ForcePassiveIP": .announced, "PassivePortRange": .passivePorts, "Bind": .port, "TLS": .tls,
    "MaxClientsNumber": .maxClients, "CertFile": .certificate,
  ]

  /// What images of Pure-FTPd make of their environment (`run.sh` of stilliard/pure-ftpd): `ADDED_FLAGS` after the
  /// flags, `FTP_PASSIVE_PORTS` as `-p` after those, `PUBLICHOST` for `-P` in the image's own command.
  private func follow(_ container: Container, _ invocation: inout Invocation, _ context: inout ReadingContext) {
    let isKnown = container.image.contains("stilliard/pure-ftpd")
    let variables = invocation.variables
    let place = invocation.span
    if invocation.arguments.isEmpty, isKnown {
      let host = variables["PUBLICHOST"] ?? Located("localhost", place)
      invocation.arguments = ["-E", "-j", "-R"].map { Located($0, place) }
      invocation.arguments += [Located("-P", host.span), host]
    }
    if let added = variables["ADDED_FLAGS"] {
      invocation.arguments += added.value.split(whereSeparator: \.isWhitespace).map {
        Located(String($0), added.span)
      }
    }
    for (name, flag) in [("FTP_MAX_CLIENTS", "-c"), ("FTP_MAX_CONNECTIONS", "-C")] {
      guard let value = variables[name] else { continue }
      invocation.arguments += [Located(flag, value.span), value]
    }
    if let ports = variables["FTP_PASSIVE_PORTS"] {
      invocation.arguments.append(Located("-p\(ports.value)", ports.span))
    } else if isKnown {
      defaultRange(&invocation, &context)
    }
  }

  /// `run.sh` puts `-p30000:30009` after all flags, where the last one counts; earlier ones of the image did not.
  private func defaultRange(_ invocation: inout Invocation, _ context: inout ReadingContext) {
    let standard = "30000:30009"
    let named = invocation.arguments.indices.last { index in
      let word = invocation.arguments[index].value
      return word.hasPrefix("-p") || word.hasPrefix("--passiveport")
    }
    guard let named else {
      invocation.arguments.append(Located("-p\(standard)", invocation.span))
      return
    }
    let words = invocation.arguments[named...].prefix(2).map(\.value).joined(separator: " ")
    guard !words.contains(standard) else { return }
    context.leaveOpen(
      "newer images put `-p\(standard)` after this range unless FTP_PASSIVE_PORTS says another one, and the last counts",
      at: invocation.arguments[named].span, help: "write `-e FTP_PASSIVE_PORTS=LOW:HIGH` as well")
  }
}
