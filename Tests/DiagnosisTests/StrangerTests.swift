import Addressing
import Diagnosis
import Evidence
import Servers
import Testing

/// What others did, at the same firewall or the same server, proves nothing about a session.
@Suite struct StrangerTests {
  private let closed =
    "*   Trying 203.0.113.10:21...\n* Connected to x (203.0.113.10) port 21 (#0)\n< 220 ready\n> USER x\n< 331 ok\n"
    + "> PASS ***\n< 230 in\n> PASV\n< 227 Entering Passive Mode (203,0,113,10,195,81)\n"
    + "* Connecting to x (203.0.113.10) port 50001\n*   Trying 203.0.113.10:50001...\n* Connection time-out\n"
    + "curl: (28) Connection time-out\n"

  private func ufw(_ prefix: String = "[UFW BLOCK]", to: String = "203.0.113.10", host: String = "x") -> String {
    "Nov 26 10:00:00 \(host) kernel: \(prefix) IN=eth0 OUT= MAC=00 SRC=198.51.100.7 DST=\(to) LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=40000 DPT=50001 WINDOW=64240 RES=0x00 SYN URGP=0\n"
  }

  @Test("a denied SYN to another server, another protocol, an accepted one")
  func firewalls() {
    #expect(diagnose(closed, ufw()).marks == ["F48!"])
    #expect(diagnose(closed, ufw(to: "192.0.2.77")).marks == ["F48?"])
    #expect(diagnose(closed, ufw("FW-ACCEPT", host: "raindrop")).marks == ["F48?"])
    let asa =
      "%ASA-4-106023: Deny udp src outside:198.51.100.7/40000 dst inside:203.0.113.10/50001 by access-group \"out\"\n"
    #expect(diagnose(closed, asa).marks == ["F48?"])
    #expect(diagnose(closed, asa.replacing("udp", with: "tcp")).marks == ["F48!"])
    let srx =
      "RT_FLOW: RT_FLOW_SESSION_DENY: session denied 198.18.1.2/40000->203.0.113.10/50001 junos-x 17(0) p a b UNKNOWN UNKNOWN\n"
    #expect(diagnose(closed, srx).marks == ["F48?"])
  }

  @Test("a line about another client, where the client's address is known")
  func clients() {
    let client = closed.replacing(
      "* Connected to x (203.0.113.10) port 21 (#0)",
      with: "* Connected to x (203.0.113.10) port 21 (#0)\n* Local port: 40000")
    let server =
      "Thu Nov 26 08:42:03 2026 [pid 980] CONNECT: Client \"198.18.1.2\"\nThu Nov 26 08:42:03 2026 [pid 980] FTP command: Client \"198.18.1.2\", \"PASV\"\nThu Nov 26 08:42:03 2026 [pid 980] FTP response: Client \"198.18.1.2\", \"227 Entering Passive Mode (203,0,113,10,195,81).\"\n"
    #expect(diagnose(client, server, ufw()).proven.isEmpty)
    #expect(diagnose(client, server, ufw().replacing("198.51.100.7", with: "198.18.1.2")).proven == ["F48"])
  }

  @Test("a brute force at the same server comes after what the client met")
  func server() {
    let log =
      "Thu Nov 26 08:42:03 2026 [pid 980] CONNECT: Client \"192.0.2.147\"\nThu Nov 26 08:42:03 2026 [pid 980] FTP command: Client \"192.0.2.147\", \"USER root\"\nThu Nov 26 08:42:03 2026 [pid 980] FTP response: Client \"192.0.2.147\", \"331 Please specify the password.\"\nThu Nov 26 08:42:03 2026 [pid 980] FTP command: Client \"192.0.2.147\", \"PASS <password>\"\nThu Nov 26 08:42:06 2026 [pid 980] [root] FAIL LOGIN: Client \"192.0.2.147\"\nThu Nov 26 08:42:06 2026 [pid 980] FTP response: Client \"192.0.2.147\", \"530 Login incorrect.\"\n"
    let found = diagnose(closed, log)
    #expect(found.marks.first == "F48?" && !found.next.isEmpty, "\(found.marks)")
    #expect(diagnose(log).marks == ["F71!"])
  }

  @Test("a policy about another server is left aside, and that is said")
  func policy() {
    let facts = PublishedFacts(
      externalAddresses: [knownAddress("192.0.2.44")], serverAddresses: [knownAddress("10.0.0.4")], controlPort: 21,
      passiveRange: PortRange(low: 60000, high: 60100), hasHelper: false, hasActive: false)
    let found = diagnose(closed, publication: facts)
    #expect(found.marks == ["F48?"] && found.remarks.contains { $0.contains("another server") })
  }

  @Test("a file that is not there, masked numbers, other mechanisms than TLS, PORT below 1024")
  func lookAlikes() {
    let head =
      "*   Trying 203.0.113.10:21...\n* Connected to x (203.0.113.10) port 21 (#0)\n< 220 ready\n> USER x\n< 331 ok\n> PASS ***\n< 230 in\n"
    let missing =
      head + "> PASV\n< 227 Entering Passive Mode (10,0,0,5,195,80)\n> RETR x\n< 550 No such file\n"
    #expect(diagnose(missing).proven.isEmpty)
    let masked = head + "> PASV\n< 227 Entering Passive Mode (xx,xx,xx,xx,195,149)\n"
    #expect(diagnose(masked).proven.isEmpty)
    let port = head + "> PORT 203,0,113,9,3,200\n< 500 Illegal PORT command.\n"
    #expect(!diagnose(port).proven.contains("F32"))
    #expect(diagnose(port.replacing("3,200", with: "30,200")).proven.contains("F32"))
    let active = head + "> PORT 203,0,113,9,30,200\n< 500 OOPS: vsf_sysutil_bind\n"
    #expect(!diagnose(active).proven.contains("F28"))
    let kerberos = "-> 220 ready\n<- AUTH GSSAPI\n-> 504 Unknown AUTH type.\n".split(separator: "\n").map {
      "DEBUG:pyftpdlib:198.18.1.2:3-[] \($0)\n"
    }.joined()
    #expect(!diagnose(kerberos).proven.contains("F23"))
    #expect(diagnose(kerberos.replacing("GSSAPI", with: "TLS")).proven.contains("F23"))
  }

  @Test("FileZilla waits for many seconds, in English too")
  func fileZilla() {
    let log = """
      Status:	Connecting to 203.0.113.10:21...
      Status:	Connection established, waiting for welcome message...
      Response:	220 ready
      Command:	USER x
      Response:	331 ok
      Command:	PASS ***
      Response:	230 in
      Command:	PASV
      Response:	227 Entering Passive Mode (203,0,113,10,195,81)
      Command:	MLSD
      Error:	Connection timed out after 20 seconds of inactivity
      Error:	Failed to retrieve directory listing

      """
    #expect(diagnose(log).marks == ["F48?"])
    #expect(diagnose(log.replacing("20 seconds", with: "1 second")).marks == ["F48?"])
  }

  @Test(
    "more places in which programs write passwords",
    arguments: [
      "> SITE CHPASS open-sesame", "ftp://me:open/sesame@host/x", "curl -u me:open-sesame ftp://x",
      "login password=open-sesame&x=1", "> SITE AUTH open-sesame",
    ])
  func passwords(_ line: String) { #expect(!redacted(line).contains("sesame"), "\(redacted(line))") }
}
