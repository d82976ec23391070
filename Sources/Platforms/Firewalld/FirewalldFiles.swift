import Addressing
import Diagnostics
import Flows
import Nftables

/// The files of firewalld's permanent configuration, and where they belong.
extension FirewalldRules {
  static let folder = "/etc/firewalld"

  /// - Parameter version: Stands in the descriptions.
  func files(version: String) -> [Artifact] {
    sets.map { $0.file(version: version) } + policies.map { $0.file(self, version: version) }
  }

  /// Where the files are on the gateway: policies first, because they refer to the sets.
  var destinations: [String] { policies.map(\.destination) + sets.map(\.destination) }
}

extension FirewalldPolicy {
  private var path: String { "policies/\(name).xml" }
  fileprivate var destination: String { "\(FirewalldRules.folder)/\(path)" }

  /// Before the zones: a policy of negative priority is asked first. What is refused comes after all that is accepted.
  private var priority: Int { kind == .refusals ? -99 : -100 }

  private var title: String { kind == .refusals ? "refused" : publication }

  private var purpose: String {
    switch kind {
    case .host, .forwarded: "the publication `\(publication)` for firewalld"
    case .reach: "the users of `\(publication)` for firewalld"
    case .refusals: "the users whom `reach` blocks keep out"
    }
  }

  fileprivate func file(_ rules: FirewalldRules, version: String) -> Artifact {
    var text = ConfigurationText()
    text.add(FirewalldXML.header)
    text.add("<policy target=\"CONTINUE\" priority=\"\(priority)\">", for: header)
    text.add(lines: FirewalldXML.titles(title, version: version))
    let (ingress, egress) = (rules.ingress(of: self), rules.egress(of: self))
    for zone in ingress.isEmpty ? ["ANY"] : ingress {
      text.add("  <ingress-zone name=\(FirewalldXML.quoted(zone))/>")
    }
    // `forward-port` is refused for a zone that has interfaces.
    for zone in isForHost ? ["HOST"] : egress.isEmpty ? ["ANY"] : egress {
      text.add("  <egress-zone name=\(FirewalldXML.quoted(zone))/>")
    }
    for rule in self.rules { text.add(lines: rule.lines, for: rule.provenance) }
    text.add("</policy>")
    return text.artifact(path, destination: destination, purpose: purpose)
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
    case .accept(let log): lines += portLines(log) + ["    <accept/>"]
    case .refuse(let log): lines += portLines(log) + ["    <drop/>"]
    }
    return lines + ["  </rule>"]
  }

  private func portLines(_ log: String?) -> [String] {
    let logging = log.map {
      "    <log prefix=\(FirewalldXML.quoted($0)) level=\"info\"><limit value=\"5/s\"/></log>"
    }
    return ["    <port port=\"\(ports)\" protocol=\"tcp\"/>"] + (logging.map { [$0] } ?? [])
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
