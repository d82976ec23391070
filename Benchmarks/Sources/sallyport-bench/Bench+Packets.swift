import Glibc

extension Bench {
  /// New connections through a gateway to the last of many publications.
  func packets() throws {
    var table = ResultTable(
      "Packets: new connections each second to the last publication",
      columns: ["publications", "ruleset", "control", "to one", "data", "to one"])
    let gateway = try Gateway()
    defer { gateway.remove() }
    var rulesets: [(count: Int, name: String, path: String)] = []
    for count in [1, 1000, 20_000] {
      let policy = try write(
        policyText(publications: count - 1) + TargetPublication().policyText, to: "packets-\(count).sally")
      rulesets.append((count, "ours", try ruleset(policy, "packets-\(count)")))
      guard isFull || count <= 1000 else { continue }
      let linear = linearRules(publications: count - 1, target: TargetPublication())
      rulesets.append((count, "linear rules", try write(linear, to: "packets-linear-\(count).nft")))
    }
    var rates = [(control: [Double], data: [Double])](repeating: ([], []), count: rulesets.count)
    // Rates of connections vary more than anything else here.
    for _ in 0..<3 * rounds {
      for (index, ruleset) in rulesets.enumerated() {
        try gateway.load(ruleset.path)
        rates[index].control.append(try gateway.connections(port: 21, seconds: isFull ? 3 : 2))
        rates[index].data.append(try gateway.connections(port: 50_007, seconds: isFull ? 3 : 2))
      }
    }
    let one = (control: median(rates[0].control), data: median(rates[0].data))
    for (ruleset, rates) in zip(rulesets, rates) {
      let (control, data) = (median(rates.control), median(rates.data))
      table.add(
        "\(ruleset.count)", ruleset.name, "\(Int(control))", ratio(control, to: one.control), "\(Int(data))",
        ratio(data, to: one.data))
    }
    table.show()
  }
}

/// Client, gateway and server in namespaces of their own.
private struct Gateway {
  private let client: Namespace
  private let gateway: Namespace
  private let server: Namespace
  private let listener: pid_t

  init() throws {
    client = try Namespace("client")
    gateway = try Namespace("gateway")
    server = try Namespace("server")
    let target = TargetPublication()
    let cables = """
      link add eth0 netns \(gateway.name) type veth peer name eth0 netns \(client.name)
      link add eth1 netns \(gateway.name) type veth peer name eth0 netns \(server.name)

      """
    try Command(["ip", "-batch", try write(cables, to: "cables")]).run()
    try Self.batch(
      client, ["addr add 198.51.100.10/24 dev eth0", "link set eth0 up", "route add default via 198.51.100.1"])
    try Self.batch(
      gateway,
      [
        "addr add 198.51.100.1/24 dev eth0", "addr add 10.200.0.1/24 dev eth1", "link set eth0 up",
        "link set eth1 up",
        "addr add \(target.external)/32 dev eth0",
      ])
    try Self.batch(
      server, ["addr add \(target.server)/24 dev eth0", "link set eth0 up", "route add default via 10.200.0.1"])
    try gateway.command("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward").run()
    try client.command("sh", "-c", "echo 1024 65000 > /proc/sys/net/ipv4/ip_local_port_range").run()
    listener = try Command(server.words([Self.program, "--listen", target.server])).start()
  }

  private static var program: String { CommandLine.arguments.first ?? "" }

  private static func batch(_ namespace: Namespace, _ lines: [String]) throws {
    let file = try write(lines.joined(separator: "\n") + "\n", to: "batch")
    try Command(["ip", "-n", namespace.name, "-batch", file]).run()
  }

  func remove() {
    kill(listener, SIGTERM)
    waitpid(listener, nil, 0)
    for namespace in [client, gateway, server] { namespace.remove() }
  }

  /// Replaces what the gateway does, and waits until the kernel has freed what was there before.
  func load(_ ruleset: String) throws {
    try gateway.command("nft", "flush", "ruleset").run()
    try gateway.command("nft", "-f", ruleset).run()
    sleep(1)
  }

  /// Connections each second to a port of the last publication.
  func connections(port: Int, seconds: Int) throws -> Double {
    let words = [Self.program, "--dial", TargetPublication().external, "\(port)", "\(seconds)"]
    let text = try Command(client.words(words)).text()
    guard let count = Double(text.filter { $0 != "\n" }), count > 0 else {
      throw BenchmarkFailure(description: "no connection through the gateway")
    }
    return count / Double(seconds)
  }
}
