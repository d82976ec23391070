import Diagnosis
import Evidence
import Foundation
import Servers
import Testing

/// Logs that were cut or changed anywhere: no crash, no password, and nothing proven that the whole does not show.
@Suite struct HostileEvidenceTests {
  /// Numbers from a seed, so that a failure comes back.
  private struct Dice {
    var state: UInt64

    mutating func roll(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return limit > 0 ? Int((state >> 33) % UInt64(limit)) : 0
    }
  }

  private func logs() throws -> [(name: String, bytes: [UInt8])] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: recordings).sorted()
    return try paths.filter { !$0.hasSuffix(".pcap") && $0.contains("/") }.map { path in
      (path, try [UInt8](Data(contentsOf: URL(filePath: "\(recordings)/\(path)"))))
    }
  }

  private func causes(_ bytes: [UInt8]) -> Diagnosis {
    Diagnosis(
      [readLog(bytes, name: "x", source: 0, readers: allReaders)], replies: ServerPrograms.knownReplies)
  }

  @Test("a log that was cut proves nothing that the whole one does not")
  func cut() throws {
    var dice = Dice(state: 1)
    for (name, bytes) in try logs() {
      let whole = causes(bytes).proven
      for _ in 0..<12 {
        let low = dice.roll(bytes.count)
        let part = dice.roll(2) == 0 ? Array(bytes[..<low]) : Array(bytes[low...])
        let found = causes(part)
        #expect(found.proven.isSubset(of: whole), "\(name) cut at \(low): \(found.marks)")
      }
    }
  }

  @Test("lines that are left out, doubled or changed crash nothing and show no password")
  func changed() throws {
    var dice = Dice(state: 2)
    for (_, bytes) in try logs() {
      for _ in 0..<6 {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        for _ in 0..<4 where !lines.isEmpty {
          let index = dice.roll(lines.count)
          switch dice.roll(4) {
          case 0: lines.remove(at: index)
          case 1: lines.insert(lines[index], at: dice.roll(lines.count))
          case 2: if !lines[index].isEmpty { lines[index][dice.roll(lines[index].count)] = UInt8(dice.roll(256)) }
          default: lines[index] = Array(lines[index].prefix(dice.roll(lines[index].count + 1)))
          }
        }
        let found = causes(Array(lines.joined(separator: [0x0A])))
        let view = DiagnosisText(found, style: .plain)
        #expect(!view.text.contains("secretpw") && !view.html.contains("secretpw"))
      }
    }
  }

  @Test("passwords are gone, however a log writes them")
  func passwords() {
    for line in [
      "> PASS open-sesame", "---> pass open-sesame", "*cmd* 'PASS open-sesame'", "--> PASS open-sesame",
      "Command [pass] [open-sesame]", "2020 PASS open-sesame 230 0 0", "open -u me,open-sesame ftp://x",
      "ftp://me:open-sesame@host/x", "> SITE PSWD open-sesame", #""line":"PASS open-sesame""#,
      #"anon password "open-sesame", x"#,
    ] {
      #expect(!redacted(line).contains("sesame"), "\(redacted(line))")
    }
    #expect(redacted("331 Password required for u") == "331 Password required for u")
    #expect(redacted("227 Entering Passive Mode (1,2,3,4,5,6)") == "227 Entering Passive Mode (1,2,3,4,5,6)")
  }

  @Test("packets in any order and of any content")
  func packets() {
    var dice = Dice(state: 3)
    for _ in 0..<200 {
      var reader = CaptureReader(source: 0)
      for number in 0..<60 {
        let isUp = dice.roll(2) == 0
        let texts = [
          "220 ready\r\n", "PASV\r\n", "227 (1,2,3,4,5,6)\r\n", "\u{16}\u{3}", "x", "PASS secretpw\r\n",
          "500 OOPS: x\r\n",
        ]
        let payload = Array(texts[dice.roll(texts.count)].utf8)
        let client = knownAddress("198.51.100.7"), server = knownAddress("203.0.113.10")
        var packet = CapturedPacket(
          number: number, time: Double(dice.roll(100)), source: isUp ? client : server,
          destination: isUp ? server : client,
          sourcePort: isUp ? 40000 : 21, destinationPort: isUp ? 21 : 40000, timeToLive: 64,
          flags: CapturedPacket.Flags(rawValue: dice.roll(32)),
          sequence: UInt32(truncatingIfNeeded: dice.roll(1 << 31) &* dice.roll(3)),
          acknowledged: 0, length: payload.count, payload: payload)
        if dice.roll(10) == 0 { packet.refusal = (server, dice.roll(20)) }
        reader.add(packet)
      }
      var file = EvidenceFile(name: "x")
      file.dialogues = reader.contents().dialogues
      let text = DiagnosisText(Diagnosis([file], replies: ServerPrograms.knownReplies), style: .plain).text
      #expect(!text.contains("secretpw"))
    }
  }

  @Test("the sieve keeps what is of use in any pieces, and the numbers of the packets")
  func sieve() throws {
    let bytes = try [UInt8](Data(contentsOf: URL(filePath: "\(recordings)/J/client.pcap")))
    var once = CaptureSieve()
    let whole = once.take(bytes)
    var pieces = CaptureSieve()
    var kept: [UInt8] = []
    var dice = Dice(state: 4)
    var position = 0
    while position < bytes.count {
      let end = min(bytes.count, position + 1 + dice.roll(300))
      kept += pieces.take(Array(bytes[position..<end]))
      position = end
    }
    #expect(kept == whole && pieces.numbers == once.numbers)
    #expect(whole.count < bytes.count && once.numbers.first == 1)
    for _ in 0..<200 {
      var broken = bytes
      for _ in 0..<3 { broken[dice.roll(broken.count)] = UInt8(dice.roll(256)) }
      var sieve = CaptureSieve()
      _ = sieve.take(broken)
    }
  }
}
