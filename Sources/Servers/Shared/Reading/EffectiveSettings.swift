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

/// Who may log in, as far as limits of the server decide.
package enum LoginAdmission: Hashable, Sendable {
  case everybody
  /// Users that the files name, or anonymous ones.
  case someUsers
}

/// A module that is not loaded, and the block for it that is passed over.
package struct MissingModule: Hashable, Sendable {
  package var name: String
  package var span: SourceSpan
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
  /// The module whose absence is why there is no TLS although lines ask for it; `nil` for any other reason.
  package var missingModule: MissingModule?

  package init() {}
}

/// What a finding of the reading may leave open, because the files do not decide it.
package enum SettingTopic: CaseIterable, Hashable, Sendable {
  case start, login, port, passiveMode, passivePorts, announced, tls, certificate, maxClients, activeMode, foreign
}

/// What a server does on one control port, as its files decide it. A setting without a span is the program's default.
package struct EffectiveService: Sendable {
  /// How the file names it, for example `<VirtualHost 192.0.2.10>`; empty for the only service of a daemon.
  package var title: String
  /// The site that it belongs to.
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

  /// Who may log in.
  package var login = Setting(default: LoginAdmission.everybody)
  /// Whether listings are answered.
  package var allowsListings = Setting(default: true)
  /// Whether it also answers on addresses that no service of the files has.
  package var takesOtherAddresses = false
  /// The clients for whom all this holds, where others are treated differently; `nil` for all.
  package var clients: AddressSet?
  /// As in `for clients of class \`lan\``; empty for all.
  package var clientsTitle = ""
  /// What the files do not decide, as findings of the reading say: the values here are nothing to compare with then.
  package var undecided: Set<SettingTopic> = []
  /// Whether inetd or a socket unit of systemd starts a process for each session, so that port, address and number of
  /// sessions are theirs.
  package var isSpawned = false
  /// Why the service does not run until somebody starts it by hand.
  package var stopped: Refusal?
  /// Why nobody can log in.
  package var nobody: Refusal?
  /// Whether peers with addresses of private networks are told the server's own address in the place of the announced
  /// one; `nil` for a program that makes no difference.
  package var tellsPrivatePeersOwn: Setting<Bool>?
  /// The only address of the server at which users with a name log in; `nil` for all.
  package var loginAddress: Setting<IPAddress>?
  /// The clients that are let in by their address; `nil` for all.
  package var admits: Setting<AddressSet>?

  /// How the settings are written.
  package var form = SettingsForm.file
  /// Whether the settings are a folder with a file for each.
  package var isOptionFolder: Bool {
    get { form == .folder }
    set { form = newValue ? .folder : .file }
  }
  /// What an imported policy says about the server besides.
  package var remarks: [String] = []

  /// What help can speak of.
  package enum Subject: Hashable, Sendable {
    case passive, active, control, data, announced, login, listings
  }
  /// Ways out that are not those of the program in general, as whole clauses; they are asked with the address that the
  /// policy wants announced.
  var remedies: [Subject: @Sendable (String) -> String] = [:]
  /// Edits that let the server announce the address that its file names.
  var announcedFixes: [FixIt] = []
  /// Why it cannot as it stands, where those edits are the way out.
  var announcedNote: String?

  package init(title: String = "", place: SourceSpan) {
    self.title = title
    self.place = place
  }

  /// Whether it listens on that address, as far as literals tell; a name may be anything.
  package func listens(on address: IPAddress) -> Bool {
    if isSpawned { return true }
    guard families.value.contains(address.family) else { return false }
    return addresses.value.isEmpty || takesOtherAddresses
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
