import LiveSupport
import Testing

/// The forms of the servers that run here.
private let forms: [(kind: DaemonKind, form: String)] = [
  (.pureFTPD, "conf"), (.pureFTPD, "debian"), (.pureFTPD, "flags"), (.proFTPD, "conf"), (.proFTPD, "virtualhost"),
  (.vsftpd, "conf"),
]

/// A `tls` statement.
private enum TLSStatement: String, CaseIterable {
  case off
  case optional = "explicit optional"
  case required = "explicit required"
  case implicit

  var allowsTLS: Bool { self != .off }
  var allowsPlain: Bool { self == .off || self == .optional }
  var port: UInt16 { self == .implicit ? 990 : 21 }
  /// How clients are meant to dial.
  var encryptions: [Encryption] {
    switch self {
    case .off: [.plain]
    case .optional: [.plain, .explicit]
    case .required: [.explicit]
    case .implicit: [.implicit]
    }
  }
}

/// What a publication asks for.
private struct Wish: CustomStringConvertible {
  var kind: DaemonKind
  var form: String
  var tls: TLSStatement
  var hasRange: Bool
  var helper: Bool
  var isIPv4: Bool
  var isIPv6: Bool

  var description: String {
    "\(kind.rawValue) \(form), tls \(tls.rawValue), range \(hasRange), helper \(helper), "
      + "IPv4 \(isIPv4), IPv6 \(isIPv6)"
  }

  /// Every combination of range, helper and family, those that the language refuses included.
  static func all(_ kind: DaemonKind, _ form: String, _ tls: TLSStatement) -> [Wish] {
    [(true, false), (false, true), (true, true), (false, false)].flatMap { hasRange, helper in
      [(true, false), (false, true), (true, true)].map { isIPv4, isIPv6 in
        Wish(
          kind: kind, form: form, tls: tls, hasRange: hasRange, helper: helper, isIPv4: isIPv4, isIPv6: isIPv6)
      }
    }
  }

  /// Whether a session has a data path, and the program the mode.
  var isAllowed: Bool {
    guard hasRange || helper && !tls.allowsTLS else { return false }
    return tls != .implicit || kind != .pureFTPD
  }

  func policy(_ lab: Lab) -> String {
    func both(_ ipv4: String, _ ipv6: String) -> String {
      [isIPv4 ? ipv4 : nil, isIPv6 ? ipv6 : nil].compactMap(\.self).joined(separator: ", ")
    }
    return """
      \(Lab.gatewayBlock)
      \(lab.server(kind, address: both(Address.server, Address.server6)))
      publish files {
        server       files
        external ip  \(both(Address.external, Address.external6))
        \(hasRange ? "passive range 50000-50399" : "")
        tls          \(tls.rawValue)
        helper       \(helper ? "on" : "off")
      }
      """
  }

  /// The address that the server itself has to announce (promise 3, docs/promises.md).
  func announced(_ encryption: Encryption) -> String {
    guard hasRange else { return Address.server }
    // ProFTPD alone has one setting for TLS sessions and one for the others.
    let mayBeOwn = kind == .proFTPD && helper && tls == .optional && encryption == .plain
    return mayBeOwn ? Address.server : Address.external
  }

  func isExpected(port: UInt16?) -> Bool {
    port.map { !hasRange || (50000...50399).contains($0) } ?? false
  }
}

@Suite("emitted settings do what the policy promises", .live)
struct EmittedSettingsTests {
  @Test(arguments: forms.map { "\($0.kind.rawValue) \($0.form)" }, TLSStatement.allCases.map(\.rawValue))
  func everyCombination(settings: String, tls: String) async throws {
    let (kind, form) = try #require(forms.first { "\($0.kind.rawValue) \($0.form)" == settings })
    let wishes = Wish.all(kind, form, try #require(TLSStatement(rawValue: tls)))
    try await withLab { lab in
      for wish in wishes {
        if wish.isAllowed {
          try await lab.expectKept(wish)
        } else {
          let refusal = try await sallyport.run(["check", "-"], policy: wish.policy(lab))
          #expect(refusal.status == 1, "\(wish): \(refusal.errorText)")
        }
      }
    }
  }
}

extension Lab {
  /// Enacts a policy and expects that clients find what it promises.
  fileprivate func expectKept(_ wish: Wish) async throws {
    let policy = wish.policy(self)
    try await apply(policy)
    var settings = try await sallyport.settings(of: policy, server: "files", form: wish.form)
    var daemons: [RunningDaemon] = []
    if wish.kind == .vsftpd, settings.count == 2 {
      // One process for each family.
      let six = settings.removeLast()
      daemons.append(
        try await start(
          .vsftpd, form: wish.form, settings: [six], address: Address.server6, ports: [wish.tls.port],
          label: "\(wish)"))
    }
    daemons.insert(
      try await start(
        wish.kind, form: wish.form, settings: settings,
        address: wish.isIPv4 && daemons.count == 1 ? Address.server : nil, ports: [wish.tls.port],
        label: "\(wish)"), at: 0)
    do {
      try await expectSessions(wish, daemons)
    } catch {
      for daemon in daemons { await daemon.stop() }
      throw error
    }
    for daemon in daemons { await daemon.stop() }
  }

  private func expectSessions(_ wish: Wish, _ daemons: [RunningDaemon]) async throws {
    for encryption in wish.tls.encryptions {
      if wish.isIPv4, let daemon = daemons.first {
        try await expectDownload(wish, daemon, CurlSession(Address.external, encryption, .pasv))
        try await expectDownload(wish, daemon, CurlSession(Address.external, encryption, .epsv))
        try await expectUpload(wish, daemon, CurlSession(Address.external, encryption, .pasv))
        try await expectAnnounced(wish, encryption)
      }
      if wish.isIPv6, let daemon = daemons.last {
        try await expectDownload(wish, daemon, CurlSession(Address.external6, encryption, .epsv))
        try await expectUpload(wish, daemon, CurlSession(Address.external6, encryption, .epsv))
      }
    }
    guard let encryption = wish.tls.encryptions.last, let daemon = wish.isIPv4 ? daemons.first : daemons.last
    else { return }
    try await expectLftp(wish, daemon, encryption)
    try await expectRefusals(wish)
  }

  /// A file arrives, over the port and the address that were announced.
  private func expectDownload(_ wish: Wish, _ daemon: RunningDaemon, _ session: CurlSession) async throws {
    let down = try await curl(session)
    #expect(down.bringsPayload, "\(wish): \(down.dialogue)\n\(daemon.log().suffix(2000))")
    let reply = session.mode == .pasv ? down.pasv : down.epsv
    #expect(reply?.address == (session.mode == .pasv ? Address.external : nil), "\(wish): \(down.replies)")
    #expect(wish.isExpected(port: reply?.port), "\(wish): \(down.replies)")
  }

  private func expectUpload(_ wish: Wish, _ daemon: RunningDaemon, _ session: CurlSession) async throws {
    var upload = session
    upload.path = "up-\(session.mode)-\(session.encryption)-\(session.address.contains(":") ? 6 : 4).bin"
    upload.upload = Payload.bytes
    // curl 7.88 loses what vsftpd has not read yet when tickets of TLS 1.3 are left unread (see `expectTransfers`).
    if session.encryption != .plain { upload.extra = ["--tls-max", "1.2"] }
    let up = try await curl(upload)
    #expect(up.works && daemon.servedFile(upload.path) == Payload.bytes, "\(wish): \(up.dialogue)")
  }

  /// What the server announces before the gateway could have put in anything.
  private func expectAnnounced(_ wish: Wish, _ encryption: Encryption) async throws {
    var session = CurlSession(Address.server, encryption, .pasv)
    session.verifiesCertificate = false
    session.path = "hello.txt"
    // Dials the control connection's address whatever is announced.
    session.extra = ["--ftp-skip-pasv-ip"]
    let outcome = try await curl(session, from: .inside)
    #expect(outcome.works, "\(wish): \(outcome.dialogue)")
    #expect(outcome.pasv?.address == wish.announced(encryption), "\(wish), \(encryption): \(outcome.replies)")
    #expect(wish.isExpected(port: outcome.pasv?.port), "\(wish): \(outcome.replies)")
  }

  private func expectLftp(_ wish: Wish, _ daemon: RunningDaemon, _ encryption: Encryption) async throws {
    let session = LftpSession(
      wish.isIPv4 ? Address.external : Address.external6, encryption, wish.isIPv4 ? .pasv : .epsv,
      commands: ["cat payload.bin", "put /etc/hostname -o lftp.txt"])
    let outcome = try await lftp(session)
    let isWhole = outcome.output == Payload.bytes
    #expect(isWhole, "\(wish): \(outcome.errorText)")
    #expect(daemon.servedFile("lftp.txt") != nil, "\(wish): \(outcome.errorText)")
  }

  /// TLS is demanded where it is required, for data as well, and absent where it is off.
  private func expectRefusals(_ wish: Wish) async throws {
    let address = wish.isIPv4 ? Address.external : Address.external6
    switch wish.tls {
    case .optional: break
    case .off:
      let control = try await control(to: address)
      let answer = try await control.send("AUTH TLS")
      #expect(answer.code >= 500, "\(wish): \(answer)")
      await control.close()
    case .required, .implicit:
      if wish.tls == .required {
        let plain = try await curl(CurlSession(address, .plain, .epsv))
        #expect(plain.status != 0 && plain.body.isEmpty, "\(wish): \(plain.dialogue)")
      }
      var clearData = CurlSession(address, wish.tls == .implicit ? .implicit : .explicit, .epsv)
      clearData.protectsData = false
      // Refused, or the server waits for a handshake of TLS.
      let clear = try await curl(clearData) { $0.tried.contains(.epsv) && $0.log.contains("> RETR") }
      let isRefused = clear.status != 0 && clear.body.isEmpty
      #expect(isRefused, "\(wish): \(clear.dialogue)")
    }
  }
}
