import FTPSession

/// What `sallyport-probe` is asked, as one object of JSON on its standard input. That program has this once more: it
/// shares no code with the other modules.
package struct ProbeRequest: Encodable, Sendable {
  /// Both programs are of one installation; another version is refused.
  package static let version = 1
  package var version = ProbeRequest.version
  /// A name of which the addresses are asked for, and nothing else.
  package var resolve: String?
  package var session: Session?

  package struct Session: Encodable, Sendable {
    package var host: String
    package var address: String
    package var port: UInt16
    package var encryption: String
    package var mode: String
    package var user: String
    package var password: String
    package var acceptsCertificate: Bool
    package var authorities: String?
    package var reusesSession: Bool
    package var patience: Int
    package var idle: Int
    package var upload: String?
  }

  package init(resolving name: String) { resolve = name }

  /// - Parameter name: For whom the certificate has to be; `nil` for the address.
  package init(_ trial: Trial, name: String?, account: Account, _ manner: TrialManner) {
    let login = trial.usesAccount ? account : .madeUp
    session = Session(
      host: name ?? "\(trial.address)", address: "\(trial.address)", port: trial.port,
      encryption: trial.kind.encryption.rawValue, mode: trial.kind.mode.rawValue, user: login.user,
      password: login.password, acceptsCertificate: manner.acceptsCertificate || !trial.usesAccount,
      authorities: manner.authorities, reusesSession: manner.reusesSession, patience: manner.patience,
      idle: trial.usesAccount ? manner.idle : 0, upload: trial.usesAccount ? manner.upload : nil)
  }

  /// Seconds after which the program has hung for certain: it ends by itself before.
  package var longest: Int { session.map { $0.patience * 16 + $0.idle + 20 } ?? 60 }
}

/// How sessions are played.
package struct TrialManner: Hashable, Sendable {
  /// Whether a certificate is taken that nobody vouches for.
  package var acceptsCertificate = false
  /// A file of certificates that are trusted in place of those of the system.
  package var authorities: String?
  /// Whether TLS of data connections may resume the session of the control connection.
  package var reusesSession = true
  /// Seconds to wait for a connection or an answer.
  package var patience = 10
  /// Seconds between the first transfer and the second.
  package var idle = 0
  /// A file to write, and to delete again.
  package var upload: String?

  package init() {}
}

/// A name and a password.
package struct Account: Hashable, Sendable {
  package var user: String
  package var password: String

  package init(user: String, password: String) { (self.user, self.password) = (user, password) }

  /// What servers that let anybody in expect (RFC 1635).
  package static let anonymous = Account(user: "anonymous", password: "probe@example.invalid")
  /// For sessions in which nobody should log in.
  static let madeUp = Account(user: "sallyport-probe", password: "made-up-by-sallyport")
  /// Whether the password is everybody's.
  package var isAnonymous: Bool { self == .anonymous }
}

/// What `sallyport-probe` answers.
package struct ProbeReport: Decodable, Sendable {
  package var version: Int
  package var library: String
  package var addresses: [String]?
  package var failure: String?
  package var events: [Event]
  package var transfers: [Transfer]
  package var certificate: Certificate?
  package var certificateProblem: String?
  package var isCut: Bool

  package struct Event: Decodable, Sendable {
    package var time: Double
    package var kind: String
    package var connection: String?
    package var text: String?
    package var address: String?
    package var port: UInt16?
    package var result: String?
    package var localAddress: String?
    package var localPort: UInt16?
    package var bytes: Int?
  }

  package struct Transfer: Decodable, Sendable {
    package var name: String
    package var code: UInt32
    package var error: String
    package var bytes: Int
    package var ending: String
  }

  package struct Certificate: Decodable, Hashable, Sendable {
    package var subject: String
    package var issuer: String
    package var starts: String
    package var expires: String
    package var names: String
  }
}
