/// What is asked of the program, as one object of JSON on standard input, so that no password stands in a command line.
struct Request: Decodable {
  /// Both programs are of one installation; another version is refused.
  static let protocolVersion = 1

  var version: Int
  /// A name of which the addresses are asked for, and nothing else.
  var resolve: String?
  var session: Session?

  /// One session.
  struct Session: Decodable {
    /// The name or address for which the certificate has to be.
    var host: String
    /// The address that is dialled.
    var address: String
    var port: UInt16
    /// `plain`, `explicit` or `implicit`.
    var encryption: String
    /// `pasv`, `epsv`, `port` or `eprt`.
    var mode: String
    var user: String
    var password: String
    /// Whether a certificate is taken that nobody vouches for.
    var acceptsCertificate: Bool
    /// A file of certificates that are trusted in place of those of the system.
    var authorities: String?
    /// Whether TLS of a data connection may resume the session of the control connection.
    var reusesSession: Bool
    /// Seconds to wait for a connection or an answer.
    var patience: Int
    /// Seconds between the first transfer and the second.
    var idle: Int
    /// A file to write, and to delete again.
    var upload: String?
  }
}
