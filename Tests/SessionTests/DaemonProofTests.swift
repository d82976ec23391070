import Compilation
import FTPSession
import Foundation
import LiveSupport
import Testing

/// The same with real servers, configured by what we emit, and real clients.
@Suite(.live) struct DaemonProofTests {
  private static let sizes = (usual: 2, proof: 12)
  /// Sessions of one policy; each takes a second or two.
  private static let most = 10

  @Test(arguments: DaemonKind.allCases) func explainAndClientsAgree(kind: DaemonKind) async throws {
    let count = proofSize == nil ? Self.sizes.usual : Self.sizes.proof
    for seed in 0..<UInt64(count) {
      let (agree, disagreements) = try await withLab { lab in
        try await Self.compare(lab, kind, seed: seed * 7 + 1)
      }
      print("\(kind.rawValue) \(seed): \(agree) agree, \(disagreements.count) disagree")
      record(agree: agree, disagree: disagreements.count)
      for disagreement in disagreements { Issue.record("\(disagreement)") }
      #expect(agree > 0)
    }
  }

  private static func compare(
    _ lab: Lab, _ kind: DaemonKind, seed: UInt64
  ) async throws -> (agree: Int, disagreements: [String]) {
    let certificate = (lab.certificate.path, lab.certificate.keyPath)
    var generator = BenchPolicyGenerator(seed: seed, certificate: certificate)
    var text = generator.policy(software: [kind.rawValue])
    while !compile(text).isAccepted { text = generator.policy(software: [kind.rawValue]) }
    let sessions = try #require(PolicySessions(text))
    let server = try #require(sessions.compilation.policy.servers.first)
    let port = try #require(sessions.compilation.policy.publications.first?.controlPort.value)
    try await lab.load(ruleset: sessions.script)
    let files = try await Sallyport.besideThisProgram.settings(of: text, server: server.name.value)
    // vsftpd with two families is two processes, one for each address.
    let publication = try #require(sessions.compilation.policy.publications.first)
    let addresses = (server.isLocal ? publication.externalAddresses.map(\.arrival) : server.addresses).map(\.value)
      .sorted()
    for (index, file) in files.enumerated() {
      let address = files.count > 1 && addresses.indices.contains(index) ? "\(addresses[index])" : nil
      try await lab.start(
        kind, configuration: file.text, on: server.isLocal ? .gateway : .server, address: address,
        ports: [port.server], label: file.name)
    }
    var random = SeededGenerator(state: seed)
    var agree = 0
    var disagreements: [String] = []
    for cell in sessions.cells.shuffled(using: &random).prefix(most) {
      let works = try await transfer(lab, cell, port: port.external)
      let expected = cell.performance?.ending == .works
      if works == expected {
        agree += 1
      } else {
        disagreements.append(
          "\(text)\n\(cell.title): \(cell.outcome) \(cell.reason); observed \(works ? "works" : "fails")")
      }
      try await lab.flushConntrack()
    }
    return (agree, disagreements)
  }

  /// Whether a client brings a file home in the mode of a cell.
  private static func transfer(_ lab: Lab, _ cell: SessionCell, port: UInt16) async throws -> Bool {
    guard let session = cell.performance?.session else { return false }
    let host = BenchNetwork.host(cell.place)
    let encryption = LiveSupport.Encryption(rawValue: cell.encryption.rawValue) ?? .plain
    let mode = LiveSupport.DataMode(rawValue: cell.mode.rawValue) ?? .pasv
    let address = session.dialled.description
    // A session is several things that come, or do not.
    let patience = cell.performance?.ending == .works ? Patience.arrival : Patience.absence * 3
    // curl 7.88 does not take up TLS on a data connection that it has accepted.
    if cell.mode.isActive, encryption != .plain {
      var lftp = LftpSession(address, port: port, encryption, mode)
      lftp.patience = patience
      return try await lab.lftp(lftp, from: host).output == Payload.bytes
    }
    var curl = CurlSession(address, port: port, encryption, mode)
    curl.patience = patience
    return try await lab.curl(curl, from: host).bringsPayload
  }
}
