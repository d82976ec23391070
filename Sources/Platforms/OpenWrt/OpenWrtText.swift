import Addressing
import Diagnostics

/// The text of the sections, in the two forms that `uci` reads.
extension OpenWrtSections {
  /// Sections as they stand in /etc/config/firewall.
  func configuration(version: String) -> Artifact {
    var text = ConfigurationText()
    text.add(
      "# Written by sallyport \(version): sections of /etc/config/firewall; README.md says how they get there.")
    for section in sections {
      text.add("")
      text.add("config \(section.type) '\(section.id)'", for: section.provenance)
      for (option, value) in section.options { text.add("\toption \(option) '\(value)'") }
    }
    return text.artifact("firewall.uci", purpose: "sections for /etc/config/firewall")
  }

  /// Commands for `uci batch`. Each section is made anew, so that nothing of an earlier one stays: making it first lets
  /// the deletion succeed where there was none.
  var batch: Artifact {
    var text = ConfigurationText()
    for section in sections {
      text.add("set firewall.\(section.id)=\(section.type)", for: section.provenance)
      text.add("delete firewall.\(section.id)")
      text.add("set firewall.\(section.id)=\(section.type)")
      for (option, value) in section.options { text.add("set firewall.\(section.id).\(option)='\(value)'") }
    }
    return text.artifact("firewall.batch", purpose: "the sections as commands for uci batch")
  }

  /// Commands for `uci batch` that take the sections away, in the reverse order.
  var wayBack: Artifact {
    var text = ConfigurationText()
    for section in sections.reversed() {
      text.add("set firewall.\(section.id)=\(section.type)", for: section.provenance)
      text.add("delete firewall.\(section.id)")
    }
    return text.artifact(OpenWrtPlatform.wayBackName, purpose: "the way back, for uci batch")
  }
}

extension OpenWrtSection {
  fileprivate var type: String {
    switch kind {
    case .redirect: "redirect"
    case .accept, .drop, .helper: "rule"
    case .masquerade, .source: "nat"
    }
  }

  /// Names and values, none of which has a quote: zones and publications are names, the rest numbers.
  fileprivate var options: [(String, String)] {
    let family = self.family == .ipv4 ? "ipv4" : "ipv6"
    let isRedirect = if case .redirect = kind { true } else { false }
    var options = [("name", tag(publication, part.rawValue)), ("family", family)]
    func add(_ name: String, _ value: (some CustomStringConvertible)?) {
      if let value { options.append((name, "\(value)")) }
    }
    add("src", from)
    add("src_ip", source)
    add("src_port", sourcePort)
    add(isRedirect ? "src_dip" : "dest_ip", destination)
    add("proto", "tcp")
    add(isRedirect ? "src_dport" : "dest_port", ports)
    add("dest", to)
    switch kind {
    case .redirect(let address, let port):
      add("dest_ip", address)
      add("dest_port", port)
      add("target", "DNAT")
      add("reflection", isReflected ? 1 : 0)
    case .accept: add("target", "ACCEPT")
    case .drop: add("target", "DROP")
    case .helper:
      add("target", "HELPER")
      add("set_helper", "ftp")
    case .masquerade: add("target", "MASQUERADE")
    case .source(let address):
      add("target", "SNAT")
      add("snat_ip", address)
    }
    return options
  }
}
