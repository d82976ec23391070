import Foundation
import Subprocess

/// A server that is started again and again with files of a test's own, to see what it makes of them.
package struct DaemonTrial: Sendable {
  package let kind: DaemonKind
  /// The folder for its files; configurations may name paths in it.
  package let folder: String
  /// The folder that its package was unpacked into.
  package let tree: String
  private let namespace: NetworkNamespace
  private let libraries: String

  fileprivate init(
    _ kind: DaemonKind, folder: String, tree: String, libraries: String, in namespace: NetworkNamespace
  ) {
    self.kind = kind
    self.folder = folder
    self.tree = tree
    self.libraries = libraries
    self.namespace = namespace
  }

  /// Lines that the program needs to run here, whatever a test is about: accounts, and files of its own.
  package var base: String {
    switch kind {
    case .pureFTPD:
      """
      Daemonize          no
      PIDFile            \(folder)/pure-ftpd.pid
      NoAnonymous        yes
      UnixAuthentication yes
      DontResolve        yes
      SyslogFacility     none

      """
    case .proFTPD:
      DaemonRecipe.sharedModules(of: tree) + """
        ServerName "trial"
        ServerType standalone
        User nobody
        Group nogroup
        PidFile \(folder)/proftpd.pid
        ScoreboardFile \(folder)/scoreboard
        SystemLog \(folder)/log/system
        WtmpLog off
        TransferLog none
        UseReverseDNS off
        <IfModule mod_ctrls.c>
          ControlsEngine off
          ControlsSocket \(folder)/proftpd.sock
        </IfModule>
        <IfModule mod_delay.c>
          DelayEngine off
        </IfModule>
        <Global>
          AuthOrder mod_auth_unix.c
          RequireValidShell off
        </Global>

        """
    case .vsftpd:
      """
      background=NO
      local_enable=YES
      anonymous_enable=NO
      secure_chroot_dir=\(folder)/empty
      pam_service_name=vsftpd

      """
    }
  }

  /// Starts the program with the first of these files (names are relative to the folder), and hands over when it
  /// listens on the port. It is killed afterwards.
  ///
  /// - Returns: `nil` when the program ended by itself before.
  package func run<Value: Sendable>(
    _ files: [(name: String, text: [UInt8])], port: UInt16, _ body: () async throws -> Value
  ) async throws -> Value? {
    for file in files {
      let path = "\(folder)/\(file.name)"
      try makeFolder((path as NSString).deletingLastPathComponent)
      try writeFile(path, file.text)
    }
    let main = "\(folder)/\(files.first?.name ?? "")"
    let arguments = kind == .proFTPD ? ["--nodaemon", "--config", main] : [main]
    let program = Release.current.words(["\(tree)/usr/sbin/\(kind.rawValue)"] + arguments)
    let words = namespace.words(
      DaemonFolder(path: folder).words(["env", "LD_LIBRARY_PATH=\(libraries)"] + program))
    let task = Task {
      _ = try? await Subprocess.run(
        .name(words[0]), arguments: Arguments(Array(words.dropFirst())),
        environment: Command.environment(adding: [:]), platformOptions: Command.ownProcessGroup(ending: .kill),
        input: .none, output: .discarded, error: .discarded)
    }
    let ending = Ending()
    let watch = Task {
      await task.value
      await ending.set()
    }
    do {
      let isListening = try await listens(on: port, until: ending)
      let value = isListening ? try await body() : nil
      task.cancel()
      await watch.value
      // A process of a session may keep the listening socket for a moment.
      guard try await Patience.wait(until: { try await !isOpen(port) }) else {
        throw LabError("\(kind.rawValue) has ended and still holds port \(port)")
      }
      return value
    } catch {
      task.cancel()
      await watch.value
      throw error
    }
  }

  /// Everything the program wrote to its terminal.
  package var output: String { readText("\(folder)/log/output") ?? "" }

  private func listens(on port: UInt16, until ending: Ending) async throws -> Bool {
    var isListening = false
    let isKnown = try await Patience.wait {
      isListening = try await isOpen(port)
      if isListening { return true }
      return await ending.isSet
    }
    if isKnown { return isListening }
    throw LabError("\(kind.rawValue) neither ended nor listened on port \(port)\n\(output.suffix(2000))")
  }

  private func isOpen(_ port: UInt16) async throws -> Bool {
    try await namespace.onThread { SocketTable.read().contains { $0.isListening && $0.localPort == port } }
  }

  private actor Ending {
    private(set) var isSet = false
    func set() { isSet = true }
  }
}

extension Lab {
  /// Prepares trials of a server on a host.
  package func trial(_ kind: DaemonKind, on host: LabHost = .server) async throws -> DaemonTrial {
    guard let tree = Release.current.tree(of: kind) else {
      throw LabError("the FTP daemons are not there; run scripts/fetch-daemons")
    }
    let folder = await daemons.nextFolder(in: self.folder, kind: kind)
    try folder.make(label: kind.rawValue)
    return DaemonTrial(
      kind, folder: folder.path, tree: tree, libraries: Self.libraries(in: tree), in: namespace(host))
  }
}
