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
      async let trace = lab.run(["nft", "monitor", "trace"], on: .gateway, seconds: 2)
      // The monitor says nothing when it is ready, so ask until its time is nearly up.
      for _ in 0..<5 {
        let timeout = Duration.milliseconds(300)
        let admitted = try await lab.tcpConnect(
          from: .client, to: Address.external, port: 21, timeout: timeout)
        #expect(admitted == .refused)
        async let control = lab.tcpConnect(
          from: .stranger, to: Address.external, port: 21, timeout: timeout)
        async let data = lab.tcpConnect(
          from: .stranger, to: Address.external, port: 50000, timeout: timeout)
        #expect(try await [control, data] == [.timedOut, .timedOut])
      }
      let lines = try await trace.text.split(separator: "\n")
      try #require(lines.contains { $0.contains("inet witness") }, "the monitor saw nothing")
      let new = lines.filter { $0.contains("log prefix \"sallyport files new: \"") }
      let denied = lines.filter { $0.contains("log prefix \"sallyport files denied: \"") }
      #expect(new.isEmpty == (mode == "off" || mode == "denied"), "\(lines)")
      #expect(denied.isEmpty == (mode == "off" || mode == "new"), "\(lines)")
    }
  }
}
