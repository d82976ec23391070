import Compilation
import Diagnostics
import Flows
import Testing

private let gateway = "platform asa; outside \"outside\"; inside \"inside\"; access list \"outside_access_in\""
private let list = "outside_access_in"

/// Cisco ASA: commands as a device that takes nothing else would read them.
@Suite struct ASATests {
  @Test func theWorkedCase() throws {
    #expect(
      try compile(workedCase(gateway)).configuration() == """
        ! Written by sallyport 0 for gateway edge. Nothing in it binds, replaces or saves anything.
        object network sallyport-ftp1-real
         host 10.10.20.200
        object network sallyport-ftp1-mapped
         host 203.0.113.10
        object service sallyport-ftp1-ctl-real
         service tcp source eq ftp
        object service sallyport-ftp1-ctl-mapped
         service tcp source eq 2121
        object service sallyport-ftp1-pasv
         service tcp source range 5000 5500
        object-group network sallyport-ftp1-clients
         network-object 198.51.100.0 255.255.255.0
        nat (inside,outside) source static sallyport-ftp1-real sallyport-ftp1-mapped service sallyport-ftp1-ctl-real sallyport-ftp1-ctl-mapped
        nat (inside,outside) source static sallyport-ftp1-real sallyport-ftp1-mapped service sallyport-ftp1-pasv sallyport-ftp1-pasv
        access-list outside_access_in remark sallyport:ftp1
        access-list outside_access_in extended permit tcp object-group sallyport-ftp1-clients object sallyport-ftp1-real eq ftp
        access-list outside_access_in extended permit tcp object-group sallyport-ftp1-clients object sallyport-ftp1-real range 5000 5500

        """)
  }

  @Test(
    "what a device has after the text is what the policy asks for; twice is once; the way back leaves nothing",
    arguments: [
      workedCase(gateway), workedCase(gateway, "tls off  # allow: tls-off\nhelper on"),
      workedCase(gateway + "; helper scope device"),
      workedCase(gateway + "; external is interface"),
      workedCase("platform asa 8.4; outside \"dx\", \"lt\"; inside \"dmz-1\"; access list \"a.b/c\""),
      publishing("server 203.0.113.10 other; external ip 203.0.113.10"),
      publishing("server 203.0.113.10 other; external ip 203.0.113.10; control port 2121 -> 21"),
      publishing(
        "server 10.1.1.1, 2001:db8:20::200 other; external ip 203.0.113.10, 2001:db8::10; control port 2121 -> 21"),
      publishing("server 10.1.1.1 other; external ip 203.0.113.10 at 10.0.1.4; control port 990 -> 21"),
      publishing("server 10.1.1.1 other; external ip 203.0.113.10; deny 198.51.100.7, 10.0.0.0/8"),
      publishing("server 2001:db8:20::200 other; external ip 2001:db8:20::200; deny 2001:db8:1::/48"),
    ])
  func devices(policy: String) throws { _ = try studied(policy) }

  @Test func publicationsOfOneServerShareWhatOverlaps() throws {
    let shared = "server s; external ip 203.0.113.10, 2001:db8::10"
    let text = try studied(
      """
      gateway edge { \(gateway) }
      server s { address 10.1.1.1, 2001:db8:20::200; software other }
      publish one { \(shared); tls explicit required; passive range 5000-5500 }
      publish two { \(shared); tls implicit; control port 990; passive range 5400-5600; allow 198.51.100.0/24 }
      publish six { \(shared); tls explicit required; control port 2121; passive range 5000-5500 }
      """)
    // Three pieces, each once for each family; all who share them have their own permits.
    #expect(text.matches(of: #/service sallyport-one-pasv\d? /#).count == 4)
    #expect(text.matches(of: #/-two-pasv\d? sallyport/#).count == 2)
    #expect(text.matches(of: #/range 5000 5500\n/#).count == 4)
  }

  @Test func namesNeverMeet() throws { try studied(publicationsWithClashingNames(gateway)) }

  @Test func policiesAreTakenOrRefused() throws {
    let more = ["", "; helper scope device", "; external is interface", ""]
    let policies = generatedPolicies(
      policySample,
      gateway: { seed in
        gateway.replacing("asa", with: seed % 5 == 0 ? "asa 9.12" : seed % 7 == 0 ? "asa 8.4" : "asa")
          + more[seed % 4]
      }, without: ["limit", "log", "hairpin", "source gateway", "active on"])
    var accepted = 0
    for (seed, text) in policies.enumerated() {
      let policy = seed % 4 > 0 ? withServersBehind(text) : text
      let compilation = compile(policy)
      guard compilation.errors.isEmpty else { continue }
      accepted += 1
      _ = try studied(policy, compilation)
    }
    #expect(accepted > policySample / 5, "\(accepted) of \(policies.count)")
  }

  @Test(
    "what is changed in the text is noticed",
    arguments: [
      ("5000 5500", "5000 5400"), ("5000 5500", "5000-5500"), ("eq ftp", "eq 2121"), ("eq 2121", "eq 2122"),
      ("203.0.113.10", "203.0.113.11"), ("10.10.20.200", "10.10.20.20"), ("198.51.100.0 ", "198.51.101.0 "),
      ("255.255.255.0", "255.255.0.0"),
      ("-ctl-real sallyport-ftp1-ctl-mapped", "-ctl-mapped sallyport-ftp1-ctl-real"),
      ("object-group sallyport-ftp1-clients object", "any object"),
      ("object sallyport-ftp1-real", "object sallyport-ftp1-mapped"),
      ("object-group sallyport-ftp1-clients object", "object-group sallyport-clients object"),
      ("static", "dynamic"), ("permit tcp", "permit udp"), ("access-list outside_access_in", "access-list other"),
      ("tcp source", "tcp destination"), (" host", " hst"),
    ])
  func mutations(part: String, other: String) throws {
    let compilation = compile(workedCase(gateway))
    let text = try compilation.configuration()
    #expect(text.contains(part))
    var device = ASADevice()
    device.paste(text.replacing(part, with: other))
    let wanted = PublishedPorts(of: compilation.flows(gateway: 0))
    #expect(!device.complaints.isEmpty || device.published(list: list) != wanted)
  }

  @Test func inspectionIsAFileOfItsOwn() throws {
    let compilation = compile(workedCase(gateway + "; helper scope device"))
    let (platform, plan) = (compilation.platform(of: 0), compilation.flows(gateway: 0))
    let files = try platform.configuration(of: plan, as: platform.defaultForm, version: "0")
    #expect(files.map(\.name) == ["asa.cfg", "asa-inspection.cfg"])
    #expect(!files[0].pieces.joined().elementsEqual("class-map".utf8))
    #expect(
      String(decoding: files[1].pieces.joined(), as: UTF8.self).split(separator: "\n").dropFirst().joined(
        separator: "\n")
          == """
          access-list sallyport-inspect extended deny ip any object sallyport-ftp1-real
          access-list sallyport-inspect extended deny ip object sallyport-ftp1-real any
          access-list sallyport-inspect extended permit ip any any
          class-map inspection_default
           match access-list sallyport-inspect
          """)
    #expect(try !compile(workedCase(gateway)).configuration().contains("inspect"))
    #expect(compile(workedCase(gateway)).companion("asa-inspection-way-back.cfg") == nil)
  }

  @Test(
    "what it cannot do is refused at its statement",
    arguments: [
      ("", "limit 5 sessions per client", "a limit of sessions per client"),
      ("", "log new", "a log of new connections"),
      ("", "log denied", "a log of denied connections"), ("", "hairpin on", "clients inside at the external address"),
      ("", "source gateway", "the gateway's address as source"),
      ("", "active on", "active mode that no helper opens (`helper off`, or TLS)"),
    ])
  func refusals(gatewayMore: String, statement: String, words: String) {
    let policy = workedCase(gateway, "tls explicit required; passive range 5000-5500\n    \(statement)")
    let compilation = compile(policy)
    let found = compilation.diagnostics.filter { $0.code == "platform-unsupported" }
    #expect(found.map(\.message) == ["`ftp1` asks for \(words), which is not written for asa"])
    #expect(found.first?.help?.isEmpty == false)
    #expect(compilation.errors.count == 1, "\(compilation.errors)")
  }

  @Test(
    "inputs and obstacles",
    arguments: [
      ("platform asa; inside \"i\"; access list \"a\"", "asa has to be told `outside` of `edge`"),
      ("platform asa; outside \"o\"; access list \"a\"", "asa has to be told `inside` of `edge`"),
      ("platform asa; outside \"o\"; inside \"i\"", "asa has to be told `access list` of `edge`"),
      (gateway + "; before \"x\"", "asa has no use for `before`"),
      (gateway + "; numbers 1-2", "asa has no use for `numbers`"),
      (
        gateway.replacing("\"inside\"", with: "\"a\", \"b\""),
        "the translations of an asa name one `inside`, and `b` is another"
      ),
      (
        gateway.replacing("\"outside\"", with: "\"a\", \"b\"") + "; external is interface",
        "with `external is interface` there is one `outside`, and `b` is another"
      ),
      (
        gateway.replacing("outside_access_in", with: "sallyport-x"),
        "`sallyport-x` cannot be `access list` on asa: it begins as names of ours do"
      ),
      (
        gateway.replacing("asa", with: "asa 8.2"),
        "`8.2` is no version of `asa` for which a configuration can be written"
      ),
      (
        gateway.replacing("asa", with: "asa nine"),
        "`nine` is no version of `asa` for which a configuration can be written"
      ),
    ])
  func inputs(gateway: String, message: String) {
    let errors = compile(workedCase(gateway)).errors
    #expect(errors.count == 1 && errors.first?.hasSuffix(": " + message) == true, "\(errors)")
  }

  @Test func hostileNamesAreRefused() throws {
    let hostile = [
      "a b", "a?", "a!b", "a\\\"b", "in)", "a,b", "a;b", "a$b", "a%b", "a]]>b", "ä",
      String(repeating: "a", count: 49),
    ]
    for name in hostile {
      for input in ["\"outside\"", "\"inside\"", "\"outside_access_in\""]
      where name.count < 49 || !input.contains("_") {
        let errors = compile(workedCase(gateway.replacing(input, with: "\"\(name)\""))).errors
        #expect(errors.count == 1 && errors.first?.hasPrefix("platform-input:") == true, "\(name): \(errors)")
      }
    }
    for name in ["a\\nb", "a\u{1}b", "a\u{202E}b"] {
      #expect(!compile(workedCase(gateway.replacing("\"outside\"", with: "\"\(name)\""))).errors.isEmpty)
    }
  }

  @Test func theHelperIsTheDefaultInspectionOfPort21() {
    let off = "tls off  # allow: tls-off\n    helper on"
    #expect(compile(workedCase(gateway, off)).errors.isEmpty)
    let other = compile(workedCase(gateway, off).replacing("2121 -> 21", with: "2121 -> 2100"))
    #expect(
      other.errors == [
        "platform-unsupported: `ftp1` asks for the FTP helper on port 2100 of the server, and an asa inspects port 21 "
          + "without being told"
      ])
  }

  @Test func oneServerIsInspectedOrNot() {
    let policy = """
      gateway edge { \(gateway); helper scope device }
      server s { address 10.1.1.1; software other }
      publish one { server s; external ip 203.0.113.10; tls off; helper on }
      publish two { server s; external ip 203.0.113.10; control port 2121; tls explicit required; passive range 5000-5500 }
      """
    #expect(compile(policy).errors.count == 1)
    #expect(compile(policy).errors.first?.hasPrefix("platform-unsupported: `two` and `one` have one server") == true)
    #expect(compile(policy.replacing("; helper scope device", with: "")).errors.isEmpty)
  }

  @Test func anInterfaceHasOneAddress() {
    let policy = """
      gateway edge { \(gateway); external is interface }
      publish one { server 10.1.1.1 other; external ip 203.0.113.10; tls explicit required; passive range 5000-5500 }
      publish two { server 10.1.1.2 other; external ip 203.0.113.11; tls explicit required; passive range 6000-6500 }
      """
    #expect(compile(policy).errors.count == 1)
    #expect(
      compile(
        policy.replacing("113.11", with: "113.10").replacing(
          "ip 203.0.113.10; tls explicit required; passive range 6",
          with: "ip 203.0.113.10; control port 2121; tls explicit required; passive range 6")
      ).errors.isEmpty)
  }

  @Test func ipv6NeedsVersion9() {
    let six = "server 2001:db8:20::200 other; external ip 2001:db8:20::200"
    #expect(compile(publishing(six)).errors.isEmpty)
    let old = compile(publishing(six).replacing("platform asa", with: "platform asa 8.4"))
    #expect(old.errors == ["platform-unsupported: `p` asks for IPv6, which is not written for asa"])
    let interface = publishing("server 2001:db8:20::200 other; external ip 2001:db8::10")
      .replacing("access list", with: "external is interface; access list")
    #expect(
      compile(interface).errors == [
        "platform-unsupported: `p` asks for a translation of IPv6 addresses, which is not written for asa"
      ])
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
  let (platform, list) = (compilation.platform(of: 0), try #require(plan.name(of: .accessList)))
  let files = try platform.configuration(of: plan, as: platform.defaultForm, version: "0")
    .map { String(decoding: $0.pieces.joined(), as: UTF8.self) }
  var device = ASADevice()
  for file in files { device.paste(file) }
  #expect(device.complaints.isEmpty, "\(device.complaints.prefix(3))\n\(policy)")
  let interface = plan.provenance(of: .externalIsInterface) == nil ? nil : "interface"
  for outside in plan.outside {
    let wanted = PublishedPorts(of: plan, interface: interface)
    #expect(device.published(list: list, outside: outside.name) == wanted, "\(policy)")
  }
  let taken =
    plan.mayUseDeviceSwitch ? Set(plan.services.filter { !$0.wantsHelper }.map { "\($0.serverAddress)" }) : []
  #expect(device.uninspected == taken.sorted())
  let once = device.state
  for file in files { device.paste(file) }
  #expect(device.complaints.isEmpty && device.state == once)
  for name in ["asa-inspection-way-back.cfg", "asa-way-back.cfg"] {
    if let text = compilation.companion(name) { device.paste(text) }
  }
  #expect(device.complaints.isEmpty, "\(device.complaints.prefix(3))\n\(policy)")
  #expect(device.isEmpty)
  return files.joined()
}
