import Addressing
import Diagnosis
import LiveSupport

extension Injection {
  static let all: [Injection] = [
    Injection(name: "healthy", causes: []),
    Injection(name: "range dropped", causes: ["F48", "F35"], forward: "tcp dport 50000-50399 drop"),
    Injection(name: "range not translated", causes: ["F48", "F35"], range: ""),
    Injection(
      name: "range rejected", causes: ["F48", "F35"],
      forward: "tcp dport 50000-50399 reject with icmp type admin-prohibited"),
    Injection(
      name: "EPSV dropped", causes: ["F35"], alsoTrue: ["F48"], clients: [.curl, .lftp], mode: .epsv,
      forward: "tcp dport 50000-50399 drop"),
    Injection(
      name: "private address", causes: ["F01"], alsoTrue: ["F48"], clients: [.curl, .lftp, .ftplib, .tnftp],
      announced: nil),
    Injection(name: "loopback address", causes: ["F03"], announced: "127.0.0.1"),
    Injection(name: "other public address", causes: ["F42", "F44"], announced: "203.0.113.77"),
    Injection(
      name: "data masqueraded", causes: ["F15", "F16"], daemons: [.vsftpd, .proFTPD],
      post: "ip daddr 10.10.20.200 tcp dport 50000-50399 masquerade"
    ),
    Injection(name: "filter answers AUTH", causes: ["F61"], encryption: [.explicit], box: .isa),
    Injection(name: "server without TLS", causes: ["F23"], encryption: [.explicit], hasTLS: false),
    Injection(
      name: "TLS demanded", causes: ["F24"], daemons: [.vsftpd, .proFTPD], encryption: [.plain],
      settings: [.vsftpd: "force_local_logins_ssl=YES", .proFTPD: "TLSRequired on"]),
    Injection(
      name: "data in clear", causes: ["F26", "F27"], daemons: [.vsftpd, .proFTPD], clients: [.ftplib],
      encryption: [.explicit],
      settings: [.vsftpd: "force_local_data_ssl=YES", .proFTPD: "TLSRequired on"], protectsData: false),
    Injection(
      name: "session not resumed", causes: ["F18", "F20"], daemons: [.vsftpd, .proFTPD], clients: [.ftplib],
      encryption: [.explicit],
      resumesTLS: false),
    Injection(
      name: "active blocked", causes: ["F33"], clients: [.curl, .lftp], encryption: [.plain], mode: .port,
      forward: "ip saddr 10.10.20.200 ct state new drop"),
    Injection(
      name: "foreign PORT", causes: ["F32"], clients: [.lftp], encryption: [.plain], mode: .port,
      portAddress: "203.0.113.77"),
    Injection(name: "wrong password", causes: ["F71", "F73"], password: "wrong"),
    Injection(
      name: "no home", causes: ["F72"], daemons: [.vsftpd], encryption: [.plain],
      settings: [.vsftpd: "local_root=/nonexistent/here"]),
    Injection(
      name: "bad announced address", causes: ["F43"], daemons: [.vsftpd], encryption: [.plain],
      announced: "'203.0.113.10'"),
    Injection(
      name: "answers lost", causes: ["F62"],
      forward: "ip saddr 10.10.20.200 tcp sport 50000-50399 tcp flags & (syn|ack) == syn|ack drop"),
    Injection(
      name: "server's own firewall", causes: ["F51"],
      serverRules:
        "table ip own { chain arriving { type filter hook input priority 0\ntcp dport 50000-50399 drop\n}\n}\n"),
    Injection(
      name: "ports changed", causes: ["F14"], encryption: [.plain],
      range: "ip daddr 203.0.113.10 tcp dport 50000-50399 dnat to 10.10.20.200:60000"),
    Injection(
      name: "range reset", causes: ["F48", "F35"],
      forward: "tcp dport 50000-50399 reject with tcp reset"),
    Injection(
      name: "client's firewall", causes: ["F48", "F35"],
      preparations: [
        .client:
          "nft add table ip own; nft add chain ip own leaving '{ type filter hook output priority 0; }'; nft add rule ip own leaving tcp dport 50000-50399 drop"
      ]),
    Injection(
      name: "active, client's firewall", causes: ["F33"], clients: [.curl, .lftp], encryption: [.plain], mode: .port,
      preparations: [
        .client:
          "nft add table ip own; nft add chain ip own arriving '{ type filter hook input priority 0; }'; nft add rule ip own arriving ct state new drop"
      ]),
    Injection(
      name: "blind helper", causes: ["F04"], clients: [.curl, .lftp, .ftplib], encryption: [.explicit],
      forward: related, range: "",
      announced: nil, hasHelper: true, isPlainFirst: true),
    Injection(
      name: "helper and external address", causes: ["F05"], encryption: [.plain], forward: related, range: "",
      hasHelper: true, facts: helperFacts(21)),
    Injection(
      name: "helper not assigned", causes: ["F08"], alsoTrue: ["F01"], encryption: [.plain], forward: related,
      range: "", announced: nil, facts: helperFacts(21)),
    Injection(
      name: "helper on another port", causes: ["F09"], alsoTrue: ["F01"], encryption: [.plain],
      forward: "ct state established,related accept\ntcp dport 2121 accept\ndrop", range: "", announced: nil,
      controlPort: 2121, hasHelper: true, facts: helperFacts(2121)),
    Injection(
      name: "port rewritten", causes: ["F13"], alsoTrue: ["F48", "F35"], clients: [.curl, .lftp, .ftplib],
      encryption: [.plain], post: oneSource,
      box: .renumbers),
    Injection(
      name: "clear text on data", causes: ["F21"], clients: [.curl], encryption: [.explicit],
      range: "ip daddr 203.0.113.10 tcp dport 50000-50399 redirect to 2222",
      occupant: Occupant(host: .gateway, program: clearProgram, port: 2222)),
    Injection(
      name: "range used up", causes: ["F28"], daemons: [.vsftpd, .pureFTPD],
      range: "ip daddr 203.0.113.10 tcp dport 50000-50001 dnat to 10.10.20.200", serverRange: 50000...50001,
      occupant: Occupant(host: .server, program: listenProgram, port: 50000)),
    Injection(
      name: "range left", causes: ["F29", "F46"], daemons: [.proFTPD],
      range: "ip daddr 203.0.113.10 tcp dport 50000-50001 dnat to 10.10.20.200", serverRange: 50000...50001,
      occupant: Occupant(host: .server, program: listenProgram, port: 50000), facts: rangeFacts(50000...50001)),
    Injection(
      name: "PASV alone is opened", causes: ["F36"], alsoTrue: ["F35"], clients: [.curl], encryption: [.plain],
      mode: .epsv, forward: "tcp dport 50000-50399 tcp dport != @open reject with tcp reset", post: oneSource,
      box: .pasvOnly),
    Injection(
      name: "no hairpin", causes: ["F40"], encryption: [.plain, .explicit],
      post: "ip saddr 10.10.20.0/24 tcp dport 21 masquerade", place: .inside),
    Injection(
      name: "another range", causes: ["F46"], serverRange: 51000...51399,
      facts: rangeFacts(50000...50399)),
    Injection(
      name: "control forgotten", causes: ["F47"], clients: [.curl, .lftp, .ftplib], encryption: [.plain, .explicit],
      forward: "ct state invalid drop",
      limits: [.vsftpd: "local_max_rate=25000", .proFTPD: "TransferRate RETR 25", .pureFTPD: "UserBandwidth 25"],
      preparations: [
        .gateway:
          "sysctl -q -w net.netfilter.nf_conntrack_tcp_timeout_established=4 net.netfilter.nf_conntrack_tcp_loose=0"
      ],
      path: "payload.bin", patience: 20),
    Injection(
      name: "another backend", causes: ["F49"], clients: [.curl, .lftp, .ftplib], encryption: [.plain],
      range:
        "ip daddr 203.0.113.10 tcp dport 50000-50399 dnat to numgen random mod 2 map { 0 : 10.10.20.200, 1 : 10.10.20.50 }",
      repeats: true),
    Injection(
      name: "one port", causes: ["F50"], clients: [.curl, .lftp, .ftplib], encryption: [.plain],
      forward: "tcp dport 50001 drop", serverRange: 50000...50003, repeats: true),
    Injection(name: "reply swallowed", causes: ["F54"], encryption: [.plain], box: .swallows),
    Injection(
      name: "proxy of connections", causes: ["F57"], clients: [.curl, .lftp, .ftplib],
      encryption: [.plain, .explicit], range: "", post: oneSource,
      box: .passes),
    Injection(
      name: "data reset before TLS", causes: ["F59"], encryption: [.explicit],
      forward: "tcp dport 50000-50399 tcp flags & psh == psh reject with tcp reset"),
    Injection(
      name: "strict inspection ends AUTH", causes: ["F61"], encryption: [.explicit], box: .asa),
    Injection(
      name: "line with two addresses", causes: ["F63", "F15"], daemons: [.vsftpd, .proFTPD],
      preparations: [
        .client:
          "ip address add 198.51.100.11/24 dev eth0; nft add table ip own; nft add chain ip own leaving '{ type nat hook postrouting priority 100; }'; nft add rule ip own leaving tcp dport 50000-50399 snat to 198.51.100.11"
      ]),
    Injection(
      name: "large packets lost", causes: ["F64"], clients: [.curl, .lftp, .ftplib], encryption: [.plain],
      forward: "ip length > 1200 drop", path: "payload.bin"),
    Injection(name: "reply without numbers", causes: ["F65"], encryption: [.plain], box: .malforms),
    Injection(
      name: "TLS not ended", causes: ["F67"], daemons: [.vsftpd], clients: [.ftplib], encryption: [.explicit],
      settings: [.vsftpd: "strict_ssl_read_eof=YES"], endsTLS: false, path: "sent.txt", isUpload: true),
    Injection(
      name: "another greeting", causes: ["F68"], alsoTrue: ["F48", "F57"], clients: [.curl, .lftp, .ftplib],
      encryption: [.plain],
      range: "", post: oneSource, box: .greets),
    Injection(name: "PASV answered by 229", causes: ["F69"], encryption: [.plain], box: .family),
    Injection(
      name: "SSH on that port", causes: ["F70"], clients: [.curl, .lftp, .ftplib], encryption: [.plain], box: .ssh),
    Injection(
      name: "nobody greets", causes: ["F70"], clients: [.curl, .lftp, .ftplib], encryption: [.plain], box: .mute),
    Injection(
      name: "too many clients", causes: ["F71"],
      limits: [.vsftpd: "max_clients=1", .proFTPD: "MaxClients 1", .pureFTPD: "MaxClientsNumber 1"],
      occupant: Occupant(host: .stranger, program: holdProgram)),
    Injection(
      name: "no home, TLS", causes: ["F72"], alsoTrue: ["F21"], daemons: [.vsftpd], encryption: [.explicit],
      settings: [.vsftpd: "local_root=/nonexistent/here"]),
    Injection(
      name: "slow login", causes: ["F73"], clients: [.curl, .lftp, .ftplib], encryption: [.plain], box: .slow),
  ]

  /// What a firewall with a helper lets pass.
  private static let related = "ct state established,related accept\ntcp dport 21 accept\ndrop"
  /// A proxy has one address for all, so its data has to come from there as well.
  private static let oneSource = "ip daddr 10.10.20.200 masquerade"

  private static func helperFacts(_ port: UInt16) -> PublishedFacts {
    PublishedFacts(
      externalAddresses: [knownAddress("203.0.113.10")], serverAddresses: [knownAddress("10.10.20.200")],
      controlPort: port, passiveRange: nil, hasHelper: true, hasActive: false)
  }

  private static func rangeFacts(_ range: ClosedRange<UInt16>) -> PublishedFacts {
    PublishedFacts(
      externalAddresses: [knownAddress("203.0.113.10")], serverAddresses: [knownAddress("10.10.20.200")],
      controlPort: 21, passiveRange: PortRange(low: range.lowerBound, high: range.upperBound), hasHelper: false,
      hasActive: false)
  }
}

/// Listens where the server would.
private let listenProgram = """
  import socket, time
  taken = [socket.create_server(("0.0.0.0", port)) for port in (50001, 50000)]
  time.sleep(60)
  """

/// Holds the one session that the server takes.
private let holdProgram = """
  import socket, time
  held = socket.create_connection(("203.0.113.10", 21))
  for line in ("USER \(Lab.user)", "PASS \(Lab.password)", "NOOP"):
      held.recv(4096)
      held.sendall(line.encode() + b"\\r\\n")
  time.sleep(60)
  """

/// Speaks something else than TLS on data connections, as a proxy of the web does.
private let clearProgram = """
  import socket, time
  gate = socket.create_server(("0.0.0.0", 2222))
  while True:
      peer = gate.accept()[0]
      peer.sendall(b"HTTP/1.1 400 Bad Request\\r\\nConnection: close\\r\\n\\r\\n")
      peer.close()
  """
