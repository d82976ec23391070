package import Addressing
package import Diagnostics
package import Policy

/// The ports that a server opens for passive data connections.
package enum PassivePorts: Hashable, Sendable {
  /// Any port that the program or the system picks.
  case any
  case range(PortRange)
}

/// The address in the 227 replies of a server.
package enum Announcement: Hashable, Sendable {
  /// The address on which the control connection arrived.
  case own
  case address(IPAddress)
  /// A host name, which the server looks up.
  case name(String)
  /// A value that the program cannot announce, and what becomes of it, as a clause: "every PASV is answered with 500".
  case unusable(String, consequence: String)
}

/// What a server says to TLS on one of the two connections.
package enum TLSDemand: String, Hashable, Sendable {
  /// There is no TLS.
  case off
  /// The client chooses.
  case optional
  /// Without TLS nothing works.
  case required
}

/// TLS as one service of a server has it.
package struct EffectiveTLS: Sendable {
  package var control = Setting(default: TLSDemand.off)
  package var data = Setting(default: TLSDemand.off)
  /// Whether the connection begins with TLS, without AUTH.
  package var isImplicit = Setting(default: false)
  /// Whether data connections have to resume the TLS session of their control connection.
  package var demandsReuse = Setting(default: false)
  /// `nil` where the program has no setting for it.
  package var certificate: Setting<Certificate?> = Setting(default: nil)

  package init() {}
}

/// What a finding of the reading may leave open, because the files do not decide it.
package enum SettingTopic: Hashable, Sendable {
  case port, passiveMode, passivePorts, announced, tls, certificate, maxClients, activeMode, foreign
}

/// What a server does on one control port, as its files decide it. A setting without a span is the program's default.
package struct EffectiveService: Sendable {
  /// How the file names it, for example `<VirtualHost 192.0.2.10>`; empty for the only service of a daemon.
  package var title: String
  /// The site of IIS that it belongs to.
  package var site: String?
  /// What is blamed for something that is written nowhere.
  package var place: SourceSpan
  /// The addresses on which it listens, as written; empty for all.
  package var addresses: Setting<[String]> = Setting(default: [])
  /// The families of its sockets.
  package var families: Setting<Set<AddressFamily>> = Setting(default: [.ipv4, .ipv6])
  /// 0 when it does not listen.
  package var port: Setting<UInt16> = Setting(default: 21)
  /// Whether PASV is answered.
  package var allowsPASV = Setting(default: true)
  /// Whether EPSV is answered, over IPv4 at least.
  package var allowsEPSV = Setting(default: true)
  package var passivePorts: Setting<PassivePorts> = Setting(default: .any)
  package var announced: Setting<Announcement> = Setting(default: .own)
  /// For sessions with TLS, where that differs; `nil` for the same.
  package var announcedWithTLS: Setting<Announcement>?
  package var tls = EffectiveTLS()
  /// Whether CCC is answered after login; `nil` where the program has no setting for it.
  package var allowsClearControl: Setting<Bool>?
  /// Whether PORT and EPRT are answered; `nil` for a program that has no switch for it.
  package var allowsActive: Setting<Bool>?
  /// Whether data connections of active mode have a fixed source port.
  package var pinsDataPort = Setting(default: true)
  /// Whether PORT may name another host than the client's (FXP).
  package var allowsForeignPort = Setting(default: false)
  /// Whether another host than the client's may connect to a passive port.
  package var allowsForeignPeer = Setting(default: false)
  /// Simultaneous sessions; `nil` for no limit.
  package var maxClients: Setting<Int?> = Setting(default: nil)
  /// Simultaneous sessions from one address; `nil` for no limit.
  package var maxPerClient: Setting<Int?> = Setting(default: nil)

  /// What the files do not decide, as findings of the reading say: the values here are nothing to compare with then.
  package var undecided: Set<SettingTopic> = []
  /// Whether the settings are a folder with a file for each.
  package var isOptionFolder = false

  package init(title: String = "", place: SourceSpan) {
    self.title = title
    self.place = place
  }

  /// Whether it listens on that address, as far as literals tell; a name may be anything.
  package func listens(on address: IPAddress) -> Bool {
    guard families.value.contains(address.family) else { return false }
    return addresses.value.isEmpty
      || addresses.value.contains { text in
        guard let literal = IPAddress(text) else { return true }
        return literal == address || literal.value == 0 && literal.family == address.family
      }
  }
}

/// What the files of one server say, resolved by the rules of its program.
package struct EffectiveSettings: Sendable {
  package var software: SoftwareKind
  /// In the order of the files.
  package var services: [EffectiveService]
  /// Why the program would not start, what it ignores, and what could not be read.
  package var diagnostics: [Diagnostic]
  /// Whether the program reads memory that it has given back: it may start, refuse, or crash.
  package var isUndefined = false
  /// Whether the program would not start with these files, or may not.
  package var isRefused: Bool { diagnostics.contains { $0.code == "server-file-refused" } }
  /// Whether something that decides could not be read, so that nothing can be said about the rest.
  package var isUnreadable: Bool {
    diagnostics.contains { $0.code == "server-file-unreadable" || $0.code == "server-software-unknown" }
  }

  package init(
    software: SoftwareKind, services: [EffectiveService], diagnostics: [Diagnostic], isUndefined: Bool = false
  ) {
    self.software = software
    self.services = services
    self.diagnostics = diagnostics
    self.isUndefined = isUndefined
  }
}
