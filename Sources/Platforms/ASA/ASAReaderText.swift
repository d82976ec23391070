import Diagnostics

/// What a text is, that was shown by a device of Cisco.
enum ASATextKind {
  case configuration
  /// Another output, another language, or lines that are not whole: why, and the command that shows the right thing.
  case wrong(String, help: String)

  /// Lines that are looked at: a header comes first, and what a configuration begins with in others' hands.
  private static let glance = 400

  /// - Returns: `nil` for a text that no such device shows.
  init?(_ text: GatewayText) {
    for line in text.lines.prefix(Self.glance) {
      if let kind = Self.kind(of: line.text) {
        self = kind
        return
      }
    }
    return nil
  }

  /// What one line tells.
  private static func kind(of text: String) -> ASATextKind? {
    let line = ASALine(text, SourceSpan(file: SourceID(0), 0..<0))
    let (first, second) = (line.first, line[1])
    switch first {
    case "ASA", "NGFW", "PIX", "FWSM": return second == "Version" ? .configuration : nil
    case ":": return ["Saved", "Hardware:", "Serial"].contains(second) ? .configuration : nil
    case "nameif", "security-level", "same-security-traffic", "service-policy", "static", "global", "fixup",
      "conduit":
      return line.words.count > 1 && !line.words.contains("{") ? .configuration : nil
    case "access-group": return ["in", "out", "global"].contains(line[2]) ? .configuration : nil
    case "access-list":
      return ["extended", "remark", "line", "standard"].contains(line[2]) || second.hasSuffix(";")
        || ["permit", "deny"].contains(line[2]) ? .configuration : nil
    case "nat": return second.hasPrefix("(") && second.hasSuffix(")") ? .configuration : nil
    case "object", "object-group":
      return ["network", "service", "protocol", "icmp-type"].contains(second) && line.words.count > 2
        && !line.words.contains("{") ? .configuration : nil
    case "Manual", "Auto": return line.starts(with: first, "NAT", "Policies") ? .configuration : nil
    case "Building": return line.starts(with: "Building", "configuration...") ? .configuration : nil
    case "ip":
      return line.starts(with: "ip", "nat", "inside") || line.starts(with: "ip", "access-list") ? .configuration : nil
    case "interface", "class-map", "policy-map":
      return line.words.count > 1 && !text.contains("{") && !text.hasSuffix(";") ? .configuration : nil
    default:
      return line.starts(with: "Current", "configuration", ":") || text.contains("> show running-config")
        || text.contains("# show running-config") || text.contains("# show startup-config") || isTranslations(line)
        ? .configuration : nil
    }
  }

  /// The first line of `show xlate` and `show conn`: `12 in use, 34 most used`.
  private static func isTranslations(_ line: ASALine) -> Bool {
    Int(line.first) != nil && line[1] == "in" && line[2] == "use," && line.text.hasSuffix("most used")
  }

  private static let show = "save what `show running-config` shows, after `terminal pager 0`"

  /// What is wrong with a text as a whole; `nil` where it can be read.
  static func fault(of text: GatewayText) -> Diagnostic? {
    var isSaved = false
    var hasEnd = false
    for line in text.lines {
      if let (words, help) = fault(of: line.text) {
        return .error("gateway-file-error", words, at: line.span, help: help)
      }
      let bare = line.text.trimmed
      if bare == ": Saved" { (isSaved, hasEnd) = (true, false) }
      if bare == ": end" || bare == ":end" { hasEnd = true }
    }
    guard let last = text.lines.last(where: { !$0.text.trimmed.isEmpty }) else { return nil }
    if last.text.hasPrefix("object network ") || last.text.hasPrefix("object service ") {
      return .error(
        "gateway-file-error", "the configuration ends within an object, so lines are missing", at: last.span,
        help: show)
    }
    guard isSaved, !hasEnd else { return nil }
    return .error(
      "gateway-file-error", "the configuration ends before its line `: end`, so lines are missing", at: last.span,
      help: show)
  }

  private static func fault(of text: String) -> (String, String)? {
    let hasMarks = text.utf8.contains {
      $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "#")
    }
    if hasMarks, text.contains("<--- More --->") { return ("a pager has cut the text into pages here", show) }
    if text.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      return ("there are control characters on this line, so it is not what the device has", show)
    }
    let line = ASALine(text, SourceSpan(file: SourceID(0), 0..<0))
    if hasMarks, text.contains("# show startup-config") || text.contains("> show startup-config") {
      return ("this is what was saved for the next start, and not what runs", show)
    }
    if hasMarks, line.first.hasSuffix("#"), line.first.contains("(config") {
      return ("this was typed at the device, and is no running configuration", show)
    }
    return version(line) ?? output(line) ?? language(line) ?? change(line)
  }

  /// Whether a line takes something away. No device shows such a line, and what it leaves is not read here.
  private static func change(_ line: ASALine) -> (String, String)? {
    let isChange =
      line.first == "no" && changed.contains(line[1]) || line.starts(with: "no", "ipv6", "route")
      || line.starts(with: "no", "ipv6", "access-list") || line.first == "clear" && line[1].hasPrefix("conf")
    guard isChange else { return nil }
    return ("this is a change that was pasted, and no running configuration", show)
  }

  /// What would matter if it were taken away, and never stands in a configuration with `no` before it.
  private static let changed: Set = [
    "access-group", "access-list", "nat", "object", "object-group", "network-object", "group-object",
    "service-object", "port-object", "protocol-object", "host", "subnet", "range", "route", "interface",
    "class-map", "policy-map", "service-policy", "class", "match", "name", "same-security-traffic",
  ]

  /// Whether a header names a version of another language.
  private static func version(_ line: ASALine) -> (String, String)? {
    if line.starts(with: "PIX", "Version") || line.starts(with: "FWSM", "Version") {
      return (
        "this is the configuration of a \(line.first == "PIX" ? "PIX" : "firewall services module"), which has another language",
        "read what an ASA from 8.3 on has"
      )
    }
    guard line.starts(with: "ASA", "Version"), let release = ReleaseNumber(String(line[2].prefix { $0 != "(" })),
      release < ReleaseNumber(8, 3)
    else { return nil }
    return (
      "version `\(line[2])` has another language: access lists and `nat` changed their meaning in 8.3",
      "read the configuration of 8.3 or later; the device itself rewrites an old one when it is upgraded"
    )
  }

  /// Whether a line belongs to another output.
  private static func output(_ line: ASALine) -> (String, String)? {
    if line.first == "access-list", line.words.contains(where: { $0.hasPrefix("(hitcnt=") }) {
      return ("this is what `show access-list` shows, and no configuration", show)
    }
    if line.starts(with: "Manual", "NAT", "Policies") || line.starts(with: "Auto", "NAT", "Policies") {
      return ("this is what `show nat` shows, and no configuration", show)
    }
    if isTranslations(line) { return ("this is what `show xlate` or `show conn` shows, and no configuration", show) }
    if line.starts(with: "config-url") || line.starts(with: "allocate-interface") {
      return (
        "this is the system configuration of a device with contexts, and rules are in those of the contexts",
        "`changeto context NAME`, and save what `show running-config` shows there"
      )
    }
    return nil
  }

  /// Whether a line is of another language.
  private static func language(_ line: ASALine) -> (String, String)? {
    let old = "`\(line.first)` is the language of before 8.3, where access lists and `nat` mean something else"
    let help = "read the configuration of 8.3 or later"
    switch line.first {
    case "static" where line[1].hasPrefix("("): return (old, help)
    case "global" where line[1].hasPrefix("("): return (old, help)
    case "conduit", "fixup": return (old, help)
    case "nat" where line[1].hasPrefix("(") && !line[1].contains(",") && Int(line[2]) != nil: return (old, help)
    case "ip"
    where line.starts(with: "ip", "nat", "inside") || line.starts(with: "ip", "access-list", "extended")
      || line.starts(with: "ip", "access-list", "standard"):
      return (
        "this is the configuration of a router with IOS, and no ASA", "name the gateway whose configuration it is"
      )
    default: return nil
    }
  }
}

extension String {
  /// Without blanks at both ends.
  fileprivate var trimmed: String {
    var rest = self[...]
    while rest.first == " " || rest.first == "\t" { rest = rest.dropFirst() }
    while rest.last == " " || rest.last == "\t" { rest = rest.dropLast() }
    return String(rest)
  }
}
