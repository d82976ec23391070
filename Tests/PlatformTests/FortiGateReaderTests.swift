import Compilation
import Diagnostics
import Flows
import Foundation
import LiveSupport
import Platforms
import Policy
import Testing

/// How many texts of a kind are tried: `SALLYPORT_PROVE_GATEWAYS`, a small sample otherwise.
private let proofSize = gatewayProofSize

private let gateway = "platform fortigate; outside \"wan1\"; inside \"dmz\"; numbers 9001-9100"
private let worked = compile(workedCase(gateway))

/// A backup that publishes the worked case rightly; each test changes a part of it.
struct FortiGateBackup {
  var address = "203.0.113.10"
  var control = """
        edit "VIP-FTP-ctl"
            set uuid 11111111-1111-1111-1111-111111111111
            set extip 203.0.113.10
            set mappedip "10.10.20.200"
            set extintf "wan1"
            set portforward enable
            set extport 2121
            set mappedport 21
        next
    """
  var passive = """
        edit "VIP-FTP-pasv"
            set extip 203.0.113.10
            set mappedip "10.10.20.200"
            set extintf "wan1"
            set portforward enable
            set extport 5000-5500
            set mappedport 5000-5500
        next
    """
  var services = """
        edit "FTP"
            set category "File Access"
            set tcp-portrange 21
        next
        edit "ftp-server"
            set helper disable
            set tcp-portrange 21
        next
        edit "ftp-data"
            set helper disable
            set tcp-portrange 5000-5500
        next
    """
  var addresses = """
        edit "partners"
            set subnet 198.51.100.0 255.255.255.0
        next
    """
  var early = ""
  var policy = """
        edit 7
            set name "ftp"
            set srcintf "wan1"
            set dstintf "dmz"
            set action accept
            set srcaddr "partners"
            set dstaddr "VIP-FTP-ctl" "VIP-FTP-pasv"
            set schedule "always"
            set service "ftp-server" "ftp-data"
        next
    """
  var late = ""
  var more = ""

  var text: String {
    """
    #config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=0:user=admin
    #conf_file_ver=1234567890
    config system global
        set hostname "edge"
        set timezone 26
    end
    config system interface
        edit "wan1"
            set vdom "root"
            set ip \(address) 255.255.255.248
            set allowaccess ping
        next
        edit "dmz"
            set vdom "root"
            set ip 10.10.20.1 255.255.255.0
            config ipv6
                set ip6-allowaccess ping
            end
        next
    end
    config system replacemsg http "url-block"
        set buffer "<html>
    <p class=\\"x\\">end</p>
    next
    </html>"
    end
    config firewall address
        edit "all"
        next
    \(addresses)
    end
    config firewall service custom
        edit "ALL"
            set protocol IP
        next
    \(services)
    end
    config firewall vip
    \(control)
    \(passive)
    end
    config firewall policy
        edit 1
            set name "out"
            set srcintf "dmz"
            set dstintf "wan1"
            set action accept
            set srcaddr "all"
            set dstaddr "all"
            set schedule "always"
            set service "ALL"
            set nat enable
        next
    \(early)
    \(policy)
    \(late)
    end
    config system session-helper
        edit 1
            set name pptp
            set protocol 6
            set port 1723
        next
        edit 8
            set name ftp
            set protocol 6
            set port 21
        next
    end
    \(more)
    config router static
        edit 1
            set gateway 203.0.113.9
            set device "wan1"
        next
    end

    """
  }

  func audit() throws -> AuditedText { try AuditedText(text, against: worked) }
}

/// A planted mistake, and a part of the line that is to blame.
struct FortiGateMistake: CustomTestStringConvertible {
  var name: String
  var blamed = ""
  var plant: @Sendable (inout FortiGateBackup) -> Void

  var testDescription: String { name }

  private static func replacing(
    _ name: String, _ part: any WritableKeyPath<FortiGateBackup, String> & Sendable, _ old: String, _ new: String,
    blamed: String = ""
  ) -> Self {
    Self(name: name, blamed: blamed) { $0[keyPath: part] = $0[keyPath: part].replacing(old, with: new) }
  }

  private static func policy(_ number: Int, _ lines: String...) -> String {
    (["    edit \(number)"] + lines.map { "        " + $0 } + ["    next"]).joined(separator: "\n")
  }

  static let all: [Self] = [
    replacing("range missing", \.policy, " \"VIP-FTP-pasv\"", "", blamed: "config firewall vip"),
    replacing("no such VIP", \.passive, "extport 5000-5500", "extport 6000-6500"),
    replacing("partly forwarded", \.passive, "extport 5000-5500", "extport 5000-5499"),
    replacing("shifted", \.passive, "mappedport 5000-5500", "mappedport 5001-5501"),
    replacing("service too narrow", \.services, "5000-5500", "5000-5400", blamed: "config firewall policy"),
    replacing(
      "service on the dialled port", \.services, "tcp-portrange 21\n    next\n    edit \"ftp-data",
      "tcp-portrange 2121\n    next\n    edit \"ftp-data"),
    replacing("no service for data", \.policy, " \"ftp-data\"", ""),
    Self(name: "translation without permit") { $0.policy = "" },
    replacing("permit without translation", \.passive, "extip 203.0.113.10", "extip 203.0.113.11"),
    replacing("disabled", \.policy, "set name \"ftp\"", "set status disable", blamed: "config firewall vip"),
    replacing("disabled VIP", \.passive, "set extintf", "set status disable\n        set extintf"),
    replacing("wrong interface", \.policy, "srcintf \"wan1\"", "srcintf \"wan2\""),
    replacing("wrong interface of the VIP", \.passive, "wan1", "wan2"),
    replacing("wrong egress", \.policy, "dstintf \"dmz\"", "dstintf \"internal\""),
    replacing("wrong protocol", \.passive, "set extport", "set protocol udp\n        set extport"),
    Self(name: "no answer to neighbours", blamed: "VIP-FTP-pasv") {
      $0.address = "203.0.113.12"
      $0.passive = $0.passive.replacing("set extip", with: "set arp-reply disable\n        set extip")
    },
    replacing("denied", \.policy, "set action accept", "set action deny"),
    replacing("clients too wide", \.policy, "\"partners\"", "\"all\""),
    replacing("clients shut out", \.addresses, "255.255.255.0", "255.255.255.128"),
    replacing("unknown client", \.policy, "\"partners\"", "\"gone\"", blamed: "edit 7"),
    Self(name: "shadowed by a deny", blamed: "edit 5") {
      $0.early = policy(
        5, "set srcintf \"any\"", "set dstintf \"any\"", "set srcaddr \"all\"", "set dstaddr \"all\"",
        "set service \"ftp-data\"", "set schedule \"always\"", "set match-vip enable")
    },
    Self(name: "perhaps shadowed", blamed: "edit 5") {
      $0.early = policy(
        5, "set srcintf \"wan1\"", "set dstintf \"dmz\"", "set srcaddr \"all\"", "set dstaddr \"all\"",
        "set service \"ALL\"", "set schedule \"always\"")
    },
    replacing("a schedule", \.policy, "\"always\"", "\"office\"", blamed: "edit 7"),
    replacing("wrong server", \.passive, "10.10.20.200", "10.10.20.201"),
    replacing("a helper by its port", \.policy, "\"ftp-server\"", "\"FTP\""),
    Self(name: "deep inspection", blamed: "ssl-ssh-profile") {
      $0.policy = $0.policy.replacing(
        "set name \"ftp\"", with: "set utm-status enable\n        set ssl-ssh-profile \"deep-inspection\"")
    },
    Self(name: "central NAT", blamed: "central-nat") {
      $0.more = "config system settings\n    set central-nat enable\nend"
    },
    Self(name: "port 20", blamed: "extport 20-21") {
      $0.passive += "\n    edit \"old\"\n        set extip 203.0.113.11\n        set mappedip \"10.10.20.9\"\n"
      $0.passive +=
        "        set portforward enable\n        set extport 20-21\n        set mappedport 20-21\n    next"
    },
    Self(name: "UDP", blamed: "extport 990") {
      $0.passive += "\n    edit \"old\"\n        set extip 203.0.113.11\n        set mappedip \"10.10.20.9\"\n"
      $0.passive += "        set portforward enable\n        set protocol udp\n        set extport 990\n    next"
    },
  ]
}

@Suite struct FortiGateReaderTests {
  @Test("a backup that is right is silent, in several ways") func silent() throws {
    var all = [FortiGateBackup()]
    func add(_ change: (inout FortiGateBackup) -> Void) {
      var backup = FortiGateBackup()
      change(&backup)
      all.append(backup)
    }
    // An explicit denial after it, whether it matches what is translated or not.
    add {
      $0.late =
        "    edit 99\n        set srcintf \"any\"\n        set dstintf \"any\"\n        set srcaddr \"all\"\n"
        + "        set dstaddr \"all\"\n        set service \"ALL\"\n        set schedule \"always\"\n    next"
    }
    // Groups.
    add {
      $0.policy = $0.policy.replacing("\"VIP-FTP-ctl\" \"VIP-FTP-pasv\"", with: "\"ftp\"")
        .replacing("\"ftp-server\" \"ftp-data\"", with: "\"ftp\"").replacing("\"partners\"", with: "\"all-partners\"")
      $0.more = """
        config firewall vipgrp
            edit "ftp"
                set interface "wan1"
                set member "VIP-FTP-ctl" "VIP-FTP-pasv"
            next
        end
        config firewall service group
            edit "ftp"
                set member "ftp-server" "ftp-data"
            next
        end
        config firewall addrgrp
            edit "all-partners"
                set member "partners"
            next
        end
        """
    }
    // A zone of the policy's name, a range of addresses, the address of the interface.
    add {
      $0.policy = $0.policy.replacing("srcintf \"wan1\"", with: "srcintf \"untrust\"")
      $0.more = "config system zone\n    edit \"untrust\"\n        set interface \"wan1\" \"wan2\"\n    next\nend"
    }
    add {
      $0.addresses = "edit \"partners\"\nset type iprange\nset start-ip 198.51.100.0\nset end-ip 198.51.100.255\nnext"
    }
    add {
      $0.control = $0.control.replacing("extip 203.0.113.10", with: "extip 0.0.0.0")
      $0.passive = $0.passive.replacing("extip 203.0.113.10", with: "extip 0.0.0.0")
    }
    add {
      $0.policy = $0.policy.replacing(
        "set name \"ftp\"", with: "set utm-status enable\nset ssl-ssh-profile \"certificate-inspection\"")
    }
    for backup in all {
      let audited = try backup.audit()
      #expect(audited.found.isEmpty, "\(audited.description)\n\(backup.text)")
    }
  }

  @Test("each mistake is found", arguments: FortiGateMistake.all) func mistakes(_ mistake: FortiGateMistake) throws {
    var backup = FortiGateBackup()
    mistake.plant(&backup)
    #expect(backup.text != FortiGateBackup().text, "nothing changed")
    let audited = try backup.audit()
    #expect(!audited.found.isEmpty, "\(backup.text)")
    #expect(
      mistake.blamed.isEmpty || audited.found.contains { audited.line(of: $0).contains(mistake.blamed) },
      "\(audited.description)")
  }

  @Test("VDOMs") func parts() throws {
    let body = FortiGateBackup().text.split(separator: "\n").dropFirst(2).joined(separator: "\n")
    let text = """
      #config-version=FGT60F-7.2.5-FW-build1517-230606:opmode=0:vdom=1:user=admin
      config vdom
      edit root
      next
      edit dmz
      next
      end
      config global
      config system global
          set hostname "edge"
      end
      end
      config vdom
      edit root
      config firewall policy
          edit 1
              set srcintf "lan"
              set dstintf "wan3"
          next
      end
      end
      config vdom
      edit dmz
      \(body)
      end

      """
    let audited = try AuditedText(text, against: worked)
    #expect(audited.found.isEmpty, "\(audited.description)")
  }

  @Test("what is no backup") func otherTexts() throws {
    let text = FortiGateBackup().text
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (wrong, line) in [
      (lines.dropLast(4).joined(separator: "\n"), "set device"),
      (text.replacing("config router static", with: "--More-- \nconfig router static"), "--More--"),
      (text.replacing("config router static", with: "config router\u{1B} static"), "config router"),
      (text.replacing("config router static", with: "== [ 1 ]\nconfig router static"), "== ["),
      (text.replacing("set hostname \"edge\"", with: "set hostname \"edge"), "edge"),
    ] {
      let audited = try AuditedText(wrong, against: worked)
      #expect(audited.found.map(\.code) == ["gateway-file-error"], "\(line): \(audited.description)")
    }
  }

  @Test("a text that is damaged crashes nothing, and no missing line is all clear") func damage() throws {
    var random = SeededGenerator(state: 11)
    let backup = FortiGateBackup()
    let text = backup.text
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let own = Set(
      [backup.control, backup.passive, backup.policy].flatMap { $0.split(separator: "\n").map(String.init) })
    // Names for people; `end` ends the last entry as well; without these a virtual address is wider, or says the same.
    let idle = ["set uuid", "set name", "next", "extintf", "mappedport 5000", "portforward"]
    let start = lines.firstIndex(of: "config firewall vip") ?? 0
    let others = (lines.firstIndex(of: "    edit 1") ?? 0)...(lines.firstIndex(of: "    edit 7") ?? 0)
    for (index, line) in lines.enumerated().dropFirst(start)
    where own.contains(line) && !others.dropLast().contains(index) {
      if idle.contains(where: line.contains) { continue }
      var fewer = lines
      fewer.remove(at: index)
      let audited = try AuditedText(fewer.joined(separator: "\n"), against: worked)
      #expect(!audited.found.isEmpty, "without line \(index): \(line)")
    }
    for _ in 0..<(proofSize ?? 40) {
      var bytes = Array(text.utf8)
      let place = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<7, using: &random)
      case 1: bytes.removeSubrange(place...)
      default: bytes.removeSubrange(place..<min(bytes.count, place + 9))
      }
      let damaged = String(decoding: bytes, as: UTF8.self)
      guard
        Platforms.reader(of: GatewayText(name: "x", bytes: Array(damaged.utf8), file: SourceID(0)))?.platform
          == "fortigate"
      else { continue }
      _ = try AuditedText(damaged, against: worked)
    }
  }

  @Test("what is written for a device is what its audit wants") func own() throws {
    var generator = PolicyGenerator(seed: 5)
    var count = OwnTextCount("fortigate", sample: 10)
    while count.isOpen {
      let policy = generator.policy(gateway: gateway).without(
        statements: ["limit", "active", "hairpin", "source", "log", "helper"])
      let compilation = compile(policy.count < 4000 ? withServersBehind(policy) : "")
      guard compilation.isAccepted, !compilation.policy.publications.isEmpty else {
        count.refuse()
        continue
      }
      count.audit()
      let text = try "config system zone\nend\n" + compilation.configuration()
      let audited = try AuditedText(text, against: compilation)
      let wrong = audited.found.filter { $0.severity != .note }
      #expect(wrong.isEmpty, "\(audited.description)\n\(policy)\n\(text)")
      if !wrong.isEmpty { return }
    }
    count.report()
    #expect(count.audited > 3)
  }

  @Test("thousands of lines are read") func size() throws {
    let policies = (0..<300).map { number in
      """
          edit \(number + 100)
              set srcintf "wan\(number)"
              set dstintf "dmz"
              set action accept
              set srcaddr "partners"
              set dstaddr "all"
              set schedule "always"
              set service "ALL"
              set match-vip disable
          next
      """
    }
    var backup = FortiGateBackup()
    backup.late = policies.joined(separator: "\n")
    let bytes = Array(backup.text.utf8)
    let saved = GatewayText(name: "x", bytes: bytes, file: SourceID(0))
    let reader = try #require(Platforms.reader(of: saved))
    let gateway = reader.read(saved, GatewayContext())
    #expect(gateway.ruleset.tables.reduce(0) { $0 + $1.ruleCount } > 300)
  }
}
