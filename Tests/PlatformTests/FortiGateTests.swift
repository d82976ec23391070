import Compilation
import Diagnostics
import Flows
import Testing

private let gateway = "platform fortigate; outside \"wan1\"; inside \"dmz\"; numbers 9001-9200"

/// FortiGate: text as a device that knows nothing else would read it.
@Suite struct FortiGateTests {
  @Test func theWorkedCase() throws {
    #expect(
      try compile(workedCase(gateway + "; before \"5\"")).configuration() == """
        # Written by sallyport 0 for gateway edge. Nothing in it saves anything.
        config firewall address
            edit "sallyport-ftp1-c1"
                set subnet 198.51.100.0 255.255.255.0
                set comment "sallyport:ftp1"
            next
        end
        config firewall service custom
            edit "sallyport-ftp1-ctl"
                set helper disable
                set tcp-portrange 21
                set comment "sallyport:ftp1:ctl"
            next
            edit "sallyport-ftp1-pasv"
                set helper disable
                set tcp-portrange 5000-5500
                set comment "sallyport:ftp1:pasv"
            next
        end
        config firewall vip
            edit "sallyport-ftp1-ctl"
                set extip 203.0.113.10
                set mappedip "10.10.20.200"
                set extintf "wan1"
                set portforward enable
                set protocol tcp
                set extport 2121
                set mappedport 21
                set comment "sallyport:ftp1:ctl"
            next
            edit "sallyport-ftp1-pasv"
                set extip 203.0.113.10
                set mappedip "10.10.20.200"
                set extintf "wan1"
                set portforward enable
                set protocol tcp
                set extport 5000-5500
                set mappedport 5000-5500
                set comment "sallyport:ftp1:pasv"
            next
        end
        config firewall policy
            edit 9001
                set name "sallyport-ftp1"
                set srcintf "wan1"
                set dstintf "dmz"
                set srcaddr "sallyport-ftp1-c1"
                set dstaddr "sallyport-ftp1-ctl" "sallyport-ftp1-pasv"
                set action accept
                set schedule "always"
                set service "sallyport-ftp1-ctl" "sallyport-ftp1-pasv"
                set logtraffic utm
                set comments "sallyport:ftp1"
            next
            move 9001 before 5
        end

        """)
  }

  @Test(
    "what a device has after the text is what the policy asks for; twice is once; the way back leaves nothing",
    arguments: [
      workedCase(gateway), workedCase(gateway + "; before \"5\""),
      workedCase(gateway, "tls off  # allow: tls-off\nhelper on"),
      workedCase(gateway.replacing("\"dmz\"", with: "\"dmz\", \"LAN 2\"")),
      workedCase(
        gateway.replacing("fortigate", with: "fortigate 7.4.1"), "tls off; passive range 5000-5500; log new"),
      publishing("server 203.0.113.10 other; external ip 203.0.113.10"),
      publishing("server 10.1.1.1 other; external ip 203.0.113.10 at 10.0.1.4; control port 990 -> 21"),
      publishing("server 10.1.1.1 other; external ip 203.0.113.10; deny 198.51.100.7, 10.0.0.0/8"),
      publishing("server 10.1.1.1 other; external ip 203.0.113.10; allow 198.51.100.7, 10.0.0.0/8"),
    ])
  func devices(policy: String) throws { try studied(policy) }

  @Test func linesStayShortHoweverManyClientsThereAre() throws {
    let denied = (0..<60).map { "10.\($0).0.1" }.joined(separator: ", ")
    let text = try studied(publishing("server 10.1.1.1 other; external ip 203.0.113.10; deny \(denied)"))
    #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count < 1_000 })
    #expect(text.contains("        append member "))
  }

  @Test func publicationsOfOneServerShareWhatOverlaps() throws {
    let text = try studied(
      """
      gateway edge { \(gateway); before "5" }
      server s { address 10.1.1.1; software other }
      publish one { server s; external ip 203.0.113.10; tls explicit required; passive range 5000-5500 }
      publish two { server s; external ip 203.0.113.10; tls implicit; passive range 5400-5600; allow 198.51.100.0/24 }
      publish three { server s; external ip 203.0.113.10; tls explicit required; control port 2121; passive range 5000-5500 }
      """)
    #expect(text.matches(of: #/set extport 5\d+-/#).count == 3)
    // By name, and so `three` before `two`.
    #expect(text.contains("edit 9002\n        set name \"sallyport-three\""))
  }

  @Test func theHelperIsThatOfTheService() throws {
    let compilation = compile(workedCase(gateway, "tls off; passive range 5000-5500; helper on"))
    var device = FortiGateDevice()
    device.paste(try compilation.configuration())
    #expect(device.helper("sallyport-ftp1-ctl") == "ftp" && device.helper("sallyport-ftp1-pasv") == "disable")
    let encrypted = compile(workedCase(gateway, "tls explicit optional; passive range 5000-5500; helper on"))
    #expect(
      encrypted.errors == [
        "platform-unsupported: `ftp1` asks for the FTP helper on control connections that may be encrypted, which is "
          + "not written for fortigate"
      ])
  }

  @Test func virtualAddressesNameTheInterfaceOfAZone() throws {
    let policy = workedCase(gateway.replacing("wan1", with: "Internet") + "; unit outside \"port9\"")
    let text = try studied(policy)
    #expect(text.matches(of: #/set extintf "port9"/#).count == 2 && text.contains("set srcintf \"Internet\""))
    #expect(
      compile(policy.replacing("port9", with: "port?9")).errors.first?.hasPrefix("platform-input: `port?9`") == true)
  }

  @Test func everyLineSaysWhoAskedForIt() throws {
    let compilation = compile(workedCase(gateway))
    let (platform, plan) = (compilation.platform(of: 0), compilation.flows(gateway: 0))
    let file = try #require(try platform.configuration(of: plan, as: "commands", version: "0").first)
    let lines = String(decoding: file.pieces.joined(), as: UTF8.self).split(separator: "\n")
    for (part, statement) in [
      ("extport 2121", "control port"), ("subnet", "198.51.100.0/24"), ("extport 5000", "5000-5500"),
      ("edit 9001", "publish ftp1"),
    ] {
      let number = try #require(lines.firstIndex { $0.contains(part) }) + 1
      let spans = file.provenance.spans(ofLine: number).map { compilation.sources.text($0) }
      #expect(spans.count == 1 && spans.first?.hasPrefix(statement) == true, "\(part): \(spans)")
    }
  }

  @Test func namesNeverMeet() throws { try studied(publicationsWithClashingNames(gateway)) }

  @Test func policiesAreTakenOrRefused() throws {
    let policies = generatedPolicies(
      policySample,
      gateway: { seed in gateway.replacing("fortigate", with: seed % 3 == 0 ? "fortigate 7.2" : "fortigate") },
      without: ["limit", "log", "hairpin", "source gateway", "active on", "helper on"]
    ).map { text in
      // IPv6 is for other platforms.
      text.replacing(#/, (fd00|2001):[^,\n]*/#, with: "")
    }
    var accepted = 0
    for (seed, text) in policies.enumerated() {
      let policy = seed % 4 > 0 ? withServersBehind(text) : text
      let compilation = compile(policy)
      guard compilation.errors.isEmpty else { continue }
      accepted += 1
      try studied(policy, compilation)
    }
    #expect(accepted > policySample / 7, "\(accepted) of \(policies.count)")
  }

  @Test(
    "what is changed in the text is noticed",
    arguments: [
      ("5000-5500", "5000-5400"), ("extport 5000-5500", "extport 5001-5501"),
      ("mappedport 5000-5500", "mappedport 5000"),
      ("portrange 5000-5500", "portrange 5000-5501"), ("portrange 21", "portrange 2121"),
      ("extport 2121", "extport 2122"),
      ("203.0.113.10", "203.0.113.11"), ("10.10.20.200", "10.10.20.20"), ("198.51.100.0 ", "198.51.101.0 "),
      ("255.255.255.0", "255.255.0.0"), ("srcaddr \"sallyport-ftp1-c1\"", "srcaddr \"all\""),
      ("extintf", "extinterface"),
      ("helper disable", "helper auto"), ("next", "end"), ("\"wan1\"", "\"wan2\""), ("accept", "deny"),
      ("edit 9001", "edit x"),
      ("service \"sallyport-ftp1-ctl\" ", "service "), ("dstaddr \"sallyport-ftp1-ctl\" ", "dstaddr "),
    ])
  func mutations(part: String, other: String) throws {
    let compilation = compile(workedCase(gateway))
    let text = try compilation.configuration()
    #expect(text.contains(part))
    var device = FortiGateDevice()
    device.paste(text.replacing(part, with: other))
    let wanted = PublishedPorts(of: compilation.flows(gateway: 0))
    #expect(
      !device.complaints.isEmpty || device.published(outside: "wan1", interface: "wan1", inside: ["dmz"]) != wanted)
  }

  @Test(
    "what it cannot do is refused at its statement",
    arguments: [
      ("limit 5 sessions", "a limit of sessions"), ("log denied", "a log of denied connections"),
      ("hairpin on", "clients inside at the external address"), ("source gateway", "the gateway's address as source"),
      ("active on", "active mode that no helper opens (`helper off`, or TLS)"),
    ])
  func refusals(statement: String, words: String) {
    let compilation = compile(workedCase(gateway, "tls explicit required; passive range 5000-5500\n    \(statement)"))
    let found = compilation.diagnostics.filter { $0.code == "platform-unsupported" }
    #expect(found.map(\.message) == ["`ftp1` asks for \(words), which is not written for fortigate"])
    #expect(compilation.errors.count == 1, "\(compilation.errors)")
  }

  @Test(
    "inputs and obstacles",
    arguments: [
      ("platform fortigate; inside \"i\"; numbers 1-9", "fortigate has to be told `outside` of `edge`"),
      ("platform fortigate; outside \"o\"; numbers 1-9", "fortigate has to be told `inside` of `edge`"),
      ("platform fortigate; outside \"o\"; inside \"i\"", "fortigate has to be told `numbers` of `edge`"),
      (gateway + "; access list \"x\"", "fortigate has no use for `access list`"),
      (gateway + "; helper scope device", "fortigate has no use for `helper scope`"),
      (gateway + "; before \"deny\"", "`deny` cannot be `before` on fortigate: it is not the id of a policy"),
      (gateway + "; before \"05\"", "`05` cannot be `before` on fortigate: it is not the id of a policy"),
      (gateway + "; before \"9003\"", "policy 9003 is one of `numbers`, so ours cannot stand before it"),
      (
        gateway.replacing("\"wan1\"", with: "\"a\", \"b\""),
        "the virtual addresses of a fortigate name one `outside`, and `b` is another"
      ),
      (
        gateway.replacing("fortigate", with: "fortigate 5.6"),
        "`5.6` is no version of `fortigate` for which a configuration can be written"
      ),
    ])
  func inputs(gateway: String, message: String) {
    let errors = compile(workedCase(gateway)).errors
    #expect(errors.count == 1 && errors.first?.hasSuffix(": " + message) == true, "\(errors)")
  }

  @Test func everyPublicationNeedsAnId() {
    let policy = """
      gateway edge { \(gateway.replacing("9001-9200", with: "9001")) }
      publish one { server 10.1.1.1 other; external ip 203.0.113.10; tls explicit required; passive range 5000-5500 }
      publish two { server 10.1.1.2 other; external ip 203.0.113.11; tls explicit required; passive range 6000-6500 }
      """
    #expect(compile(policy).errors == ["platform-input: `numbers` has one id, and 2 policies need one each"])
  }

  @Test func anotherPortAtTheServersOwnAddress() {
    let policy = publishing("server 203.0.113.10 other; external ip 203.0.113.10; control port 2121 -> 21")
    let errors = compile(policy).errors
    #expect(
      errors.count == 1 && errors.first?.contains("another control port at the server's own address") == true,
      "\(errors)")
  }

  @Test func hostileNamesAreRefused() throws {
    let hostile = [
      "a?", "a!b", "a\\\"b", "a\\\\b", "a'b", "in)", "a,b", "a;b", "a$b", "a%b", "a]]>b", "a#b",
      String(repeating: "a", count: 36),
    ]
    for name in hostile {
      for input in ["\"wan1\"", "\"dmz\""] {
        let errors = compile(workedCase(gateway.replacing(input, with: "\"\(name)\""))).errors
        #expect(errors.count == 1 && errors.first?.hasPrefix("platform-input:") == true, "\(name): \(errors)")
      }
    }
    for name in ["a\\nb", "a\u{1}b", "a\u{202E}b"] {
      #expect(!compile(workedCase(gateway.replacing("\"wan1\"", with: "\"\(name)\""))).errors.isEmpty)
    }
    let long = workedCase(gateway).replacing(
      "publish ftp1", with: "publish a-publication-with-a-very-long-name-of-48-characters")
    try studied(long.replacing("-of-48-characters", with: ""))
  }
}

/// A policy with one publication, of TLS and a range.
private func publishing(_ statements: String) -> String {
  """
  gateway edge { \(gateway) }
  publish p {
      \(statements); tls explicit required; passive range 5000-5500
  }
  """
}

/// The text of an accepted policy, after a device has read it, once, twice and back.
@discardableResult
private func studied(_ policy: String, _ known: Compilation? = nil) throws -> String {
  let compilation = known ?? compile(policy)
  #expect(compilation.errors.isEmpty, "\(compilation.errors)\n\(policy)")
  let plan = compilation.flows(gateway: 0)
  let text = try compilation.configuration()
  var device = FortiGateDevice()
  device.paste(text)
  #expect(device.complaints.isEmpty, "\(device.complaints.prefix(3))\n\(policy)")
  let outside = plan.outside.first?.name ?? ""
  let interface = plan.name(of: .unitOutside) ?? outside
  #expect(
    device.published(outside: outside, interface: interface, inside: plan.inside.map(\.name))
      == PublishedPorts(of: plan), "\(policy)")
  let ours = device.order.filter { $0 != "5" }
  #expect(device.order == (plan.name(of: .before) == nil ? ["5"] + ours : ours + ["5"]))
  #expect(ours == ours.sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count })
  let once = device.state
  device.paste(text)
  #expect(device.complaints.isEmpty && device.state == once, "\(device.complaints.prefix(3))")
  device.paste(try #require(compilation.companion("fortigate-way-back.cfg")))
  #expect(device.complaints.isEmpty, "\(device.complaints.prefix(3))\n\(policy)")
  #expect(device.isEmpty)
  return text
}
