import Glibc

extension Bench {
  /// New connections through a gateway to the last of many publications.
  ///
  /// The speed of a machine drifts by more than what rulesets differ by. So each ruleset has a gateway of its own, all
  /// of them at the same time, and they are dialled in short turns. Ratios are taken within a round, then the median.
  func packets() throws {
    let rulesets = try packetRulesets()
    var (control, data) = (Rates(), Rates())
    try withGateways(rulesets.map(\.path)[...]) { gateways in
      // The kernel still frees in the background what was measured before, and the listeners start.
      sleep(1)
      for gateway in gateways {
        for port in [21, 50_007] { _ = try gateway.connections(port: port) }
      }
      for _ in 0..<5 * rounds {
        try control.addRound(gateways, port: 21)
        try data.addRound(gateways, port: 50_007)
      }
    }
    var table = ResultTable(
      "Packets: new connections each second to the last publication",
      columns: ["publications", "ruleset", "control", "to one", "data", "to one"])
    for (index, ruleset) in rulesets.enumerated() {
      table.add(
        "\(ruleset.count)", ruleset.name, control.rate(index), control.toFirst(index), data.rate(index),
        data.toFirst(index))
    }
    table.show()
  }

  /// What is compared; the first is what the others are compared with.
  private func packetRulesets() throws -> [(count: Int, name: String, path: String)] {
    var rulesets: [(count: Int, name: String, path: String)] = []
    for count in [1, 1000, 20_000] {
      let policy = try write(
        policyText(publications: count - 1) + TargetPublication().policyText, to: "packets-\(count).sally")
      rulesets.append((count, "ours", try ruleset(policy, "packets-\(count)")))
      guard isFull || count <= 1000 else { continue }
      let linear = linearRules(publications: count - 1, target: TargetPublication())
      rulesets.append((count, "linear rules", try write(linear, to: "packets-linear-\(count).nft")))
    }
    return rulesets
  }
}

/// Connections each second to one port, in each round through each gateway.
private struct Rates {
  private var rounds: [[Double]] = []

  /// Goes through the gateways and back again: a machine that gets slower meanwhile is slower for all alike. Each round
  /// begins with the next of them, because what one leaves behind to be tidied up takes time of the one after it.
  mutating func addRound(_ gateways: [Gateway], port: Int) throws {
    let order = gateways.indices.map { ($0 + rounds.count) % gateways.count }
    var counts = [Double](repeating: 0, count: gateways.count)
    for gateway in order + order.reversed() { counts[gateway] += try gateways[gateway].connections(port: port) }
    rounds.append(counts.map { $0 / (2 * Gateway.turn / 1000) })
  }

  func rate(_ gateway: Int) -> String { "\(Int(median(rounds.map { $0[gateway] })))" }

  func toFirst(_ gateway: Int) -> String { ratio(median(rounds.map { $0[gateway] / $0[0] }), to: 1) }
}

/// Does something with a gateway for each ruleset, all at the same time; they are gone afterwards.
private func withGateways(
  _ rulesets: ArraySlice<String>, opened: [Gateway] = [], _ body: ([Gateway]) throws -> Void
) throws {
  guard let ruleset = rulesets.first else { return try body(opened) }
  let number = opened.count + 1
  try withNamespace("client-\(number)") { client in
    try withNamespace("gateway-\(number)") { gateway in
      try withNamespace("server-\(number)") { server in
        let opening = Gateway(client: client, gateway: gateway, server: server)
        try opening.connect()
        try gateway.command("nft", "-f", ruleset).run()
        let listener = try opening.listen()
        defer {
          kill(listener, SIGTERM)
          waitpid(listener, nil, 0)
        }
        try withGateways(rulesets.dropFirst(), opened: opened + [opening], body)
      }
    }
  }
}

/// Client, gateway and server in namespaces of their own.
private struct Gateway {
  /// Milliseconds for which a gateway is dialled before it is the next one's turn.
  static let turn = 500.0

  var client: Namespace
  var gateway: Namespace
  var server: Namespace

  func connect() throws {
    let target = TargetPublication()
    let cables = """
      link add eth0 netns \(gateway.name) type veth peer name eth0 netns \(client.name)
      link add eth1 netns \(gateway.name) type veth peer name eth0 netns \(server.name)

      """
    try Command(["ip", "-batch", try write(cables, to: "cables")]).run()
    try batch(
      client, ["addr add 198.51.100.10/24 dev eth0", "link set eth0 up", "route add default via 198.51.100.1"])
    try batch(
      gateway,
      [
        "addr add 198.51.100.1/24 dev eth0", "addr add 10.200.0.1/24 dev eth1", "link set eth0 up",
        "link set eth1 up",
        "addr add \(target.external)/32 dev eth0",
      ])
    try batch(
      server, ["addr add \(target.server)/24 dev eth0", "link set eth0 up", "route add default via 10.200.0.1"])
    try gateway.command("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward").run()
    try client.command("sh", "-c", "echo 1024 65000 > /proc/sys/net/ipv4/ip_local_port_range").run()
  }

  /// Starts what accepts the connections.
  func listen() throws -> pid_t {
    try Command(server.words([program, "--listen", TargetPublication().server])).start()
  }

  /// How many connections to a port of the last publication there are in a turn.
  func connections(port: Int) throws -> Double {
    let words = [program, "--dial", TargetPublication().external, "\(port)", "\(Int(Self.turn))"]
    let text = try Command(client.words(words)).text()
    guard let count = Double(text.filter { $0 != "\n" }), count > 0 else {
      throw BenchmarkFailure(description: "no connection through the gateway")
    }
    return count
  }

  private var program: String { CommandLine.arguments.first ?? "" }

  private func batch(_ namespace: Namespace, _ lines: [String]) throws {
    let file = try write(lines.joined(separator: "\n") + "\n", to: "batch")
    try Command(["ip", "-n", namespace.name, "-batch", file]).run()
  }
}
