import Compilation
import Diagnostics
import Testing

@Suite struct FortiGateReaderWaysTests {
  private func audit(_ old: String, _ new: String, _ more: String) throws -> AuditedText {
    var backup = FortiGateBackup()
    backup.more = more
    #expect(old.isEmpty || backup.text.contains(old), "\(old)")
    let text = old.isEmpty ? backup.text : backup.text.replacing(old, with: new)
    return try AuditedText(
      text, against: workedCase("platform fortigate; outside \"wan1\"; inside \"dmz\"; numbers 9001-9100"))
  }

  private static func table(_ name: String, _ lines: String...) -> String {
    (["config \(name)", "    edit 2"] + lines.map { "        " + $0 } + ["    next", "end"]).joined(separator: "\n")
  }

  private static let dmz = "edit \"dmz\"\n        set vdom \"root\"\n"

  @Test("servers behind another interface, or none") func networks() throws {
    for (old, new, more, line) in [
      (Self.dmz, Self.dmz + "        set status down\n", "", "set status down"),
      (Self.dmz, "edit \"lan\"\n        set vdom \"root\"\n", "", "set ip 10.10.20.1"),
      ("", "", Self.table("router static", "set dst 10.10.20.200 255.255.255.255", "set blackhole enable"), "edit 2"),
      (
        "", "", Self.table("router static", "set dst 10.10.20.128 255.255.255.128", "set device \"wan1\""), "edit 2"
      ),
      (
        "", "",
        Self.table(
          "router static", "set status disable", "set dst 10.10.20.200 255.255.255.255", "set blackhole enable"), ""
      ),
      ("", "", Self.table("router static", "set dst 10.0.0.0 255.0.0.0", "set blackhole enable"), ""),
      ("", "", Self.table("router static", "set blackhole enable", "set distance 254"), ""),
      (
        "", "",
        Self.table(
          "router static", "set dst 10.10.20.128 255.255.255.128", "set gateway 10.10.20.9", "set device dmz"),
        ""
      ),
      (
        Self.dmz, "edit \"port3\"\n        set vdom \"root\"\n",
        "config system zone\n    edit \"dmz\"\n        set interface \"port3\"\n    next\nend", ""
      ),
    ] {
      let audited = try audit(old, new, more)
      guard !line.isEmpty else {
        #expect(audited.found.isEmpty, "\(new) \(more)\n\(audited.description)")
        continue
      }
      #expect(
        audited.found.contains { $0.code == "gateway-stops-session" && audited.line(of: $0).contains(line) },
        "\(new) \(more)\n\(audited.description)")
    }
  }

  @Test("routes by policy") func policyRoutes() throws {
    for (lines, isUndecided) in [
      (["set input-device \"wan1\"", "set dst \"10.10.20.0/255.255.255.0\"", "set output-device \"wan2\""], true),
      (["set src \"198.51.100.0/24\"", "set gateway 192.0.2.1"], true),
      (["set protocol 6", "set start-port 21", "set end-port 21", "set output-device \"wan2\""], true),
      (["set input-device \"dmz\"", "set output-device \"wan2\""], false),
      (["set input-device \"wan1\"", "set output-device \"dmz\""], false),
      (["set input-device \"wan1\"", "set action deny"], false),
      (["set status disable", "set output-device \"wan2\""], false),
      (["set protocol 17", "set output-device \"wan2\""], false),
      (["set dst \"10.99.0.0/255.255.0.0\"", "set output-device \"wan2\""], false),
    ] {
      let text = (["config router policy", "    edit 77"] + lines + ["    next", "end"]).joined(separator: "\n")
      let audited = try audit("", "", text)
      #expect(
        isUndecided
          ? audited.found.contains { $0.code == "gateway-undecided" && audited.line(of: $0).contains("edit 77") }
          : audited.found.isEmpty, "\(text)\n\(audited.description)")
    }
  }

  @Test("a negation of virtual addresses") func negation() throws {
    let own = "set dstaddr \"VIP-FTP-ctl\" \"VIP-FTP-pasv\"\n"
    var audited = try audit(own, own + "        set dstaddr-negate enable\n", "")
    #expect(
      audited.found.contains { $0.code == "gateway-undecided" && audited.line(of: $0).contains("edit 7") },
      "\(audited.description)")
    let denial = """
          edit 5
              set srcintf "wan1"
              set dstintf "dmz"
              set srcaddr "all"
              set dstaddr "VIP-FTP-ctl"
              set dstaddr-negate enable
              set service "ALL"
              set schedule "always"
          next
          edit 7
      """
    audited = try audit("    edit 7", denial, "")
    #expect(
      audited.found.contains { $0.code == "gateway-undecided" && audited.line(of: $0).contains("edit 5") },
      "\(audited.description)")
  }

  @Test("virtual addresses for some interfaces") func filter() throws {
    for (name, isRight) in [("wan1", true), ("wan2", false)] {
      let audited = try audit(
        "set extport 5000-5500", "set srcintf-filter \"\(name)\"\n        set extport 5000-5500", "")
      #expect(
        isRight ? audited.found.isEmpty : audited.found.contains { $0.code == "gateway-stops-session" },
        "\(audited.description)")
    }
  }

  @Test("lists before policies") func accessLists() throws {
    let usual = ["set interface \"wan1\"", "set srcaddr \"all\"", "set dstaddr \"all\""]
    for (lines, code) in [
      (usual + ["set service \"ALL\""], "gateway-stops-session"),
      (usual + ["set service \"ftp-data\""], "gateway-stops-session"),
      (
        ["set interface \"wan1\"", "set srcaddr \"gone\"", "set dstaddr \"all\"", "set service \"ALL\""],
        "gateway-undecided"
      ),
      (usual + ["set status disable", "set service \"ALL\""], ""), (usual + ["set service \"TELNET\""], ""),
      (["set interface \"wan2\"", "set srcaddr \"all\"", "set dstaddr \"all\"", "set service \"ALL\""], ""),
    ] {
      let text = (["config firewall acl", "    edit 77"] + lines + ["    next", "end"]).joined(separator: "\n")
      let audited = try audit("", "", text)
      #expect(
        code.isEmpty
          ? audited.found.isEmpty
          : audited.found.contains { $0.code == code && audited.line(of: $0).contains("edit 77") },
        "\(text)\n\(audited.description)")
    }
  }
}
