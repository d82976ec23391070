import Addressing
import Diagnosis
import LiveSupport

/// A fault that is put into a network that would work otherwise, and what `diagnose` has to say of it.
struct Injection: Sendable, CustomStringConvertible {
  enum Client: String, Sendable, CaseIterable {
    case curl, lftp, ftplib, tnftp, ncftp
    case fileZilla = "filezilla"
    var knowsTLS: Bool { self != .tnftp && self != .ncftp }
    /// Those that a shell can run; the other one needs a screen.
    static let ofShell: [Client] = [.curl, .lftp, .ftplib, .tnftp, .ncftp]
  }

  var name: String
  /// Failures of which the first cause has to be one; empty for a healthy session.
  var causes: Set<String>
  /// Further failures that are true as well and may be called proven.
  var alsoTrue: Set<String> = []
  var daemons = DaemonKind.allCases
  var clients = Client.ofShell
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
  /// What stands on the gateway between client and server, in place of the translation of the control port.
  var box: Middlebox?
  var password = Lab.password
  var protectsData = true
  var resumesTLS = true
  /// Whether the end of a data connection is said in TLS.
  var endsTLS = true
  /// The address that lftp writes into PORT.
  var portAddress: String?
  /// More of the server's own settings, at ProFTPD outside of TLS.
  var limits: [DaemonKind: String] = [:]
  var controlPort: UInt16 = 21
  /// The server's passive range.
  var serverRange: ClosedRange<UInt16> = 50000...50399
  /// Whether the kernel's helper reads the control connection, on port 21.
  var hasHelper = false
  /// What a shell does first on a host.
  var preparations: [LabHost: String] = [:]
  /// A program that runs as long as the session.
  var occupant: Occupant?
  /// The file that is fetched, or the name of one that is sent.
  var path = "hello.txt"
  var isUpload = false
  /// Whether the client does the same in clear first.
  var isPlainFirst = false
  /// Whether the client tries again until ports that work and ports that fail tell enough.
  var repeats = false
  /// Where the client stands.
  var place = LabHost.client
  /// What a policy says of it.
  var facts: PublishedFacts?
  /// How long the client waits for a silent peer, in seconds.
  var patience = 4

  var description: String { name }

  var ruleset: String {
    let control =
      "ip daddr 203.0.113.10 tcp dport \(controlPort) "
      + (box == nil ? "dnat to 10.10.20.200" : "redirect to \(Middlebox.port)")
    let helper =
      hasHelper
      ? """
      ct helper ftp { type "ftp" protocol tcp; }
        chain helping { type filter hook prerouting priority 0; tcp dport 21 ct helper set "ftp"; }
      """ : ""
    return """
      table ip bench {
        set open { type inet_service; }
        \(helper)
        chain arriving { type nat hook prerouting priority -100; \(control)
          \(range)
        }
        chain passing { type filter hook forward priority 0; policy accept;
          \(forward)
        }
        chain leaving { type nat hook postrouting priority 100;
          \(post)
          oifname "eth0" ip saddr 10.10.20.200 snat to 203.0.113.10
        }
      }

      """
  }

  /// A program beside the session, in Python.
  struct Occupant: Sendable {
    var host: LabHost
    var program: String
    /// The port that it listens on, where it does.
    var port: UInt16?
  }
}
