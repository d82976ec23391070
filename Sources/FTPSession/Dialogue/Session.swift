package import Addressing

/// Who sends or receives.
package enum Role: String, Hashable, Sendable, CaseIterable {
  case client, gateway, server
}

/// How a client protects the control connection. Raw values as in the output of `explain`.
package enum Encryption: String, Hashable, Sendable, CaseIterable {
  case plain, explicit, implicit
}

/// How a client asks for a data connection. Raw values as in the output of `explain`.
package enum DataMode: String, Hashable, Sendable, CaseIterable {
  case pasv, epsv, port, eprt

  /// Whether the server opens the data connection.
  package var isActive: Bool { self == .port || self == .eprt }
  /// The command of the client.
  package var command: String { rawValue.uppercased() }
  /// Whether the command can say anything over IPv6 (RFC 2428 section 1).
  package var hasIPv6Form: Bool { self == .epsv || self == .eprt }
}

/// Where a party of a session runs.
package enum Party: Hashable, Sendable {
  case host(Host)
  /// A program on a gateway itself, with the addresses that it uses, and which gateway of the path that is, 0 for the
  /// outermost.
  case gateway([IPAddress], at: Int = 0)

  package func address(_ family: AddressFamily) -> IPAddress? {
    switch self {
    case .host(let host): host.address(family)
    case .gateway(let addresses, _): addresses.first { $0.family == family }
    }
  }
}

/// How a server words its 227 reply.
package enum PassiveWording: Hashable, Sendable {
  case usual
  case withoutParentheses
  /// A text with neither address nor port.
  case other(String)

  /// The reply for six numbers with commas.
  package func reply(_ numbers: String) -> String {
    switch self {
    case .usual: "227 Entering Passive Mode (\(numbers))"
    case .withoutParentheses: "227 Entering Passive Mode \(numbers)"
    case .other(let text): text
    }
  }
}

/// An FTP server as far as a session notices it.
package struct FTPServer: Hashable, Sendable {
  package var party: Party
  package var controlPort: UInt16
  /// Passive ports that are tried one after the other, each in a session of its own: usually both ends of the range.
  package var passivePorts: [UInt16]
  /// The address in 227 replies of clear sessions; `nil` for the server's own.
  package var announced: IPAddress?
  /// The same in encrypted sessions.
  package var announcedEncrypted: IPAddress?
  package var wording = PassiveWording.usual
  package var allowsPlain = true
  package var offersTLS = false
  package var isImplicit = false
  package var allowsClearControl = false
  /// Whether PORT and EPRT are refused by a setting.
  package var refusesActive = false
  /// Whether it compares the addresses of control and data connection.
  package var checksPeer = true
  /// The source port of its data connections in active mode; `nil` for any.
  package var activePort: UInt16?

  package init(_ party: Party, controlPort: UInt16 = 21, passivePorts: [UInt16]) {
    self.party = party
    self.controlPort = controlPort
    self.passivePorts = passivePorts
  }
}

/// The ports that a client uses. A real client takes any that are free.
package struct ClientPorts: Hashable, Sendable {
  package var control: UInt16
  package var data: UInt16
  /// Where it listens in active mode.
  package var listening: UInt16

  package init(control: UInt16 = 40021, data: UInt16 = 40022, listening: UInt16 = 51201) {
    self.control = control
    self.data = data
    self.listening = listening
  }
}

/// One session: who dials what, and how.
package struct Session: Hashable, Sendable {
  package var client: Party
  package var server: FTPServer
  /// The address and port that the client dials.
  package var dialled: IPAddress
  package var dialledPort: UInt16
  package var encryption: Encryption
  package var mode: DataMode
  /// Whether the client returns to a clear control connection after login (CCC, RFC 4217 section 12.3).
  package var clearsControl = false
  package var ports = ClientPorts()
  /// The passive port that the server takes.
  package var passivePort: UInt16

  package init(
    client: Party, server: FTPServer, dialled: IPAddress, port: UInt16, _ encryption: Encryption, _ mode: DataMode
  ) {
    self.client = client
    self.server = server
    self.dialled = dialled
    dialledPort = port
    self.encryption = encryption
    self.mode = mode
    passivePort = server.passivePorts.first ?? 49152
  }
}
