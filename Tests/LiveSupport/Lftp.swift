/// One session with lftp.
package struct LftpSession: Sendable {
  /// The server, an address literal or a name.
  package var address: String
  /// The control port; the usual one when nil.
  package var port: UInt16?
  package var encryption: Encryption
  package var mode: DataMode
  /// Whether the server's certificate is checked against the lab's.
  package var verifiesCertificate = true
  /// Commands after the login, such as `cat payload.bin`, `cls -1`, `put -O / FILE`.
  package var commands: [String]
  /// Settings, each as `name value`; they come after those of the bench.
  package var settings: [String] = []
  /// How long a silent peer is waited for; the whole session has three times that.
  package var patience = Patience.arrival

  package init(
    _ address: String, port: UInt16? = nil, _ encryption: Encryption = .plain, _ mode: DataMode = .pasv,
    commands: [String] = ["cat payload.bin"]
  ) {
    self.address = address
    self.port = port
    self.encryption = encryption
    self.mode = mode
    self.commands = commands
  }

  /// The script for `lftp -c`.
  func script(certificate: LabCertificate) -> String {
    let isPassive = mode == .pasv || mode == .epsv
    let all =
      [
        "net:timeout \(patience.wholeSeconds)", "net:max-retries 1", "net:persist-retries 0",
        "net:reconnect-interval-base 1", "net:reconnect-interval-max 1",
        "cmd:interactive no",
        "ftp:passive-mode \(isPassive)", "ftp:prefer-epsv \(mode == .epsv)", "ftp:fix-pasv-address no",
        "ftp:ssl-allow \(encryption != .plain)", "ftp:ssl-force \(encryption != .plain)",
        "ftp:ssl-protect-data \(encryption != .plain)", "ssl:verify-certificate \(verifiesCertificate)",
        "ssl:ca-file \(certificate.path)",
      ] + settings
    let scheme = encryption == .implicit ? "ftps" : "ftp"
    let port = port.map { ":\($0)" } ?? ""
    let open = "open -u \(Lab.user),\(Lab.password) \(scheme)://\(urlHost(address))\(port)"
    // The setting `cmd:fail-exit` would stop at the first failure too, but lftp 4.9.2 then never ends.
    return (all.map { "set \($0)" } + [([open] + commands).joined(separator: " && ")]).joined(separator: "; ")
  }
}

extension Lab {
  /// Runs a session with lftp. Its dialogue with the server is in the result's error text.
  package func lftp(_ session: LftpSession, from host: LabHost = .client) async throws -> CommandResult {
    try await run(
      ["lftp", "-d", "-c", session.script(certificate: certificate)], on: host,
      environment: ["HOME": folder, "LFTP_HOME": folder, "TERM": "dumb"], seconds: (session.patience * 3).wholeSeconds
    )
  }
}
