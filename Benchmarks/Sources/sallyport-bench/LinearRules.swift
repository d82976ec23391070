/// The same publications as a table of the usual shape: rules of their own for each publication.
func linearRules(publications count: Int, target: TargetPublication? = nil) -> String {
  var admission = ""
  var translation = ""
  var sources = ""
  for index in 0..<count {
    let rules = linearRules(SamplePublication(index: index))
    admission += rules.admission
    translation += rules.translation
    sources += rules.sources
  }
  if let target {
    let dialled = "ip daddr \(target.external) tcp dport"
    admission += "    \(dialled) { 21, 50000-50399 } ip saddr != \(target.clients) drop\n"
    translation += "    \(dialled) 21 dnat ip to \(target.server):21\n"
    translation += "    \(dialled) 50000-50399 dnat ip to \(target.server)\n"
  }
  return """
    table inet linear {
      ct helper ftp-standard {
        type "ftp" protocol tcp
      }
      set sessions {
        type ipv4_addr . inet_service . ipv4_addr
        size 65535
        flags dynamic
      }
      chain prerouting {
        type filter hook prerouting priority -150; policy accept;
        ct state != new accept
    \(admission)  }
      chain destination_nat {
        type nat hook prerouting priority -100; policy accept;
    \(translation)  }
      chain source_nat {
        type nat hook postrouting priority 100; policy accept;
    \(sources)  }
    }

    """
}

private func linearRules(_ sample: SamplePublication) -> (admission: String, translation: String, sources: String) {
  var rules = (admission: "", translation: "", sources: "")
  var families = [(ip: "ip", external: sample.external, server: sample.server, colon: ":")]
  if sample.hasBothFamilies {
    families.append((ip: "ip6", external: sample.external6, server: sample.server6, colon: ":"))
  }
  let networks = sample.networks + (sample.clientList.map { SampleClientList(index: $0).networks } ?? [])
  for family in families {
    let dialled = "    \(family.ip) daddr \(family.external) tcp dport"
    let range = sample.passiveRange.map { "\($0.lowerBound)-\($0.upperBound)" }
    let ports = range.map { "{ \(sample.controlPort), \($0) }" } ?? "\(sample.controlPort)"
    let clients = networks.filter { $0.contains(":") == (family.ip == "ip6") }
    if !networks.isEmpty {
      let others = clients.isEmpty ? "" : " \(family.ip) saddr != { \(clients.joined(separator: ", ")) }"
      rules.admission += "\(dialled) \(ports)\(others) drop\n"
    }
    if sample.hasLimit, family.ip == "ip" {
      rules.admission +=
        "\(dialled) \(sample.controlPort) add @sessions { ip daddr . tcp dport . ip saddr ct count over 10 } drop\n"
    }
    if sample.hasHelper { rules.admission += "\(dialled) \(sample.controlPort) ct helper set \"ftp-standard\"\n" }
    let server = family.ip == "ip" ? family.server : "[\(family.server)]"
    rules.translation += "\(dialled) \(sample.controlPort) dnat \(family.ip) to \(server):21\n"
    if let range { rules.translation += "\(dialled) \(range) dnat \(family.ip) to \(server)\n" }
    if sample.hasHairpin {
      rules.sources +=
        "    iifname \"eth1\" ct status dnat \(family.ip) daddr \(family.server) tcp dport { 21, 50000-50399 } masquerade\n"
    }
  }
  return rules
}
