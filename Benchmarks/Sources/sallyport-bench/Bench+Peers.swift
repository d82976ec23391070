/// Other programs that can say the same, where they are installed or lie in a folder of `PEERS`.
extension Bench {
  struct Peer {
    var name: String
    var run: () throws -> ProcessRun
  }

  /// What is there, with its input written. ferm takes minutes beyond some thousand publications.
  func peerCandidates(_ count: Int) throws -> [Peer] {
    guard count <= (isFull ? 5000 : 1000), let ferm = find("ferm", in: peers),
      find("iptables-restore", in: peers) != nil
    else { return [] }
    let input = try write(fermRules(publications: count), to: "peer-\(count).ferm")
    let words = ["env"] + peerEnvironment + ["unshare", "-n", ferm, input]
    return [Peer(name: "ferm, compiling included") { try Command(words).run() }]
  }

  /// Lets programs that were unpacked and not installed find one another.
  private var peerEnvironment: [String] {
    guard let root = peers.first else { return [] }
    let libraries = "\(root)/usr/lib/x86_64-linux-gnu"
    return [
      "PATH=\(root)/usr/sbin:\(environment("PATH") ?? "")", "LD_LIBRARY_PATH=\(libraries)",
      "XTABLES_LIBDIR=\(libraries)/xtables",
    ]
  }
}

/// The publications as input of ferm: IPv4 only, without limits, because it writes one rule for each of these.
private func fermRules(publications count: Int) -> String {
  var filter = ""
  var nat = ""
  for index in 0..<count {
    let sample = SamplePublication(index: index)
    let ports = ["\(sample.controlPort)"] + (sample.passiveRange.map { ["\($0.lowerBound):\($0.upperBound)"] } ?? [])
    let networks = (sample.networks + (sample.clientList.map { SampleClientList(index: $0).networks } ?? []))
      .filter { !$0.contains(":") }
    let server = sample.server
    for (port, to) in zip(ports, ["\(server):21", server]) {
      nat += "  daddr \(sample.external) proto tcp dport \(port) DNAT to \"\(to)\";\n"
      guard !networks.isEmpty else { continue }
      let clients = networks.joined(separator: " ")
      filter += "  daddr \(sample.external) proto tcp dport \(port) saddr (\(clients)) ACCEPT;\n"
      filter += "  daddr \(sample.external) proto tcp dport \(port) DROP;\n"
    }
  }
  return """
    domain ip table raw chain PREROUTING {
    \(filter)}
    domain ip table nat chain PREROUTING {
    \(nat)}

    """
}
