import Diagnosis
import Evidence
import Foundation
import Servers
import Testing

/// Sessions that were recorded with real programs: what each piece of evidence tells, and several together.
@Suite struct RecordedTests {
  struct Case: Sendable, CustomStringConvertible {
    var files: [String]
    var expected: [String]
    var description: String { files.joined(separator: " ") }

    init(_ files: String, _ expected: String...) {
      self.files = files.split(separator: " ").map(String.init)
      self.expected = expected
    }
  }

  static let logs: [Case] = [
    // Healthy.
    Case("A/curl.log"), Case("A/curl-trace.log"), Case("A/ftplib.log"), Case("A/lftp.log"), Case("A/wget.log"),
    Case("A/tnftp.log"), Case("vs-open/curl.log"), Case("vs-open/lftp.log"), Case("vs-open/server.xferlog"),
    Case("pro-open/curl.log"), Case("pure-open/curl.log"), Case("pure-open/lftp.log"), Case("S/curl.log"),
    Case("J/curl-plain-pasv.log"), Case("fz/T2-debug.log"),
    // A private address in the 227.
    Case("B/curl.log", "F01!", "F35?"), Case("B/curl-trace.log", "F01!", "F48?"), Case("B/lftp.log", "F01!", "F48?"),
    Case("B/ncftp.log", "F01!", "F48?", "F33?"), Case("B/wget.log", "F01!"), Case("B/ftplib.log", "F01?"),
    Case("B/tnftp.log", "F35?"), Case("fz/B2-de.log", "F01!", "F48?"), Case("fz/B2-en.log", "F01!", "F48?"),
    // The range is closed.
    Case("C/curl.log", "F35?"), Case("C/lftp.log", "F48?"), Case("C/wget.log", "F48?"), Case("C/ncftp.log", "F48?"),
    Case("C/ftplib.log", "F48?"), Case("D/curl.log", "F35?"), Case("D/lftp.log", "F48?"),
    Case("E-admin-prohibited/curl.log", "F35?"), Case("fz/C2-fr.log", "F48?"), Case("N-vs/server.vsftpd", "F48?"),
    Case("C-pure/server", "F48?"), Case("C-pure/lftp.log C-pure/server", "F48?"),
    // The FTP filter answers.
    Case("I/curl.log", "F61?"), Case("I/lftp.log", "F61?"), Case("I/ftplib.log", "F61?"), Case("I/server"),
    Case("I/curl.log I/server", "F61!"), Case("I/lftp.log I/server", "F61!"),
    // A server without TLS looks alike.
    Case("fz/A-de.log", "F23?"),
    // The peer.
    Case("fz/F15-it.log", "F15!"), Case("fzF15/server.system", "F15!"), Case("pro-masq/curl.log", "F15!"),
    Case("pro-masq/lftp.log", "F15!"), Case("pro-masq/ftplib.log", "F15!"), Case("vs-masq/curl.log", "F15!"),
    Case("vs-masq/server.vsftpd", "F15!"), Case("pro-masq/server.ext", "F15!"),
    // TLS of the data connection.
    Case("pro-open/ftplib.log", "F18?"), Case("vs-open/ftplib.log", "F18?"), Case("vs-open/server.vsftpd", "F18!"),
    Case("K-pure/ftplib-noprot.log", "F26!"), Case("K-pro/ftplib-noprot.log", "F27!"),
    Case("K-pro/server.ext", "F27!"),
    Case("K-vs/server.vsftpd", "F27!"),
    // Active mode.
    Case("L/curl.log", "F33?"), Case("L/lftp.log", "F33?"), Case("L/server.pyftpdlib", "F33?"),
    Case("S2/server.vsftpd", "F32!"),
    // The range is used up.
    Case("X-vs/server.vsftpd", "F28?"),
  ]

  /// Captures of the control connection alone prove nothing by what is not in them.
  static let captures: [Case] = [
    Case("S/client.pcap"), Case("S/server.pcap"), Case("S/client.pcap S/server.pcap"),
    Case("C-pure/client.pcap", "F48?"), Case("C-pure/server.pcap"),
    Case("C-pure/client.pcap C-pure/server.pcap", "F48?"),
    Case("C-pure/server.pcap C-pure/client.pcap", "F48?"),
    Case("C-vs/client.pcap C-vs/server.pcap", "F48?"),
    Case("I/client.pcap", "F61?"), Case("I/server.pcap"), Case("I/client.pcap I/server.pcap", "F61!"),
    Case("J/client.pcap", "F04?"), Case("J/client.pcap J/server.pcap", "F04!"),
    Case("L/client.pcap", "F33?"), Case("L/server.pcap", "F33?"), Case("L/client.pcap L/server.pcap", "F33?"),
    Case("S2/client.pcap", "F32!"),
    // What both ends tell together and neither alone.
    Case("hairpin/client.pcap", "F40!"), Case("hairpin/client.pcap hairpin/server.pcap", "F40!"),
    Case("mtu/client.pcap"), Case("mtu/server.pcap"), Case("mtu/client.pcap mtu/server.pcap", "F64?"),
    Case("proxy/client.pcap", "F48?"), Case("proxy/client.pcap proxy/server.pcap", "F57?", "F48?"),
    Case("hello/client.pcap"), Case("hello/client.pcap hello/server.pcap", "F59?"),
  ]

  @Test(arguments: logs)
  func log(_ recorded: Case) throws { try check(recorded) }

  @Test(.enabled(if: hasTshark, "tshark is not installed"), arguments: captures)
  func capture(_ recorded: Case) throws { try check(recorded) }

  private func check(_ recorded: Case) throws {
    let files = try recorded.files.enumerated().map { try piece("\(recordings)/\($0.element)", source: $0.offset) }
    for file in files { #expect(file.kind != nil, "\(file.name)") }
    let diagnosis = Diagnosis(files, replies: ServerPrograms.knownReplies)
    #expect(diagnosis.marks == recorded.expected)
    if !diagnosis.causes.isEmpty, diagnosis.proven.isEmpty { #expect(!diagnosis.next.isEmpty) }
    let text = DiagnosisText(diagnosis, style: .plain).text
    #expect(!text.contains("secretpw"))
    for found in diagnosis.causes { #expect(!found.evidence.isEmpty, "\(found.failure)") }
  }
}
