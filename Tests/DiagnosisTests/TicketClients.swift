import Foundation
import LiveSupport

extension Lab {
  /// One session with a client, as the fault has it; what the client says of it.
  func play(_ fault: Injection, _ client: Injection.Client, _ encryption: Encryption) async throws -> String {
    switch client {
    case .curl: try await playCurl(fault, encryption)
    case .lftp: try await playLftp(fault, encryption)
    case .ftplib: try await playFtplib(fault, encryption)
    case .tnftp: try await playTnftp(fault)
    case .ncftp: try await playNcftp(fault)
    case .fileZilla: try await playFileZilla(fault, encryption)
    }
  }

  private func playCurl(_ fault: Injection, _ encryption: Encryption) async throws -> String {
    var session = CurlSession(Address.external, port: fault.controlPort, encryption, fault.mode)
    session.path = fault.path
    session.upload = fault.isUpload ? Array("sent\n".utf8) : nil
    session.patience = .seconds(fault.patience)
    session.protectsData = fault.protectsData
    session.verifiesCertificate = false
    session.extra =
      ["--user", "\(Lab.user):\(fault.password)"]
      + (fault.protectsData || encryption == .plain ? [] : ["--ftp-ssl-control"])
    return try await curl(session, from: fault.place).log
  }

  private func playLftp(_ fault: Injection, _ encryption: Encryption) async throws -> String {
    var session = LftpSession(
      Address.external, port: fault.controlPort, encryption, fault.mode, commands: ["cat \(fault.path)"])
    session.patience = .seconds(max(fault.patience - 1, 3))
    session.verifiesCertificate = false
    session.settings = fault.portAddress.map { ["ftp:port-ipv4 \($0)"] } ?? []
    if fault.password != Lab.password { session.commands.insert("user \(Lab.user) \(fault.password)", at: 0) }
    return try await lftp(session, from: fault.place).errorText
  }

  private func playFtplib(_ fault: Injection, _ encryption: Encryption) async throws -> String {
    let words = [
      Address.external, "\(fault.controlPort)", encryption == .plain ? "plain" : "tls", fault.password,
      fault.protectsData ? "P" : "C", fault.resumesTLS ? "reuse" : "new", fault.endsTLS ? "ends" : "cuts",
      fault.isUpload ? "STOR \(fault.path)" : fault.path == "hello.txt" ? "LIST" : "RETR \(fault.path)",
      fault.mode == .epsv ? "epsv" : "pasv",
    ]
    let result = try await run(["python3", "-c", ftplibProgram] + words, on: fault.place, seconds: 60)
    return result.text + result.errorText
  }

  private func playTnftp(_ fault: Injection) async throws -> String {
    let commands =
      ["user \(Lab.user) \(fault.password)"] + (fault.mode == .pasv ? ["epsv4 off"] : [])
      + ["get \(fault.path) /dev/null", "quit"]
    let result = try await run(
      [
        "timeout", "\(fault.patience * 2)", "tnftp", "-n", "-d", "-v", "-p", "-q", "\(fault.patience)",
        Address.external, "\(fault.controlPort)",
      ],
      on: fault.place, input: commands.joined(separator: "\n") + "\n", environment: ["HOME": folder, "TERM": "dumb"],
      seconds: 60)
    return result.text + result.errorText
  }

  private func playNcftp(_ fault: Injection) async throws -> String {
    let result = try await run(
      [
        "timeout", "\(fault.patience * 3)", "ncftpget", "-d", "\(folder)/ncftp.log", "-u", Lab.user, "-p",
        fault.password, "-P",
        "\(fault.controlPort)", "-t", "\(fault.patience)",
        "-r", "1", "-c", Address.external, fault.path,
      ],
      on: fault.place, environment: ["HOME": folder, "TERM": "dumb"], seconds: 60)
    let trace = (try? String(contentsOfFile: "\(folder)/ncftp.log", encoding: .utf8)) ?? ""
    return trace.isEmpty ? result.text + result.errorText : trace
  }
}

extension Lab {
  /// FileZilla in a window that nobody sees: it connects and lists, as a site of its own says. Its settings and the
  /// certificate that it trusts are files; it waits for ten seconds, as the least that it takes.
  private func playFileZilla(_ fault: Injection, _ encryption: Encryption) async throws -> String {
    let home = "\(folder)/filezilla"
    let settings = "\(home)/.config/filezilla"
    try FileManager.default.createDirectory(atPath: settings, withIntermediateDirectories: true)
    func write(_ name: String, _ body: String) throws {
      let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<FileZilla3>\n\(body)</FileZilla3>\n"
      try text.write(toFile: "\(settings)/\(name)", atomically: true, encoding: .utf8)
    }
    let options = [
      ("Logging file", "\(home)/log"), ("Timeout", "10"), ("Reconnect count", "0"), ("Greeting version", "99.0.0"),
      ("Greeting resources", "99.0.0"), ("Update Check", "0"), ("Disable update check", "1"),
    ]
    try write(
      "filezilla.xml",
      "<Settings>\n" + options.map { "<Setting name=\"\($0.0)\">\($0.1)</Setting>\n" }.joined() + "</Settings>\n")
    // FileZilla 3.63: 4 is FTP with TLS by AUTH, 3 TLS from the first byte.
    let protocols: [Encryption: Int] = [.explicit: 4, .implicit: 3]
    try write(
      "sitemanager.xml",
      "<Servers><Server><Host>\(Address.external)</Host><Port>\(fault.controlPort)</Port>"
        + "<Protocol>\(protocols[encryption] ?? 0)</Protocol><Type>0</Type><User>\(Lab.user)</User>"
        + "<Pass encoding=\"base64\">\(Data(fault.password.utf8).base64EncodedString())</Pass><Logontype>1</Logontype>"
        + "<Name>bench</Name></Server></Servers>\n")
    let pem = try String(contentsOfFile: certificate.path, encoding: .utf8).split(separator: "\n")
    let der = Data(base64Encoded: pem.filter { !$0.hasPrefix("-----") }.joined()) ?? Data()
    try write(
      "trustedcerts.xml",
      "<TrustedCerts><Certificate><Data>\(der.map { "\($0 < 16 ? "0" : "")\(String($0, radix: 16))" }.joined())</Data>"
        + "<ActivationTime>1</ActivationTime><ExpirationTime>9999999999</ExpirationTime><Host>\(Address.external)</Host>"
        + "<Port>\(fault.controlPort)</Port><TrustSANs>0</TrustSANs></Certificate></TrustedCerts>\n")
    _ = try await run(
      ["xvfb-run", "-a", "timeout", "\(fault.patience + 14)", "filezilla", "-c", "0/bench"], on: fault.place,
      environment: ["HOME": home], seconds: 60)
    return (try? String(contentsOfFile: "\(home)/log", encoding: .utf8)) ?? ""
  }
}

/// A client that does what most scripts do, with its dialogue on standard output.
private let ftplibProgram = """
  import ftplib, io, ssl, sys
  host, port, tls, password, prot, reuse, end, command, mode = sys.argv[1:10]
  context = ssl.create_default_context()
  context.check_hostname = False
  context.verify_mode = ssl.CERT_NONE
  class Reusing(ftplib.FTP_TLS):
      def ntransfercmd(self, cmd, rest=None):
          conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
          if self._prot_p:
              session = self.sock.session if reuse == "reuse" else None
              conn = self.context.wrap_socket(conn, server_hostname=self.host, session=session)
              if end == "cuts":
                  conn.unwrap = lambda: None
          return conn, size
  try:
      ftp = ftplib.FTP(timeout=4) if tls == "plain" else Reusing(timeout=4, context=context)
      ftp.set_debuglevel(1)
      ftp.trust_server_pasv_ipv4_address = True
      ftp.connect(host, int(port))
      ftp.login("\(Lab.user)", password)
      if tls != "plain" and prot == "P":
          ftp.prot_p()
      if command == "LIST":
          ftp.retrlines("LIST", lambda line: None)
      elif command.startswith("STOR"):
          ftp.storbinary(command, io.BytesIO(b"sent"))
      else:
          ftp.retrbinary(command, lambda piece: None)
      ftp.quit()
  except Exception as error:
      sys.stdout.flush()
      print(type(error).__name__ + ": " + str(error))
  """
