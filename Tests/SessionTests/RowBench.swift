import Addressing
import FTPSession
import LiveSupport
import Nftables
import Synchronization

/// One gateway of a row: its rules.
struct RowGateway: Sendable {
  var script: String
}

/// Sessions through several gateways in a row, as the model plays them and as the bench plays them.
struct RowBench {
  let lab: Lab
  let row: Row
  private let played = Counter()

  /// How many sessions were played. Their ports come around after 3,000 of them: a server remembers for a minute who
  /// was connected (TIME_WAIT), and answers a SYN from there in a way that uses up an expectation, if the client has
  /// dialled another address since.
  private final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
      count.withLock { count in
        count = (count + 1) % 3000
        return count
      }
    }
  }

  /// Names of the gateways in the model.
  static let names = ["edge", "middle", "inner"]

  init(_ lab: Lab, _ row: Row) async throws {
    self.lab = lab
    self.row = row
    let hosts = [LabHost.client, .inside] + (row.gateways > 1 ? [.stranger] : [])
    for host in hosts {
      var addresses = (1..<BenchNetwork.clientsPerPlace).map { Row.client(host, $0) }
      if host == .client { addresses += (0..<BenchNetwork.clientsPerPlace).map { Row.otherClient($0) } }
      let lines = addresses.flatMap {
        ["address add \($0)/24 dev eth0\n", "address add \(Row.ipv6($0))/64 dev eth0 nodad\n"]
      }
      let result = try await lab.run(["ip", "-batch", "-"], on: host, input: lines.joined())
      guard result.succeeded else { throw LabError(result.errorText) }
    }
    // A host that gets an ICMP redirect goes another way from then on, which depends on what came before.
    for host in row.hosts {
      let names = ["all", "eth0", "eth1"].map { "net.ipv4.conf.\($0).send_redirects=0" }
      guard try await lab.run(["sysctl", "-qw"] + names, on: host).succeeded else { throw LabError("sysctl fails") }
    }
    // In IPv6 only who gets one can leave it alone.
    for host in row.hosts + [.client, .server, .inside, .stranger] {
      let names = ["all", "eth0"].map { "net.ipv6.conf.\($0).accept_redirects=0" }
      guard try await lab.run(["sysctl", "-qw"] + names, on: host).succeeded else { throw LabError("sysctl fails") }
    }
  }

  // MARK: The row as the model sees it

  static func network(_ row: Row, _ gateway: Int) -> Network {
    let interfaces = [false, true].map { isInner in
      let four = row.addresses(gateway, inner: isInner)
      let six = row.addresses6(gateway, inner: isInner)
      let own = (four.filter { $0.length < 32 } + six.filter { $0.length < 128 })
        .map { BenchNetwork.prefix($0.address, $0.length) }
      let further =
        isInner
        ? row.networksFurtherIn(gateway) + row.networksFurtherIn6(gateway)
        : row.networksFurtherOut(gateway) + row.networksFurtherOut6(gateway)
      let routed = further.map { BenchNetwork.prefix($0.address, $0.length) }
      let addresses = four + six
      return Network.Interface(
        isInner ? "eth1" : "eth0", addresses: addresses.map { BenchNetwork.ip($0.address) }, networks: own + routed)
    }
    var network = Network(interfaces: interfaces, outside: gateway < row.clientSide ? "eth1" : "eth0")
    for name in ["eth0", "eth1"] { network.links[name] = Link(hardware: 1, group: 0) }
    if let box = row.box, box + 1 == gateway {
      let ends = (Row.external(box), Row.external(gateway))
      network.translatedBefore = [ends, (Row.ipv6(ends.0), Row.ipv6(ends.1))].map {
        TranslationBefore(dialled: BenchNetwork.ip($0.0), arrival: BenchNetwork.ip($0.1))
      }
    }
    return network
  }

  /// - Parameter programs: Those of the gateways that are no box.
  static func path(_ row: Row, _ programs: [Program]) -> GatewayPath? {
    let hops = zip(row.policed, programs).map { index, program in
      Hop(
        names.indices.contains(index) ? names[index] : "", program, network(row, index), outwards: "eth0",
        inwards: "eth1")
    }
    return hops.first.map { GatewayPath($0, Array(hops.dropFirst())) }
  }

  /// - Parameter isOther: Whether the client outside has an address of another network, as strangers do.
  static func client(
    _ row: Row, _ host: LabHost, _ number: Int, _ family: AddressFamily = .ipv4, isOther: Bool = false
  ) -> Party {
    let four = isOther ? Row.otherClient(number) : Row.client(host, number)
    let address = BenchNetwork.ip(family == .ipv4 ? four : Row.ipv6(four))
    var own: Host
    switch host {
    case .inside:
      own = Host([address], behind: "eth1", neighbours: networks([("10.10.20.0", 24), ("2001:db8:20::", 64)]))
    case .stranger:
      own = Host([address], behind: "eth1", neighbours: networks([("172.16.1.0", 24), ("2001:db8:16:1::", 64)]))
    default:
      own = Host(
        [address], behind: "eth0", unreachable: Row.hidden.map { BenchNetwork.prefix($0.address, $0.length) })
    }
    own.hop = host == .inside ? row.policed.count - 1 : 0
    return .host(own)
  }

  static func server(_ row: Row, _ addresses: String...) -> Party { server(row, addresses) }

  static func server(_ row: Row, _ addresses: [String]) -> Party {
    var host = Host(
      addresses.map(BenchNetwork.ip), behind: "eth1",
      neighbours: networks([
        ("10.10.20.0", 24), ("203.0.113.128", 28), ("2001:db8:20::", 64), ("2001:db8:21::", 64),
      ]))
    host.hop = row.policed.count - 1
    return .host(host)
  }

  private static func networks(_ all: [(String, Int)]) -> [Prefix] { all.map { BenchNetwork.prefix($0.0, $0.1) } }

  /// The same session from a client address and with ports of its own.
  private func placed(_ duel: Duel, _ number: Int, hidden: [Prefix]) -> Duel {
    var duel = duel
    let family = duel.model.dialled.family
    let others = [
      BenchNetwork.prefix(Row.otherClient(0), 24), BenchNetwork.prefix(Row.ipv6(Row.otherClient(0)), 64),
    ]
    let isOther =
      duel.client == .client
      && duel.model.client.address(family).map { own in others.contains { $0.contains(own) } } == true
    duel.model.client = Self.client(row, duel.client, number, family, isOther: isOther)
    if duel.client == .client, case .host(var host) = duel.model.client {
      host.unreachable += hidden
      duel.model.client = .host(host)
    }
    let base = UInt16(20_000 + played.next() * 4)
    duel.model.ports = ClientPorts(control: base, data: base + 1, listening: base + 2)
    return duel
  }

  // MARK: Playing

  /// Takes away the client's routes to networks that mean nothing outside, besides `Row.hidden`.
  private func hide(_ networks: [Prefix]) async throws {
    let all = Row.hidden.map { BenchNetwork.prefix($0.address, $0.length) } + networks
    for (family, option) in [(AddressFamily.ipv4, "-4"), (.ipv6, "-6")] {
      let own = all.filter { $0.family == family }
      let lines = ["route flush type unreachable"] + own.map { "route replace unreachable \($0)" }
      let input = lines.joined(separator: "\n") + "\n"
      let result = try await lab.run(["ip", option, "-batch", "-"], on: .client, input: input)
      guard result.succeeded else { throw LabError(result.errorText) }
    }
  }

  /// Loads a script on each gateway in the place of all rules, and plays the sessions side by side, each from an
  /// address of its own.
  ///
  /// - Parameter hidden: Networks to which clients outside have no route; `nil` for those of the bench.
  func fight(
    _ gateways: [RowGateway], _ duels: [Duel], isHurried: Bool = false, hidden: [Prefix]? = nil
  ) async throws -> [Verdict] {
    if let hidden { try await hide(hidden) }
    var programs: [Program] = []
    for (index, (host, gateway)) in zip(row.hosts, gateways).enumerated() {
      try await lab.load(ruleset: "flush ruleset\n" + gateway.script, on: host)
      try await lab.flushConntrack(on: host)
      if index != row.box { programs.append(Program(try await lab.runningRuleset(on: host))) }
    }
    guard programs.count == row.policed.count, let path = Self.path(row, programs) else {
      throw LabError("\(gateways.count) scripts for \(row.gateways) gateways")
    }
    let theatre = Theatre(path)
    let servers = ScriptedServers(lab)
    defer { servers.close() }
    let placed = duels.enumerated().map { self.placed($1, $0, hidden: hidden ?? []) }
    for duel in placed {
      for address in duel.serverAddresses {
        try await servers.listen(
          on: duel.serverHost ?? .server, address: address, port: duel.model.server.controlPort)
      }
    }
    return try await withThrowingTaskGroup(of: (Int, Verdict).self) { group in
      for (index, duel) in placed.enumerated() {
        group.addTask {
          let performance = theatre.perform(duel.model)
          let result = try await servers.play(duel.script, expecting: isHurried ? nil : performance.scriptedEnding)
          let verdict = Verdict(
            duel: duel, predicted: performance.scriptedEnding, observed: result.ending,
            sentence: performance.sentence)
          return (index, verdict)
        }
      }
      var verdicts: [(Int, Verdict)] = []
      for try await verdict in group { verdicts.append(verdict) }
      return verdicts.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// The scripts with everything left out that a disagreement does not need, one after the other.
  func smallest(_ gateways: [RowGateway], _ duel: Duel) async -> String {
    let lines = gateways.enumerated().flatMap { index, gateway in
      gateway.script.split(separator: "\n").map { "\(index) \($0)" }
    }
    let kept = await shrink(lines, isOptional: { !$0.contains("{") && !$0.contains("}") }) { lines in
      let rest = gateways.indices.map { index in
        RowGateway(
          script: lines.filter { $0.hasPrefix("\(index) ") }.map { $0.dropFirst(2) }.joined(separator: "\n"))
      }
      guard let verdict = try? await fight(rest, [duel], isHurried: true).first else { return false }
      return !verdict.agrees
    }
    return kept.joined(separator: "\n")
  }
}
