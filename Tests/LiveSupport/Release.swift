import Foundation

/// Whose nft and FTP servers the bench runs: those of this machine, or those of a newer Debian, each through the loader
/// and the libraries that came with it.
package enum Release: String, CaseIterable, Sendable, CustomStringConvertible {
  /// What is installed, and the servers of `scripts/fetch-daemons`.
  case machine
  /// Debian 13.
  case trixie
  /// What becomes the next Debian; it changes every day.
  case sid

  /// The release whose programs a test runs. Tasks inherit it.
  @TaskLocal package static var current = Release.machine

  /// Those of `scripts/fetch-releases`.
  package static let newer: [Release] = [.trixie, .sid]

  package var description: String { rawValue }

  /// Where the release was unpacked; `nil` for this machine, and where `scripts/fetch-releases` has not been.
  package var folder: String? { Self.folders[rawValue] }

  /// Why a test cannot run with it; `nil` when it can.
  package var missing: String? {
    guard self != .machine, folder == nil else { return nil }
    return "nft and FTP servers of \(self) are not there; scripts/fetch-releases says why"
  }

  /// The words that run a program with the libraries of the release.
  package func words(_ program: [String]) -> [String] { folder.map { ["\($0)/run"] + program } ?? program }

  /// A path on which the release's nft is the first.
  package func searchPath(_ path: String) -> String { folder.map { "\($0)/bin:\(path)" } ?? path }

  /// Puts `sallyport` and its worker into a folder, so that the worker runs with the release's libnftables.
  ///
  /// - Parameter programs: Where the two were built.
  package func place(programs: String, in folder: String) throws {
    let files = FileManager.default
    try files.copyItem(atPath: "\(programs)/sallyport", toPath: "\(folder)/sallyport")
    guard self != .machine else {
      return try files.copyItem(
        atPath: "\(programs)/sallyport-netfilter", toPath: "\(folder)/sallyport-netfilter")
    }
    let line = words(["\(programs)/sallyport-netfilter"]).joined(separator: " ")
    try writeFile("\(folder)/sallyport-netfilter", "#!/bin/sh\nexec \(line) \"$@\"\n".utf8, mode: 0o755)
  }

  /// The folder that a server's package was unpacked into; `nil` when it is not there.
  func tree(of kind: DaemonKind) -> String? {
    self == .machine ? LiveRequirements.daemonFolder.map { "\($0)/\(kind.rawValue)" } : folder
  }

  /// The version of a server's package, with `deb` in it as a sign of its builder; `nil` when it is not there.
  package func version(of kind: DaemonKind) -> String? {
    let name = kind == .proFTPD ? "proftpd-core" : kind.rawValue
    // The fetching scripts write down which packages they have unpacked: `[FOLDER/]NAME_VERSION_ARCHITECTURE.deb`.
    let root = self == .machine ? LiveRequirements.daemonFolder : folder
    let list = root.flatMap { try? String(contentsOfFile: "\($0)/complete", encoding: .utf8) } ?? ""
    for line in list.split(separator: "\n") {
      let parts = line.split(separator: "/").last?.split(separator: "_") ?? []
      guard parts.count == 3, parts[0] == name else { continue }
      return parts[1].contains("deb") ? String(parts[1]) : "\(parts[1])+deb"
    }
    return nil
  }

  private static let folders: [String: String] = {
    let lines = LiveRequirements.output(ofScript: "fetch-releases", ["--where"])?.split(separator: "\n") ?? []
    let pairs = lines.map { $0.split(separator: " ", maxSplits: 1).map(String.init) }.filter { $0.count == 2 }
    return Dictionary(pairs.map { ($0[0], $0[1]) }) { $1 }
  }()
}
