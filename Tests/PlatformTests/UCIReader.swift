import Addressing

/// A section of UCI.
struct UCISection: Equatable {
  var type: String
  var id: String
  var options: [String: String] = [:]

  struct Fault: Error, CustomStringConvertible {
    var description: String
  }

  /// Reads a text as strictly as it is written: named sections with options in single quotes, comments, empty lines.
  static func read(_ text: String) throws -> [UCISection] {
    var sections: [UCISection] = []
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let isOption = line.hasPrefix("\toption ")
      let words = line.drop { $0 == "\t" }.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3, isOption || words[0] == "config", let value = unquoted(words[2]) else {
        throw Fault(description: "a line is no section and no option: \(line)")
      }
      if !isOption {
        sections.append(UCISection(type: String(words[1]), id: value))
      } else if sections.isEmpty || sections[sections.count - 1].options[String(words[1])] != nil {
        throw Fault(description: "an option stands twice, or in no section: \(line)")
      } else {
        sections[sections.count - 1].options[String(words[1])] = value
      }
    }
    return sections
  }

  fileprivate static func unquoted(_ text: some StringProtocol) -> String? {
    guard text.count > 2, text.hasPrefix("'"), text.hasSuffix("'"), !text.dropFirst().dropLast().contains("'") else {
      return nil
    }
    return String(text.dropFirst().dropLast())
  }
}

extension UCISection {
  private enum Shape { case text, zone, anyZone, family, address, network, port, ports, word([String]) }

  /// The options that fw4 has for a type of section, as far as we write them (`parse_rule`, `parse_redirect` and
  /// `parse_nat` in its fw4.uc).
  private static let known: [String: [String: Shape]] = [
    "redirect": [
      "name": .text, "family": .family, "src": .zone, "src_ip": .network, "src_dip": .address,
      "proto": .word(["tcp"]), "src_dport": .ports, "dest": .anyZone, "dest_ip": .address, "dest_port": .port,
      "target": .word(["DNAT"]),
      "reflection": .word(["0", "1"]),
    ],
    "rule": [
      "name": .text, "family": .family, "src": .anyZone, "src_ip": .network, "proto": .word(["tcp"]),
      "dest": .anyZone, "dest_ip": .network, "dest_port": .ports, "target": .word(["ACCEPT", "DROP", "HELPER"]),
      "set_helper": .word(["ftp"]),
    ],
    "nat": [
      "name": .text, "family": .family, "src": .zone, "src_ip": .network, "src_port": .port, "proto": .word(["tcp"]),
      "dest_ip": .network, "dest_port": .ports, "target": .word(["SNAT", "MASQUERADE"]), "snat_ip": .address,
    ],
  ]
  private static let needed: [String: [String]] = [
    "redirect": ["name", "family", "src", "src_dip", "src_dport", "dest_ip", "proto", "target", "reflection"],
    "rule": ["name", "family", "dest_port", "proto", "target"], "nat": ["name", "family", "proto", "target"],
  ]

  /// What fw4 would not take, or would take for something else.
  var faults: [String] {
    guard let known = Self.known[type], let needed = Self.needed[type] else { return ["no type: \(type)"] }
    var faults = needed.filter { options[$0] == nil }.map { "\(id) lacks \($0)" }
    if id.isEmpty || !id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) {
      faults.append("no name of a section: \(id)")
    }
    let family: AddressFamily = options["family"] == "ipv6" ? .ipv6 : .ipv4
    for (name, value) in options {
      guard let shape = known[name] else {
        faults.append("\(id) has an unknown option \(name)")
        continue
      }
      if !Self.fits(value, shape, family) { faults.append("\(id) has \(name) \(value)") }
    }
    if options["target"] == "HELPER", options["src"] == nil || options["set_helper"] == nil {
      faults.append("\(id) lacks what a helper needs")
    }
    if (options["target"] == "SNAT") != (options["snat_ip"] != nil) { faults.append("\(id) and its snat_ip") }
    return faults
  }

  private static func fits(_ value: String, _ shape: Shape, _ family: AddressFamily) -> Bool {
    switch shape {
    case .text: return !value.isEmpty && value.count <= 120
    case .zone: return value.first?.isLetter == true
    case .anyZone: return value == "*" || value.first?.isLetter == true
    case .family: return value == "ipv4" || value == "ipv6"
    case .address: return IPAddress(value)?.family == family
    case .network:
      let parts = value.split(separator: "/", omittingEmptySubsequences: false)
      guard let address = IPAddress(String(parts[0])), address.family == family else { return false }
      guard parts.count > 1 else { return true }
      return parts.count == 2 && Int(parts[1]).flatMap { Prefix(address, length: $0) }?.isCanonical == true
    case .port: return UInt16(value).map { $0 > 0 } ?? false
    case .ports: return Self.ports(value) != nil
    case .word(let words): return words.contains(value)
    }
  }

  fileprivate static func ports(_ value: String) -> PortRange? {
    let ends = value.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
    guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2 else { return nil }
    return PortRange(low: low, high: high)
  }
}

/// Connections that a gateway lets in.
struct Entrance: Hashable {
  /// For which packets arrive.
  var address: IPAddress
  var ports: PortRange
  /// Where they go instead.
  var target: IPAddress?
  var port: UInt16?
}

extension [UCISection] {
  /// What clients of the zone `wan` may open, and which of them.
  var entrances: [Entrance: AddressSet] {
    var entrances: [Entrance: AddressSet] = [:]
    for section in self where section.options["src"] == "wan" && section.options["proto"] == "tcp" {
      let options = section.options
      let isRedirect = section.type == "redirect" && options["target"] == "DNAT"
      guard isRedirect || section.type == "rule" && options["target"] == "ACCEPT",
        let address = options[isRedirect ? "src_dip" : "dest_ip"].flatMap({ IPAddress($0) }),
        let ports = options[isRedirect ? "src_dport" : "dest_port"].flatMap({ UCISection.ports($0) })
      else { continue }
      let source = options["src_ip"].map { $0.split(separator: "/") } ?? ["\(address)", "0"]
      guard let base = source.first.flatMap({ IPAddress(String($0)) }) else { continue }
      let length = source.count == 2 ? Int(source[1]) ?? -1 : base.family.bits
      let entrance = Entrance(
        address: address, ports: ports, target: isRedirect ? options["dest_ip"].flatMap { IPAddress($0) } : nil,
        port: isRedirect ? options["dest_port"].flatMap { UInt16($0) } : nil)
      let clients = AddressSet([Prefix(base, length: length)].compactMap(\.self))
      entrances[entrance] = AddressSet(unionOf: [entrances[entrance] ?? AddressSet(), clients])
    }
    return entrances
  }
}

/// The sections of a machine, as `uci` changes them.
struct UCIFile {
  var sections: [UCISection] = []

  /// `uci batch`: every command has to succeed.
  mutating func run(_ commands: String) throws {
    for line in commands.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2, words[1].hasPrefix("firewall.") else { throw UCISection.Fault(description: "\(line)") }
      let sides = words[1].split(separator: "=", maxSplits: 1)
      let path = sides[0].split(separator: ".")
      let place = sections.firstIndex { $0.id == path[1] }
      switch (words[0], path.count, sides.count) {
      case ("set", 2, 2):
        if place == nil { sections.append(UCISection(type: String(sides[1]), id: String(path[1]))) }
      case ("set", 3, 2):
        guard let place, let value = UCISection.unquoted(sides[1]) else {
          throw UCISection.Fault(description: "\(line)")
        }
        sections[place].options[String(path[2])] = value
      case ("delete", 2, 1):
        guard let place else { throw UCISection.Fault(description: "\(line)") }
        sections.remove(at: place)
      default: throw UCISection.Fault(description: "\(line)")
      }
    }
  }

  /// `uci -m import`: options of named sections replace those of the same name.
  mutating func merge(_ added: [UCISection]) {
    for section in added {
      if let place = sections.firstIndex(where: { $0.id == section.id }) {
        sections[place].options.merge(section.options) { $1 }
      } else {
        sections.append(section)
      }
    }
  }
}
