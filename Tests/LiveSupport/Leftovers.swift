import Foundation

/// Takes namespaces, their processes and folders away.
enum Leftovers {
  /// Where the folders of the labs live.
  static let root = "/run/sallyport-live"
  private static let namespaces = "/run/netns"

  /// Ends what runs in these namespaces, then removes them. Names that do not exist are passed over.
  ///
  /// Everything that runs in a namespace of the bench was started by the bench.
  static func remove(namespaces names: [String]) async throws {
    let present = names.filter { FileManager.default.fileExists(atPath: "\(Self.namespaces)/\($0)") }
    guard !present.isEmpty else { return }
    try await onFreshThread { killProcesses(in: present) }
    let script = present.map { "netns del \($0)\n" }.joined()
    try await Command(words: ["ip", "-force", "-batch", "-"], input: Array(script.utf8)).runOrThrow()
  }

  /// Removes what processes that no longer live have left behind.
  static func sweep() async {
    let names = contents(of: namespaces).filter(isOrphan)
    try? await remove(namespaces: names)
    for folder in contents(of: root).filter(isOrphan) {
      try? FileManager.default.removeItem(atPath: "\(root)/\(folder)")
    }
  }

  private static func isOrphan(_ name: String) -> Bool {
    guard let owner = Owner(fromName: name) else { return false }
    return !owner.isAlive
  }

  private static func contents(of folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }

  /// Kills every process whose network namespace is one of these, until none is left.
  private static func killProcesses(in names: [String]) {
    let ours = Set(names.compactMap { inode("\(namespaces)/\($0)") })
    let deadline = ContinuousClock.now + Patience.arrival
    while ContinuousClock.now < deadline {
      let found = contents(of: "/proc").compactMap { Int32($0) }.filter { identifier in
        inode("/proc/\(identifier)/ns/net").map(ours.contains) ?? false
      }
      guard !found.isEmpty else { return }
      for identifier in found { kill(identifier, SIGKILL) }
      usleep(5000)
    }
  }

  private static func inode(_ path: String) -> UInt64? {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
  }
}
