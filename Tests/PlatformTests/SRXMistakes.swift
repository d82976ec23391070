import Foundation

/// A mistake in a configuration that was right.
struct SRXMistake: Sendable {
  let name: String
  /// Changes the lines; `nil` where a configuration has nothing of that kind.
  let change: @Sendable (SRXGenerator) -> [String]?

  init(_ name: String, _ change: @escaping @Sendable (SRXGenerator) -> [String]?) {
    (self.name, self.change) = (name, change)
  }

  /// Takes out the lines with some words.
  private static func without(_ words: String..., in generator: SRXGenerator) -> [String]? {
    let rest = generator.lines.filter { line in !words.allSatisfy { line.contains($0) } }
    return rest.count < generator.lines.count ? rest : nil
  }

  /// Puts other words into the lines that have some.
  private static func replacing(_ old: String, _ new: String, where word: String = "", in generator: SRXGenerator)
    -> [String]?
  {
    let lines = generator.lines.map { word.isEmpty || $0.contains(word) ? $0.replacing(old, with: new) : $0 }
    return lines != generator.lines ? lines : nil
  }

  private static func adding(_ more: String..., in generator: SRXGenerator) -> [String] { generator.lines + more }

  /// Puts lines before the first that has some words.
  private static func adding(_ more: [String], before word: String, in generator: SRXGenerator) -> [String]? {
    guard let place = generator.lines.firstIndex(where: { $0.contains(word) }) else { return nil }
    var lines = generator.lines
    lines.insert(contentsOf: more, at: place)
    return lines
  }

  private static let pair = "set security policies from-zone untrust to-zone trust policy"

  /// Those that sessions show.
  static let all: [SRXMistake] = [
    SRXMistake("no rule for the range") { without(" rule \($0.name("r2")) ", in: $0) },
    SRXMistake("no rule for the control port") { without("destination", " rule \($0.name("r1")) ", in: $0) },
    SRXMistake("a part of the range") {
      replacing("to \($0.range.upperBound)", "to \($0.range.upperBound - 1)", where: " rule ", in: $0)
    },
    SRXMistake("a part of the range is permitted") {
      replacing("-\($0.range.upperBound)", "-\($0.range.upperBound - 1)", in: $0)
    },
    SRXMistake("the range begins later") {
      replacing("-port \($0.range.lowerBound)-", "-port \($0.range.lowerBound + 1)-", in: $0)
    },
    SRXMistake("every port becomes one") { generator in
      generator.isStatic
        ? nil
        : adding(
          "set security nat destination pool \(generator.name("p2")) address port \(generator.range.lowerBound)",
          in: generator)
    },
    SRXMistake("ports are shifted") { generator in
      guard generator.isStatic else { return nil }
      let rule = "set security nat static rule-set \(generator.name("rs")) rule \(generator.name("r1"))"
      return adding(
        "\(rule) match destination-port \(generator.range.lowerBound) to \(generator.range.upperBound)",
        "\(rule) then static-nat prefix mapped-port \(generator.range.lowerBound + 1) to \(generator.range.upperBound + 1)",
        in: generator)
    },
    SRXMistake("no permit") { without(" policy \($0.name("permit")) ", in: $0) },
    SRXMistake("no permit of the range") {
      without(" policy \($0.name("permit")) ", "application \($0.name("pasv"))", in: $0)
    },
    SRXMistake("a denial before it") { generator in
      adding(
        [
          "\(pair) first match source-address any", "\(pair) first match destination-address any",
          "\(pair) first match application any", "\(pair) first then deny",
        ], before: "set security policies from-zone untrust to-zone trust ", in: generator)
    },
    SRXMistake("another rule before it") { generator in
      let rule = "set security nat destination rule-set \(generator.name("rs")) rule first"
      return adding(
        ["\(rule) match destination-address \(SRXGenerator.external)/32", "\(rule) then destination-nat pool web"],
        before: " rule \(generator.name("r1")) match destination-address", in: generator
      ).flatMap { generator.isStatic ? nil : $0 }
    },
    SRXMistake("the policy is inactive") { generator in
      let isGlobal = generator.lines.contains { $0.contains("global policy \(generator.name("permit"))") }
      let place = isGlobal ? "global" : "from-zone untrust to-zone trust"
      return adding("deactivate security policies \(place) policy \(generator.name("permit"))", in: generator)
    },
    SRXMistake("the rule is inactive") { generator in
      let kind = generator.isStatic ? "static" : "destination"
      return adding(
        "deactivate security nat \(kind) rule-set \(generator.name("rs")) rule \(generator.name("r1"))", in: generator
      )
    },
    SRXMistake("all translation is inactive") { adding("deactivate security nat", in: $0) },
    SRXMistake("an address is inactive") { generator in
      generator.lines.first { $0.contains("address \(generator.name("host")) ") }.map { line in
        adding(
          "deactivate " + line.dropFirst(4).split(separator: " ").dropLast().joined(separator: " "), in: generator)
      }
    },
    SRXMistake("the wrong zone of NAT") {
      replacing("from zone untrust", "from zone dmz", where: "rule-set \($0.name("rs")) ", in: $0)
    },
    SRXMistake("the wrong interface of NAT") {
      replacing("from interface ge-0/0/0.0", "from interface ge-0/0/2.0", in: $0)
    },
    SRXMistake("the wrong zone of the policy") {
      replacing("to-zone trust", "to-zone dmz", where: " policy \($0.name("permit")) ", in: $0)
    },
    SRXMistake("the wrong protocol of the policy") { generator in
      replacing("protocol tcp", "protocol udp", where: "application \(generator.name("pasv")) ", in: generator)
    },
    SRXMistake("the wrong protocol of NAT") {
      replacing("protocol tcp", "protocol udp", where: " rule \($0.name("r2")) ", in: $0)
    },
    SRXMistake("the wrong family") {
      replacing("address \($0.name("host"))", "address any-ipv6", where: " policy \($0.name("permit")) ", in: $0)
    },
    SRXMistake("the permit is for the external address") {
      replacing(
        "\(SRXGenerator.server)/32", "\(SRXGenerator.external)/32", where: "address \($0.name("host")) ", in: $0)
    },
    SRXMistake("the permit is for the external port") { generator in
      generator.control == generator.inner
        ? nil
        : replacing(
          "port \(generator.inner)", "port \(generator.control)", where: "application \(generator.name("ctl")) ",
          in: generator)
    },
    SRXMistake("another server") {
      replacing(
        SRXGenerator.server, "10.10.20.201", where: $0.isStatic ? "static-nat" : "pool \($0.name("p1")) ", in: $0)
    },
    SRXMistake("everybody is permitted") {
      replacing("address \($0.name("clients"))", "address any", where: " policy \($0.name("permit")) ", in: $0)
    },
    SRXMistake("clients are shut out") { replacing("198.51.100.0/24", "198.51.101.0/24", in: $0) },
    SRXMistake("some clients are shut out") {
      without("address-set \($0.name("clients")) address \($0.name("c2"))", in: $0)
    },
    SRXMistake("the list is empty") { without("address-set \($0.name("clients")) address ", in: $0) },
    SRXMistake("no such pool") { without("destination pool \($0.name("p2")) ", in: $0) },
    SRXMistake("no such application") { without("applications application \($0.name("pasv")) ", in: $0) },
    SRXMistake("no action") { without(" policy \($0.name("permit")) then", in: $0) },
    SRXMistake("only when the clock says so") { generator in
      generator.lines.first { $0.contains(" policy \(generator.name("permit")) ") }.flatMap { line in
        line.range(of: " match ").map {
          adding(String(line[..<$0.lowerBound]) + " scheduler-name office", in: generator)
        }
      }
    },
    SRXMistake("other services look into it") {
      replacing(
        "then permit", "then permit application-services utm-policy av", where: " policy \($0.name("permit")) ",
        in: $0)
    },
    SRXMistake("users have to be known") { generator in
      generator.lines.first { $0.contains(" policy \(generator.name("permit")) match") }.flatMap { line in
        line.range(of: " match ").map {
          adding(String(line[..<$0.upperBound]) + "source-identity staff", in: generator)
        }
      }
    },
    SRXMistake("all addresses but these") { generator in
      generator.lines.first { $0.contains(" policy \(generator.name("permit")) match") }.flatMap { line in
        line.range(of: " match ").map {
          adding(String(line[..<$0.upperBound]) + "destination-address-excluded", in: generator)
        }
      }
    },
    SRXMistake("a filter on the interface") {
      adding(
        "set interfaces ge-0/0/0 unit 0 family inet filter input outside",
        "set firewall family inet filter outside term web from protocol tcp",
        "set firewall family inet filter outside term web from destination-port 443",
        "set firewall family inet filter outside term web then accept", in: $0)
    },
    SRXMistake("a group that says more") {
      adding("set groups more security policies global policy x then deny", "set apply-groups more", in: $0)
    },
  ]

  /// Those that are said whatever the policy says.
  static let remarks: [SRXMistake] = [
    SRXMistake("the hole for FTPS") { adding("set security alg ftp ftps-extension", in: $0) },
    SRXMistake("port 20") { generator in
      let rule = "set security nat destination rule-set \(generator.name("rs")) rule data"
      return generator.isStatic
        ? nil
        : adding(
          "\(rule) match destination-address \(SRXGenerator.external)/32", "\(rule) match destination-port 20",
          "\(rule) then destination-nat pool \(generator.name("p2"))", in: generator)
    },
    SRXMistake("UDP") { generator in
      let rule = "set security nat destination rule-set \(generator.name("rs")) rule udp"
      return generator.isStatic
        ? nil
        : adding(
          "\(rule) match destination-address \(SRXGenerator.external)/32", "\(rule) match destination-port 21",
          "\(rule) match protocol udp",
          "\(rule) then destination-nat pool \(generator.name("p2"))", in: generator)
    },
  ]
}
