import Foundation
import LiveSupport
import Testing

@Suite("log", .live)
struct LogTests {
  /// Kernel log lines of a namespace are dropped unless a setting of the whole machine says otherwise, so the trace of
  /// nftables stands witness for the rules that write them.
  private static let tracing = """
    table inet witness {
      chain prerouting {
        type filter hook prerouting priority -300; policy accept;
        tcp flags syn tcp dport { 21, 50000 } meta nftrace set 1
      }
    }
    """

  @Test(arguments: ["off", "new", "denied", "all"])
  func lines(_ mode: String) async throws {
    try await withLab { lab in
      let policy = """
        \(Lab.gatewayBlock)
        \(lab.server(.vsftpd))
        publish files {
          server         files
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
          allow          198.51.100.0/24
          log            \(mode)
        }
        """
      try await lab.apply(policy)
      try await lab.load(ruleset: Self.tracing)
      let lines = try await trace(lab)
      let new = lines.filter { $0.contains("log prefix \"sallyport files new: \"") }
      let denied = lines.filter { $0.contains("log prefix \"sallyport files denied: \"") }
      #expect(new.isEmpty == (mode == "off" || mode == "denied"), "\(lines)")
      #expect(denied.isEmpty == (mode == "off" || mode == "new"), "\(lines)")
    }
  }

  /// What the trace says of an admitted client at the control port, and of a stranger there and in the range.
  private func trace(_ lab: Lab) async throws -> [Substring] {
    let file = "\(lab.folder)/trace"
    let monitor = Task { try await lab.run(["sh", "-c", "exec nft monitor trace >\(file)"], on: .gateway) }
    defer { monitor.cancel() }
    var lines: [Substring] = []
    // The monitor says nothing when it is ready, so packets are sent until it has seen the second round of each kind:
    // then all is written that it has to say of the first.
    let isSeen = try await Patience.wait {
      try await sendPackets(lab)
      lines = (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n") ?? []
      let packets = lines.filter { $0.contains("inet witness") && $0.contains(" packet: ") }
      return [(Address.client, 21), (Address.stranger, 21), (Address.stranger, 50000)].allSatisfy { address, port in
        packets.count { $0.contains("ip saddr \(address) ") && $0.contains("tcp dport \(port) ") } > 1
      }
    }
    try #require(isSeen, "the monitor did not see every packet\n\(lines.joined(separator: "\n"))")
    return lines
  }

  private func sendPackets(_ lab: Lab) async throws {
    let moment = Patience.glance * 20
    #expect(try await lab.tcpConnect(from: .client, to: Address.external, port: 21) == .refused)
    async let control = lab.tcpConnect(from: .stranger, to: Address.external, port: 21, within: moment)
    async let data = lab.tcpConnect(from: .stranger, to: Address.external, port: 50000, within: moment)
    #expect(try await [control, data] == [.timedOut, .timedOut])
  }
}
