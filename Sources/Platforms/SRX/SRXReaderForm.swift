/// What kind of text it is that people take for a configuration of Junos.
struct SRXForm {
  enum Kind { case braces, lines }

  /// What is wrong with a line, or with all of the text.
  typealias Fault = JunosTree.Fault

  private static let verbs: Set<Substring> = [
    "set", "delete", "deactivate", "activate", "insert", "protect", "unprotect", "annotate",
  ]
  /// What stands at the top of a configuration of Junos, of any device.
  static let top: Set<Substring> = [
    "access", "apply-groups", "applications", "bridge-domains", "chassis", "class-of-service", "dynamic-profiles",
    "ethernet-switching-options", "event-options", "firewall", "forwarding-options", "groups", "interfaces",
    "logical-systems", "multi-chassis", "multicast-snooping-options", "poe", "policy-options", "protocols",
    "routing-instances", "routing-options", "schedulers", "security", "services", "smtp", "snmp", "switch-options",
    "system",
    "tenants", "unified-edge", "virtual-chassis", "vlans", "wlan",
  ]

  /// Whether a text looks like one of Junos, by its first lines.
  static func isJunos(_ lines: some Sequence<String>) -> Bool {
    var sets = 0
    var blocks = 0
    var ends = 0
    for text in lines.prefix(400) {
      if isOutput(text) || text.hasPrefix("[edit") || text.contains("xmlns:junos=") { return true }
      let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard let first = words.first else { continue }
      if first == "version", words.count == 2, let last = words.last, last.hasSuffix(";"),
        JunosVersion(String(last.dropLast())) != nil
      {
        return true
      }
      if verbs.contains(first), words.count > 2, isStrong(words.dropFirst()) { sets += 1 }
      let name = words.last == "{" ? words.dropFirst(first.hasSuffix(":") ? 1 : 0).first ?? first : first
      if words.last == "{", words.count <= 3, top.contains(name), text.first != " " { blocks += 1 }
      if let last = words.last, last.hasSuffix(";") { ends += 1 }
    }
    return sets > 0 || blocks > 0 && ends > 0
  }

  /// Lines with `set` of other devices begin otherwise.
  private static func isStrong(_ path: ArraySlice<Substring>) -> Bool {
    guard let first = path.first, let second = path.dropFirst().first else { return false }
    switch first {
    case "security":
      return [
        "address-book", "alg", "application-firewall", "flow", "forwarding-options", "idp", "ike", "ipsec", "log",
        "nat",
        "pki", "policies", "screen", "utm", "zones",
      ].contains(second)
    case "applications": return second == "application" || second == "application-set"
    case "version": return JunosVersion(String(second)) != nil
    case "groups", "apply-groups", "routing-options", "policy-options", "logical-systems",
      "routing-instances":
      return true
    case "system": return path.contains("root-authentication") || path.contains("services")
    case "interfaces": return path.contains("unit") && path.contains("family")
    default: return false
    }
  }

  /// What other commands of Junos print.
  private static func isOutput(_ text: String) -> Bool {
    [
      "Default policy: ", "From zone: ", "Session ID: ", "Total destination-nat rules", "Destination NAT rule",
      "Security zone: ",
      "Total static-nat rules", "Static NAT rule", "Source NAT rule", "Policy: ", "Hostname: ",
    ].contains { text.hasPrefix($0) }
  }

  /// Which syntax a text has; a fault where it is no whole configuration.
  static func kind(of lines: [String]) throws(Fault) -> Kind {
    for (line, text) in lines.enumerated() {
      try checkSigns(text, line)
      try checkKind(text, line)
    }
    guard let first = lines.first(where: { !isSurrounding($0) }) else {
      throw Fault(line: 0, message: "no statement of Junos is in this file", help: command)
    }
    let word = first.split(whereSeparator: { $0 == " " || $0 == "\t" }).first ?? ""
    return verbs.contains(word) && !first.hasSuffix("{") ? .lines : .braces
  }

  static let command = "save the whole configuration with `show configuration | display set | no-more`"

  /// Empty lines, comments, and what a terminal adds.
  private static func isSurrounding(_ text: String) -> Bool {
    let line = text.drop { $0 == " " || $0 == "\t" }
    return line.isEmpty || line.hasPrefix("#") || line.hasPrefix("/*") || isOfTerminal(text)
  }

  /// What a terminal adds to a text: its prompts, and the banners of clusters.
  static func isOfTerminal(_ text: String) -> Bool {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "[") || $0 == UInt8(ascii: "{") })
    else { return false }
    let line = text.drop { $0 == " " || $0 == "\t" }
    if line == "[edit]" { return true }
    if line.hasPrefix("{"), line.hasSuffix("}"), !line.contains(" ") { return true }
    guard let at = line.firstIndex(of: "@"),
      let sign = line[at...].firstIndex(where: { $0 == ">" || $0 == "#" || $0 == "%" })
    else { return false }
    return line[..<sign].allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "@-_.:".contains($0)) }
  }

  private static func checkSigns(_ text: String, _ line: Int) throws(Fault) {
    guard !text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) else {
      throw Fault(
        line: line, message: "there is a control character here, so the text is not as the device has it",
        help: command)
    }
    let rest = text.utf8.drop { $0 == 0x20 || $0 == 0x09 }
    if rest.first == UInt8(ascii: "-"), rest.starts(with: "---(".utf8) || rest.starts(with: "--More--".utf8) {
      throw Fault(
        line: line, message: "a pager has left its mark here, so the text is not as the device has it", help: command)
    }
  }

  private static func checkKind(_ text: String, _ line: Int) throws(Fault) {
    // One look at the first byte tells nearly all lines apart.
    guard let first = text.utf8.first(where: { $0 != 0x20 && $0 != 0x09 }) else { return }
    switch first {
    case UInt8(ascii: "[") where text.hasPrefix("[edit "):
      throw Fault(
        line: line, message: "this is a part of a configuration or a comparison, and the rest of it is not known",
        help: command)
    case UInt8(ascii: "+") where text.hasPrefix("+ "), UInt8(ascii: "-") where text.hasPrefix("- "):
      throw Fault(
        line: line, message: "this is a comparison of two configurations, and the rest of them is not known",
        help: command)
    case UInt8(ascii: "A")...UInt8(ascii: "Z") where isOutput(text):
      throw Fault(
        line: line, message: "this is what another command of Junos prints, and no configuration", help: command)
    case UInt8(ascii: "<") where text.contains("<rpc-reply") || text.contains("<configuration"),
      UInt8(ascii: "\"") where text.contains("\"configuration\" : {"):
      throw Fault(line: line, message: "this is a configuration as XML or JSON, which is not read", help: command)
    default: return
    }
  }
}
