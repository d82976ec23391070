import Compilation
import Diagnostics
import LiveSupport
import Platforms
import Policy
import Testing

/// What is written for users behind a gateway, with what each platform presupposes, audited against its policy.
@Suite struct ReachOwnTextTests {
  struct Device: Sendable, CustomTestStringConvertible {
    var name: String
    var statements: String
    var before = ""
    var after = ""
    /// The end of the range as it is written, and a smaller one.
    var range = ("50399", "50199")

    var testDescription: String { name }
  }

  static let devices = [
    Device(name: "nftables", statements: "outside eth0; inside eth1"),
    Device(
      name: "srx", statements: "outside untrust; inside trust; before \"web\"",
      before: SRXSurroundings.zones + """
        set security policies from-zone trust to-zone untrust policy web match source-address any
        set security policies from-zone trust to-zone untrust policy web match destination-address any
        set security policies from-zone trust to-zone untrust policy web match application junos-http
        set security policies from-zone trust to-zone untrust policy web then permit

        """),
    Device(
      name: "fortigate", statements: "outside wan1; inside dmz; numbers 9001-9010; before \"7\"",
      before: """
        config system zone
        end
        config firewall policy
            edit 7
                set name "web"
                set srcintf "dmz"
                set dstintf "wan1"
                set srcaddr "all"
                set dstaddr "all"
                set action accept
                set schedule "always"
                set service "HTTP"
            next
        end

        """),
    Device(
      name: "routeros", statements: "outside wan; inside bridge; before \"drop the rest\"",
      before: """
        /ip firewall filter
        add chain=forward action=accept connection-state=established,related
        add chain=forward action=drop comment="drop the rest"

        """),
    Device(
      name: "asa", statements: "outside \"outside\"; inside \"inside\"; access list \"inside_in\"",
      before: """
        : Saved
        ASA Version 9.12(4)
        !
        hostname edge
        interface GigabitEthernet0/0
         nameif outside
         security-level 0
         ip address 192.0.2.2 255.255.255.0
        !
        interface GigabitEthernet0/1
         nameif inside
         security-level 100
         ip address 10.20.0.1 255.255.255.0
        !
        access-group inside_in in interface inside
        route outside 0.0.0.0 0.0.0.0 192.0.2.1 1

        """, after: ": end\n"),
  ]

  private func policy(_ device: Device) -> String {
    """
    gateway branch { platform \(device.name); \(device.statements) }
    reach bank {
      server         203.0.113.21
      passive range  50000-50399
      tls            explicit required
      allow          10.20.0.0/24
    }
    """
  }

  @Test("what is written for users is what its audit wants, and a narrower range is found", arguments: devices)
  func audit(device: Device) throws {
    let compilation = compile(policy(device))
    let own = try device.before + compilation.configuration() + device.after
    let right = try AuditedText(own, against: compilation)
    #expect(!right.found.contains { $0.severity != .note }, "\(right.description)")
    let wrong = try AuditedText(own.replacing(device.range.0, with: device.range.1), against: compilation)
    #expect(wrong.found.contains { $0.severity != .note && $0.message.contains("`bank`") }, "\(wrong.description)")
  }
}
