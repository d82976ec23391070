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

extension Recording {
  /// Whether the client has asked for a data connection or was refused something before, so that it can have met the
  /// fault; of faults that lie before that it always has.
  func meets(_ fault: Injection) throws -> Bool {
    if let box = fault.box, [.ssh, .mute, .asa, .slow].contains(box) { return true }
    let text = try String(contentsOfFile: clientLog, encoding: .utf8)
    return text.contains(/(?:> |'|Cmd: |Command: )(?:PASV|EPSV|PORT|EPRT)/) || text.contains(/[ '<][45][0-9]{2}[ :-]/)
  }
}

extension Lab {
  /// Puts a fault into the network, with a server, for as long as something is done there.
  func with<Value: Sendable>(
    _ fault: Injection, _ kind: DaemonKind, _ body: () async throws -> Value
  ) async throws -> Value {
    try await start(
      kind, form: kind == .pureFTPD ? "logged" : "conf",
      settings: [ServerSettings(name: "", text: settings(of: kind, fault))], ports: [fault.controlPort])
    try await load(ruleset: fault.ruleset)
    if !fault.serverRules.isEmpty {
      let loaded = try await run(["nft", "-f", "-"], on: .server, input: fault.serverRules)
      guard loaded.succeeded else { throw LabError(loaded.errorText) }
    }
    for (host, script) in fault.preparations {
      let done = try await run(["sh", "-ec", script], on: host)
      guard done.succeeded else { throw LabError(done.errorText) }
    }
    var others: [Task<Void, any Error>] = []
    defer { for other in others { other.cancel() } }
    if let box = fault.box {
      others.append(
        Task { _ = try await run(["python3", "-c", Middlebox.program, box.rawValue], on: .gateway, seconds: 300) })
      try await waitForListener(on: .gateway, port: Middlebox.port)
    }
    if let occupant = fault.occupant {
      others.append(Task { _ = try await run(["python3", "-c", occupant.program], on: occupant.host, seconds: 300) })
      if let port = occupant.port {
        try await waitForListener(on: occupant.host, port: Int(port))
      } else {
        try await waitForSession(port: fault.controlPort)
      }
    }
    return try await body()
  }

  /// Plays one session with a fault and keeps what each side saw.
  func record(
    _ fault: Injection, _ kind: DaemonKind, _ client: Injection.Client, _ encryption: Encryption
  ) async throws -> Recording {
    try await with(fault, kind) { try await recorded(fault, kind, client, encryption) }
  }

  private func recorded(
    _ fault: Injection, _ kind: DaemonKind, _ client: Injection.Client, _ encryption: Encryption
  ) async throws -> Recording {
    let ends = [(fault.place, "\(folder)/client.pcap"), (LabHost.server, "\(folder)/server.pcap")]
    let captures = ends.map { end in Task { try await capture(on: end.0, into: end.1) } }
    for end in ends { try await waitForFile(end.1) }
    var text = ""
    if fault.isPlainFirst { text += try await play(fault, client, .plain) }
    text += try await play(fault, client, encryption)
    if fault.repeats { text += try await repeated(fault, client, encryption) }
    // What is on its way, and what the servers write at the end.
    try await Task.sleep(for: .milliseconds(400))
    for end in ends { _ = try await run(["sh", "-c", "kill -INT $(cat \(end.1).pid)"], on: end.0) }
    for capture in captures { try await capture.value }
    try text.write(toFile: "\(folder)/client.log", atomically: true, encoding: .utf8)
    return Recording(
      clientLog: "\(folder)/client.log", serverLogs: logs(of: kind), clientCapture: "\(folder)/client.pcap",
      serverCapture: "\(folder)/server.pcap")
  }

  /// Tries until ports tell enough: two that work, and beside them either one that fails twice, where the range has
  /// few, or two that fail, of which one lies between those that work. At most forty times.
  private func repeated(_ fault: Injection, _ client: Injection.Client, _ encryption: Encryption) async throws
    -> String
  {
    var text = ""
    var (failing, working): ([Int], Set<Int>) = ([], [])
    for _ in 0..<40 {
      let one = try await play(fault, client, encryption)
      text += one
      guard let numbers = one.matches(of: /227 [^(]*\([0-9,]*?([0-9]+),([0-9]+)\)/).last?.output,
        let high = Int(numbers.1), let low = Int(numbers.2)
      else { continue }
      let port = high * 256 + low
      if one.contains("226") { working.insert(port) } else { failing.append(port) }
      guard let least = working.min(), let most = working.max(), least < most, failing.count >= 2 else { continue }
      let isOne = Set(failing).count == 1 && fault.serverRange.count < 10
      if isOne || Set(failing).count > 1 && failing.contains(where: { $0 > least && $0 < most }) { return text }
    }
    throw LabError("\(failing.count) of the tries failed, to \(working.count) ports they worked")
  }

  private func capture(on host: LabHost, into path: String) async throws {
    let script = "echo $$ > \(path).pid; exec tcpdump -B 8192 -Z root --immediate-mode -U -n -i eth0 -w \(path)"
    _ = try await run(["sh", "-c", script], on: host, seconds: 300)
  }

  private func waitForFile(_ path: String) async throws {
    let isThere = try await Patience.wait {
      let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
      return size >= 24
    }
    guard isThere else { throw LabError("tcpdump writes nothing to \(path)") }
  }

  private func waitForListener(on host: LabHost, port: Int) async throws {
    let isThere = try await Patience.wait {
      try await run(["ss", "-Hltn", "sport = :\(port)"], on: host).text.contains("\(port)")
    }
    guard isThere else { throw LabError("nothing listens on port \(port) of the \(host.rawValue)") }
  }

  /// Waits until the server has a session, which somebody else holds.
  private func waitForSession(port: UInt16) async throws {
    let isThere = try await Patience.wait {
      try await run(["ss", "-Htn", "state", "established", "sport = :\(port)"], on: .server).text.contains(":\(port)")
    }
    guard isThere else { throw LabError("nobody has a session at the server") }
  }

  private func logs(of kind: DaemonKind) -> [String] {
    let base = "\(folder)/1-\(kind.rawValue)/log"
    let names =
      switch kind {
      case .vsftpd: ["vsftpd.log"]
      case .proFTPD: ["output", "proftpd/extended.log", "proftpd/tls.log"]
      case .pureFTPD: ["syslog"]
      }
    return names.map { "\(base)/\($0)" }.filter {
      ((try? FileManager.default.attributesOfItem(atPath: $0)[.size] as? Int) ?? 0) > 0
    }
  }

  func settings(of kind: DaemonKind, _ fault: Injection) -> String {
    let own = fault.settings[kind] ?? ""
    let limits = (fault.limits[kind] ?? "") + "\n"
    let (low, high) = (fault.serverRange.lowerBound, fault.serverRange.upperBound)
    switch kind {
    case .vsftpd:
      let tls =
        fault.hasTLS
        ? "ssl_enable=YES\nrsa_cert_file=\(certificate.path)\nrsa_private_key_file=\(certificate.keyPath)\nforce_local_logins_ssl=NO\nforce_local_data_ssl=NO\nrequire_ssl_reuse=YES\ndebug_ssl=YES\n"
        : ""
      let announced = fault.announced.map { "pasv_address=\($0)\n" } ?? ""
      return
        "listen=YES\nlisten_port=\(fault.controlPort)\nanonymous_enable=NO\nlog_ftp_protocol=YES\nport_enable=YES\nconnect_from_port_20=NO\naccept_timeout=2\nconnect_timeout=2\n"
        + "pasv_min_port=\(low)\npasv_max_port=\(high)\n" + announced + tls + limits + own + "\n"
    case .proFTPD:
      let tls =
        fault.hasTLS
        ? "<IfModule mod_tls.c>\nTLSEngine on\nTLSLog /var/log/proftpd/tls.log\nTLSRSACertificateFile \(certificate.path)\nTLSRSACertificateKeyFile \(certificate.keyPath)\n\(own.isEmpty ? "TLSRequired off" : own)\nTLSVerifyClient off\n</IfModule>\n"
        : ""
      let announced = fault.announced.map { "MasqueradeAddress \($0)\n" } ?? ""
      return
        "Port \(fault.controlPort)\nUseReverseDNS off\nAllowForeignAddress off\nPassivePorts \(low) \(high)\nTimeoutStalled 3\nDebugLevel 5\nExtendedLog /var/log/proftpd/extended.log ALL\n"
        + announced + tls + limits
    case .pureFTPD:
      let tls = fault.hasTLS ? "TLS 1\nCertFile \(certificate.bundlePath)\n" : "TLS 0\n"
      let announced = fault.announced.map { "ForcePassiveIP \($0)\n" } ?? ""
      return
        "Bind ,\(fault.controlPort)\nVerboseLog yes\nPassivePortRange \(low) \(high)\n" + announced
        + (own.isEmpty ? tls : own + "\n") + limits
    }
  }
}
