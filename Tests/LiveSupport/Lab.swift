import Foundation

/// A throw-away network for one test case: client and stranger - gateway - server and inside client.
///
/// Hosts are network namespaces with names that no other lab shares, so labs may live side by side. The
/// gateway forwards and starts without any rule.
package struct Lab: Sendable {
  /// Name of an account on every server.
  package static let user = "sally"
  /// Password of that account.
  package static let password = "open-the-gate"

  /// The beginning of the names of everything that belongs to the lab.
  package let name: String
  /// A folder that lasts as long as the lab.
  package let folder: String
  /// A certificate for the server, as files in the lab's folder.
  package let certificate: LabCertificate

  let options: Options
  let daemons = DaemonList()

  init(serial: Int, options: Options) async throws {
    name = Owner.current.prefix(lab: serial)
    folder = "\(Leftovers.root)/\(name)"
    self.options = options
    try makeFolder(folder)
    certificate = try await CertificateStore.shared.certificate(in: folder)
  }

  /// The namespace of a host.
  func namespace(_ host: LabHost) -> NetworkNamespace { NetworkNamespace(name: "\(name)-\(host.rawValue)") }

  /// Runs a program on a host.
  ///
  /// - Parameters:
  ///   - words: the program and its arguments.
  ///   - input: what it reads from standard input.
  ///   - seconds: its time; a program that exceeds it ends with status 124.
  package func run(
    _ words: [String], on host: LabHost, input: String = "", environment: [String: String] = [:],
    seconds: Int = Patience.arrival.wholeSeconds
  ) async throws -> CommandResult {
    try await Command(
      words: namespace(host).words(words), input: Array(input.utf8), environment: environment,
      seconds: seconds
    ).run()
  }

  /// Makes namespaces, cables, addresses and routes.
  func build() async throws {
    let topology = Topology(options: options) { namespace($0).name }
    let names = topology.hosts.map { "netns add \(namespace($0).name)\n" }.joined()
    try await Self.batch(names)
    for host in topology.hosts {
      try await namespace(host).onThread { try KernelSettings.prepare(host) }
    }
    try await Self.batch(topology.links)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for host in topology.hosts {
        group.addTask { try await Self.batch(topology.setup(of: host), in: namespace(host)) }
      }
      try await group.waitForAll()
    }
  }

  /// Ends whatever runs in the lab, removes namespaces and folder. Works in a cancelled task too.
  func tearDown() async throws {
    try await Task {
      // Servers are killed with everything else: ProFTPD takes half a second to end when asked.
      async let removal: Void = Leftovers.remove(namespaces: LabHost.allCases.map { namespace($0).name })
      _ = try? await removal
      await daemons.stopAll()
      try await removal
      try FileManager.default.removeItem(atPath: folder)
    }.value
  }

  private static func batch(_ script: String, in namespace: NetworkNamespace? = nil) async throws {
    let scope = namespace.map { ["-n", $0.name] } ?? []
    try await Command(words: ["ip"] + scope + ["-batch", "-"], input: Array(script.utf8)).runOrThrow()
  }
}

/// Makes a lab, hands it to `body`, and takes it away whatever happens.
package func withLab<Value: Sendable>(
  _ options: Lab.Options = .init(), isolation: isolated (any Actor)? = #isolation,
  _ body: (Lab) async throws -> Value
) async throws -> Value {
  let serial = await LabGate.shared.enter()
  let outcome: Result<Value, any Error>
  var tearDown: Result<Void, any Error> = .success(())
  do {
    let lab = try await Lab(serial: serial, options: options)
    do {
      try await lab.build()
      outcome = .success(try await body(lab))
    } catch {
      outcome = .failure(error)
    }
    do { try await lab.tearDown() } catch { tearDown = .failure(error) }
  } catch {
    outcome = .failure(error)
  }
  await LabGate.shared.leave()
  let value = try outcome.get()
  try tearDown.get()
  return value
}
