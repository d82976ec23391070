import LiveSupport

/// A fault that is put into a network that would work otherwise, and what `diagnose` has to say of it.
struct Injection: Sendable, CustomStringConvertible {
  enum Client: String, Sendable, CaseIterable { case curl, lftp, ftplib }

  var name: String
  /// Failures of which the first cause has to be one; empty for a healthy session.
  var causes: Set<String>
  /// Further failures that are true as well and may be called proven.
  var alsoTrue: Set<String> = []
  var daemons: [DaemonKind] = [.vsftpd, .proFTPD]
  var clients: [Client] = [.curl, .lftp, .ftplib]
  var encryption: [Encryption] = [.plain, .explicit]
  var mode = DataMode.pasv
  /// Lines of the gateway's forward chain.
  var forward = ""
  /// How the range is translated; empty for not at all.
  var range = "ip daddr 203.0.113.10 tcp dport 50000-50399 dnat to 10.10.20.200"
  /// A line of the gateway's chain after routing.
  var post = ""
  /// What the server announces; `nil` for its own address.
  var announced: String? = "203.0.113.10"
  /// More of the server's own settings.
  var settings: [DaemonKind: String] = [:]
  var hasTLS = true
  /// Rules of the server's own firewall.
  var serverRules = ""
  /// A program on the gateway between client and server, in place of the translation of port 21.
  var relaysControl = false
  var password = Lab.password
  var protectsData = true
  var resumesTLS = true
  /// The address that lftp writes into PORT.
  var portAddress: String?

  var description: String { name }

  var ruleset: String {
    let control =
      relaysControl
      ? "ip daddr 203.0.113.10 tcp dport 21 redirect to 2121"
      : "ip daddr 203.0.113.10 tcp dport 21 dnat to 10.10.20.200"
    return """
      table ip bench {
        chain arriving { type nat hook prerouting priority -100; \(control)
          \(range)
        }
        chain passing { type filter hook forward priority 0; policy accept;
          \(forward)
        }
        chain leaving { type nat hook postrouting priority 100;
          \(post)
        }
      }

      """
  }

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
    Injection(name: "private address", causes: ["F01"], alsoTrue: ["F48"], announced: nil),
    Injection(name: "loopback address", causes: ["F03"], announced: "127.0.0.1"),
    Injection(name: "other public address", causes: ["F42", "F44"], announced: "203.0.113.77"),
    Injection(
      name: "data masqueraded", causes: ["F15", "F16"], post: "ip daddr 10.10.20.200 tcp dport 50000-50399 masquerade"
    ),
    Injection(name: "filter answers AUTH", causes: ["F61"], encryption: [.explicit], relaysControl: true),
    Injection(name: "server without TLS", causes: ["F23"], encryption: [.explicit], hasTLS: false),
    Injection(
      name: "TLS demanded", causes: ["F24"], encryption: [.plain],
      settings: [.vsftpd: "force_local_logins_ssl=YES", .proFTPD: "TLSRequired on"]),
    Injection(
      name: "data in clear", causes: ["F26", "F27"], clients: [.ftplib], encryption: [.explicit],
      settings: [.vsftpd: "force_local_data_ssl=YES", .proFTPD: "TLSRequired on"], protectsData: false),
    Injection(
      name: "session not resumed", causes: ["F18", "F20"], clients: [.ftplib], encryption: [.explicit],
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
  ]
}
