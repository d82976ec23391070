import Foundation
import Subprocess

/// An FTP server that runs in a lab.
package actor RunningDaemon {
  /// Which server it is.
  package nonisolated let kind: DaemonKind
  /// Its name in this lab; `hello.txt` tells it to clients.
  package nonisolated let label: String

  private nonisolated let folder: DaemonFolder
  private var task: Task<Void, Never>?
  private var ending: String?

  init(kind: DaemonKind, label: String, folder: DaemonFolder) {
    self.kind = kind
    self.label = label
    self.folder = folder
  }

  /// Everything the server has written so far, to its terminal and to its logs.
  package nonisolated func log() -> String { folder.logText() }

  /// The bytes of a file in the served directory, such as an upload; nil when there is none.
  package nonisolated func servedFile(_ name: String) -> [UInt8]? { readBytes("\(folder.home)/\(name)") }

  /// Puts a file into the served directory.
  package nonisolated func serve(_ bytes: [UInt8], as name: String) throws {
    try writeFile("\(folder.home)/\(name)", bytes, mode: 0o644)
  }

  /// How the server ended; nil while it runs.
  package var ended: String? { ending }

  /// Ends the server and waits until it is gone.
  package func stop() async {
    task?.cancel()
    await task?.value
  }

  /// Starts the program in a namespace and returns at once.
  func launch(
    _ program: [String], libraries: String, prelude: String, in namespace: NetworkNamespace
  ) {
    let words = namespace.words(
      folder.words(["env", "LD_LIBRARY_PATH=\(libraries)"] + program, prelude: prelude))
    task = Task {
      do {
        let result = try await Subprocess.run(
          .name(words[0]),
          arguments: Arguments(Array(words.dropFirst())),
          environment: Command.environment(adding: [:]),
          platformOptions: Command.ownProcessGroup(),
          input: .none,
          output: .discarded,
          error: .string(limit: 65536)
        )
        let status = Command.status(result.terminationStatus)
        let words = result.standardError
        self.ending = "ended with status \(status)" + (words.isEmpty ? "" : "\n\(words)")
      } catch {
        self.ending = "\(error)"
      }
    }
  }

  /// Waits until the server listens on these ports, of one address when it is given. Throws with the server's own
  /// words when it ends first.
  func waitUntilListening(
    on ports: [UInt16], at address: String?, in namespace: NetworkNamespace
  ) async throws {
    let deadline = ContinuousClock.now + Patience.arrival
    while true {
      let sockets = try await namespace.onThread { SocketTable.read() }.filter(\.isListening)
      let open = sockets.filter { address == nil || $0.localAddress == address }.map(\.localPort)
      if let ending { throw LabError("\(label) \(ending)\n\(log())") }
      if let refusal = kind.refusal(in: log()) {
        throw LabError("\(label) refused its configuration\n\(refusal)")
      }
      if Set(ports).isSubset(of: open) { return }
      guard ContinuousClock.now < deadline else {
        throw LabError("\(label) does not listen on \(ports), only on \(Set(open).sorted())\n\(log())")
      }
      try await Task.sleep(for: Patience.glance)
    }
  }
}

/// The servers of one lab.
actor DaemonList {
  private var all: [RunningDaemon] = []

  /// The folder for one more server.
  func nextFolder(in lab: String, kind: DaemonKind) -> DaemonFolder {
    serial += 1
    return DaemonFolder(path: "\(lab)/\(serial)-\(kind.rawValue)")
  }

  private var serial = 0

  func append(_ daemon: RunningDaemon) { all.append(daemon) }

  /// Ends every server and waits until they are gone.
  func stopAll() async {
    for daemon in all { await daemon.stop() }
    all = []
  }
}

extension Lab {
  /// Starts an FTP server and waits until it listens.
  ///
  /// The bench adds what no policy speaks of: accounts, logs, files of its own. The account `Lab.user` finds
  /// `payload.bin` and `hello.txt` and may write. The server ends with the lab.
  ///
  /// - Parameters:
  ///   - configuration: the text of `pure-ftpd.conf`, of a file in ProFTPD's `conf.d`, or of `vsftpd.conf`.
  ///   - host: the server, or the gateway for a server on the firewall itself.
  ///   - address: the one address that it listens on, where another server has the same port of the host.
  ///   - ports: the control ports it has to listen on.
  ///   - label: the server's name in this lab, to tell several apart; the kind when nil.
  @discardableResult
  package func start(
    _ kind: DaemonKind, configuration: String, on host: LabHost = .server, address: String? = nil,
    ports: [UInt16] = [21], label: String? = nil
  ) async throws -> RunningDaemon {
    try await start(
      kind, form: "conf", settings: [ServerSettings(name: "", text: configuration)], on: host,
      address: address, ports: ports, label: label)
  }

  /// Starts an FTP server with settings in one of its forms: the files of one process.
  @discardableResult
  package func start(
    _ kind: DaemonKind, form: String, settings: [ServerSettings], on host: LabHost = .server,
    address: String? = nil, ports: [UInt16] = [21], label: String? = nil
  ) async throws -> RunningDaemon {
    guard let tree = Release.current.tree(of: kind) else {
      throw LabError("the FTP daemons are not there; run scripts/fetch-daemons")
    }
    for port in ports where try await isListening(port, on: host, address: address) {
      throw LabError("port \(port) of the \(host.rawValue) is taken already")
    }
    let folder = await daemons.nextFolder(in: self.folder, kind: kind)
    let label = label ?? kind.rawValue
    try folder.make(label: label)
    guard let recipe = kind.recipe(settings, form: form, folder: folder, tree: tree) else {
      throw LabError("the bench does not know the form \(form) of \(kind.rawValue)")
    }
    for file in recipe.files { try writeFile("\(folder.path)/\(file.name)", file.text.utf8) }

    let daemon = RunningDaemon(kind: kind, label: label, folder: folder)
    await daemons.append(daemon)
    let isOfTree = !recipe.program.hasPrefix("/")
    let program = [isOfTree ? "\(tree)/\(recipe.program)" : recipe.program] + recipe.arguments
    await daemon.launch(
      isOfTree ? Release.current.words(program) : program,
      libraries: Self.libraries(in: tree), prelude: recipe.prelude, in: namespace(host))
    try await daemon.waitUntilListening(on: ports, at: address, in: namespace(host))
    return daemon
  }

  /// The folders with the libraries that came with a server, as a value for `LD_LIBRARY_PATH`.
  static func libraries(in tree: String) -> String {
    // A newer release has a C library of its own, which only its own loader can use.
    guard Release.current == .machine else { return "" }
    return ["lib", "usr/lib"].flatMap { parent in
      let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(tree)/\(parent)")) ?? []
      return names.sorted().filter { $0.contains("-linux-") }.map { "\(tree)/\(parent)/\($0)" }
    }.joined(separator: ":")
  }
}
