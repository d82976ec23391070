import Foundation
import LiveSupport

/// The evidence of one session with a fault, as files.
struct Recording: Sendable {
  var clientLog: String
  var serverLogs: [String]
  var clientCapture: String
  var serverCapture: String

  var all: [String] { [clientLog] + serverLogs + [clientCapture, serverCapture] }

  /// All of it with one piece missing, and each piece alone.
  var parts: [[String]] {
    all.indices.map { index in all.enumerated().filter { $0.offset != index }.map(\.element) } + all.map { [$0] }
  }
}

extension Lab {
  /// Plays one session with a fault and keeps what each side saw.
  func record(
    _ fault: Injection, _ kind: DaemonKind, _ client: Injection.Client, _ encryption: Encryption
  ) async throws -> Recording {
    try await start(kind, configuration: settings(of: kind, fault))
    try await load(ruleset: fault.ruleset)
    if !fault.serverRules.isEmpty {
      let loaded = try await run(["nft", "-f", "-"], on: .server, input: fault.serverRules)
      guard loaded.succeeded else { throw LabError(loaded.errorText) }
    }
    let relay: Task<Void, any Error>? =
      fault.relaysControl
      ? Task { _ = try await run(["python3", "-c", relayProgram], on: .gateway, seconds: 60) } : nil
    defer { relay?.cancel() }
    if fault.relaysControl { try await waitForRelay() }
    let ends = [(LabHost.client, "\(folder)/client.pcap"), (LabHost.server, "\(folder)/server.pcap")]
    let captures = ends.map { end in Task { try await capture(on: end.0, into: end.1) } }
    for end in ends { try await waitForFile(end.1) }
    let text = try await play(fault, client, encryption)
    // What is on its way, and what the servers write at the end.
    try await Task.sleep(for: .milliseconds(400))
    for end in ends { _ = try await run(["sh", "-c", "kill -INT $(cat \(end.1).pid)"], on: end.0) }
    for capture in captures { try await capture.value }
    try text.write(toFile: "\(folder)/client.log", atomically: true, encoding: .utf8)
    return Recording(
      clientLog: "\(folder)/client.log", serverLogs: logs(of: kind), clientCapture: "\(folder)/client.pcap",
      serverCapture: "\(folder)/server.pcap")
  }

  private func capture(on host: LabHost, into path: String) async throws {
    let script = "echo $$ > \(path).pid; exec tcpdump -Z root --immediate-mode -U -n -i eth0 -w \(path)"
    _ = try await run(["sh", "-c", script], on: host, seconds: 60)
  }

  private func waitForFile(_ path: String) async throws {
    let isThere = try await Patience.wait {
      let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      return size >= 24
    }
    guard isThere else { throw LabError("tcpdump writes nothing to \(path)") }
  }

  func waitForRelay() async throws {
    let isThere = try await Patience.wait {
      try await run(["ss", "-Hltn", "sport = :2121"], on: .gateway).text.contains("2121")
    }
    guard isThere else { throw LabError("the relay does not listen") }
  }

  private func logs(of kind: DaemonKind) -> [String] {
    let base = "\(folder)/1-\(kind.rawValue)/log"
    let names = kind == .vsftpd ? ["vsftpd.log"] : ["output", "proftpd/extended.log", "proftpd/tls.log"]
    return names.map { "\(base)/\($0)" }.filter {
      ((try? FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int) ?? 0) > 0
    }
  }

  func settings(of kind: DaemonKind, _ fault: Injection) -> String {
    let own = fault.settings[kind] ?? ""
    if kind == .vsftpd {
      let tls =
        fault.hasTLS
        ? "ssl_enable=YES\nrsa_cert_file=\(certificate.path)\nrsa_private_key_file=\(certificate.keyPath)\nforce_local_logins_ssl=NO\nforce_local_data_ssl=NO\nrequire_ssl_reuse=YES\ndebug_ssl=YES\n"
        : ""
      let announced = fault.announced.map { "pasv_address=\($0)\n" } ?? ""
      return
        "listen=YES\nanonymous_enable=NO\nlog_ftp_protocol=YES\nport_enable=YES\nconnect_from_port_20=NO\naccept_timeout=2\nconnect_timeout=2\n"
        + "pasv_min_port=50000\npasv_max_port=50399\n" + announced + tls + own + "\n"
    }
    let tls =
      fault.hasTLS
      ? "<IfModule mod_tls.c>\nTLSEngine on\nTLSLog /var/log/proftpd/tls.log\nTLSRSACertificateFile \(certificate.path)\nTLSRSACertificateKeyFile \(certificate.keyPath)\n\(own.isEmpty ? "TLSRequired off" : own)\nTLSVerifyClient off\n</IfModule>\n"
      : ""
    let announced = fault.announced.map { "MasqueradeAddress \($0)\n" } ?? ""
    return
      "UseReverseDNS off\nAllowForeignAddress off\nPassivePorts 50000 50399\nTimeoutStalled 3\nDebugLevel 5\nExtendedLog /var/log/proftpd/extended.log ALL\n"
      + announced + tls
  }

  private func play(_ fault: Injection, _ client: Injection.Client, _ encryption: Encryption) async throws -> String {
    switch client {
    case .curl:
      var session = CurlSession(Address.external, encryption, fault.mode)
      session.path = "hello.txt"
      session.patience = .seconds(4)
      session.protectsData = fault.protectsData
      session.verifiesCertificate = false
      session.extra =
        ["--user", "\(Lab.user):\(fault.password)"]
        + (fault.protectsData || encryption == .plain ? [] : ["--ftp-ssl-control"])
      return try await curl(session).log
    case .lftp:
      var session = LftpSession(Address.external, encryption, fault.mode, commands: ["cat hello.txt"])
      session.patience = .seconds(3)
      session.verifiesCertificate = false
      session.settings = fault.portAddress.map { ["ftp:port-ipv4 \($0)"] } ?? []
      if fault.password != Lab.password {
        session.commands = ["user \(Lab.user) \(fault.password)", "cat hello.txt"]
      }
      let result = try await lftp(session)
      return result.errorText
    case .ftplib:
      let result = try await run(
        [
          "python3", "-c", ftplibProgram, Address.external, encryption == .plain ? "plain" : "tls", fault.password,
          fault.protectsData ? "P" : "C", fault.resumesTLS ? "reuse" : "new",
        ],
        on: .client, seconds: 30)
      return result.text + result.errorText
    }
  }
}

/// A client that does what most scripts do: log in, list. With its dialogue on standard output.
private let ftplibProgram = """
  import ftplib, ssl, sys
  host, tls, password, prot, reuse = sys.argv[1:6]
  context = ssl.create_default_context()
  context.check_hostname = False
  context.verify_mode = ssl.CERT_NONE
  class Reusing(ftplib.FTP_TLS):
      def ntransfercmd(self, cmd, rest=None):
          conn, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
          if self._prot_p:
              conn = self.context.wrap_socket(conn, server_hostname=self.host, session=self.sock.session)
          return conn, size
  kind = ftplib.FTP if tls == "plain" else Reusing if reuse == "reuse" else ftplib.FTP_TLS
  try:
      ftp = kind(timeout=4) if tls == "plain" else kind(timeout=4, context=context)
      ftp.set_debuglevel(1)
      ftp.trust_server_pasv_ipv4_address = True
      ftp.connect(host, 21)
      ftp.login("\(Lab.user)", password)
      if tls != "plain" and prot == "P":
          ftp.prot_p()
      ftp.retrlines("LIST", lambda line: None)
      ftp.quit()
  except Exception as error:
      sys.stdout.flush()
      print(type(error).__name__ + ": " + str(error))
  """

/// What the FTP filter of ISA Server does with AUTH, as far as it is documented: it says that access is denied, and the
/// server never sees the command. Everything else is passed on.
let relayProgram = """
  import socket, threading
  gate = socket.create_server(("0.0.0.0", 2121))
  def serve(client):
      server = socket.create_connection(("10.10.20.200", 21))
      def back():
          while True:
              data = server.recv(4096)
              if not data:
                  break
              client.sendall(data)
          client.close()
      threading.Thread(target=back, daemon=True).start()
      pending = b""
      while True:
          data = client.recv(4096)
          if not data:
              break
          pending += data
          while b"\\n" in pending:
              line, pending = pending.split(b"\\n", 1)
              if line[:4].upper() == b"AUTH":
                  client.sendall(b"550 Access is denied. \\r\\n")
              else:
                  server.sendall(line + b"\\n")
      server.close()
  while True:
      threading.Thread(target=serve, args=(gate.accept()[0],), daemon=True).start()
  """
