import Addressing
import Diagnostics
import Policy

/// A policy that says what a server does today. What its files do not tell stands in comments that begin with `DECIDE`.
package struct PolicyDraft {
  /// The services of one server block: those of one address, or of one site.
  private struct Group {
    var name: String
    var services: [EffectiveService]
  }

  private let settings: EffectiveSettings
  /// What the policy says of the version, so that it means the program whose files were read.
  private let version: String?
  private var lines: [String] = []

  /// - Parameter path: what was read, for the first comment.
  package init(_ settings: EffectiveSettings, from path: String, version: String? = nil) {
    self.settings = settings
    let program = settings.software.program
    self.version = program.isMeant(byVersion: version) ? version : program.namingVersion
    lines = [
      "# What \(settings.software.title) does with \(path.replacingScalars { $0.breaksLine ? "?" : nil }), as a policy.",
      "# Lines with DECIDE ask for what its files do not tell.",
    ]
    for group in groups() { add(group) }
  }

  /// In the canonical layout.
  package var text: String {
    let text = lines.map { printable($0) }.joined(separator: "\n") + "\n"
    return inCanonicalLayout(text) ?? text
  }

  private func groups() -> [Group] {
    var groups: [Group] = []
    var known: [String: Int] = [:]
    for service in settings.services where isForOutsiders(service) {
      let key =
        settings.software.program.isOneServerForAllAddresses
        ? "" : service.site.map { "site \($0)" } ?? service.addresses.value.joined(separator: " ")
      if let index = known[key] {
        groups[index].services.append(service)
      } else {
        known[key] = groups.count
        groups.append(Group(name: "", services: [service]))
      }
    }
    var taken = Set<String>()
    var next: [String: Int] = [:]
    for index in groups.indices {
      let wish = name(groups[index].services.first?.site ?? "files")
      var name = wish
      while !taken.insert(name).inserted {
        next[wish, default: 1] += 1
        name = "\(wish)-\(next[wish, default: 1])"
      }
      groups[index].name = name
    }
    return groups
  }

  /// Whether clients outside are meant: of services that treat clients differently, those are what a policy is about.
  private func isForOutsiders(_ service: EffectiveService) -> Bool {
    service.clients.map { !$0.subtracting(.privateUse).isEmpty } ?? true
  }

  /// A text as a name of the language: small letters, digits and hyphens, a letter first.
  private func name(_ text: String) -> String {
    let mapped = text.lowercased().unicodeScalars.map { scalar -> Character in
      ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
    }
    let words = String(mapped).split(separator: "-").joined(separator: "-").drop { !("a"..."z").contains($0) }
    return words.isEmpty ? "files" : String(words.prefix(40))
  }

  private mutating func add(_ group: Group) {
    guard let first = group.services.first else { return }
    let addresses = firstOfEachFamily(literals(group.services))
    lines += ["", "server \(group.name) {"]
    if addresses.isEmpty {
      decide("address: where the gateway finds this server, or `address local`")
    } else {
      statement("address", addresses.map { "\($0)" }.joined(separator: ", "))
      let others = literals(group.services).filter { !addresses.contains($0) }
      if !others.isEmpty {
        decide("address: the server listens on \(others.map { "\($0)" }.joined(separator: ", ")) as well")
      }
    }
    statement("software", settings.software.name + (version.map { " \($0)" } ?? ""))
    if let site = first.site { statement("site", quoted(site)) }
    for remark in first.remarks { self.remark(remark) }
    certificate(group)
    if let most = group.services.compactMap(\.maxClients.value).max() {
      limit("max clients", most, "\(most)", "the server admits \(most) sessions")
    }
    lines.append("}")
    let onPort = Dictionary(grouping: group.services, by: \.port.value)
    var ports = Set<UInt16>()
    for (index, service) in group.services.enumerated() where ports.insert(service.port.value).inserted {
      let name = index == 0 ? group.name : "\(group.name)-\(service.port.value)"
      publish(service, of: group, as: name, addresses, beside: (onPort[service.port.value] ?? []).dropFirst())
    }
  }

  private mutating func statement(_ keyword: String, _ value: String) {
    let padding = String(repeating: " ", count: max(1, 15 - keyword.count))
    lines.append("    \(keyword)\(padding)\(value)")
  }

  /// A number of sessions, where the language has one that large.
  ///
  /// - Parameter fact: What the server does, as a clause.
  private mutating func limit(_ keyword: String, _ count: Int, _ value: String, _ fact: String) {
    let most = Int(Limit.numbers.upperBound)
    if count <= most { return statement(keyword, value) }
    decide("\(keyword): \(fact), and a policy says \(most) at most; without the line it sets no limit")
  }

  private mutating func decide(_ what: String) { lines.append("    # DECIDE \(what)") }

  private mutating func remark(_ what: String) { lines.append("    # \(what)") }

  /// The addresses on which services listen, each once; none when they listen on all.
  private func literals(_ services: [EffectiveService]) -> [IPAddress] {
    var known = Set<IPAddress>()
    return services.flatMap(\.addresses.value).compactMap { IPAddress($0) }.filter {
      $0.scope != .unspecified && $0.scope != .loopback && known.insert($0).inserted
    }
  }

  /// What a server of a policy has.
  private func firstOfEachFamily(_ addresses: [IPAddress]) -> [IPAddress] {
    AddressFamily.allCases.compactMap { family in addresses.first { $0.family == family } }
  }

  private func quoted(_ text: String) -> String {
    let safe = text.replacingScalars { scalar in
      if scalar.breaksLine { return "?" }
      return scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : nil
    }
    return "\"\(safe)\""
  }

  private mutating func certificate(_ group: Group) {
    let encrypted = group.services.filter { $0.tls.control.value != .off }
    guard let service = encrypted.first else { return }
    switch service.tls.certificate.value {
    case .files(let path, let key)? where path.hasPrefix("/") && key?.hasPrefix("/") ?? true:
      statement("certificate", quoted(path) + (key.map { " key \(quoted($0))" } ?? ""))
    case .thumbprint(let digits)?
    where digits.utf8.count == 40 && digits.utf8.allSatisfy({ $0.isDigit || (0x41...0x46).contains($0) }):
      statement("certificate", "thumbprint \(digits)")
    default: decide("certificate: the files do not name one that a policy can name")
    }
  }

  // MARK: Publications

  /// What the files leave open is asked for, in the place of a default that nobody wrote.
  private mutating func isOpen(_ topic: SettingTopic, of service: EffectiveService, _ statement: String) -> Bool {
    guard service.undecided.contains(topic) else { return false }
    decide("\(statement): the files do not tell")
    return true
  }

  private mutating func publish(
    _ service: EffectiveService, of group: Group, as name: String, _ addresses: [IPAddress],
    beside others: ArraySlice<EffectiveService>
  ) {
    let mode = tls(service)
    lines += ["", "publish \(name) {"]
    statement("server", group.name)
    if !isOpen(.announced, of: service, "external ip") { externalAddress(service, addresses) }
    let port = service.port.value
    if isOpen(.port, of: service, "control port") {
      // The default is as good as any other.
    } else if port != (mode == .implicit ? 990 : 21) {
      statement("control port", "\(port)")
      remark("clients dial the same port; `control port 21 -> \(port)` would give them another")
    }
    if !isOpen(.passivePorts, of: service, "passive range") { passiveRange(service) }
    if !isOpen(.tls, of: service, "tls") { statement("tls", mode.rawValue) }
    if mode != .off, service.tls.control.value == .required, service.tls.data.value != .required {
      decide("tls: today the server accepts data in clear text; audit will say so")
    }
    if let withTLS = service.announcedWithTLS, withTLS.value != service.announced.value {
      decide("helper: in clear text the server announces another address, so it may count on `helper on`")
    }
    if let most = service.maxPerClient.value, service.maxPerClient.span != nil, most > 0 {
      limit("limit", most, "\(most) sessions per client", "the server admits \(most) sessions from one address")
    }
    if service.allowsActive?.value ?? false {
      decide("active: the server accepts PORT and EPRT; `active on` lets them through the gateway")
    }
    refusals(service)
    for other in others { tell(other, beside: service) }
    if !service.clientsTitle.isEmpty {
      decide("allow: this is what the server does \(service.clientsTitle); others are treated differently")
    }
    decide("allow: who may connect; without it everybody may")
    lines.append("}")
  }

  /// What keeps clients out today, whatever the policy says.
  private mutating func refusals(_ service: EffectiveService) {
    if let stopped = service.stopped { decide("server: it does not listen today: \(stopped.reason)") }
    if let nobody = service.nobody { decide("server: nobody can log in today: \(nobody.reason)") }
    if service.isSpawned {
      decide("control port: inetd or a socket unit listens for the server, and says on which port")
    }
    if service.admits != nil { decide("allow: the server refuses some clients by their address") }
  }

  /// What another listener on the same port does otherwise: a server has one publication for a port.
  private mutating func tell(_ other: EffectiveService, beside service: EffectiveService) {
    var facts: [String] = []
    let announced = (other.announcedWithTLS ?? other.announced).value
    if announced != (service.announcedWithTLS ?? service.announced).value { facts.append(announces(announced)) }
    if other.passivePorts.value != service.passivePorts.value {
      if case .range(let range) = other.passivePorts.value {
        facts.append("has the passive range \(range.low)-\(range.high)")
      } else {
        facts.append("takes any passive port")
      }
    }
    if tls(other) != tls(service) { facts.append("has `tls \(tls(other).rawValue)`") }
    guard !facts.isEmpty else { return }
    let place = other.addresses.value.isEmpty ? other.title : other.addresses.value.joined(separator: ", ")
    decide(
      "publish: on \(quoted(place)) port \(other.port.value) \(facts.joined(separator: ", and ")); clients of that "
        + "need a server and a publication of its own")
  }

  private func announces(_ announcement: Announcement) -> String {
    switch announcement {
    case .own: "announces its own address"
    case .address(let address): "announces \(address)"
    case .name(let name): "announces \(quoted(name))"
    case .unusable(let text, _): "cannot announce \(quoted(text))"
    }
  }

  private func tls(_ service: EffectiveService) -> TLSMode {
    if service.tls.isImplicit.value, service.tls.control.value != .off { return .implicit }
    switch service.tls.control.value {
    case .off: return .off
    case .optional: return .explicitOptional
    case .required: return .explicitRequired
    }
  }

  private mutating func externalAddress(_ service: EffectiveService, _ addresses: [IPAddress]) {
    let announced = (service.announcedWithTLS ?? service.announced).value
    let global = addresses.filter { $0.scope == .global }
    switch announced {
    case .address where !addresses.isEmpty && !addresses.contains { $0.family == .ipv4 }:
      decide("external ip: the server announces an IPv4 address, and listens on IPv6 only")
    case .address(let address):
      let six = global.filter { $0.family == .ipv6 }
      statement("external ip", ([address] + six).map { "\($0)" }.joined(separator: ", "))
    case .own where !global.isEmpty:
      statement("external ip", global.map { "\($0)" }.joined(separator: ", "))
      remark("the address of the server itself: it is routed, without translation")
    case .own:
      decide("external ip: the address that clients dial; the server announces its own")
    case .name(let name):
      decide("external ip: the address of \(quoted(name)), which the server announces by name")
    case .unusable(let text, _):
      decide("external ip: the server cannot announce \(quoted(text))")
    }
  }

  private mutating func passiveRange(_ service: EffectiveService) {
    guard service.allowsPASV.value else { return decide("passive range: the server refuses passive mode") }
    guard case .range(let range) = service.passivePorts.value else {
      return decide("passive range: the server takes any port; choose a range, and set it there too")
    }
    statement("passive range", "\(range.low)-\(range.high)")
  }
}
