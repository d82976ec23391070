import Addressing
import Compilation
import Diagnostics
import Flows
import LiveSupport
import Policy
import Testing

@testable import Platforms

/// No program reads such a configuration: what stands here is a grammar of our own, as narrow as what we write, and
/// what the lines say by it.
@Suite struct ScreenOSTests {
  static let gateway =
    "platform screenos; outside \"Untrust\"; inside \"Trust\"; unit inside \"ethernet0/1\"; numbers 9001-9020"

  @Test func workedCase() throws {
    let compilation = compile(PlatformTests.workedCase(Self.gateway))
    #expect(compilation.errors.isEmpty)
    #expect(
      try compilation.configuration() == """
        unset policy id 9001
        unset policy id 9002
        set service "sallyport-tcp-2121" protocol tcp src-port 0-65535 dst-port 2121-2121
        set service "sallyport-tcp-5000-5500" protocol tcp src-port 0-65535 dst-port 5000-5500
        set address "Untrust" "sallyport-198.51.100.0-24" 198.51.100.0 255.255.255.0
        set address "Trust" "sallyport-203.0.113.10-32" 203.0.113.10 255.255.255.255
        set route 203.0.113.10/32 interface ethernet0/1
        set policy id 9001 name "sallyport-ftp1-ctl" from "Untrust" to "Trust" "sallyport-198.51.100.0-24" \
        "sallyport-203.0.113.10-32" "sallyport-tcp-2121" nat dst ip 10.10.20.200 port 21 permit
        set policy id 9001 application "IGNORE"
        set policy id 9002 name "sallyport-ftp1-pasv" from "Untrust" to "Trust" "sallyport-198.51.100.0-24" \
        "sallyport-203.0.113.10-32" "sallyport-tcp-5000-5500" nat dst ip 10.10.20.200 permit
        set policy id 9002 application "IGNORE"

        """)
    #expect(
      compilation.companion("way-back.txt") == """
        unset policy id 9002
        unset policy id 9001
        unset route 203.0.113.10/32 interface ethernet0/1
        unset address "Trust" "sallyport-203.0.113.10-32"
        unset address "Untrust" "sallyport-198.51.100.0-24"
        unset service "sallyport-tcp-5000-5500"
        unset service "sallyport-tcp-2121"

        """)
    #expect(try Self.judge(try compilation.configuration(), compilation) == [])
  }

  /// `save` would keep what nobody has tried yet.
  @Test func whatKeepsThingsIsNotWritten() throws {
    let compilation = compile(PlatformTests.workedCase(Self.gateway))
    let text = try compilation.configuration() + (compilation.companion("way-back.txt") ?? "")
    #expect(!text.contains("save") && !text.contains("alg"))
    #expect(compilation.readme.contains("Nothing could check this"))
  }

  /// Users inside: the same policies the other way round, and those that refuse after all that permit.
  @Test func reach() throws {
    let compilation = compile(
      """
      gateway edge { \(Self.gateway) }
      reach bank { server 203.0.113.21; passive range 50000-50399; tls explicit required
        allow 10.20.0.0/24, 10.30.0.7; log all }
      reach payroll { server 203.0.113.21; control port 2121; passive range any; tls explicit required
        allow 10.40.0.0/16 }
      reach open { server 203.0.113.23; passive range 50000-50399; tls explicit required }
      """)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let text = try compilation.configuration()
    #expect(try Self.judge(text, compilation) == [])
    #expect(ReachStudy(compilation).faults.isEmpty, "\(ReachStudy(compilation).faults)")
    var device = ScreenOSDevice()
    try device.load(text)
    let once = device
    try device.load(text)
    #expect(device == once)
    let (denying, others) = (device.policies.filter(\.value.denies), device.policies.filter { !$0.value.denies })
    #expect(denying.count == 4 && others.count == 6)
    #expect(try #require(denying.keys.min()) > (try #require(others.keys.max())))
    for policy in denying.values {
      #expect(policy.sources == ["Any"] && policy.from == "Trust" && policy.to == "Untrust")
      #expect(policy.isLogged == policy.name.hasPrefix("sallyport-bank") && policy.target == nil)
    }
    try device.load(try #require(compilation.companion("way-back.txt")))
    #expect(device == ScreenOSDevice())
    let few = compile(
      """
      gateway edge { \(Self.gateway.replacing("9001-9020", with: "9001-9003")) }
      reach bank { server 203.0.113.21; passive range 50000-50399; tls explicit required; allow 10.20.0.0/24 }
      """)
    #expect(few.errors == ["platform-input: `numbers` gives 3, and 4 are needed"])
    let zones = compile(
      """
      gateway edge { \(Self.gateway.replacing("\"Untrust\"", with: "\"Untrust\", \"DMZ\"")) }
      reach bank { server 203.0.113.21; passive range 50000-50399; tls explicit required }
      """)
    #expect(
      zones.errors == ["platform-input: screenos takes one zone in `outside`, where the servers of a `reach` are"])
  }

  @Test func manyClientsStandInOnePolicy() throws {
    let compilation = compile(
      PlatformTests.workedCase(
        Self.gateway, "tls explicit required; passive range 5000-5500; allow 192.0.2.7, 192.0.2.128/25; log new"))
    #expect(compilation.errors.isEmpty)
    let text = try compilation.configuration()
    #expect(text.contains("set policy id 9002\nset src-address \"sallyport-192.0.2.128-25\"\n"))
    #expect(text.matches(of: /permit log\n/).count == 2)
    #expect(try Self.judge(text, compilation) == [])
  }

  @Test func publicationsShareWhatTheyHaveInCommon() throws {
    let text = SRXTests.twoOfOneServer.replacing(SRXTests.gateway, with: Self.gateway)
    let compilation = compile(text)
    #expect(compilation.errors.isEmpty, "\(compilation.errors)")
    let configuration = try compilation.configuration()
    #expect(configuration.matches(of: /set route/).count == 1)
    #expect(configuration.matches(of: /set service "sallyport-tcp-5000-5500"/).count == 1)
    #expect(try Self.judge(configuration, compilation) == [])
  }

  @Test func aServerAtItsOwnAddressNeedsNoRoute() throws {
    let gateway = Self.gateway.replacing("unit inside \"ethernet0/1\"; ", with: "")
    let routed = PlatformTests.workedCase(gateway).replacing("10.10.20.200", with: "203.0.113.10")
    #expect(
      compile(routed).errors == [
        "platform-unsupported: `ftp1` asks for another control port at the server's own address, and nobody has seen "
          + "screenos do it"
      ])
    let compilation = compile(routed.replacing("2121 -> 21", with: "21"))
    #expect(compilation.errors.isEmpty)
    let text = try compilation.configuration()
    #expect(!text.contains("nat dst") && !text.contains("route"))
    #expect(try Self.judge(text, compilation) == [])
  }

  @Test func everyZoneOfClientsHasPoliciesOfItsOwn() throws {
    let gateway = Self.gateway.replacing("\"Untrust\"", with: "\"Untrust\", \"DMZ-2\"")
    let compilation = compile(PlatformTests.workedCase(gateway))
    #expect(compilation.errors.isEmpty)
    let text = try compilation.configuration()
    #expect(text.contains("set policy id 9004 name"))
    #expect(try Self.judge(text, compilation) == [])
    let few = compile(PlatformTests.workedCase(gateway.replacing("9020", with: "9003")))
    #expect(few.errors == ["platform-input: `numbers` gives 3, and 4 are needed"])
  }

  @Test func twiceIsOnceAndTheWayBackLeavesNothing() throws {
    for policy in [
      PlatformTests.workedCase(Self.gateway), SRXTests.twoOfOneServer.replacing(SRXTests.gateway, with: Self.gateway),
    ] {
      let compilation = compile(policy)
      let text = try compilation.configuration()
      var device = ScreenOSDevice()
      try device.load(text)
      let once = device
      try device.load(text)
      #expect(device == once)
      try device.load(try #require(compilation.companion("way-back.txt")))
      #expect(device == ScreenOSDevice())
    }
  }

  /// Names that say what they hold are right when they are there already, and an id that is needed no more is free.
  @Test func whatAPublicationLostTheDeviceLoses() throws {
    let before = compile(
      PlatformTests.workedCase(Self.gateway, "tls explicit required; passive range 5000-5500; allow 192.0.2.0/24"))
    let after = compile(PlatformTests.workedCase(Self.gateway, "tls explicit required; passive range 5000-5400"))
    var device = ScreenOSDevice()
    try device.load(try before.configuration())
    try device.load(try after.configuration())
    var fresh = ScreenOSDevice()
    try fresh.load(try after.configuration())
    #expect(device.policies == fresh.policies)
  }

  @Test(
    "what is not known to work is an error where it is asked for",
    arguments: rareStatements)
  func unsupported(statement: String, words: String) {
    let more = "tls explicit required; passive range 5000-5500; \(statement)"
    let errors = compile(PlatformTests.workedCase(Self.gateway, more)).errors
    #expect(errors == ["platform-unsupported: `ftp1` asks for \(words), which is not written for screenos"])
  }

  @Test(
    "the helper is refused, with TLS and without",
    arguments: ["tls off; helper on", "tls explicit optional; helper on; passive range 5000-5500"])
  func helper(more: String) {
    let errors = compile(PlatformTests.workedCase(Self.gateway, more)).errors
    #expect(
      errors.contains {
        $0.contains("asks for the FTP helper on its control connections alone, which is not written for screenos")
      })
  }

  @Test func ipv6IsRefused() {
    let routed = PlatformTests.workedCase(Self.gateway).replacing("10.10.20.200", with: "2001:db8:20::9")
      .replacing("203.0.113.10", with: "2001:db8:20::9").replacing("198.51.100.0/24", with: "any")
      .replacing("2121 -> 21", with: "21")
    #expect(
      compile(routed).errors == ["platform-unsupported: `ftp1` asks for IPv6, which is not written for screenos"])
  }

  @Test(
    "inputs that are missing, useless or wrong",
    arguments: [
      ("platform screenos; outside \"U\"; inside \"T\"; numbers 1-9", "has to be told `unit inside`"),
      ("platform screenos; outside \"U\"; inside \"T\"; unit inside \"e1\"", "has to be told `numbers`"),
      ("platform screenos; outside \"U\"; numbers 1-9; unit inside \"e1\"", "has to be told `inside`"),
      ("platform screenos; inside \"T\"; numbers 1-9; unit inside \"e1\"", "has to be told `outside`"),
      ("\(gateway.replacing("9020", with: "9001"))", "`numbers` gives 1, and 2 are needed"),
      ("\(gateway); before \"x\"", "has no use for `before`"),
      ("\(gateway); access list \"x\"", "has no use for `access list`"),
      ("\(gateway.replacing("\"Trust\"", with: "\"Trust\", \"DMZ\""))", "takes one zone in `inside`"),
      ("\(gateway.replacing("Untrust", with: "Un\\\"trust"))", "cannot be `outside`"),
      ("\(gateway.replacing("Untrust", with: "Untrust?"))", "cannot be `outside`"),
      ("\(gateway.replacing("Untrust", with: "Un$tr%ust"))", "cannot be `outside`"),
      ("\(gateway.replacing("Untrust", with: "a]]>"))", "cannot be `outside`"),
      (
        "\(gateway.replacing("Untrust", with: String(repeating: "x", count: 32)))",
        "it has to have 1 to 31 characters"
      ),
      ("\(gateway.replacing("ethernet0/1", with: "ethernet0/1 gateway"))", "it is no interface"),
    ])
  func inputs(gateway: String, message: String) {
    let errors = compile(PlatformTests.workedCase(gateway)).errors
    #expect(errors.count == 1 && errors[0].hasPrefix("platform-input: ") && errors[0].contains(message), "\(errors)")
  }

  @Test(
    "versions",
    arguments: [("6", true), ("6.3", true), ("6.3.0", true), ("5.4", false), ("6.x", false), ("6.", false)])
  func versions(version: String, isKnown: Bool) { #expect(ScreenOSPlatform().knows(version: version) == isKnown) }

  @Test func namesOfZonesMayHaveSpaces() throws {
    let compilation = compile(PlatformTests.workedCase(Self.gateway.replacing("Untrust", with: "V1 Untrust")))
    #expect(compilation.errors.isEmpty)
    #expect(try Self.judge(try compilation.configuration(), compilation) == [])
  }

  @Test func noMutationPasses() throws {
    let compilation = compile(
      PlatformTests.workedCase(
        Self.gateway, "tls explicit required; passive range 5000-5500; allow 192.0.2.7; log new"))
    let lines = try compilation.configuration().split(separator: "\n", omittingEmptySubsequences: false)
    var count = 0
    for (number, line) in lines.enumerated() where line.hasPrefix("set ") {
      // A name that nothing refers to says nothing.
      let name = line.firstRange(of: /name "[^"]*"/)
      for index in line.indices where line[index].isNumber && name?.contains(index) != true {
        var mutated = lines
        let digit = line[index] == "9" ? "8" : "\((line[index].wholeNumberValue ?? 0) + 1)"
        mutated[number] = line[..<index] + digit + line[line.index(after: index)...]
        let verdict = (try? Self.judge(mutated.joined(separator: "\n"), compilation)) ?? ["unknown line"]
        #expect(verdict != [], "\(mutated[number])")
        count += 1
      }
    }
    #expect(count > 200)
  }

  @Test func policiesAreWrittenOrRefused() throws {
    var accepted = 0
    let gateway = Self.gateway.replacing("9020", with: "9999")
    for (text, compilation) in GeneratedForDevices.policies(gateway: gateway) {
      guard compilation.errors.isEmpty else { continue }
      accepted += 1
      let configuration = try compilation.configuration()
      #expect(try Self.judge(configuration, compilation) == [], "\(text)")
      var device = ScreenOSDevice()
      try device.load(configuration)
      let once = device
      try device.load(configuration)
      #expect(device == once, "\(text)")
      try device.load(try #require(compilation.companion("way-back.txt")))
      #expect(device == ScreenOSDevice(), "\(text)")
    }
    #expect(accepted > policySample / 10, "\(accepted)")
  }

  /// In what a text is not what the services of a policy ask for; empty when it is.
  static func judge(_ text: String, _ compilation: Compilation) throws -> [String] {
    var device = ScreenOSDevice()
    try device.load(text)
    let plan = compilation.flows(gateway: 0)
    let numbers = try #require(plan.numbers)
    var faults = device.policies.keys.filter { !numbers.contains($0) }.map { "id \($0)" }
    var wanted: Set<ScreenOSDevice.Permit> = []
    var routes: Set<String> = []
    for service in plan.services {
      let clients =
        service.clientPrefixes.map { $0.map { $0.length == 0 ? "Any" : "\($0.address) \($0.mask)" } } ?? ["Any"]
      guard !clients.isEmpty else { continue }
      let shift = service.controlPort == service.serverControlPort ? "" : " port \(service.serverControlPort)"
      var ports = [(PortRange(service.controlPort), service.isTranslated ? "\(service.serverAddress)\(shift)" : nil)]
      if let range = service.passiveRange {
        ports.append((range, service.isTranslated ? "\(service.serverAddress)" : nil))
      }
      for from in plan.outside {
        for (port, target) in ports {
          wanted.insert(
            ScreenOSDevice.Permit(
              zones: "\(from.name) > \(plan.inside[0].name)",
              clients: clients.contains("Any") ? ["Any"] : clients.sorted(),
              destination: "\(service.arrival) 255.255.255.255", ports: "\(port.low)-\(port.high)", target: target,
              application: "IGNORE", isLogged: service.logs(.new)))
        }
      }
      if service.isTranslated { routes.insert("\(service.arrival)/32 \(plan.name(of: .unitInside) ?? "")") }
    }
    let permits = device.permits
    if permits != wanted { faults.append("permits: \(permits.symmetricDifference(wanted))") }
    if device.routes != routes { faults.append("routes") }
    return faults
  }
}

/// A device as far as we write it, changed line by line. It knows no other line.
struct ScreenOSDevice: Equatable {
  struct Policy: Equatable {
    var name: String
    var from: String
    var to: String
    var sources: [String]
    var destination: String
    var service: String
    var target: String?
    var isLogged: Bool
    var application: String?
    var denies = false
  }

  struct Permit: Hashable {
    var zones: String
    var clients: [String]
    var destination: String
    var ports: String
    var target: String?
    var application: String
    var isLogged: Bool
  }

  struct Unknown: Error { var line: String }

  var services: [String: String] = [:]
  /// By zone and name.
  var addresses: [String: String] = [:]
  var routes: Set<String> = []
  var policies: [UInt32: Policy] = [:]
  /// The policy whose members follow.
  private var open: UInt32?

  mutating func load(_ text: String) throws {
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() { try load(line: line) }
    guard open == nil else { throw Unknown(line: "exit is missing") }
  }

  private mutating func load(line: Substring) throws {
    let words = try Self.words(line)
    let isTaken: Bool
    if open != nil {
      isTaken = member(words)
    } else if words.first == "unset" {
      isTaken = unset(Array(words.dropFirst()))
    } else {
      isTaken = words.first == "set" && set(Array(words.dropFirst()))
    }
    guard isTaken else { throw Unknown(line: String(line)) }
  }

  /// The words of a line; what stands between quotes keeps them, and holds none.
  private static func words(_ line: Substring) throws -> [String] {
    var words: [String] = []
    var rest = line
    while let first = rest.first {
      let word: Substring
      if first == "\"" {
        guard let end = rest.dropFirst().firstIndex(of: "\"") else { throw Unknown(line: String(line)) }
        word = rest[...end]
      } else {
        word = rest.prefix { $0 != " " }
        guard !word.isEmpty, !word.contains("\"") else { throw Unknown(line: String(line)) }
      }
      words.append(String(word))
      rest = rest[word.endIndex...]
      guard !rest.isEmpty else { break }
      guard rest.hasPrefix(" "), rest.count > 1 else { throw Unknown(line: String(line)) }
      rest = rest.dropFirst()
    }
    return words
  }

  /// What a word between quotes names, with at most 31 characters.
  private static func name(_ word: String) -> String? {
    guard word.count > 2, word.count <= 33, word.first == "\"", word.last == "\"" else { return nil }
    return String(word.dropFirst().dropLast())
  }

  private static func isAddress(_ word: String) -> Bool { IPAddress(word)?.family == .ipv4 }

  private mutating func member(_ words: [String]) -> Bool {
    guard let number = open else { return false }
    if words == ["exit"] {
      open = nil
      return true
    }
    guard words.count == 3, words[0] == "set", words[1] == "src-address", let name = Self.name(words[2]),
      let policy = policies[number], addresses["\(policy.from) \(name)"] != nil
    else { return false }
    if !policy.sources.contains(name) { policies[number]?.sources.append(name) }
    return true
  }

  private mutating func unset(_ words: [String]) -> Bool {
    switch words.first {
    case "policy":
      guard words.count == 3, words[1] == "id", let number = UInt32(words[2]) else { return false }
      policies[number] = nil
    case "route":
      guard words.count == 4, words[2] == "interface" else { return false }
      routes.remove("\(words[1]) \(words[3])")
    case "service":
      guard words.count == 2, let name = Self.name(words[1]), !policies.values.contains(where: { $0.service == name })
      else { return false }
      services[name] = nil
    case "address":
      guard words.count == 3, let zone = Self.name(words[1]), let name = Self.name(words[2]),
        !policies.values.contains(where: {
          $0.from == zone && $0.sources.contains(name) || $0.to == zone && $0.destination == name
        })
      else { return false }
      addresses["\(zone) \(name)"] = nil
    default: return false
    }
    return true
  }

  private mutating func set(_ words: [String]) -> Bool {
    switch words.first {
    case "service":
      guard words.count == 8, let name = Self.name(words[1]),
        Array(words[2...6]) == ["protocol", "tcp", "src-port", "0-65535", "dst-port"]
      else { return false }
      let ends = words[7].split(separator: "-").compactMap { UInt16($0) }
      guard ends.count == 2, ends[0] <= ends[1], services[name].map({ $0 == words[7] }) ?? true else { return false }
      services[name] = words[7]
    case "address":
      guard words.count == 5, let zone = Self.name(words[1]), let name = Self.name(words[2]),
        Self.isAddress(words[3]),
        Self.isAddress(words[4])
      else { return false }
      let key = "\(zone) \(name)"
      let value = "\(words[3]) \(words[4])"
      // Whether another value would be taken or refused is not known, so none may come.
      guard addresses[key].map({ $0 == value }) ?? true else { return false }
      addresses[key] = value
    case "route":
      guard words.count == 4, words[1].hasSuffix("/32"), Self.isAddress(String(words[1].dropLast(3))),
        words[2] == "interface"
      else { return false }
      routes.insert("\(words[1]) \(words[3])")
    case "policy": return setPolicy(words)
    default: return false
    }
    return true
  }

  private mutating func setPolicy(_ words: [String]) -> Bool {
    guard words.count >= 3, words[1] == "id", let number = UInt32(words[2]) else { return false }
    if words.count == 3 {
      guard policies[number] != nil else { return false }
      open = number
      return true
    }
    if words.count == 5, words[3] == "application", words[4] == "\"IGNORE\"", policies[number] != nil {
      policies[number]?.application = "IGNORE"
      return true
    }
    guard words.count >= 13, words[3] == "name", words[5] == "from", words[7] == "to", policies[number] == nil,
      let name = Self.name(words[4]), let from = Self.name(words[6]), let to = Self.name(words[8]),
      let source = Self.name(words[9]), let destination = Self.name(words[10]), let service = Self.name(words[11]),
      source == "Any" || addresses["\(from) \(source)"] != nil, addresses["\(to) \(destination)"] != nil,
      services[service] != nil
    else { return false }
    var rest = words[12...]
    var target: String?
    if rest.starts(with: ["nat", "dst", "ip"]), rest.count > 4 {
      let address = rest[rest.startIndex + 3]
      guard Self.isAddress(address) else { return false }
      target = address
      rest = rest.dropFirst(4)
      if rest.first == "port", rest.count > 2 {
        guard let port = UInt16(rest[rest.startIndex + 1]) else { return false }
        target = "\(address) port \(port)"
        rest = rest.dropFirst(2)
      }
    }
    guard rest.first == "permit" || rest.first == "deny", rest.dropFirst() == [] || rest.dropFirst() == ["log"] else {
      return false
    }
    policies[number] = Policy(
      name: name, from: from, to: to, sources: [source], destination: destination, service: service, target: target,
      isLogged: rest.last == "log", application: nil, denies: rest.first == "deny")
    return true
  }

  /// Everything that policies permit, with what their names stand for.
  var permits: Set<Permit> {
    Set(
      policies.values.filter { !$0.denies }.map { policy in
        Permit(
          zones: "\(policy.from) > \(policy.to)",
          clients: policy.sources.map { addresses["\(policy.from) \($0)"] ?? $0 }.sorted(),
          destination: addresses["\(policy.to) \(policy.destination)"] ?? "?", ports: services[policy.service] ?? "?",
          target: policy.target, application: policy.application ?? "", isLogged: policy.isLogged)
      })
  }
}
