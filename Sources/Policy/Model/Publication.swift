package import Addressing
package import Diagnostics
package import PolicySyntax

/// The port of the control connection as clients dial it, and as the server listens on it.
package struct ControlPort: Hashable, Sendable {
  package var external: UInt16
  package var server: UInt16

  package init(external: UInt16, server: UInt16) {
    self.external = external
    self.server = server
  }

  package var isTranslated: Bool { external != server }
}

/// What clients may or must do about TLS.
package enum TLSMode: String, CaseIterable, Sendable {
  case off
  case explicitOptional = "explicit optional"
  case explicitRequired = "explicit required"
  case implicit

  /// Whether a session may be encrypted.
  package var allowsTLS: Bool { self != .off }
  /// Whether a session may stay in clear text.
  package var allowsPlain: Bool { self == .off || self == .explicitOptional }
}

/// Which source address the server sees.
package enum SourceMode: String, CaseIterable, Sendable {
  case keep, gateway
}

/// Which new control connections are logged.
package enum LogMode: String, CaseIterable, Sendable {
  case off, new, denied, all

  package var logsNew: Bool { self == .new || self == .all }
  package var logsDenied: Bool { self == .denied || self == .all }
}

/// One `limit` statement; all of them count control connections.
package enum Limit: Hashable, Sendable {
  case sessionsPerClient(UInt32)
  case sessions(UInt32)
  case newPerMinutePerClient(UInt32)

  /// What may be limited to, by `max clients` too.
  package static let numbers: ClosedRange<UInt32> = 1...1_000_000
}

/// One entry of an `allow` or `deny` list.
package struct ClientTerm: Sendable {
  package enum Kind: Hashable, Sendable {
    case any
    /// Position in `Policy.clientLists`.
    case list(Int)
    case prefix(Prefix)
  }

  package var kind: Kind
  package var span: SourceSpan

  package init(_ kind: Kind, _ span: SourceSpan) {
    self.kind = kind
    self.span = span
  }
}

/// One `publish` block, with every default in place. An object, because many look at each: with 20,000 of them as
/// values, and of their servers, `check` and `compile` take a fifth more memory, and `check` a twentieth more time.
package final class Publication: Sendable {
  package let parts: Parts

  package init(_ parts: Parts) { self.parts = parts }

  package func external(_ family: AddressFamily) -> ExternalAddress? {
    externalAddresses.first { $0.family == family }
  }

  /// What a box that the policy does not describe translates on the way of clients, before the first gateway or
  /// between two; `nil` where there is no such box.
  package func translatedByBox(_ family: AddressFamily) -> ExternalAddress? {
    let own = hops.isEmpty ? externalAddresses.filter { $0.atUnknownBox != nil } : hops.flatMap(\.boxes)
    return own.first { $0.family == family }
  }

  /// The publication as clients inside see it, who dial what those outside dial.
  package var dialledInside: Publication {
    guard let port = parts.dialledPort, port != controlPort.value.external else { return self }
    var parts = parts
    parts.controlPort.value.external = port
    return Publication(parts)
  }

  /// Whether every client may connect.
  package var admitsEveryone: Bool {
    deny.isEmpty && (allow.isEmpty || allow.contains { $0.kind == .any })
  }
}

/// Its parts.
extension Publication {
  @inlinable package var name: Located<String> { parts.name }
  @inlinable package var gateway: Int? { parts.gateway }
  @inlinable package var server: Int? { parts.server }
  @inlinable package var externalAddresses: [ExternalAddress] { parts.externalAddresses }
  @inlinable package var controlPort: Setting<ControlPort> { parts.controlPort }
  @inlinable package var passiveRange: Located<PortRange>? { parts.passiveRange }
  @inlinable package var tls: Setting<TLSMode> { parts.tls }
  @inlinable package var clearControl: SourceSpan? { parts.clearControl }
  @inlinable package var helper: Setting<Bool> { parts.helper }
  @inlinable package var active: Setting<Bool> { parts.active }
  @inlinable package var allow: [ClientTerm] { parts.allow }
  @inlinable package var deny: [ClientTerm] { parts.deny }
  @inlinable package var limits: [Located<Limit>] { parts.limits }
  @inlinable package var hairpin: Setting<Bool> { parts.hairpin }
  @inlinable package var source: Setting<SourceMode> { parts.source }
  @inlinable package var log: Setting<LogMode> { parts.log }
  @inlinable package var unreadable: Set<PublishWord> { parts.unreadable }
  @inlinable package var header: SourceSpan { parts.header }
  @inlinable package var hops: [PublicationHop] { parts.hops }
}

extension Publication {
  /// What a `publish` block says: each statement sets one part.
  package struct Parts: Sendable {
    package var name: Located<String>
    /// Position in `Policy.gateways`; `nil` when there is none.
    package var gateway: Int?
    /// Position in `Policy.servers`; `nil` only when an error was reported.
    package var server: Int?
    /// The addresses that clients dial, at most one of each family; the gateway's when the block names none.
    package var externalAddresses: [ExternalAddress] = []
    package var controlPort = Setting(default: ControlPort(external: 21, server: 21))
    package var passiveRange: Located<PortRange>?
    package var tls = Setting(default: TLSMode.off)
    /// `clear-control`: clients may return to a clear control connection after login (CCC, RFC 4217 section
    /// 12.3).
    package var clearControl: SourceSpan?
    package var helper = Setting(default: false)
    package var active = Setting(default: false)
    /// Empty means `allow any`.
    package var allow: [ClientTerm] = []
    package var deny: [ClientTerm] = []
    package var limits: [Located<Limit>] = []
    package var hairpin = Setting(default: false)
    package var source = Setting(default: SourceMode.keep)
    package var log = Setting(default: LogMode.off)
    /// Words of statements that were reported as wrong, misspelt ones included: what they set is not missing
    /// but unknown.
    package var unreadable: Set<PublishWord> = []
    /// The first line of the block.
    package var header: SourceSpan
    /// The control port that clients dial, where a gateway further out changes it; clients inside dial it here.
    package var dialledPort: UInt16?
    /// The gateways on its path, the outermost first, and what it is to each; empty where there is one gateway or none.
    package var hops: [PublicationHop] = []

    package init(name: Located<String>, header: SourceSpan) {
      self.name = name
      self.header = header
    }
  }
}
