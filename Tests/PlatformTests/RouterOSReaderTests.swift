import Compilation
import Diagnostics
import Flows
import Foundation
import LiveSupport
import Platforms
import Policy
import Testing

private let gateway = "platform routeros 7.16; outside ether1; inside bridge"

/// A whole export of a router, right for the worked case; each test changes a part of it.
private struct Router {
  var dstnat = """
    add action=dst-nat chain=dstnat comment="ftp control" dst-address=203.0.113.10 dst-port=2121 in-interface-list=\\
        WAN protocol=tcp src-address-list=partners to-addresses=10.10.20.200 to-ports=21
    add action=dst-nat chain=dstnat comment="ftp passive" dst-address=203.0.113.10 dst-port=5000-5500 \\
        in-interface-list=WAN protocol=tcp src-address-list=partners to-addresses=10.10.20.200
    """
  var forward = """
    add action=accept chain=forward comment="defconf: accept in ipsec policy" ipsec-policy=in,ipsec
    add action=fasttrack-connection chain=forward comment="defconf: fasttrack" connection-state=established,related
    add action=accept chain=forward comment="defconf: accept established,related, untracked" connection-state=\\
        established,related,untracked
    add action=drop chain=forward comment="defconf: drop invalid" connection-state=invalid
    add action=drop chain=forward comment="defconf: drop all from WAN not DSTNATed" connection-nat-state=!dstnat \\
        connection-state=new in-interface-list=WAN
    """
  var lists = "add address=198.51.100.0/24 list=partners"
  var members = """
    add comment=defconf interface=bridge list=LAN
    add comment=defconf interface=ether1 list=WAN
    """
  var helper = "set ftp disabled=yes"
  var more = ""

  var text: String {
    """
    # 2024-11-02 10:11:12 by RouterOS 7.16.2
    # software id = ABCD-EFGH
    #
    /interface bridge
    add admin-mac=48:8F:5A:00:00:01 auto-mac=no comment=defconf name=bridge
    /interface list
    add comment=defconf name=WAN
    add comment=defconf name=LAN
    /interface list member
    \(members)
    /ip address
    add address=10.10.20.1/24 comment=defconf interface=bridge network=10.10.20.0
    add address=203.0.113.10/29 interface=ether1 network=203.0.113.8
    /ip firewall address-list
    \(lists)
    /ip firewall filter
    add action=accept chain=input connection-state=established,related,untracked
    add action=drop chain=input in-interface-list=!LAN
    \(forward)
    /ip firewall nat
    add action=masquerade chain=srcnat comment="defconf: masquerade" ipsec-policy=out,none out-interface-list=WAN
    \(dstnat)
    /ip firewall service-port
    \(helper)
    /ip service
    set telnet disabled=yes
    /system identity
    set name=edge
    /tool romon
    set enabled=no
    \(more)

    """
  }

  func audit(_ more: String = "tls explicit required; passive range 5000-5500") throws -> AuditedText {
    try AuditedText(text, against: workedCase("\(gateway); helper scope device", more))
  }
}

@Suite struct RouterOSReaderTests {
  @Test("an export that is right is silent") func silent() throws {
    let audited = try Router().audit()
    #expect(audited.found.isEmpty, "\(audited.description)")
  }

  @Test("the same in the words of 7, of full paths and of changes by hand")
  func spellings() throws {
    let text = Router().text
    let slashes = text.replacing("/ip firewall ", with: "/ip/firewall/").replacing(
      "/interface list", with: "/interface/list")
    var full: [String] = []
    var menu = ""
    let joined = text.replacing("\\\n    ", with: "")
    for line in joined.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("/") {
        menu = String(line)
      } else {
        full.append(line.hasPrefix("#") || line.isEmpty ? String(line) : "\(menu) \(line)")
      }
    }
    let numbered = text.replacing("protocol=tcp", with: "protocol=6")
    let changed = text.replacing(
      "to-ports=21\n", with: "to-ports=2100\nset [find where comment=\"ftp control\"] to-ports=21\n")
    let windows = text.replacing("\n", with: "\r\n")
    for text in [slashes, full.joined(separator: "\n"), numbered, changed, windows] {
      let audited = try AuditedText(text, against: workedCase(gateway))
      #expect(audited.found.isEmpty, "\(audited.description)\n\(text)")
    }
  }

  @Test("mistakes in translations") func translations() throws {
    for (old, new, line) in [
      ("dst-port=5000-5500", "dst-port=5000-5499", "chain=input in-interface-list=!LAN"),
      ("dst-port=5000-5500", "dst-port=5001-5500", ""),
      ("dst-port=2121", "dst-port=2122", ""),
      ("dst-port=5000-5500", "dst-port=5000-5500 to-ports=6000-6500", ""),
      ("dst-port=5000-5500", "dst-port=5000-5500 to-ports=5000", ""),
      ("to-ports=21", "to-ports=22", ""),
      ("protocol=tcp", "protocol=udp", ""),
      ("in-interface-list=\\\n    WAN", "in-interface-list=LAN", ""),
      ("add action=dst-nat", "add disabled=yes action=dst-nat", ""),
      ("src-address-list=partners", "src-address-list=nobody", ""),
      ("dst-address=203.0.113.10", "dst-address=203.0.113.11", ""),
    ] {
      var router = Router()
      router.dstnat = router.dstnat.replacing(old, with: new)
      #expect(router.dstnat != Router().dstnat, "\(old)")
      let audited = try router.audit()
      #expect(audited.found.contains { $0.code == "gateway-stops-session" }, "\(old) \(new)\n\(audited.description)")
      #expect(
        line.isEmpty || audited.found.contains { audited.line(of: $0).contains(line) },
        "\(new): \(audited.description)")
    }
  }

  @Test("mistakes in filters") func filters() throws {
    var router = Router()
    router.forward = "add action=drop chain=forward dst-port=5200 protocol=tcp\n" + router.forward
    var audited = try router.audit()
    #expect(audited.found.contains { $0.code == "gateway-stops-session" && audited.line(of: $0).contains("5200") })
    router = Router()
    router.forward += "\nadd action=drop chain=forward"
    audited = try router.audit()
    #expect(
      audited.found.contains {
        $0.code == "gateway-stops-session" && audited.line(of: $0).contains("add action=drop chain=forward")
      })
    router.forward = router.forward.replacing(
      "\nadd action=drop chain=forward",
      with:
        "\nadd action=accept chain=forward connection-nat-state=dstnat dst-address=10.10.20.200 dst-port=21,5000-5500 protocol=tcp\nadd action=drop chain=forward"
    )
    audited = try router.audit()
    #expect(audited.found.isEmpty, "\(audited.description)")
    // On the address that is dialled, nothing is permitted.
    router.forward = router.forward.replacing("dst-address=10.10.20.200", with: "dst-address=203.0.113.10")
    audited = try router.audit()
    #expect(audited.found.contains { $0.code == "gateway-stops-session" })
  }

  @Test("clients too many") func clients() throws {
    var router = Router()
    router.dstnat = router.dstnat.replacing("src-address-list=partners ", with: "")
    let audited = try router.audit()
    #expect(audited.found.contains { $0.code == "gateway-admits-others" }, "\(audited.description)")
  }

  @Test("the helper") func helper() throws {
    var router = Router()
    router.dstnat = router.dstnat.replacing("dst-port=5000-5500", with: "dst-port=5600-5700")
    router.helper = ""
    let plain = "tls off; helper on"
    var audited = try router.audit(plain)
    #expect(audited.found.filter { $0.severity == .error }.isEmpty, "\(audited.description)")
    // Under TLS it is no help.
    audited = try router.audit()
    #expect(audited.found.contains { $0.code == "gateway-stops-session" })
    for setting in ["set ftp disabled=yes", "set ftp ports=2121", "set [find name=ftp] disabled=yes"] {
      router.helper = setting
      audited = try router.audit(plain)
      #expect(audited.found.contains { $0.code == "gateway-stops-session" }, "\(setting)")
    }
    router.helper = "set ftp ports=21,2100"
    audited = try router.audit(plain)
    #expect(audited.found.filter { $0.severity == .error }.isEmpty, "\(audited.description)")
  }

  @Test("what is not read is told where it stands") func undecided() throws {
    for line in [
      "add action=drop chain=forward layer7-protocol=ftp", "add action=drop chain=forward time=8h-17h,mon",
      "add action=drop chain=forward src-address-list=named",
      "add action=drop chain=forward src-address-list=passing",
      "add action=drop chain=forward routing-mark=x", "add action=strange chain=forward",
      "add action=drop chain=forward in-interface-list=dynamic", "add action=drop chain=forward never=heard",
      "add action=drop chain=forward dst-port=ftp protocol=tcp",
    ] {
      var router = Router()
      router.forward = line + "\n" + router.forward
      router.lists += "\nadd address=bad.example.com list=named\nadd address=198.51.100.0/24 list=passing timeout=1d"
      let audited = try router.audit()
      #expect(
        audited.found.contains { $0.code == "gateway-undecided" && audited.line(of: $0) == line },
        "\(line)\n\(audited.description)")
    }
    for line in [
      "add action=log chain=forward layer7-protocol=ftp",
      "add action=drop chain=forward layer7-protocol=x protocol=udp",
      "add action=drop chain=input time=8h-17h,mon", "add action=jump chain=forward jump-target=empty",
      "add action=drop chain=forward src-address-list=banned",
      "add action=add-src-to-address-list address-list=seen chain=forward dst-port=23 protocol=tcp",
    ] {
      var router = Router()
      router.forward = line + "\n" + router.forward
      let audited = try router.audit()
      #expect(audited.found.isEmpty, "\(line)\n\(audited.description)")
    }
  }

  @Test("remarks") func remarks() throws {
    for (line, word) in [
      ("add action=dst-nat chain=dstnat dst-port=20-21 protocol=tcp to-addresses=10.1.1.1", "port 20"),
      ("add action=dst-nat chain=dstnat dst-port=990 protocol=udp to-addresses=10.1.1.1", "UDP"),
      (
        "add action=dst-nat chain=dstnat dst-port=21 protocol=tcp src-address-list=x to-addresses=10.1.1.1",
        "no entries"
      ),
    ] {
      var router = Router()
      router.dstnat += "\n" + line
      let audited = try router.audit()
      let remarks = audited.found.filter { $0.code == "gateway-remark" && audited.line(of: $0) == line }
      #expect(remarks.count == 1 && remarks.first?.message.contains(word) == true, "\(line): \(audited.description)")
    }
  }

  @Test("what is no export") func otherTexts() throws {
    let text = Router().text
    for (wrong, line) in [
      ("Flags: X - disabled, I - invalid; D - dynamic \n 0    chain=dstnat action=dst-nat\n", "Flags"),
      ("/ip firewall nat\n 0    ;;; ftp\n      chain=dstnat action=dst-nat\n", ";;;"),
      (text.replacing("/ip service", with: "-- [Q quit|D dump|down]\n/ip service"), "-- [Q"),
      (text.replacing("/ip service", with: "\u{1B}[m/ip service"), "ip service"),
      (text.replacing("disabled=yes\n/system", with: "name=\"abc\n/system"), "abc"),
      (String(text.prefix(while: { $0 != "\\" })) + "\\", "accept established"),
      (text.replacing("dst-address=203.0.113.10 dst-port=2121", with: "dst-address dst-port=2121"), "ftp control"),
    ] {
      let audited = try AuditedText(wrong, against: workedCase(gateway))
      #expect(audited.found.map(\.code) == ["gateway-file-error"], "\(line): \(audited.description)")
      #expect(audited.found.first.map { audited.line(of: $0).contains(line) } == true, "\(audited.description)")
    }
  }
}
