import Foundation
import LiveSupport

/// The demonstration: a policy for server `files` with explicit TLS and a passive range.
struct Demo: Sendable {
  private let sallyport: Sallyport
  private let path: String
  private let policy: String
  private let external: String
  private let range: ClosedRange<UInt16>

  init(sallyport: Sallyport, policyPath: String) throws {
    self.sallyport = sallyport
    path = policyPath
    policy = try String(contentsOfFile: policyPath, encoding: .utf8)
    guard let address = policy.firstMatch(of: /external ip +([0-9.]+)/)?.1,
      let ports = policy.firstMatch(of: /passive range +([0-9]+)-([0-9]+)/),
      let low = UInt16(ports.1), let high = UInt16(ports.2), low <= high, high < 65535
    else { throw LabError("\(policyPath) names no external IPv4 address or no passive range") }
    external = String(address)
    range = low...high
  }

  /// Returns whether everything was as the policy promises.
  func run(in lab: Lab) async throws -> Bool {
    let daemon = try await publish(in: lab)
    var results: [Bool] = []
    results.append(try await store(.pasv, in: lab, daemon))
    results.append(try await fetch(.pasv, in: lab))
    results.append(try await fetch(.epsv, in: lab))
    results.append(try await plainLogin(in: lab))
    results.append(try await closedPort(in: lab))
    return results.allSatisfy(\.self)
  }

  /// Loads the ruleset and starts the server.
  private func publish(in lab: Lab) async throws -> RunningDaemon {
    say("network namespaces  \(lab.name)-...")
    say("  client   \(Address.client)")
    say("  gateway  \(external) on eth0, \(Address.gatewayInside) on eth1")
    say("  server   \(Address.server), to which the client has no route")
    let ruleset = try await sallyport.ruleset(of: policy)
    try await lab.load(ruleset: ruleset)
    say("on the gateway      sallyport compile \(path) | nft -f -")
    let settings = try await sallyport.settings(of: policy, server: "files")
    guard let only = settings.first, settings.count == 1 else {
      throw LabError("the server of the demo is one process, not \(settings.count)")
    }
    let hasCertificate = only.text.split(separator: "\n").contains { $0.hasPrefix("CertFile") }
    let certificate = hasCertificate ? "" : "\nCertFile \(lab.certificate.bundlePath)\n"
    let daemon = try await lab.start(.pureFTPD, configuration: only.text + certificate)
    say("on the server       sallyport emit \(path) --server files > pure-ftpd.conf")
    say("                    pure-ftpd pure-ftpd.conf")
    return daemon
  }

  /// Uploads, and compares what the server has got.
  private func store(_ mode: DataMode, in lab: Lab, _ daemon: RunningDaemon) async throws -> Bool {
    var session = CurlSession(external, .explicit, mode)
    session.path = "upload.bin"
    session.upload = Payload.bytes
    // curl resets the data connection under TLS 1.3: it leaves the server's session tickets unread.
    session.extra = ["--tls-max", "1.2"]
    let outcome = try await lab.curl(session)
    let arrived = daemon.servedFile(session.path) ?? []
    return report("the client uploads over FTPS with \(mode.rawValue.uppercased())", outcome, arrived)
  }

  /// Downloads, and compares what the client has got.
  private func fetch(_ mode: DataMode, in lab: Lab) async throws -> Bool {
    let outcome = try await lab.curl(CurlSession(external, .explicit, mode))
    let title = "the client downloads over FTPS with \(mode.rawValue.uppercased())"
    return report(title, outcome, outcome.body)
  }

  private func report(_ title: String, _ outcome: CurlOutcome, _ bytes: [UInt8]) -> Bool {
    say("\n\(title)")
    let codes = ["220", "234", "230", "227", "229", "226"] + (outcome.works ? [] : ["4", "5"])
    for code in codes {
      if let reply = outcome.replies.first(where: { $0.hasPrefix(code) }) { say("  < \(reply)") }
    }
    let announced = outcome.pasv ?? outcome.epsv
    let isAnnounced =
      announced.map { range.contains($0.port) && ($0.address ?? external) == external } ?? false
    let isWhole = bytes == Payload.bytes
    say("  \(bytes.count) of \(Payload.bytes.count) bytes, \(isWhole ? "the same" : "NOT the same")")
    let place = announced.map { "\($0.address ?? external) port \($0.port)" } ?? "nothing"
    return verdict(
      outcome.works && isWhole && isAnnounced,
      "data connection to \(place), in \(range.lowerBound)-\(range.upperBound)")
  }

  private func plainLogin(in lab: Lab) async throws -> Bool {
    say("\na client logs in without TLS")
    let outcome = try await lab.curl(CurlSession(external))
    let last = outcome.replies.last ?? "no reply"
    say("  < \(last)")
    let isRefused = outcome.status != 0 && outcome.body.isEmpty && last.hasPrefix("421 ")
    return verdict(isRefused, "refused before the password")
  }

  private func closedPort(in lab: Lab) async throws -> Bool {
    let outside = range.upperBound + 1
    say("\na client tries port \(outside), where something listens on the server, but outside the range")
    let listener = try await lab.listen(on: .server, port: outside)
    defer { listener.close() }
    let outcome = try await lab.tcpConnect(from: .client, to: external, port: outside, within: Patience.absence)
    return verdict(outcome != .open, "\(outcome)")
  }

  private func verdict(_ isGood: Bool, _ text: String) -> Bool {
    say("  \(isGood ? "ok" : "FAILED")  \(text)")
    return isGood
  }
}
