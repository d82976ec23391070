// The publications as input of other programs: who may dial which address and port, and where it leads. IPv4 only.

/// Ports of a publication.
private struct Forward {
  var ports: ClosedRange<Int>
  /// The port of the server; `nil` for the one that was dialled.
  var serverPort: Int?

  /// `50000-50399`, or one port.
  func ports(_ separator: String) -> String {
    ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)\(separator)\(ports.upperBound)"
  }
}

extension SamplePublication {
  fileprivate var forwards: [Forward] {
    [Forward(ports: controlPort...controlPort, serverPort: 21)] + (passiveRange.map { [Forward(ports: $0)] } ?? [])
  }

  /// Who is admitted; empty for everybody.
  fileprivate var networks4: [String] {
    (networks + (clientList.map { SampleClientList(index: $0).networks } ?? [])).filter { !$0.contains(":") }
  }
}

/// How many rules translate addresses, with one for each port, or for each port and network of clients.
func translations(publications count: Int, perNetwork: Bool) -> Int {
  (0..<count).map(SamplePublication.init).reduce(0) { sum, sample in
    sum + sample.forwards.count * (perNetwork ? max(1, sample.networks4.count) : 1)
  }
}

/// One line for what is admitted, one for the rest, one for where it leads.
func fermRules(publications count: Int) -> String {
  var filter = ""
  var nat = ""
  for sample in (0..<count).map(SamplePublication.init) {
    let clients = sample.networks4.joined(separator: " ")
    for forward in sample.forwards {
      let dialled = "  daddr \(sample.external) proto tcp dport \(forward.ports(":"))"
      let port = forward.serverPort.map { ":\($0)" } ?? ""
      nat += "\(dialled) DNAT to \"\(sample.server)\(port)\";\n"
      guard !clients.isEmpty else { continue }
      filter += "\(dialled) saddr (\(clients)) ACCEPT;\n\(dialled) DROP;\n"
    }
  }
  return """
    domain ip table raw chain PREROUTING {
    \(filter)}
    domain ip table nat chain PREROUTING {
    \(nat)}

    """
}

/// The files of a folder for `shorewall compile`, beside its settings. Whom no rule translates is dropped.
func shorewallFiles(publications count: Int) -> [(name: String, text: String)] {
  var rules = "?SECTION NEW\n"
  for sample in (0..<count).map(SamplePublication.init) {
    let clients = sample.networks4.isEmpty ? "" : ":" + sample.networks4.joined(separator: ",")
    for forward in sample.forwards {
      let port = forward.serverPort.map { ":\($0)" } ?? ""
      rules += "DNAT net\(clients) loc:\(sample.server)\(port) tcp \(forward.ports(":")) - \(sample.external)\n"
    }
  }
  return [
    ("zones", "fw firewall\nnet ipv4\nloc ipv4\n"),
    ("interfaces", "?FORMAT 2\nnet eth0\nloc eth1\n"),
    ("policy", "net all DROP\nall all ACCEPT\n"),
    ("rules", rules),
  ]
}

/// A zone with rich rules, which are the only ones of firewalld with an external address; each has one network at most.
func firewalldZone(publications count: Int) -> String {
  var rules = ""
  for sample in (0..<count).map(SamplePublication.init) {
    let sources = sample.networks4.isEmpty ? [""] : sample.networks4.map { #"<source address="\#($0)"/>"# }
    for forward in sample.forwards {
      let port = forward.serverPort.map { #" to-port="\#($0)""# } ?? ""
      for source in sources {
        rules += """
            <rule family="ipv4">\(source)<destination address="\(sample.external)"/>\
          <forward-port port="\(forward.ports("-"))" protocol="tcp"\(port) to-addr="\(sample.server)"/></rule>

          """
      }
    }
  }
  return """
    <?xml version="1.0" encoding="utf-8"?>
    <zone>
      <interface name="eth0"/>
    \(rules)</zone>

    """
}

/// A bus for one daemon and those who ask it, in place of the system's.
let privateBus = """
  <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
    "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
  <busconfig>
    <listen>unix:path=/run/bus</listen>
    <auth>EXTERNAL</auth>
    <policy context="default">
      <allow user="*"/>
      <allow own="*"/>
      <allow send_destination="*"/>
      <allow receive_sender="*"/>
    </policy>
  </busconfig>

  """
