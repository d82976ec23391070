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

/// One `publish` block, with every default in place. Shared, because many look at each.
package final class Publication: Sendable {
  package let name: Located<String>
  /// Position in `Policy.gateways`; `nil` when there is none.
  package let gateway: Int?
  /// Position in `Policy.servers`; `nil` only when an error was reported.
  package let server: Int?
  /// The addresses that clients dial, at most one of each family; the gateway's when the block names none.
  package let externalAddresses: [ExternalAddress]
  package let controlPort: Setting<ControlPort>
  package let passiveRange: Located<PortRange>?
  package let tls: Setting<TLSMode>
  /// `clear-control`: clients may return to a clear control connection after login (CCC, RFC 4217 section
  /// 12.3).
  package let clearControl: SourceSpan?
  package let helper: Setting<Bool>
  package let active: Setting<Bool>
  /// Empty means `allow any`.
  package let allow: [ClientTerm]
  package let deny: [ClientTerm]
  package let limits: [Located<Limit>]
  package let hairpin: Setting<Bool>
  package let source: Setting<SourceMode>
  package let log: Setting<LogMode>
  /// Words of statements that were reported as wrong, misspelt ones included: what they set is not missing
  /// but unknown.
  package let unreadable: Set<PublishWord>
  /// The first line of the block.
  package let header: SourceSpan

  /// - Parameter server: Position in `Policy.servers`.
  package init(_ draft: PublicationDraft, server: Int?) {
    name = draft.name
    gateway = draft.gateway
    self.server = server
    externalAddresses = draft.externalAddresses
    controlPort = draft.controlPort
    passiveRange = draft.passiveRange
    tls = draft.tls
    clearControl = draft.clearControl
    helper = draft.helper
    active = draft.active
    allow = draft.allow
    deny = draft.deny
    limits = draft.limits
    hairpin = draft.hairpin
    source = draft.source
    log = draft.log
    unreadable = draft.unreadable
    header = draft.header
  }

  package func external(_ family: AddressFamily) -> ExternalAddress? {
    externalAddresses.first { $0.family == family }
  }

  /// Whether every client may connect.
  package var admitsEveryone: Bool {
    deny.isEmpty && (allow.isEmpty || allow.contains { $0.kind == .any })
  }
}

/// A publication while it is read: each statement sets one of its parts.
package struct PublicationDraft: Sendable {
  package var name: Located<String>
  package var gateway: Int?
  package var externalAddresses: [ExternalAddress] = []
  package var controlPort: Setting<ControlPort>
  package var passiveRange: Located<PortRange>?
  package var tls = Setting(default: TLSMode.off)
  package var clearControl: SourceSpan?
  package var helper = Setting(default: false)
  package var active = Setting(default: false)
  package var allow: [ClientTerm] = []
  package var deny: [ClientTerm] = []
  package var limits: [Located<Limit>] = []
  package var hairpin = Setting(default: false)
  package var source = Setting(default: SourceMode.keep)
  package var log = Setting(default: LogMode.off)
  package var unreadable: Set<PublishWord> = []
  package var header: SourceSpan

  package init(name: Located<String>, header: SourceSpan) {
    self.name = name
    self.header = header
    controlPort = Setting(default: ControlPort(external: 21, server: 21))
  }
}
