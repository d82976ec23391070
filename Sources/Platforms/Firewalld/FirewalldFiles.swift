import Addressing
import Diagnostics
import Flows
import Nftables

/// The files of firewalld's permanent configuration, and where they belong.
extension FirewalldRules {
  static let folder = "/etc/firewalld"

  /// - Parameter version: Stands in the descriptions.
  func files(version: String) -> [Artifact] {
    sets.map { $0.file(version: version) } + policies.map { $0.file(from: zones, version: version) }
  }

  /// Where the files are on the gateway: policies first, because they refer to the sets.
  var destinations: [String] { policies.map(\.destination) + sets.map(\.destination) }
}

extension FirewalldPolicy {
  private var path: String { "policies/\(name).xml" }
  fileprivate var destination: String { "\(FirewalldRules.folder)/\(path)" }

  /// - Parameter zones: Where clients come from.
  fileprivate func file(from zones: [String], version: String) -> Artifact {
    var text = ConfigurationText()
    text.add(FirewalldXML.header)
    // Before the zones: a policy of negative priority is asked first.
    text.add("<policy target=\"CONTINUE\" priority=\"-100\">", for: header)
    text.add(lines: FirewalldXML.titles(publication, version: version))
    for zone in zones { text.add("  <ingress-zone name=\(FirewalldXML.quoted(zone))/>") }
    // `forward-port` is refused for a zone that has interfaces.
    text.add("  <egress-zone name=\"\(isForHost ? "HOST" : "ANY")\"/>")
    for rule in rules { text.add(lines: rule.lines, for: rule.provenance) }
    text.add("</policy>")
    return text.artifact(path, destination: destination, purpose: "the publication `\(publication)` for firewalld")
  }
}

extension FirewalldRule {
  /// A rich rule as it stands in a policy.
  fileprivate var lines: [String] {
    var lines = ["  <rule family=\"\(family == .ipv4 ? "ipv4" : "ipv6")\">"]
    switch clients {
    case .everybody: break
    case .network(let prefix): lines.append("    <source address=\"\(prefix)\"/>")
    case .set(let name): lines.append("    <source ipset=\(FirewalldXML.quoted(name))/>")
    }
    lines.append("    <destination address=\"\(destination)\"/>")
    switch action {
    case .forward(let address, let port):
      let target = port.map { " to-port=\"\($0)\"" } ?? ""
      lines.append("    <forward-port port=\"\(ports)\" protocol=\"tcp\"\(target) to-addr=\"\(address)\"/>")
    case .accept(let log):
      lines.append("    <port port=\"\(ports)\" protocol=\"tcp\"/>")
      if let log {
        lines.append("    <log prefix=\(FirewalldXML.quoted(log)) level=\"info\"><limit value=\"5/s\"/></log>")
      }
      lines.append("    <accept/>")
    }
    return lines + ["  </rule>"]
  }
}

extension FirewalldSet {
  private var path: String { "ipsets/\(name).xml" }
  fileprivate var destination: String { "\(FirewalldRules.folder)/\(path)" }
  /// How many entries a set of the kernel has room for where nothing is said (ipset(8)).
  private static let usualRoom = 65_536

  fileprivate func file(version: String) -> Artifact {
    var text = ConfigurationText()
    text.add(FirewalldXML.header)
    text.add("<ipset type=\"hash:net\">", for: provenance)
    text.add(lines: FirewalldXML.titles(publication, version: version))
    text.add("  <option name=\"family\" value=\"\(family == .ipv4 ? "inet" : "inet6")\"/>")
    if prefixes.count > Self.usualRoom {
      text.add("  <option name=\"maxelem\" value=\"\(prefixes.count)\"/>")
    }
    for prefix in prefixes { text.add("  <entry>\(prefix)</entry>", for: provenance) }
    text.add("</ipset>")
    return text.artifact(path, destination: destination, purpose: "clients of `\(publication)`")
  }
}

/// Parts of firewalld's XML.
private enum FirewalldXML {
  static let header = "<?xml version=\"1.0\" encoding=\"utf-8\"?>"

  static func titles(_ publication: String, version: String) -> [String] {
    [
      "  <short>\(escaped("sallyport \(publication)"))</short>",
      "  <description>\(escaped("Written by sallyport \(version); edit the policy, not this file."))</description>",
    ]
  }

  /// As the value of an attribute, in its quotes.
  static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

  private static func escaped(_ text: String) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&apos;"
      // XML 1.0 has no way to write these.
      case _ where character.value < 0x20 || character.value == 0xFFFE || character.value == 0xFFFF: result += " "
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
