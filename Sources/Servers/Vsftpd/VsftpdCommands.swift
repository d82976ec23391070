import Diagnostics
import Policy

/// `cmds_allowed` and `cmds_denied`: commands that are answered with 550 after the login. Names count as they stand, in
/// capitals and without blanks around them; USER, PASS and AUTH come before the login and are answered all the same
/// (measured: 3.0.3, 3.0.5-0.2).
struct VsftpdCommands {
  private let allowed: (names: Set<String>, span: SourceSpan)?
  private let denied: (names: Set<String>, span: SourceSpan)?

  init(_ settings: VsftpdSettings) {
    let read = { (key: String) -> (names: Set<String>, span: SourceSpan)? in
      settings.text(key).map { (Set($0.value.value.split(separator: ",").map(String.init)), $0.line) }
    }
    allowed = read("cmds_allowed")
    denied = read("cmds_denied")
  }

  /// The setting that refuses a command; `nil` when it is answered.
  private func refusal(_ command: String) -> SourceSpan? {
    if let denied, denied.names.contains(command) { return denied.span }
    if let allowed, !allowed.names.contains(command) { return allowed.span }
    return nil
  }

  func apply(to service: inout EffectiveService) {
    if let span = refusal("PASV"), service.allowsPASV.value {
      service.allowsPASV = Setting(false, span)
      service.remedies[.passive] = remedy(["PASV", "EPSV"])
    }
    if let span = refusal("EPSV"), service.allowsEPSV.value {
      service.allowsEPSV = Setting(false, span)
      service.remedies[.passive] = remedy(["PASV", "EPSV"])
    }
    if let span = refusal("PORT") ?? refusal("EPRT"), service.allowsActive?.value == true {
      // Clients over IPv4 use the one or the other; who has one left has active mode.
      let both = refusal("PORT") != nil && refusal("EPRT") != nil
      service.allowsActive = Setting(!both, span)
      if both { service.remedies[.active] = remedy(["PORT", "EPRT"]) }
    }
    if let span = refusal("LIST") {
      service.allowsListings = Setting(false, span)
      service.remedies[.listings] = remedy(["LIST", "NLST"])
    }
    if let span = refusal("PROT"), service.tls.control.value != .off {
      service.tls.data = Setting(.off, span)
      service.remedies[.data] = remedy(["PBSZ", "PROT"])
    }
  }

  /// How to let commands through, as `cmds_denied` and `cmds_allowed` take them.
  private func remedy(_ commands: [String]) -> @Sendable (String) -> String {
    var steps: [String] = []
    let list = { (names: [String]) in names.map { "`\($0)`" }.joined(separator: " and ") }
    if let denied {
      let named = commands.filter(denied.names.contains)
      if !named.isEmpty { steps.append("take \(list(named)) out of `cmds_denied`") }
    }
    if let allowed {
      let missing = commands.filter { !allowed.names.contains($0) }
      if !missing.isEmpty { steps.append("add \(list(missing)) to `cmds_allowed`") }
    }
    let text = steps.joined(separator: ", and ")
    return { _ in text }
  }
}

/// Who may log in.
struct VsftpdUsers {
  private let settings: VsftpdSettings

  init(_ settings: VsftpdSettings) { self.settings = settings }

  /// Why nobody can log in; `nil` when somebody can, as far as the files tell.
  func nobody(_ context: inout ReadingContext) -> Refusal? {
    let ftp = settings.flag("ftp_enable", default: true)
    if !ftp.value {
      return Refusal(
        "`ftp_enable=NO` ends every session with 500 OOPS", ftp.span ?? settings.place, help: "write `ftp_enable=YES`"
      )
    }
    let local = settings.flag("local_enable", default: false)
    let anonymous = settings.flag("anonymous_enable", default: true)
    if !local.value, !anonymous.value {
      return Refusal(
        "neither local nor anonymous users are let in, and every session ends with 500 OOPS",
        local.span ?? anonymous.span ?? settings.place, help: "write `local_enable=YES`")
    }
    return processModel(local) ?? encryption(local, anonymous) ?? withoutProtocol() ?? withoutCipher(&context)
      ?? userList(&context)
  }

  /// What the program ends each session for with 500 OOPS (source; measured: 3.0.3, 3.0.5).
  private func processModel(_ local: Setting<Bool>) -> Refusal? {
    let single = settings.flag("one_process_model", default: false)
    if let span = single.trueSpan, local.value {
      return Refusal(
        "`one_process_model=YES` is for anonymous users only, and ends every session with 500 OOPS beside `local_enable=YES`",
        span, help: "write `one_process_model=NO`")
    }
    if let span = settings.flag("http_enable", default: false).trueSpan, !single.value {
      return Refusal(
        "`http_enable=YES` needs `one_process_model=YES`, and ends every session with 500 OOPS without it", span,
        help: "write `http_enable=NO`")
    }
    return nil
  }

  /// TLS that is required, where no version of it is left.
  private func withoutProtocol() -> Refusal? {
    guard settings.tls().control.value == .required, !settings.flag("ssl_tlsv12", default: true).value else {
      return nil
    }
    let last = settings.flag("ssl_tlsv13", default: true)
    // The versions before 1.2 are refused by the library, whatever the file says.
    guard !last.value, let span = last.span else { return nil }
    return Refusal(
      "TLS is required, and neither TLS 1.2 nor TLS 1.3 is left", span, help: "write `ssl_tlsv12=YES`")
  }

  /// A list of ciphers that leaves none: every session ends with 500 OOPS, with TLS or without (measured: 3.0.3).
  private func withoutCipher(_ context: inout ReadingContext) -> Refusal? {
    guard settings.flag("ssl_enable", default: false).value, let list = settings.text("ssl_ciphers") else {
      return nil
    }
    switch CipherList.outcome(list.value.value) {
    case .some: return nil
    case .nothing:
      return Refusal(
        "`ssl_ciphers` leaves no cipher, and every session ends with 500 OOPS", list.line,
        help: "write `ssl_ciphers=HIGH`")
    case .doubtful:
      context.doubt(ciphers: list.value)
      return nil
    }
  }

  /// Anonymous users who have to encrypt their logins, and may not.
  private func encryption(_ local: Setting<Bool>, _ anonymous: Setting<Bool>) -> Refusal? {
    let allowed = settings.flag("allow_anon_ssl", default: false)
    let forced = settings.flag("force_anon_logins_ssl", default: false)
    guard !local.value, settings.flag("ssl_enable", default: false).value, forced.value, !allowed.value else {
      return nil
    }
    return Refusal(
      "all users are anonymous, have to encrypt their logins, and may not",
      allowed.span ?? forced.span ?? settings.place,
      help: "write `allow_anon_ssl=YES`, or `local_enable=YES` for other users")
  }

  /// `userlist_deny=NO` with a list of nobody. Without its file every session ends with 500 OOPS (measured: 3.0.3).
  private func userList(_ context: inout ReadingContext) -> Refusal? {
    guard let span = settings.flag("userlist_enable", default: false).trueSpan else { return nil }
    let named = settings.text("userlist_file")
    let path = named?.value.value ?? "/etc/vsftpd.user_list"
    guard context.files.kind(path) != nil else {
      VsftpdNeeds.leaveOpen(missing: path, named?.line ?? span, &context)
      return nil
    }
    let denial = settings.flag("userlist_deny", default: true)
    guard !denial.value, let file = context.load(path, askedFor: span) else { return nil }
    let users = ConfigurationLine.all(of: file, in: context.sources).map { line in
      String(decoding: line.bytes[...].trimmed, as: UTF8.self)
    }.filter { !$0.isEmpty && !$0.hasPrefix("#") }
    if !users.isEmpty, users.allSatisfy({ $0 == "root" }) {
      context.leaveOpen(
        "`\(path)` lists root alone, whom PAM keeps out where `/etc/ftpusers` does", at: denial.span ?? span,
        help: "write the users into `\(path)`, one on a line")
    }
    let isEmpty = users.isEmpty
    guard isEmpty else { return nil }
    return Refusal(
      "`userlist_deny=NO` lets in those of `\(path)` alone, and it lists nobody", denial.span ?? span,
      help: "write the users into `\(path)`, one on a line, or `userlist_deny=YES`")
  }
}
