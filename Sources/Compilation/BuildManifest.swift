import Diagnostics

/// What `build` writes beside its files: which they are, where each belongs, and what was written. The next run knows by it
/// what is its own.
package struct BuildManifest: Codable, Sendable {
  package struct Entry: Codable, Sendable {
    package var path: String
    var purpose: String
    var destination: String?
    var bytes: Int
    /// Of what was written; the first versions did not say it.
    var sha256: String?
  }

  /// Its name inside the folder.
  package static let fileName = "manifest.json"

  var formatVersion: Int
  /// The version that wrote it.
  var sallyport: String
  package var files: [Entry]

  init(_ files: [BundleFile], version: String) {
    formatVersion = 1
    sallyport = version
    self.files = files.map {
      Entry(
        path: $0.path, purpose: $0.purpose, destination: $0.destination, bytes: $0.bytes.count,
        sha256: sha256($0.bytes))
    }
  }

  /// A manifest as it was written; `nil` for any other text.
  package init?(reading bytes: [UInt8]) {
    guard let manifest = decodeJSON(BuildManifest.self, from: bytes) else { return nil }
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

  /// Asks whether the bytes of a file are what was written there.
  package func recognizer() -> @Sendable (_ path: String, _ bytes: [UInt8]) -> Bool {
    let entries = Dictionary(grouping: files, by: \.path)
    return { path, bytes in
      if path == Self.fileName { return true }
      let digest = sha256(bytes)
      return (entries[path] ?? []).contains { $0.sha256.map { $0 == digest } ?? ($0.bytes == bytes.count) }
    }
  }
}
