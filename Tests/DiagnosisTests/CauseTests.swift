import Addressing
import Diagnosis
import Diagnostics
import Evidence
import Testing

/// Causes from short dialogues, many in the words of public threads, each beside what looks like it.
@Suite struct CauseTests {
  private func curl(_ lines: String, peer: String = "203.0.113.10") -> String {
    "*   Trying \(peer):21...\n* Connected to x (\(peer)) port 21 (#0)\n< 220 ready\n" + lines
  }

  @Test("F03: loopback, the IPv6 socket's 0.0.0.0; right on the server itself")
  func meaningless() {
    for address in ["127,0,0,1", "0,0,0,0", "224,0,0,1"] {
      let dialogue =
        "> PASV\n< 227 Entering Passive Mode (\(address),82,108)\n* Connecting to x (203.0.113.10) port 21100\n* connect to 203.0.113.10 port 21100 failed: Connection refused\n"
      #expect(diagnose(curl(dialogue)).marks.first == "F03!")
    }
    let home =
      "> PASV\n< 227 Entering Passive Mode (127,0,0,1,82,108)\n* Connecting to x (127.0.0.1) port 21100\n* connect to 127.0.0.1 port 21100 failed: Connection refused\n"
    #expect(!diagnose(curl(home, peer: "127.0.0.1")).proven.contains("F03"))
  }

  @Test("F01: to a client in the same private network the address may be right")
  func privateClient() {
    let dialogue =
      "> PASV\n< 227 Entering Passive Mode (192,168,1,5,195,81)\n* Connecting to x (192.168.1.5) port 50001\n* connect to 192.168.1.5 port 50001 failed: Connection refused\n"
    #expect(diagnose(curl(dialogue, peer: "192.168.1.5")).proven.isEmpty)
    #expect(diagnose(curl(dialogue)).marks.first == "F01!")
  }

  @Test("F01 is not the server's fault where its own log has another address")
  func rewritten() {
    let dialogue =
      "> USER x\n< 331 ok\n> PASS ***\n< 230 in\n> PASV\n< 227 Entering Passive Mode (10,10,20,200,195,81)\n"
      + "* Connecting to x (10.10.20.200) port 50001\n* connect to 10.10.20.200 port 50001 failed: Connection refused\n"
    let words = [
      "-> 220 ready", "<- USER x", "-> 331 ok", "<- PASS ******", "-> 230 in", "<- PASV",
      "-> 227 Entering passive mode (203,0,113,10,195,81).",
    ]
    let server = words.map { "DEBUG:pyftpdlib:198.18.1.2:3-[] \($0)\n" }.joined()
    #expect(diagnose(curl(dialogue)).proven.contains("F01"))
    #expect(!diagnose(curl(dialogue), server).proven.contains("F01"))
  }

  @Test("F65 only where nobody could read the numbers: what follows them is not looked at")
  func textAfterNumbers() {
    let dialogue =
      "> PASV\n< 227 Entering Passive Mode (10,0,0,5,195,80) see ftp::help\n* Connecting to x (10.0.0.5) port 50000\n"
      + "* connect to 10.0.0.5 port 50000 failed: Connection refused\n"
    #expect(!diagnose(curl(dialogue)).proven.contains("F65"))
    #expect(diagnose(curl(dialogue)).proven.contains("F01"))
  }

  @Test("F61 from the client's side alone is likely, with the server's own words it is no TLS at the server")
  func auth() {
    let filter = "> AUTH SSL\n< 550 Access is denied.\n> AUTH TLS\n< 550 Access is denied.\n"
    #expect(diagnose(curl(filter)).marks == ["F61?"])
    #expect(
      diagnose(curl("> AUTH TLS\n< 500 AUTH not understood\n> AUTH SSL\n< 500 AUTH not understood\n")).marks == [
        "F23?"
      ])
    // The server's side has the command: it refused it itself.
    let server =
      "DEBUG:pyftpdlib:198.18.1.2:3-[] -> 220 ready\nDEBUG:pyftpdlib:198.18.1.2:3-[] <- AUTH TLS\nDEBUG:pyftpdlib:198.18.1.2:3-[] -> 550 Access is denied.\n"
    #expect(diagnose(curl(filter), server).marks.first == "F23!")
    #expect(!diagnose(curl(filter), server).proven.contains("F61"))
    // A log that never has commands proves nothing by its silence.
    let silent = "<94>Nov 26 08:41:17 pure-ftpd: (?@10.10.20.1) [INFO] New connection from 10.10.20.1\n"
    #expect(diagnose(curl(filter), silent).marks == ["F61?"])
    // An inspection that says so itself.
    let asa = """
      %ASA-6-302013: Built inbound TCP connection 9 for outside:198.51.100.7/40000 (198.51.100.7/40000) to inside:10.10.20.200/21 (203.0.113.10/21)
      %ASA-5-303004: FTP AUTH command unsupported - failed strict inspection, terminating connection from outside:198.51.100.7/40000 to inside:10.10.20.200/21
      """
    // That of somebody else's session proves nothing about this one.
    let other = asa.replacing(
      "303004: FTP AUTH command unsupported - failed strict inspection, terminating connection from outside:198.51.100.7/40000",
      with:
        "303004: FTP AUTH command unsupported - failed strict inspection, terminating connection from outside:198.51.100.8/40000"
    )
    #expect(!diagnose(curl("> AUTH TLS\n* Closing connection 0\n"), other).proven.contains("F61"))
    #expect(diagnose(curl("> AUTH TLS\n* Closing connection 0\n"), asa).marks.first == "F61!")
  }

  @Test("F48: proven with the firewall's log, and not by a log about other ports")
  func closed() {
    let dialogue =
      "> PASV\n< 227 Entering Passive Mode (203,0,113,10,195,81)\n* Connecting to x (203.0.113.10) port 50001\n*   Trying 203.0.113.10:50001...\n* Connection time-out\ncurl: (28) Connection time-out\n"
    #expect(diagnose(curl(dialogue)).marks == ["F48?"])
    func record(_ port: Int) -> String {
      "x kernel: [UFW BLOCK] IN=eth0 OUT= MAC=00 SRC=198.18.1.2 DST=203.0.113.10 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=40000 DPT=\(port) WINDOW=64240 RES=0x00 SYN URGP=0\n"
    }
    #expect(diagnose(curl(dialogue), record(50001)).marks == ["F48!"])
    #expect(diagnose(curl(dialogue), record(50002)).marks == ["F48?"])
    let srx =
      "RT_FLOW: RT_FLOW_SESSION_DENY: session denied 198.18.1.2/40000->203.0.113.10/50001 junos-x 6(0) p a b UNKNOWN UNKNOWN\n"
    #expect(diagnose(curl(dialogue), srx).marks == ["F48!"])
    #expect(diagnose(curl(dialogue)).next.contains { $0.contains("tcpdump") })
  }

  @Test(
    "what a server says itself",
    arguments: [
      ("> PASV\n< 425 You cannot use PASV on IPv6 connections. Use EPSV instead.\n", "F37!"),
      ("> PASV\n< 425 All reserved TCP ports are busy\n", "F28!"),
      ("> PASV\n< 500 OOPS: invalid pasv_address\n", "F43!"),
      ("> PASS x\n< 500 OOPS: cannot change directory:/nonexistent\n", "F72!"),
      ("> PASV\n< 229 Entering Extended Passive Mode (|||50001|)\n", "F69!"),
      (
        "> PASV\n< 227 Entering Passive Mode (::ffff:172,17,0,3,145,11).\n* Could not interpret the 227-response\n",
        "F65!"
      ),
      ("> USER u\n< 331 go on\n> PASS x\n< 530 Login authentication failed\n", "F71!"),
      ("> USER u\n< 421 Too many connections (8) from this IP\n", "F71!"),
      ("> USER u\n< 530 Non-anonymous sessions must use encryption.\n", "F24!"),
      ("> PORT 10,0,0,7,235,90\n< 500 I won't open a connection to 10.0.0.7 (only to 203.0.113.9)\n", "F32!"),
      ("> PASV\n< 227 Entering (203,0,113,10,195,81)\n> LIST\n< 425 Security: Bad IP connecting.\n", "F15!"),
      (
        "> PASV\n< 227 Entering (203,0,113,10,195,81)\n> LIST\n< 150 go\n< 425 Data channel timed out due to not meeting the minimum bandwidth requirement.\n",
        "F66!"
      ),
      (
        "> PASV\n< 227 Entering (203,0,113,10,195,81)\n> LIST\n< 150 go\n< 450 TLS session of data connection has not resumed or the session does not match the control connection\n",
        "F18!"
      ),
      ("> PORT 198,18,1,2,1,5\n< 522 Bad network protocol\n", "F38!"),
    ])
  func said(_ dialogue: String, _ expected: String) { #expect(diagnose(curl(dialogue)).marks == [expected]) }

  @Test("public threads: peers that differ, in the words of each server")
  func peers() {
    let legacy =
      "(000012) 12/18/2019 15:51:18 PM - u (198.51.100.7)> LIST\n(000012) 12/18/2019 15:51:18 PM - u (198.51.100.7)> 425 Rejected data connection for transfer of \"/\", IP addresses of control and data connection do not match\n"
    #expect(diagnose(legacy).marks == ["F15!"])
    let newer =
      "2024-09-06T14:41:31.000Z !! [FTP Session 2 198.51.100.7 u] Data peer IP [10.0.0.1] differs from control peer IP [198.51.100.7]: this shouldn't happen, aborting the data connection.\n2024-09-06T14:41:31.000Z >> [FTP Session 2 198.51.100.7 u] LIST\n"
    #expect(diagnose(newer).marks == ["F15!"])
    let go =
      #"{"level":"warn","time":"2025-03-17T19:57:02.648","sender":"ftpserverlib","server_id":"FTP_0","clientId":"3","err":"data connection ip address 172.17.0.3 does not match control connection ip address 172.17.0.1","message":"Could not validate passive data connection requirement"}"#
    #expect(diagnose(go).marks == ["F15!"])
    // Two public addresses: the client's line, perhaps, and never proven.
    let roaming = go.replacing("172.17.0.3", with: "198.51.100.7").replacing("172.17.0.1", with: "198.51.100.8")
    #expect(diagnose(roaming).marks == ["F63?"])
  }

  @Test("F73: the wait for a login is no failure of the data connection")
  func impatient() {
    #expect(
      diagnose(
        curl(
          "> USER u\n< 331 go on\n> PASS x\ncurl: (28) Operation timed out after 4000 milliseconds with 0 bytes received\n"
        )
      ).marks == ["F73?"])
  }

  @Test("F46: a port outside the published range, with a policy")
  func range() {
    let facts = PublishedFacts(
      externalAddresses: [IPAddress("203.0.113.10")].compactMap(\.self), serverAddresses: [], controlPort: 21,
      passiveRange: PortRange(low: 60000, high: 60100), hasHelper: false, hasActive: false)
    let server =
      "Thu Nov 26 08:42:03 2026 [pid 980] CONNECT: Client \"198.18.1.2\"\nThu Nov 26 08:42:03 2026 [pid 980] FTP command: Client \"198.18.1.2\", \"PASV\"\nThu Nov 26 08:42:03 2026 [pid 980] FTP response: Client \"198.18.1.2\", \"227 Entering Passive Mode (203,0,113,10,195,82).\"\nThu Nov 26 08:42:03 2026 [pid 980] FTP command: Client \"198.18.1.2\", \"LIST\"\nThu Nov 26 08:42:08 2026 [pid 980] FTP response: Client \"198.18.1.2\", \"425 Failed to establish connection.\"\n"
    #expect(diagnose(server, publication: facts).marks.first == "F46!")
    #expect(diagnose(server).marks == ["F48?"])
  }

  @Test("nothing, another protocol, no language that is known: said, and never a guess")
  func strange() {
    for text in [
      "", "\n\n\n", "GET / HTTP/1.1\nHost: x\n", "SSH-2.0-OpenSSH_9.2\n", "Etat: bla\nFoo: bar\n", "\u{0}\u{1}\u{2}",
    ] {
      let diagnosis = diagnose(text)
      #expect(diagnosis.causes.isEmpty && !diagnosis.isUnderstood, "\(text)")
      #expect(!diagnosis.next.isEmpty)
    }
  }

  @Test("the picture has every message, as text, as SVG and as a page, and nothing of the log gets into markup")
  func pictures() throws {
    let diagnosis = diagnose(curl("> AUTH TLS\n< 550 Access is denied. <script>\n"))
    let view = DiagnosisText(diagnosis, style: .plain)
    #expect(view.text.contains("AUTH TLS") && view.html.contains("<svg") && !view.html.contains("<script>"))
    let svg = try #require(diagnosis.ladder).svg()
    #expect(svg.contains("&lt;script&gt;") && !svg.contains("<script>"))
  }

  /// A session in clear whose PASV works, and one under TLS whose 227 has the server's own address.
  private func blindHelper(_ plain: String) -> Diagnosis {
    let clear =
      "> USER x\n< 331 ok\n> PASS ***\n< 230 in\n> PASV\n< 227 Entering Passive Mode (\(plain),195,80)\n"
      + "* Connecting to x (203.0.113.10) port 50000\n* Connected to x (203.0.113.10) port 50000 (#0)\n"
      + "> LIST\n< 150 here\n< 226 done\n"
    let encrypted =
      "> AUTH TLS\n< 234 go\n* SSL connection using TLSv1.3 / X\n> USER x\n< 331 ok\n> PASS ***\n< 230 in\n> PASV\n"
      + "< 227 Entering Passive Mode (10,10,20,200,195,81)\n* Connecting to x (10.10.20.200) port 50001\n"
      + "* connect to 10.10.20.200 port 50001 failed: No route to host\n"
    return diagnose(curl(clear) + "* Closing connection 0\n" + curl(encrypted))
  }

  @Test("F04: a helper rewrites the 227 of sessions in clear, and not that under TLS")
  func helperUnderTLS() {
    #expect(blindHelper("203,0,113,10").marks.first == "F04?", "\(blindHelper("203,0,113,10").marks)")
    // Where both have the same address nobody rewrites one.
    #expect(!blindHelper("10,10,20,200").marks.contains("F04?"))
  }

  @Test("F50 needs a port that fails more than once")
  func onePort() {
    func session(_ port: Int, works: Bool) -> String {
      let low = port - 195 * 256
      let end =
        works
        ? "* Connected to x (203.0.113.10) port \(port) (#0)\n> LIST\n< 150 here\n< 226 done\n"
        : "* connect to 203.0.113.10 port \(port) failed: Connection timed out\n"
      return curl(
        "> USER x\n< 331 ok\n> PASS ***\n< 230 in\n> PASV\n< 227 Entering Passive Mode (203,0,113,10,195,\(low))\n"
          + "* Connecting to x (203.0.113.10) port \(port)\n" + end) + "* Closing connection 0\n"
    }
    let fine = session(50000, works: true) + session(50001, works: true)
    #expect(!diagnose(fine + session(50007, works: false)).marks.contains("F50?"))
    #expect(diagnose(fine + session(50007, works: false) + session(50007, works: false)).marks.contains("F50?"))
  }
}
