import Foundation

/// firewalld as `scripts/fetch-firewalld` unpacked it: run where it lies, with a configuration of its own, and never
/// installed.
package struct Firewalld: Sendable {
  package static let comment = "firewalld is not in the cache: run scripts/fetch-firewalld"

  /// `nil` when it has not been fetched.
  package static let cached: Firewalld? = LiveRequirements.output(ofScript: "fetch-firewalld", ["--where"])?
    .split(separator: "\n").last.map { Firewalld(tree: "\($0)/tree") }

  private let tree: String

  private var packages: String { "\(tree)/usr/lib/python3/dist-packages" }

  /// A zone, with the interfaces that it holds.
  package struct Zone: Sendable {
    package var name: String
    package var interfaces: [String]
    package var target = "default"

    package init(_ name: String, interfaces: [String], target: String = "default") {
      (self.name, self.interfaces, self.target) = (name, interfaces, target)
    }

    fileprivate var text: String {
      let interfaces = interfaces.map { "<interface name=\"\($0)\"/>" }.joined()
      return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<zone target=\"\(target)\">\(interfaces)</zone>\n"
    }
  }

  /// Makes a configuration in a folder of its own, hands it to `body`, and takes it away.
  ///
  /// - Parameter files: Files by their paths below /etc/firewalld.
  package func withConfiguration<Value>(
    _ zones: [Zone], _ files: [(path: String, text: String)], _ body: (String) async throws -> Value
  ) async throws -> Value {
    let manager = FileManager.default
    let folder = manager.temporaryDirectory.appending(path: "sallyport-firewalld-\(UUID().uuidString)")
    defer { try? manager.removeItem(at: folder) }
    try manager.copyItem(at: URL(filePath: "\(tree)/etc/firewalld"), to: folder)
    for (path, text) in zones.map({ ("zones/\($0.name).xml", $0.text) }) + files {
      try Data(text.utf8).write(to: folder.appending(path: path))
    }
    return try await body(folder.path)
  }

  /// What the program says against the configuration in a folder: it ends with 0 on a bad port, so whatever it says
  /// counts. Empty when it says nothing.
  package func complaints(about folder: String) throws -> String {
    let run = try ExternalTool(
      [
        "/usr/bin/python3", "\(tree)/usr/bin/firewall-offline-cmd", "--system-config=\(folder)",
        "--default-config=\(tree)/usr/lib/firewalld", "--check-config",
      ], environment: environment)
    let said = run.errors + run.output
    return run.status == 0 ? said : said + "status \(run.status)"
  }

  /// Names the packages, and keeps Python from writing beside them.
  package var environment: [String: String] { ["PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"] }

  /// The words that load the configuration in a folder into the network namespace in which they run: firewalld without
  /// its bus, which would only bring the commands of others.
  package func loading(_ folder: String) -> [String] {
    let program = """
      import sys
      from firewall import config
      config.set_system_config_paths(sys.argv[1])
      config.set_default_config_paths(sys.argv[2])
      from firewall.core.fw import Firewall
      firewall = Firewall()
      firewall.start()
      sys.exit(0 if firewall._state == "RUNNING" else 1)
      """
    return ["/usr/bin/python3", "-c", program, folder, "\(tree)/usr/lib/firewalld"]
  }

  /// What nft lists, as JSON, after the configuration in a folder was loaded in a network namespace of its own.
  package func listing(of folder: String) throws -> [UInt8] {
    let words = (loading(folder).map { "'\($0.replacing("'", with: "'\\''"))'" }).joined(separator: " ")
    let run = try ExternalTool(
      ["unshare", "--net", "sh", "-c", "\(words) && nft -j list ruleset"], environment: environment)
    guard run.status == 0 else { throw LabError("firewalld did not load its configuration: \(run.errors)") }
    return Array(run.output.utf8)
  }
}
