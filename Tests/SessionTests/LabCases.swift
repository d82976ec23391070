import Addressing
import FTPSession
import LiveSupport
import Testing

/// The cases of the laboratory by name: one small ruleset with a few variables, and a session. What was measured on
/// Linux 6.18 with nft 1.0.6 is `works`.
struct LabCase: Sendable, CustomTestStringConvertible {
  var name: String
  /// Priority of the chain that assigns the helper, and its rule.
  var helperPriority = 0
  var helperRule = #"tcp dport 21 ct helper set "f""#
  var outputRule = ""
  /// What stands before and after the accepting rules of the forward chain.
  var forwardFirst = ""
  var forwardLast = ""
  /// Replaces the line that accepts what is established and related.
  var states = "ct state established,related accept"
  var moreNAT = ""
  var postrouting = ""
  var mode = FTPSession.DataMode.pasv
  var announcesExternal = false
  var port: UInt16 = 21
  var client = LabHost.client
  var dialsServer = false
  var activePort: UInt16?
  var checksPeer = false
  var wording = PassiveWording.usual
  /// Whether there is the input chain that drops.
  var hasInput = true
  /// What was measured.
  var works: Bool

  var testDescription: String { name }

  static let range = "tcp dport 50000-50100 accept"
  static let forwarded = "ip daddr \(Address.external) tcp dport 50000-50100 dnat to \(Address.server)"

  var script: String {
    """
    table inet t {
      ct helper f { type "ftp" protocol tcp; }
      chain c_pre { type filter hook prerouting priority \(helperPriority); \(helperRule)
      }
      chain c_out { type filter hook output priority 0; \(outputRule)
      }
      chain c_fwd { type filter hook forward priority 0; policy drop;
        \(forwardFirst)
        \(states)
        tcp dport 21 accept
        tcp dport 2121 accept
        \(forwardLast)
      }
      \(hasInput ? "chain c_in { type filter hook input priority 0; policy drop; ct state established,related accept; }" : "")
    }
    table ip n {
      chain p { type nat hook prerouting priority -100;
        ip daddr \(Address.external) tcp dport 21 dnat to \(Address.server)
        ip daddr \(Address.external) tcp dport 2121 dnat to \(Address.server)
        \(moreNAT)
      }
      \(postrouting)
    }
    """
  }

  var duel: Duel {
    var server = FTPServer(BenchNetwork.server([Address.server]), controlPort: port, passivePorts: [50005])
    server.announced = announcesExternal ? BenchNetwork.ip(Address.external) : nil
    server.checksPeer = checksPeer
    server.wording = wording
    server.activePort = activePort
    let address = client == .gateway ? Address.gatewayInside : client == .server ? Address.server : Address.client
    return Duel(
      name: name, client: client, serverAddresses: [Address.server],
      model: Session(
        client: BenchNetwork.client(client, address), server: server,
        dialled: BenchNetwork.ip(dialsServer ? Address.server : Address.external), port: port, .plain, mode))
  }

  static let all: [LabCase] = passiveCases + activeCases + otherCases + relatedCases

  private static let passiveCases = [
    LabCase(name: "A", works: true),
    LabCase(name: "A2", mode: .epsv, works: true),
    LabCase(name: "B", announcesExternal: true, works: false),
    LabCase(name: "B with D", moreNAT: forwarded, announcesExternal: true, works: false),
    LabCase(name: "C", forwardLast: range, moreNAT: forwarded, announcesExternal: true, works: true),
    LabCase(name: "C2", helperRule: "", forwardLast: range, moreNAT: forwarded, announcesExternal: true, works: true),
    LabCase(name: "D", helperPriority: -300, works: false),
    LabCase(name: "D2 -199", helperPriority: -199, works: true),
    LabCase(name: "D2 -201", helperPriority: -201, works: false),
    LabCase(name: "E", helperRule: "", forwardLast: range, moreNAT: forwarded, works: false),
    LabCase(name: "E2", helperRule: "", forwardLast: range, moreNAT: forwarded, mode: .epsv, works: true),
    LabCase(
      name: "F", helperRule: "", forwardLast: "tcp dport 60000-60100 accept", moreNAT: forwarded + ":60000-60100",
      announcesExternal: true, works: false),
    LabCase(name: "G", wording: .withoutParentheses, works: true),
    LabCase(name: "G2", wording: .other("227 Logout."), works: false),
    LabCase(
      name: "G3", helperRule: "", forwardLast: range, moreNAT: forwarded, announcesExternal: true,
      wording: .withoutParentheses, works: true),
    LabCase(name: "H", port: 2121, works: false),
    LabCase(name: "H2", helperRule: #"tcp dport 2121 ct helper set "f""#, port: 2121, works: true),
    LabCase(name: "I", helperRule: "", forwardFirst: #"tcp dport 21 ct helper set "f""#, works: true),
  ]

  private static let serverPort20 = "ip saddr \(Address.server) tcp sport 20 accept"
  private static let masquerade = "chain q { type nat hook postrouting priority 100; oifname \"eth0\" masquerade; }"

  private static let activeCases = [
    LabCase(name: "K", mode: .port, works: true),
    LabCase(name: "K2", helperRule: "", mode: .port, works: false),
    LabCase(name: "K3", helperRule: "", forwardLast: serverPort20, mode: .port, activePort: 20, works: false),
    LabCase(name: "K4", helperRule: "", forwardLast: serverPort20, mode: .port, works: false),
    LabCase(
      name: "K5", helperRule: "", forwardLast: serverPort20, postrouting: masquerade, mode: .port, activePort: 20,
      works: true),
    LabCase(name: "M", mode: .port, client: .gateway, dialsServer: true, works: false),
    LabCase(
      name: "M2", outputRule: #"tcp dport 21 ct helper set "f""#, mode: .port, client: .gateway, dialsServer: true,
      works: true),
  ]

  private static let otherCases = [
    LabCase(
      name: "P", helperRule: "", forwardLast: range, moreNAT: forwarded, announcesExternal: true, client: .server,
      works: false),
    LabCase(
      name: "P2", helperRule: "", forwardLast: range, moreNAT: forwarded,
      postrouting: "chain q { type nat hook postrouting priority 100; oifname \"eth1\" ct status dnat masquerade; }",
      announcesExternal: true, client: .server, works: true),
    LabCase(
      name: "Q", helperRule: "", forwardLast: range, moreNAT: forwarded, postrouting: dataMasquerade,
      announcesExternal: true, works: true),
    LabCase(
      name: "Q with a server that checks", helperRule: "", forwardLast: range, moreNAT: forwarded,
      postrouting: dataMasquerade, announcesExternal: true, checksPeer: true, works: false),
  ]

  private static let dataMasquerade =
    "chain q { type nat hook postrouting priority 100; oifname \"eth1\" tcp dport 50000-50100 masquerade; }"

  private static func related(
    _ name: String, _ line: String, _ mode: FTPSession.DataMode, works: Bool
  ) -> LabCase {
    LabCase(
      name: name, states: "ct state established accept\n\(line)", mode: mode, hasInput: false, works: works)
  }

  private static let relatedCases = [
    related("S1", #"ct state related ct helper "ftp" tcp dport 50000-50100 accept"#, .pasv, works: true),
    related("S2", #"ct state related ct helper "ftp" tcp dport 40000-40100 accept"#, .pasv, works: false),
    related("S3", #"ct state related ct helper "f" tcp dport 50000-50100 accept"#, .pasv, works: false),
    related("S4", #"ct state related ct helper "ftp" tcp dport 50000-50100 accept"#, .port, works: false),
    related(
      "S5", "ct state related ct helper \"ftp\" ip saddr \(Address.server) tcp dport 1024-65535 accept", .port,
      works: true),
  ]
}
