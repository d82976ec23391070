import Addressing
import Diagnosis
import Evidence
import Testing

/// Causes that lie on the path - helpers, backends, boxes of one mode -, each beside what looks like it.
@Suite struct PathCauseTests {
  private func session(_ lines: String) -> String {
    "*   Trying 203.0.113.10:21...\n* Connected to x (203.0.113.10) port 21 (#0)\n< 220 ready\n"
      + "> USER x\n< 331 ok\n> PASS ***\n< 230 in\n" + lines + "* Closing connection 0\n"
  }

  private func passive(_ address: String, _ port: Int, works: Bool, verb: String = "PASV") -> String {
    let reply =
      verb == "PASV"
      ? "227 Entering Passive Mode (\(address),\(port / 256),\(port % 256))" : "229 Entering (|||\(port)|)"
    let end =
      works
      ? "* Connected to x (203.0.113.10) port \(port) (#0)\n> LIST\n< 150 here\n< 226 done\n"
      : "* connect to 203.0.113.10 port \(port) failed: Connection refused\n"
    return "> \(verb)\n< \(reply)\n* Connecting to x (203.0.113.10) port \(port)\n" + end
  }

  private let external = "203,0,113,10"

  private func facts(_ controlPort: UInt16 = 21, range: PortRange? = nil) -> PublishedFacts {
    PublishedFacts(
      externalAddresses: [knownAddress("203.0.113.10")], serverAddresses: [knownAddress("10.10.20.200")],
      controlPort: controlPort, passiveRange: range, hasHelper: range == nil, hasActive: false)
  }

  /// The server's own log of one PASV.
  private func server(_ address: String) -> String {
    let words = [
      "-> 220 ready", "<- USER x", "-> 331 ok", "<- PASS ******", "-> 230 in", "<- PASV",
      "-> 227 Entering passive mode (\(address),195,81).",
    ]
    return words.map { "DEBUG:pyftpdlib:198.18.1.2:3-[] \($0)\n" }.joined()
  }

  @Test("F08, F09: the policy counts on a helper, and the client reads the server's own address")
  func untouched() {
    let log = session(passive("10,10,20,200", 50001, works: false))
    #expect(diagnose(log, publication: facts()).marks.first == "F08?")
    #expect(diagnose(log, publication: facts(2121)).marks.first == "F09?")
    // With a range the server has to announce the external address itself.
    let range = PortRange(low: 50000, high: 50399)
    #expect(diagnose(log, publication: facts(range: range)).marks.first == "F01!")
    #expect(diagnose(log).marks.first == "F01!")
  }

  @Test("F05: only where the server's own side has the external address; else the helper may have put it in")
  func external227() {
    let log = session(passive(external, 50001, works: false))
    #expect(diagnose(log, server(external), publication: facts()).marks.first == "F05?")
    let alone = diagnose(log, publication: facts())
    #expect(alone.marks == ["F48?"])
    #expect(!diagnose(log, server("10,10,20,200"), publication: facts()).marks.contains("F05?"))
  }

  @Test("F36: one of the two modes works; where both fail the range is closed")
  func modes() {
    let turned = session(
      passive(external, 50001, works: false, verb: "EPSV") + passive(external, 50002, works: true))
    #expect(diagnose(turned).marks == ["F36?"])
    let reverse = session(
      passive(external, 50001, works: false) + passive(external, 50002, works: true, verb: "EPSV"))
    #expect(diagnose(reverse).marks == ["F36?"])
    let both = session(passive(external, 50001, works: false, verb: "EPSV") + passive(external, 50002, works: false))
    #expect(diagnose(both).marks == ["F35?"])
    // A server behind NAT: EPSV carries no address, so F01 is the cause.
    let private227 = session(
      passive("10,10,20,200", 50001, works: false) + passive(external, 50002, works: true, verb: "EPSV"))
    #expect(diagnose(private227).marks.first == "F01!")
  }

  @Test("F49: ports between those that work fail; a range that is open in part, and one port, are something else")
  func backends() {
    func all(_ working: [Int], _ failing: [Int]) -> [String] {
      let logs =
        working.map { session(passive(external, $0, works: true)) }
        + failing.map { session(passive(external, $0, works: false)) }
      return diagnose(logs.joined()).marks
    }
    #expect(all([50000, 50010, 50020], [50005, 50015]).first == "F49?")
    #expect(!all([50000, 50001, 50002], [50010, 50011]).contains("F49?"))
    #expect(!all([50000, 50010, 50020], [50005]).contains("F49?"))
    #expect(!all([50000, 50010, 50020], [50005, 50005]).contains("F49?"))
  }

  @Test("the range is not called closed where one of its ports is open")
  func open() {
    let record =
      "x kernel: [UFW BLOCK] IN=eth0 OUT= MAC=00 SRC=198.18.1.2 DST=203.0.113.10 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=40000 DPT=50001 WINDOW=64240 RES=0x00 SYN URGP=0\n"
    let failed = session(passive(external, 50001, works: false))
    #expect(diagnose(failed, record).proven == ["F48"])
    #expect(diagnose(session(passive(external, 50002, works: true)) + failed, record).proven.isEmpty)
  }

  @Test("F46 alone: a port outside the published range has to be closed")
  func outside() {
    let log = session(passive(external, 61000, works: false))
    let found = diagnose(log, publication: facts(range: PortRange(low: 50000, high: 50399)))
    #expect(found.marks == ["F46?"])
  }

  @Test("F47: the server ends the transfer, and the client never hears it")
  func unheard() {
    let client =
      "*   Trying 203.0.113.10:21...\n* Connected to x (203.0.113.10) port 21 (#0)\n< 220 ready\n"
      + "> USER x\n< 331 ok\n> PASS ***\n< 230 in\n> PASV\n< 227 Entering Passive Mode (203,0,113,10,195,81)\n"
      + "* Connecting to x (203.0.113.10) port 50001\n* Connected to x (203.0.113.10) port 50001 (#0)\n"
      + "> RETR big\n< 150 here\ncurl: (28) Operation timed out after 900000 milliseconds with 262144 bytes received\n"
    let server = self.server(external)
    let done = "DEBUG:pyftpdlib:198.18.1.2:3-[] <- RETR big\nDEBUG:pyftpdlib:198.18.1.2:3-[] -> 150 here\n"
    let said = "DEBUG:pyftpdlib:198.18.1.2:3-[] -> 226 done\n"
    #expect(diagnose(client, server + done + said).marks == ["F47?"])
    // A server that has not ended it yet has lost nothing.
    #expect(!diagnose(client, server + done).marks.contains("F47?"))
    #expect(!diagnose(client).marks.contains("F47?"))
  }

  @Test("F22: TLS that ends without a word, after a transfer that is complete")
  func notEnded() {
    let dialogue = [
      "*cmd* 'PASV'", "*resp* '227 Entering Passive Mode (203,0,113,10,195,81)'", "*cmd* 'LIST'",
      "*resp* '150 here'", "*resp* '226 done'",
      "ssl.SSLEOFError: EOF occurred in violation of protocol (_ssl.c:2427)",
    ]
    let log = dialogue.joined(separator: "\n") + "\n"
    #expect(diagnose("*welcome* '220 ready'\n" + log).marks == ["F22?"])
    let plain = log.replacing(dialogue[5] + "\n", with: "")
    #expect(diagnose("*welcome* '220 ready'\n" + plain).marks.isEmpty)
  }

  @Test(
    "F70: another protocol answers, in its first words",
    arguments: ["SSH-2.0-OpenSSH_9.2p1", "HTTP/1.1 400 Bad Request"])
  func otherProtocol(_ words: String) {
    let log =
      "*   Trying 203.0.113.10:2222...\n* Connected to x (203.0.113.10) port 2222 (#0)\n< \(words)\n* Operation timed out after 4001 milliseconds with 0 bytes received\n"
    #expect(diagnose(log).marks == ["F70!"])
    // After a greeting such words are somebody's text.
    #expect(!diagnose(session("> STAT\n< 211-Status\n< \(words)\n< 211 End\n")).marks.contains("F70!"))
  }

  @Test("curl leaves a connection open that it may use again; the next dial is of the next session")
  func leftIntact() {
    let first = session(passive(external, 50001, works: true)).replacing(
      "* Closing connection 0", with: "* Connection #0 to host x left intact")
    #expect(diagnose(first + session(passive(external, 50002, works: true))).sessions.count == 2)
  }

  @Test("F25: IIS wants a host name; substatus 35 and 41 are other logins")
  func hostName() {
    let log = session("> NOOP\n< 200 ok\n").replacing("< 230 in", with: "< 530 Valid hostname is expected.")
    #expect(diagnose(log).marks == ["F25?"])
    func iis(_ substatus: Int) -> String {
      """
      #Fields: date time c-ip cs-username s-ip s-port cs-method cs-uri-stem sc-status sc-win32-status sc-substatus x-session x-fullpath
      2026-11-26 10:00:00 198.51.100.7 - 10.10.20.200 21 ControlChannelOpened - - 0 0 aa -
      2026-11-26 10:00:01 198.51.100.7 - 10.10.20.200 21 USER me 331 0 0 aa -
      2026-11-26 10:00:02 198.51.100.7 - 10.10.20.200 21 PASS *** 530 1326 \(substatus) aa -

      """
    }
    #expect(diagnose(iis(37)).marks == ["F25!"])
    #expect(diagnose(iis(41)).marks == ["F71!"])
  }

  @Test("ncftp writes on the terminal what it writes into a file, without times")
  func ncftp() {
    let rows = [
      "LibNcFTP 3.2.6 (November 12, 2016)", "220: ready", "Connected to 203.0.113.10.", "Cmd: USER u", "331: go on",
      "Cmd: PASS xxxxxxxx", "230: in", "Cmd: PASV", "227: Entering passive mode (203,0,113,10,195,81).",
      "connect to 203.0.113.10:50001 failed: Connection refused.",
    ]
    let timed = rows.map { "2026-11-26 08:34:29  \($0)\n" }.joined()
    let bare = rows.map { "\($0)\n" }.joined()
    #expect(log(bare).kind == log(timed).kind)
    #expect(diagnose(bare).marks == ["F48?"] && diagnose(timed).marks == ["F48?"])
  }
}
