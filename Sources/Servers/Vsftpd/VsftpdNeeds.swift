import Diagnostics
import Policy

/// What has to exist on the server: without it sessions are answered with 500 OOPS (source; measured: 3.0.3, 3.0.5).
struct VsftpdNeeds {
  private let settings: VsftpdSettings

  init(_ settings: VsftpdSettings) { self.settings = settings }

  /// Says what is not among the files that are here.
  func report(_ context: inout ReadingContext) {
    for (path, span) in files where context.files.kind(path) == nil {
      Self.leaveOpen(missing: path, span, &context)
    }
    for (path, span) in folders where context.files.kind(path) != .folder {
      Self.leaveOpen(missing: path, isFolder: true, span, &context)
    }
    for (path, span) in logs {
      // The file itself is created, its folder is not.
      guard let slash = path.lastIndex(of: "/"), slash != path.startIndex, context.files.kind(path) != .file else {
        continue
      }
      let folder = String(path[..<slash])
      guard folder != "/var/log", context.files.kind(folder) != .folder else { continue }
      Self.leaveOpen(missing: folder, isFolder: true, span, &context)
    }
    users(&context)
  }

  static func leaveOpen(
    missing path: String, isFolder: Bool = false, _ span: SourceSpan, _ context: inout ReadingContext
  ) {
    context.leaveOpen(
      "\(isFolder ? "the folder " : "")`\(path)` is not here; without it vsftpd answers every session with 500 OOPS",
      at: span,
      help:
        "see that the \(isFolder ? "folder" : "file") exists on the server, or audit a copy of its files with `--root`"
    )
  }

  private func isOn(_ key: String, default value: Bool = false) -> Bool { settings.flag(key, default: value).value }

  // MARK: Files

  /// Files that are read for every session.
  private var files: [(path: String, span: SourceSpan)] {
    var wanted: [(path: String, span: SourceSpan)] = []
    if let banner = settings.text("banner_file") { wanted.append((banner.value.value, banner.line)) }
    let (anonymous, local) = (isOn("anonymous_enable", default: true), isOn("local_enable"))
    for (flag, key, standard, isRead) in [
      ("deny_email_enable", "banned_email_file", "/etc/vsftpd.banned_emails", anonymous),
      ("secure_email_list_enable", "email_password_file", "/etc/vsftpd.email_passwords", anonymous),
      ("chroot_list_enable", "chroot_list_file", "/etc/vsftpd.chroot_list", local),
    ] {
      guard isRead, let span = settings.flag(flag, default: false).trueSpan else { continue }
      let named = settings.text(key)
      wanted.append((named?.value.value ?? standard, named?.line ?? span))
    }
    return wanted + certificates
  }

  /// Those of TLS that the policy says nothing of.
  private var certificates: [(path: String, span: SourceSpan)] {
    guard isOn("ssl_enable") else { return [] }
    var keys: [String] = []
    if settings.text("dsa_cert_file") != nil { keys += ["dsa_cert_file", "dsa_private_key_file"] }
    // It is read where certificates are asked for, and they are unless the file says otherwise.
    if isOn("ssl_request_cert", default: true) || isOn("require_cert") { keys.append("ca_certs_file") }
    return keys.compactMap { key in settings.text(key).map { ($0.value.value, $0.line) } }
  }

  /// The folder that a session is locked in before its login. Debian's is made when the service starts.
  private var folders: [(path: String, span: SourceSpan)] {
    guard !isOn("one_process_model"), let folder = settings.text("secure_chroot_dir") else { return [] }
    let path = folder.value.value.hasSuffix("/") ? String(folder.value.value.dropLast()) : folder.value.value
    return ["/run/vsftpd/empty", "/var/run/vsftpd/empty", ""].contains(path) ? [] : [(path, folder.line)]
  }

  /// The files that are written (source: logging.c).
  private var logs: [(path: String, span: SourceSpan)] {
    let (isLogged, isDual) = (isOn("xferlog_enable"), isOn("dual_log_enable"))
    guard isLogged || isDual else { return [] }
    let isStandard = isOn("xferlog_std_format")
    var keys: [String] = []
    if isDual || isStandard { keys.append("xferlog_file") }
    if (isDual || !isStandard) && !isOn("syslog_enable") { keys.append("vsftpd_log_file") }
    return keys.compactMap { key in settings.text(key).map { ($0.value.value, $0.line) } }
  }

  // MARK: Users

  /// Users that every system has, or that come with the package: they are missed only where the list of users is here.
  private static let standard: Set = ["root", "nobody", "ftp"]

  /// Users whom the settings name, and who have to exist (source: main.c, secutil.c).
  private func users(_ context: inout ReadingContext) {
    let wanted = [
      ("nopriv_user", !isOn("one_process_model")), ("guest_username", isOn("guest_enable")),
      ("ftp_username", isOn("anonymous_enable", default: true)), ("chown_username", isOn("chown_uploads")),
    ].compactMap { key, isNeeded in isNeeded ? settings.text(key) : nil }
    guard !wanted.isEmpty else { return }
    let known = Self.known(context.files)
    for (name, line) in wanted {
      guard !(known ?? Self.standard).contains(name.value) else { continue }
      context.leaveOpen(
        "there is no user `\(name.value)` in `/etc/passwd` here; without him vsftpd answers every session with 500 OOPS",
        at: line,
        help: "see that the user exists on the server, or audit a copy of its files with `--root`")
    }
  }

  /// The users of `/etc/passwd`; `nil` where it is not here.
  private static func known(_ files: ServerFiles) -> Set<String>? {
    let limit = ReadingContext.largestFile
    guard files.kind("/etc/passwd") == .file, case .success(let bytes) = files.read("/etc/passwd", limit),
      bytes.count <= limit
    else { return nil }
    return Set(
      bytes.split(separator: 0x0A).compactMap { line in
        line.firstIndex(of: UInt8(ascii: ":")).map { String(decoding: line[..<$0], as: UTF8.self) }
      })
  }
}
