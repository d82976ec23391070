import Policy

/// The keys of `vsftpd.conf` and how their values are read (source: its tables; measured: 3.0.3, and Debian's 3.0.5-0.2
/// and 3.0.5-1).
enum VsftpdGrammar {
  enum Shape { case flag, number, text }

  static let flags = """
    anonymous_enable local_enable pasv_enable port_enable chroot_local_user write_enable anon_upload_enable \
    anon_mkdir_write_enable anon_other_write_enable chown_uploads connect_from_port_20 xferlog_enable dirmessage_enable \
    anon_world_readable_only async_abor_enable ascii_upload_enable ascii_download_enable one_process_model \
    xferlog_std_format pasv_promiscuous deny_email_enable chroot_list_enable setproctitle_enable text_userdb_names \
    ls_recurse_enable log_ftp_protocol guest_enable userlist_enable userlist_deny use_localtime check_shell hide_ids \
    listen port_promiscuous passwd_chroot_enable no_anon_password tcp_wrappers use_sendfile force_dot_files listen_ipv6 \
    dual_log_enable syslog_enable background virtual_use_local_privs session_support download_enable dirlist_enable \
    chmod_enable secure_email_list_enable run_as_launching_user no_log_lock ssl_enable allow_anon_ssl \
    force_local_logins_ssl force_local_data_ssl ssl_sslv2 ssl_sslv3 ssl_tlsv1 tilde_user_enable force_anon_logins_ssl \
    force_anon_data_ssl mdtm_write lock_upload_files pasv_addr_resolve debug_ssl require_cert validate_cert \
    strict_ssl_read_eof strict_ssl_write_shutdown ssl_request_cert delete_failed_uploads implicit_ssl ptrace_sandbox \
    require_ssl_reuse isolate isolate_network ftp_enable http_enable seccomp_sandbox allow_writeable_chroot \
    utf8_filesystem
    """
  static let numbers = """
    accept_timeout connect_timeout local_umask anon_umask ftp_data_port idle_session_timeout data_connection_timeout \
    pasv_min_port pasv_max_port anon_max_rate local_max_rate listen_port max_clients file_open_mode max_per_ip \
    trans_chunk_size delay_failed_login delay_successful_login max_login_fails chown_upload_mode
    """
  static let texts = """
    secure_chroot_dir ftp_username chown_username xferlog_file vsftpd_log_file message_file nopriv_user ftpd_banner \
    banned_email_file chroot_list_file pam_service_name guest_username userlist_file anon_root local_root banner_file \
    pasv_address listen_address user_config_dir listen_address6 cmds_allowed hide_file deny_file user_sub_token \
    email_password_file rsa_cert_file dsa_cert_file ssl_ciphers rsa_private_key_file dsa_private_key_file ca_certs_file \
    cmds_denied
    """

  /// Flags that came with 3.0.4, when TLS before 1.2 went off by default.
  static let laterFlags = "ssl_tlsv11 ssl_tlsv12 ssl_tlsv13"
  static let laterTexts = "ssl_sni_hostname"
  /// Keys that distributions other than Debian added to their builds (unverified: patches of Fedora and Red Hat);
  /// Debian's builds end at each of them (measured: 3.0.3, 3.0.5-0.2, 3.0.5-1).
  static let patchedFlags = """
    ssl_tlsv1_1 ssl_tlsv1_2 ssl_tlsv1_3 better_stou reverse_lookup_enable log_die wc_logs_enable userlist_log
    """
  static let patchedNumbers = "bind_retries address_space_limit"
  static let patchedTexts = "dh_param_file ecdh_param_file"

  /// The versions that know a key.
  static func validity(_ key: String) -> Validity {
    later.contains(key) ? Validity(from: SoftwareVersion(3, 0, 4)) : .always
  }

  private static let later = Set((laterFlags + " " + laterTexts).split(separator: " ").map(String.init))

  /// Whether only builds of some distributions know a key.
  static func isPatched(_ key: String) -> Bool { patched.contains(key) }

  private static let patched = Set(
    [patchedFlags, patchedNumbers, patchedTexts].flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
  )

  static let shapes: [String: Shape] = {
    var shapes: [String: Shape] = [:]
    let all = [
      (flags, Shape.flag), (numbers, .number), (texts, .text), (laterFlags, .flag), (laterTexts, .text),
      (patchedFlags, .flag), (patchedNumbers, .number), (patchedTexts, .text),
    ]
    for (names, shape) in all {
      for name in names.split(separator: " ") { shapes[String(name)] = shape }
    }
    return shapes
  }()

  static func flag(_ text: String) -> Bool? {
    switch text.uppercased() {
    case "YES", "TRUE", "1": true
    case "NO", "FALSE", "0": false
    default: nil
    }
  }

  /// A number: octal after a zero, up to the first character that is no digit of it; otherwise what `atoi` takes, as
  /// 32 bits without a sign.
  static func number(_ text: String) -> UInt32 {
    let bytes = Array(text.utf8)
    if bytes.first == UInt8(ascii: "0") {
      var value: UInt32 = 0
      for byte in bytes {
        guard (0x30...0x37).contains(byte) else { break }
        value = value &* 8 &+ UInt32(byte - 0x30)
      }
      return value
    }
    var rest = bytes.drop(while: \.isBlank)
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    let digits = String(decoding: rest.prefix(while: \.isDigit), as: UTF8.self)
    let value = digits.isEmpty ? 0 : Int64((isNegative ? "-" : "") + digits) ?? (isNegative ? .min : .max)
    return UInt32(truncatingIfNeeded: value)
  }
}
