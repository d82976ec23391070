import Compilation
import Diagnostics
import Testing

private let gateway = "platform routeros 7.16; outside ether1; inside"

@Suite struct RouterOSReaderWaysTests {
  /// A router that publishes the worked case rightly.
  private static let text = """
    # 2024-11-02 10:11:12 by RouterOS 7.16.2
    /interface bridge
    add name=bridge
    /interface ethernet
    set [ find default-name=ether4 ] disabled=yes name=old
    /interface vlan
    add interface=old name=vlan4 vlan-id=4
    /interface list
    add name=WAN
    add name=LAN
    /interface bridge port
    add bridge=bridge interface=ether2
    /interface list member
    add interface=bridge list=LAN
    add interface=ether1 list=WAN
    /ip address
    add address=10.10.20.1/24 interface=bridge network=10.10.20.0
    add address=203.0.113.10/29 interface=ether1 network=203.0.113.8
    /ip firewall filter
    add action=fasttrack-connection chain=forward connection-state=established,related
    add action=accept chain=forward connection-state=established,related
    add action=accept chain=forward dst-address=10.10.20.200 dst-port=21,5000-5500 protocol=tcp
    add action=drop chain=forward
    /ip firewall nat
    add action=dst-nat chain=dstnat dst-address=203.0.113.10 dst-port=2121 protocol=tcp src-address=198.51.100.0/24 \
    to-addresses=10.10.20.200 to-ports=21
    add action=dst-nat chain=dstnat dst-address=203.0.113.10 dst-port=5000-5500 protocol=tcp \
    src-address=198.51.100.0/24 to-addresses=10.10.20.200
    /ip firewall service-port
    set ftp disabled=yes

    """

  private func audit(_ more: String = "", _ old: String = "", _ new: String = "", inside: String = "bridge") throws
    -> AuditedText
  {
    let text = (old.isEmpty ? Self.text : Self.text.replacing(old, with: new)) + more + "\n"
    #expect(old.isEmpty || Self.text.contains(old), "\(old)")
    return try AuditedText(text, against: workedCase("\(gateway) \(inside); helper scope device"))
  }

  @Test("what the fast way takes is decided by the rules after it") func fasttrack() throws {
    let audited = try audit(
      "", "add action=accept chain=forward connection-state=established,related\n", "")
    #expect(
      audited.found.contains {
        $0.code == "gateway-stops-session" && audited.line(of: $0) == "add action=drop chain=forward"
      }, "\(audited.description)")
  }

  @Test("servers behind another interface, or none") func networks() throws {
    for (more, old, new, line) in [
      ("", "add name=bridge\n", "add disabled=yes name=bridge\n", "10.10.20.1/24"),
      ("/interface bridge\nset [ find name=bridge ] disabled=yes", "", "", "10.10.20.1/24"),
      ("/interface/disable bridge", "", "", "10.10.20.1/24"),
      ("", "interface=bridge network", "interface=old network", "10.10.20.1/24"),
      ("", "interface=bridge network", "interface=vlan4 network", "10.10.20.1/24"),
      ("", "interface=bridge network", "interface=ether3 network", "10.10.20.1/24"),
      ("", "add address=10.10.20.1/24", "add address=10.10.20.1/24 disabled=yes", ""),
      ("/ip route\nadd blackhole disabled=no dst-address=10.10.20.200/32 gateway=\"\"", "", "", "add blackhole"),
      ("/ip route\nadd dst-address=10.10.20.200 type=prohibit", "", "", "type=prohibit"),
      ("/ip/route\nadd dst-address=10.10.20.128/25 gateway=ether1", "", "", "gateway=ether1"),
      ("/ip route\nadd dst-address=10.10.20.128/25 gateway=203.0.113.9", "", "", "gateway=203"),
    ] {
      let audited = try audit(more, old, new)
      guard !line.isEmpty else {
        #expect(audited.found.isEmpty, "\(audited.description)")
        continue
      }
      #expect(
        audited.found.contains { $0.code == "gateway-stops-session" && audited.line(of: $0).contains(line) },
        "\(more) \(new)\n\(audited.description)")
    }
  }

  @Test("what leads to the server after all") func ways() throws {
    for more in [
      "/ip route\nadd dst-address=10.0.0.0/8 type=blackhole", "/ip route\nadd blackhole dst-address=10.10.20.0/24",
      "/ip route\nadd blackhole disabled=yes dst-address=10.10.20.200/32",
      "/ip route\nadd dst-address=0.0.0.0/0 gateway=203.0.113.9", "/ip route\nadd blackhole dst-address=0.0.0.0/0",
      "/ip route\nadd dst-address=10.10.20.128/25 gateway=10.10.20.254",
      "/ip route\nadd dst-address=10.10.20.128/25 gateway=192.0.2.1",
      "/ip address\nadd address=10.10.20.2/24 interface=old network=10.10.20.0",
      "/ip route\nadd dst-address=10.10.20.128/25 gateway=ether1 routing-table=other", "/ip route\nset 0 never=heard",
      "/interface ethernet\nset [ find default-name=ether9 or x ] disabled=yes\nset [ find ] mtu=1500",
    ] {
      let audited = try audit(more)
      #expect(audited.found.isEmpty, "\(more)\n\(audited.description)")
    }
    for inside in ["LAN", "ether2"] {
      let audited = try audit(inside: inside)
      #expect(audited.found.isEmpty, "\(inside)\n\(audited.description)")
    }
    let audited = try audit("", "interface=bridge network", "interface=ether2 network")
    #expect(audited.found.isEmpty, "\(audited.description)")
  }

  @Test("what takes packets elsewhere makes them undecided, and no others") func undecided() throws {
    let outward = "/ip route\nadd dst-address=0.0.0.0/0 gateway=203.0.113.9 routing-table=isp\n"
    let mark = "add action=mark-routing chain=prerouting"
    for (menu, line, isUndecided) in [
      ("/routing rule", "add action=drop dst-address=10.10.20.200/32", true),
      ("/routing/rule", "add action=unreachable disabled=no dst-address=10.0.0.0/8", true),
      ("/ip route rule", "add action=drop src-address=10.10.20.0/24", true),
      ("/routing rule", "add action=lookup-only-in-table src-address=10.10.20.0/24 table=vpn", true),
      ("/routing rule", "add action=drop dst-address=10.99.0.0/16", false),
      ("/routing rule", "add action=drop disabled=yes dst-address=10.10.20.200/32", false),
      ("/routing rule", "add action=lookup dst-address=10.0.0.0/8 table=main", false),
      (
        "/routing rule\nadd action=lookup table=main",
        "add action=drop dst-address=10.10.20.200/32", false
      ),
      (outward + "/routing rule", "add action=lookup src-address=10.10.20.0/24 table=isp", false),
      ("/ip firewall mangle", "\(mark) in-interface=bridge new-routing-mark=vpn passthrough=no", true),
      ("/ip firewall mangle", "\(mark) new-routing-mark=vpn src-address=10.10.20.0/24", true),
      ("/ip firewall mangle", "\(mark) dst-port=80 new-routing-mark=vpn protocol=tcp", false),
      ("/ip firewall mangle", "\(mark) in-interface=bridge new-routing-mark=main", false),
      (outward + "/ip firewall mangle", "\(mark) in-interface=bridge new-routing-mark=isp passthrough=no", false),
      (outward + "/ip firewall mangle", "\(mark) dst-port=5000-5500 new-routing-mark=isp protocol=tcp", true),
      (
        "/interface bridge filter", "add action=drop chain=output dst-port=5100 ip-protocol=tcp mac-protocol=ip",
        true
      ),
      ("/interface bridge filter", "add action=drop chain=forward dst-port=21 ip-protocol=tcp mac-protocol=ip", true),
      ("/interface bridge filter", "add action=drop chain=input mac-protocol=ip src-address=10.10.20.200/32", true),
      ("/interface bridge filter", "add action=drop chain=output mac-protocol=ip", true),
      (
        "/interface bridge filter", "add action=drop chain=output dst-port=445 ip-protocol=tcp mac-protocol=ip", false
      ),
      ("/interface bridge filter", "add action=drop chain=forward in-interface=wlan2", false),
      ("/interface bridge filter", "add action=drop chain=input mac-protocol=arp", false),
      ("/interface bridge filter", "add action=drop chain=output ip-protocol=udp mac-protocol=ip", false),
    ] {
      let audited = try audit("\(menu)\n\(line)")
      if isUndecided {
        #expect(
          audited.found.contains { $0.code == "gateway-undecided" && audited.line(of: $0) == line },
          "\(line)\n\(audited.description)")
      } else {
        #expect(audited.found.isEmpty, "\(menu) \(line)\n\(audited.description)")
      }
    }
  }
}
