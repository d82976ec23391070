/// What a reply tells, beyond its code.
package enum ReplyMeaning: Hashable, Sendable {
  /// The data connection came from another address than the control connection.
  case peersDiffer
  /// TLS of the data connection did not resume the session of the control connection.
  case sessionNotReused
  /// TLS of the data connection failed; that a session was not resumed is one reason among others.
  case dataTLSFailed
  /// Data connections must be encrypted, and this one was not.
  case dataMustBeEncrypted
  /// The control connection must be encrypted.
  case controlMustBeEncrypted
  /// A PORT with an address that is not the client's.
  case foreignPort
  /// No free port for a data connection.
  case rangeExhausted
  /// PASV where the control connection is IPv6.
  case noPASVOverIPv6
  /// The address in PORT or EPRT is of the other family.
  case wrongFamily
  /// The address that it should announce is none.
  case badAnnouncedAddress
  /// TLS is not there: not built in, or without certificate.
  case noTLS
  case noCertificate
  /// The login does not name the host that it is for.
  case hostNameWanted
  /// Too many sessions.
  case tooMany
  /// The transfer was too slow.
  case rateFloor
  /// The process of the session cannot go on.
  case processDied
  /// Nobody came to the passive port, or nobody answered at the client's.
  case noDataConnection
  /// An upload whose TLS was not ended as it should.
  case uploadCut
  /// The client was idle for too long.
  case idle
}

/// A reply of one program whose text tells a cause.
package struct KnownReply: Sendable {
  package var code: Int
  /// A part of its text, in lower case.
  package var phrase: String
  package var meaning: ReplyMeaning

  package init(_ code: Int, _ phrase: String, _ meaning: ReplyMeaning) {
    self.code = code
    self.phrase = phrase
    self.meaning = meaning
  }

  package func matches(_ reply: FTPReply) -> Bool {
    reply.code == code && reply.lines.contains { $0.lowercased().contains(phrase) }
  }
}
