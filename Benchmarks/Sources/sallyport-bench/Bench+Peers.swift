/// Other programs that can say the same, where they are installed or lie in the folder of `PEERS`.
extension Bench {
  /// How long they take to compile and load the publications, against both for ours.
  ///
  /// They say less: no IPv6, no limits, no helpers, no hairpins. Making their namespaces costs them some milliseconds.
  func loadPeers() throws {
    let peers = try Peer.all.filter { try isThere($0) && loadsEverything($0) }
    guard !peers.isEmpty else { return }
    var table = ResultTable(
      "Compile and load; other programs without IPv6, limits, helpers and hairpins",
      columns: ["publications", "program", "time", "to ours", "peak memory"])
    for count in isFull ? [100, 1000, 2000, 5000] : [100, 1000] {
      let ours = [
        "unshare", "-n", "sh", "-c", #""$1" compile "$2" | nft -f -"#, "sh", "\(folder)/sallyport", try policy(count),
      ]
      guard let base = try measure(rounds: rounds, [{ try Command(ours).run() }]).first else { continue }
      var rows = [("sallyport, with nft -f", base)]
      for peer in peers where count <= peer.most {
        if let run = try median(of: peer, count) { rows.append((peer.name, run)) }
      }
      for (name, run) in rows {
        table.add("\(count)", name, time(run.wall), ratio(run.wall, to: base.wall), megabytes(run.peak))
      }
    }
    table.show()
  }

  /// Whether all programs of a peer are there; says so where some of `PEERS` are not.
  private func isThere(_ peer: Peer) -> Bool {
    let folders = peers.map { ["\($0)/usr/sbin", "\($0)/usr/bin"] } ?? []
    let missing = peer.programs.filter { find($0, in: folders) == nil }
    if let peers, !missing.isEmpty {
      print("\(peer.name) is left out: \(peers) has no \(missing.joined(separator: ", "))")
    }
    return missing.isEmpty
  }

  /// Whether the kernel has every translation of some publications afterwards: a peer may skip what it does not
  /// understand.
  private func loadsEverything(_ peer: Peer) throws -> Bool {
    let count = 100
    let expected = translations(publications: count, perNetwork: peer.isPerNetwork)
    let check = "[ $(\(peer.listing) | grep -Ec 'dnat ip to|-j DNAT --to') -eq \(expected) ]\n"
    let script = try write(try peer.script(count) + "\n" + check, to: "\(peer.name)-check.sh")
    do {
      _ = try PeerNamespace(folder: peers).run(script)
      return true
    } catch let failure as BenchmarkFailure {
      print("\(peer.name) is left out, it does not load all of \(count) publications: \(failure)")
      return false
    }
  }

  /// What a peer took; `nil`, with a printed line, where it failed or was ended at the limit.
  private func median(of peer: Peer, _ count: Int) throws -> ProcessRun? {
    let script = try write(try peer.script(count), to: "\(peer.name)-\(count).sh")
    let namespace = PeerNamespace(folder: peers)
    do {
      return try measure(rounds: isFull ? 3 : 1, [{ try namespace.run(script) }]).first
    } catch let failure as BenchmarkFailure {
      print("\(peer.name) is left out at \(count) publications: \(failure)")
      return nil
    }
  }
}
