import Addressing
import Diagnosis
import Evidence
import Servers
import Testing

/// Each reader, with lines as the programs write them.
@Suite struct ReaderTests {
  static let kinds: [(title: String, text: String)] = [
    (
      "log of curl",
      """
      *   Trying 203.0.113.10:21...
      * Connected to 203.0.113.10 (203.0.113.10) port 21 (#0)
      < 220 ready
      > USER u
      """
    ),
    ("log of lftp", "---- Verbinde mit 203.0.113.10 (203.0.113.10) Port 21\n<--- 220 ready\n---> FEAT\n"),
    (
      "log of the FileZilla client",
      "2026-11-26 08:45:04 22895 1 Antwort: 220 hallo\n2026-11-26 08:45:04 22895 1 Befehl: AUTH TLS\n"
    ),
    ("log of the FileZilla client", "Réponse :\t220 ready\nCommande :\tAUTH TLS\n"),
    ("log of the FileZilla client", "状态:\t正在连接 203.0.113.10:21...\n响应:\t220 ready\n命令:\tUSER u\n"),
    ("log of Python's ftplib", "*cmd* 'PASV'\n*resp* '227 Entering passive mode (10,10,20,200,195,81).'\n"),
    ("log of ncftp", "2026-11-26 08:34:29  220: ready\n2026-11-26 08:34:29  Cmd: USER u\n"),
    ("log of wget -d", "--> USER u\n\n331 go on\nconaddr is: 203.0.113.10\n"),
    (
      "session log of WinSCP",
      "> 2026-11-26 08:45:04.123 PASV\n< 2026-11-26 08:45:04.130 227 Entering (1,2,3,4,5,6)\n"
    ),
    ("log of ftp -d", "Connected to 203.0.113.10.\n220 ready\n---> USER u\n331 go on\n"),
    ("log of Pure-FTPd", "<95>Nov 26 08:41:17 pure-ftpd: (?@10.10.20.1) [DEBUG] Command [feat] []\n"),
    ("log of vsftpd", "Thu Nov 26 08:40:10 2026 [pid 28072] CONNECT: Client \"198.18.1.2\"\n"),
    (
      "SystemLog or TLSLog of ProFTPD",
      "2026-11-26 08:42:21,065 vm proftpd[1221] 127.0.0.1 (198.18.1.2[198.18.1.2]): FTP session opened.\n"
    ),
    (
      "ExtendedLog of ProFTPD",
      "host - u [26/Nov/2026:08:00:00 +0000] \"LIST\" 226 100\nhost - u [26/Nov/2026:08:00:01 +0000] \"QUIT\" 221 -\n"
    ),
    (
      "log of FTP in IIS",
      "#Fields: date time c-ip cs-username s-ip s-port cs-method cs-uri-stem sc-status sc-win32-status sc-substatus x-session\n"
    ),
    (
      "log of FileZilla Server",
      "2024-09-06T14:41:31.000Z >> [FTP Session 2 10.10.10.99] PASV\n<9/6/2024 2:41:31 PM> FTP Session 2 10.10.10.99 [Response] 220 x\n"
    ),
    ("log of FileZilla Server 0.9", "(000012) 12/18/2019 15:51:18 PM - (not logged in) (198.51.100.7)> USER u\n"),
    (
      "log of SFTPGo",
      #"{"level":"debug","time":"2022-06-02T14:14:54.185","sender":"ftpserverlib","server_id":"FTP_0","clientId":"1","line":"PASV","message":"Received line"}"#
    ),
    ("log of pyftpdlib", "DEBUG:pyftpdlib:198.18.1.2:39242-[] -> 220 pyftpdlib 2.2.0 ready.\n"),
    ("transfer log (xferlog)", "Thu Nov 26 08:41:37 2026 1 198.18.1.2 300000 /a.bin b _ o a secret ftp 0 * c\n"),
    (
      "kernel log of a Linux firewall",
      "Nov 26 08:00:00 gw kernel: [1.2] sallyport files denied: IN=eth0 OUT=eth1 SRC=198.18.1.2 DST=10.10.20.200 LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=40000 DPT=50001 WINDOW=64240 RES=0x00 SYN URGP=0\n"
    ),
    (
      "log of a Cisco ASA",
      "%ASA-4-106023: Deny tcp src outside:198.51.100.7/40000 dst inside:10.10.20.200/50001 by access-group \"out\" [0x0, 0x0]\n"
    ),
    (
      "session log of a Juniper SRX",
      "<14>1 2026-11-26T08:00:00.000Z srx RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.129 source-address=\"198.51.100.7\" source-port=\"40000\" destination-address=\"203.0.113.10\" destination-port=\"50001\" service-name=\"None\" protocol-id=\"6\"]\n"
    ),
    (
      "firewall log of ISA Server or TMG",
      "#Software: Microsoft Internet Security and Acceleration Server 2004\n#Fields: computer\tdate\ttime\tIP protocol\tsource\tdestination\toriginal client IP\taction\tstatus\trule\tapplication protocol\n"
    ),
  ]

  @Test(arguments: kinds)
  func recognised(_ kind: (title: String, text: String)) {
    #expect(log(kind.text).kind == kind.title, "\(kind.text)")
  }

  @Test("every reader is recognised by some line of these tests")
  func complete() {
    let titles = Set(Self.kinds.map(\.title))
    #expect(Set(allReaders.map(\.title)).isSubset(of: titles), "\(Set(allReaders.map(\.title)).subtracting(titles))")
  }

  @Test(
    "FileZilla: each of its languages is read the same",
    arguments: [
      "de", "fr", "es", "it", "nl", "pt_BR", "pt_PT", "pl_PL", "cs_CZ", "sv", "da", "tr", "hu_HU", "ru", "uk_UA",
      "ja_JP", "zh_CN", "zh_TW", "ko_KR",
    ])
  func languages(_ language: String) throws {
    let words = try FileZillaWords(language)
    let text = """
      \(words["Status:"])\t\(words["Connecting to %s..."].replacing("%s", with: "203.0.113.10:21"))
      \(words["Response:"])\t220 ready
      \(words["Command:"])\tPASV
      \(words["Response:"])\t227 Entering Passive Mode (10,10,20,200,195,88)
      \(words["Status:"])\t\(words["Server sent passive reply with unroutable address. Using server address instead."])
      \(words["Command:"])\tMLSD
      \(words["Error:"])\t\(words["The data connection could not be established: %s"].replacing("%s", with: "ECONNREFUSED - x"))
      """
    #expect(diagnose(text).marks == ["F01!", "F48?"], "\(text)")
  }

  @Test("multi-line replies, carriage returns, progress meters, UTF-16")
  func lines() throws {
    let meter =
      "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0*   Trying 203.0.113.10:21...\n* Connected to x (203.0.113.10) port 21 (#0)\n< 220-hello\r\n< 220 ready\r\n> FEAT\r\n"
    let dialogue = try #require(log(meter).dialogues.first)
    #expect(dialogue.server == Endpoint(IPAddress("203.0.113.10"), 21))
    let replies = dialogue.events.compactMap { if case .reply(let reply) = $0.what { reply } else { nil } }
    #expect(replies == [FTPReply(code: 220, lines: ["hello", "ready"])])
    var wide: [UInt8] = [0xFF, 0xFE]
    for unit in meter.utf16 { wide += [UInt8(truncatingIfNeeded: unit), UInt8(unit >> 8)] }
    #expect(readLog(wide, name: "x", source: 0, readers: allReaders).dialogues.count == 1)
  }

  @Test func announcements() {
    #expect(
      announcement(inPASVReply: "Entering Passive Mode (203,0,113,10,195,81).").endpoint
        == Endpoint(IPAddress("203.0.113.10"), 50001))
    #expect(announcement(inPASVReply: "=203,0,113,10,195,81").endpoint?.port == 50001)
    #expect(announcement(inPASVReply: "Entering Passive Mode (::ffff:172,17,0,3,145,11).") == .malformed)
    #expect(announcement(inPASVReply: "Entering Passive Mode (1,2,3,4,256,1)") == .malformed)
    #expect(announcement(inEPSVReply: "Entering Extended Passive Mode (|||52179|)").endpoint == Endpoint(nil, 52179))
    #expect(announcement(inEPSVReply: "Entering (|||99999|)") == .malformed)
    #expect(
      FTPCommand("EPRT |2|2001:db8::1|4000|").flatMap { announcement(in: $0) }?.endpoint
        == Endpoint(IPAddress("2001:db8::1"), 4000))
  }

  @Test("firewalls: what each line says")
  func records() {
    let asa = log(
      """
      %ASA-6-302013: Built inbound TCP connection 9 for outside:198.51.100.7/40000 (198.51.100.7/40000) to inside:10.10.20.200/21 (203.0.113.10/21)
      %ASA-6-302014: Teardown TCP connection 9 for outside:198.51.100.7/40001 to inside:10.10.20.200/50001 duration 0:00:30 bytes 0 SYN Timeout
      %ASA-5-303004: FTP AUTH command unsupported - failed strict inspection, terminating connection from outside:198.51.100.7/40000 to inside:10.10.20.200/21
      """)
    #expect(asa.records.map(\.reason) == [nil, .noAnswer, .unknownCommand("AUTH")])
    #expect(asa.records.first?.translated?.address == IPAddress("203.0.113.10"))
    let icmp =
      "x: IN=eth0 OUT= SRC=1.2.3.4 DST=5.6.7.8 LEN=88 PROTO=ICMP TYPE=3 CODE=13 [SRC=9.9.9.9 DST=8.8.8.8 PROTO=TCP SPT=1 DPT=2 ]\n"
    #expect(log(icmp).records.isEmpty)
  }
}

/// The words of one language from the table that the product reads.
struct FileZillaWords {
  private var words: [String: String] = [:]

  init(_ language: String) throws {
    let path = repositoryFile("Sources/Evidence/messages/filezilla-messages.txt")
    var english = ""
    for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("## ") {
        english = String(line.dropFirst(3))
        words[english] = english
      } else if line.hasPrefix("   \(language) | ") {
        let text = String(line.dropFirst(language.count + 6))
        if text != "(en)", text != "-" { words[english] = text }
      }
    }
  }

  subscript(_ english: String) -> String { words[english] ?? english }
}
