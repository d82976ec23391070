import Addressing
import Diagnostics
import Policy

extension AuditPair {
  /// Passive mode switched off, on which every publication counts.
  func passiveOff() -> [Diagnostic] {
    let related = policyLabel("clients are expected to use PASV and EPSV") { $0.passiveRange?.span }
    if actual.allowsPASV.value, actual.allowsEPSV.value { return [] }
    guard !actual.allowsPASV.value else {
      return [
        .warning(
          "audit-passive-off", "\(title) refuses EPSV\(onTitle)", at: place(actual.allowsEPSV.span), related: related,
          notes: ["F36: clients try EPSV first, and some of them never fall back to PASV"],
          help: remedy(.passive, words.extendedOn))
      ]
    }
    let what = actual.allowsEPSV.value ? "PASV" : "passive mode"
    return [
      .error(
        "audit-passive-off", "\(title) refuses \(what)\(onTitle)", at: place(actual.allowsPASV.span),
        related: related,
        notes: ["F36: clients that know no other mode, or cannot use it behind their own firewall, get no data"],
        help: remedy(.passive, words.passiveOn))
    ]
  }

  /// Ports that the gateway does not open.
  func passiveRange() -> [Diagnostic] {
    guard let range = wanted.passiveRange else { return [] }
    let related = policyLabel("the gateway opens these ports") { $0.passiveRange?.span }
    let span = actual.passivePorts.span
    switch actual.passivePorts.value {
    case .range(let found) where found == range: return []
    case .range(let found):
      let isInside = range.ports.contains(found.low) && range.ports.contains(found.high)
      let note =
        isInside
        ? "ports that the server does not use are open for whatever else listens there"
        : "F35: the gateway drops data connections to ports outside \(range), and transfers hang"
      return [
        Diagnostic(
          isInside ? .warning : .error, "audit-passive-range",
          "\(title) takes passive ports from \(found)\(onTitle), and the policy says \(range)", at: place(span),
          related: related, notes: [note], help: words.range(range), fixes: fix(span, words.line(range: range)))
      ]
    case .any:
      return [
        .error(
          "audit-passive-range",
          "\(title) takes passive ports from everywhere\(onTitle), and the policy says \(range)", at: place(span),
          label: label(span, words.name(.range)), related: related,
          notes: [words.withoutRange(range)],
          help: words.range(range))
      ]
    }
  }

  /// An edit of the line that decides, for a person to look at.
  func fix(_ span: SourceSpan?, _ line: String?) -> [FixIt] {
    guard let span, let line else { return [] }
    return [.replace(span, with: line, "write `\(line)`", .unsafe)]
  }

  /// The address in the 227 reply, which only PASV over IPv4 has.
  func announcedAddress() -> [Diagnostic] {
    guard let publication = wanted.publications.first,
      let endpoint = policy.endpoints(of: publication).first(where: { $0.family == .ipv4 }),
      actual.listens(on: endpoint.server)
    else { return [] }
    let own = AnnouncedAddress(pair: self, external: endpoint.external.dialled, own: endpoint.server)
    let masquerade = wanted.masquerade
    guard let withTLS = actual.announcedWithTLS else {
      return own.compare(
        actual.announced, wanted: wanted.announced,
        mayBeOwn: masquerade.plainMayBeOwn && !wanted.tls.allowsTLS, sessions: "")
    }
    var found: [Diagnostic] = []
    if wanted.tls.allowsTLS {
      found += own.compare(withTLS, wanted: masquerade.encrypted, mayBeOwn: false, sessions: " to sessions with TLS")
    }
    if wanted.tls.allowsPlain {
      found += own.compare(
        actual.announced, wanted: masquerade.plain, mayBeOwn: masquerade.plainMayBeOwn,
        sessions: wanted.tls.allowsTLS ? " to sessions in clear text" : "")
    }
    return found
  }
}

/// One setting for the address in 227 replies against what the policy says of it.
private struct AnnouncedAddress {
  var pair: AuditPair
  /// The address that clients dial.
  var external: Located<IPAddress>
  /// The address of the server.
  var own: IPAddress

  private var title: String { pair.title }
  private var related: [Label] { [Label(external.span, "the address that clients dial")] }

  func compare(
    _ found: Setting<Announcement>, wanted: IPAddress?, mayBeOwn: Bool, sessions: String
  ) -> [Diagnostic] {
    let place = pair.place(found.span)
    let wishes = wanted ?? own
    let help = wanted.map { pair.remedy(.announced, pair.words.announced($0), "\($0)") } ?? pair.words.announcedOwn
    switch found.value {
    case .own where wanted == nil || mayBeOwn: return []
    case .address(let address) where address == wishes: return []
    case .own:
      return [
        .error(
          "audit-announced-address",
          "\(title) announces its own address \(own)\(sessions)\(pair.onTitle), which clients cannot reach",
          at: place,
          label: pair.label(found.span, pair.words.name(.announced)), related: related,
          notes: ["F01: the 227 reply carries the private address, and the data connection times out"], help: help)
      ]
    case .address(let address):
      return [
        .error(
          "audit-announced-address",
          "\(title) announces \(address)\(sessions)\(pair.onTitle), and the policy says \(wishes)", at: place,
          related: related, notes: [note(address, wanted)], help: help,
          fixes: wanted.map { pair.fix(found.span, pair.words.line(announced: $0)) } ?? [])
      ]
    case .name(let name):
      return [
        .warning(
          "audit-announced-name",
          "\(title) announces whatever the name `\(name)` leads to\(sessions), and the policy says \(wishes)",
          at: place, related: related,
          notes: [
            "F41: on the server the name may lead to an inside address",
            "F42: some programs look the name up once, and announce the old address when it changes",
          ], help: help)
      ]
    case .unusable(let text, let consequence):
      return [
        .error(
          "audit-announced-address", "\(title) cannot announce `\(text)`: \(consequence)", at: place,
          related: related, notes: [unusableNote], help: help, fixes: fixes(text, at: found.span, wanted))
      ]
    }
  }

  private var unusableNote: String {
    pair.actual.announcedNote ?? "F43: the value has to be an IPv4 address as it is, without quotation marks"
  }

  /// The edit that makes a value one that the program can announce: in its own place, or where the program is told
  /// about its sockets.
  private func fixes(_ text: String, at span: SourceSpan?, _ wanted: IPAddress?) -> [FixIt] {
    guard let wanted else { return [] }
    guard pair.actual.announcedFixes.isEmpty else {
      return IPAddress(text) == wanted ? pair.actual.announcedFixes : []
    }
    return pair.fix(span, pair.words.line(announced: wanted))
  }

  private func note(_ address: IPAddress, _ wanted: IPAddress?) -> String {
    if wanted == nil, pair.wanted.passiveRange == nil {
      return "F05: the helper makes no expectation for an address that is not the server's, and transfers time out"
    }
    switch address.scope {
    case .loopback, .unspecified: return "F03: clients connect to themselves, and are refused at once"
    case .privateUse, .linkLocal:
      return "F01: the 227 reply carries a private address, and the data connection times out"
    default: return "F44: clients send their data connections to an address that is not the one they dialled"
    }
  }
}
