import Diagnostics

/// What `build` writes beside its files: which they are, where each belongs, and what was written. The next run knows
/// by it what is its own.
package struct BuildManifest: Codable, Sendable {
  package struct Entry: Codable, Sendable {
    package var path: String
    var purpose: String
    var destination: String?
    var bytes: Int
    /// Of what was written; the first versions did not say it, and their files are taken for changed ones.
    var sha256: String?
  }

  /// Its name inside the folder.
  package static let fileName = "manifest.json"

  var formatVersion: Int
  /// The version that wrote it.
  var sallyport: String
  /// The files of the policy, included ones too, as they were named; the first versions did not say it.
  var sources: [String]?
  /// The gateways and servers of the policy; the first versions did not say it.
  var machines: [BuildMachine]?
  package var files: [Entry]
  /// Of a build that wrote only what had changed since an earlier one: the paths of files that are not needed any more.
  /// `nil` of one that wrote everything.
  package var removed: [String]?

  init(
    _ files: [BundleFile], machines: [BuildMachine] = [], sources: [String] = [], version: String,
    removed: [String]? = nil
  ) {
    formatVersion = 1
    self.removed = removed
    sallyport = version
    self.sources = sources
    self.machines = machines
    self.files = files.map {
      Entry(
        path: $0.path, purpose: $0.purpose, destination: $0.destination, bytes: $0.bytes.count,
        sha256: sha256($0.bytes))
    }
  }

  /// A manifest as it was written; `nil` for any other text.
  package init?(reading bytes: [UInt8]) {
    guard let manifest = decodeJSON(BuildManifest.self, from: bytes), manifest.formatVersion == 1 else { return nil }
    self = manifest
  }

  /// As it is written.
  package var text: [UInt8] { Array(encodeJSON(self).utf8) }

  /// With all that another one says besides.
  package func adding(_ other: BuildManifest?) -> BuildManifest {
    var both = self
    both.files += other?.files ?? []
    return both
  }

  /// The paths that it names and that a build may have written. A manifest is a text that anybody may have written, so
  /// it makes nothing ours that lies elsewhere.
  package var paths: Set<String> { Set(files.map(\.path).filter(Self.mayBeWritten)) }

  private static func mayBeWritten(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else { return false }
    return switch parts.first {
    // Of a policy that declares no gateway; some platforms and forms of servers have folders of their own.
    case "gateway": (2...3).contains(parts.count)
    case "gateways": (3...4).contains(parts.count)
    case "servers": (3...5).contains(parts.count)
    default: false
    }
  }

  /// Asks whether the bytes of a file are what was written there, as its digest tells.
  package func recognizer() -> @Sendable (_ path: String, _ bytes: [UInt8]) -> Bool {
    let entries = Dictionary(grouping: files, by: \.path)
    return { path, bytes in
      if path == Self.fileName { return true }
      let digest = sha256(bytes)
      return (entries[path] ?? []).contains { $0.sha256 == digest }
    }
  }
}
