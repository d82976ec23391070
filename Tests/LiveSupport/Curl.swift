/// One transfer with curl.
///
/// curl 7.88 waits forever for the TLS handshake of an active data connection that it has accepted (measured):
/// check active mode over TLS with `LftpSession`.
package struct CurlSession: Sendable {
  /// The server, an address literal or a name.
  package var address: String
  /// The control port; 21, or 990 with implicit TLS, when nil.
  package var port: UInt16?
  package var encryption = Encryption.plain
  package var mode = DataMode.epsv
  /// The file, or a listing when empty.
  package var path = "payload.bin"
  /// Bytes to store under `path`; nil to fetch it.
  package var upload: [UInt8]?
  /// Whether the server's certificate is checked against the lab's.
  package var verifiesCertificate = true
  /// Whether data connections are encrypted where the control connection is.
  package var protectsData = true
  /// How long the whole transfer may take; `Patience.absence` where it should get stuck.
  package var patience = Patience.arrival
  /// Further words for curl.
  package var extra: [String] = []

  package init(
    _ address: String, port: UInt16? = nil, _ encryption: Encryption = .plain, _ mode: DataMode = .epsv
  ) {
    self.address = address
    self.port = port
    self.encryption = encryption
    self.mode = mode
  }

  func words(certificate: LabCertificate) -> [String] {
    var words = [
      "curl", "-q", "--silent", "--show-error", "--verbose", "--noproxy", "*", "--globoff",
      // curl counts the handshake of TLS and the login as connecting.
      "--connect-timeout", "\(patience.wholeSeconds)", "--max-time", "\(patience.wholeSeconds)",
      "--user", "\(Lab.user):\(Lab.password)",
      // Asks for no SIZE, after which curl would sleep for up to a second when the data connection is TLS.
      "--ignore-content-length",
    ]
    switch mode {
    // By itself curl dials the control connection's address whatever the 227 says.
    case .pasv: words += ["--disable-epsv", "--no-ftp-skip-pasv-ip"]
    case .epsv: words += ["--no-ftp-skip-pasv-ip"]
    case .port: words += ["--ftp-port", "-", "--disable-eprt"]
    case .eprt: words += ["--ftp-port", "-"]
    }
    if !protectsData {
      words.append("--ftp-ssl-control")
    } else if encryption == .explicit {
      words.append("--ssl-reqd")
    }
    if encryption != .plain {
      words += verifiesCertificate ? ["--cacert", certificate.path] : ["--insecure"]
    }
    if upload != nil { words += ["--upload-file", "-"] }
    let scheme = encryption == .implicit ? "ftps" : "ftp"
    let port = port.map { ":\($0)" } ?? ""
    return words + extra + ["\(scheme)://\(urlHost(address))\(port)/\(path)"]
  }
}

/// What became of a transfer with curl.
package struct CurlOutcome: Sendable {
  /// curl's exit status: 0 fine, 7 control connection failed, 28 time up, ...
  package var status: Int32
  /// The status when the time is up.
  static let timeIsUp: Int32 = 28
  /// What was fetched.
  package var body: [UInt8]
  /// Everything curl said, the dialogue with the server included.
  package var log: String
  /// The mode that the session asked for.
  package var mode: DataMode

  /// The modes that curl tried, in their order. It falls back from EPSV to PASV and from EPRT to PORT.
  package var tried: [DataMode] {
    log.split(whereSeparator: \.isNewline).compactMap { line in
      guard line.hasPrefix("> "), let word = line.dropFirst(2).split(separator: " ").first else { return nil }
      return DataMode(rawValue: word.lowercased())
    }
  }

  /// Replies of the server, without the mark that curl puts before them.
  package var replies: [String] {
    log.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("< ") }.map { String($0.dropFirst(2)) }
  }

  /// The last 227 reply as the client saw it.
  package var pasv: PassiveReply? { passiveReplies.last { $0.address != nil } }
  /// The last 229 reply as the client saw it.
  package var epsv: PassiveReply? { passiveReplies.last { $0.address == nil } }
  private var passiveReplies: [PassiveReply] { replies.compactMap { PassiveReply(reply: $0) } }

  /// Whether the transfer worked in the mode that was asked for, without falling back to another.
  package var works: Bool { status == 0 && tried == [mode] }
  /// Whether the transfer worked and brought `payload.bin` unharmed.
  package var bringsPayload: Bool { works && body == Payload.bytes }
}

extension Lab {
  /// Transfers one file with curl.
  package func curl(_ session: CurlSession, from host: LabHost = .client) async throws -> CurlOutcome {
    let command = Command(
      words: namespace(host).words(session.words(certificate: certificate)), input: session.upload ?? [],
      seconds: (session.patience + Patience.arrival).wholeSeconds)
    let result = try await command.run()
    return CurlOutcome(
      status: result.status, body: result.output, log: result.errorText, mode: session.mode)
  }

  /// Tries to transfer a file where the session should get stuck, which is watched as long as something that must not
  /// come. A session that has not come so far in that time gets more of it.
  package func curl(
    _ session: CurlSession, from host: LabHost = .client, stuckAfter hasComeSoFar: (CurlOutcome) -> Bool
  ) async throws -> CurlOutcome {
    var session = session
    session.patience = Patience.absence
    while true {
      let outcome = try await curl(session, from: host)
      guard outcome.status == CurlOutcome.timeIsUp, !hasComeSoFar(outcome) else { return outcome }
      guard session.patience < Patience.arrival else {
        throw LabError("the session gets stuck earlier than it should\n\(outcome.log)")
      }
      session.patience *= 2
    }
  }
}
