import Foundation
import Testing

/// `build --changed-since`: a folder with what differs from an earlier build, and nothing else.
@Suite("build --changed-since")
struct ChangedSinceTests {
  private func policy(_ range: String, more: String = "") -> String {
    """
    gateway north { platform nftables; outside eth0 }
    gateway south { platform nftables; outside eth0 }
    server files { address 10.10.20.200; software vsftpd }
    server archive { address 10.10.20.201; software proftpd }
    publish files {
      server files; gateway north; external ip 203.0.113.10; passive range \(range); tls off # allow: tls-off (a test)
    }
    publish archive {
      server archive; gateway south; external ip 203.0.113.11; passive range 50000-50399
      tls off # allow: tls-off (a test)
    }
    \(more)
    """
  }

  private func files(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      files[path] = FileManager.default.contents(atPath: "\(folder)/\(path)")
    }
    return files
  }

  @Test("writes what changed, with the bytes of a whole build, and names what is gone")
  func changes() async throws {
    try await withFolder { place in
      let folder = place.path
      let (before, after, partial) = ("\(folder)/before", "\(folder)/after", "\(folder)/partial")
      let third = """
        server old { address 10.10.20.202; software pure-ftpd }
        publish old {
          server old; gateway south; external ip 203.0.113.12; passive range 50000-50399
          tls off # allow: tls-off (a test)
        }
        """
      _ = try await sallyport(["build", "-", "-o", before], input: policy("50000-50399", more: third))
      _ = try await sallyport(["build", "-", "-o", after], input: policy("50000-50499"))
      let run = try await sallyport(
        ["build", "-", "-o", partial, "--changed-since", before, "--output", "json"], input: policy("50000-50499"))
      #expect(run.status == 0, "\(run)")
      let (all, written) = (try files(after), try files(partial))
      #expect(written.keys.contains { $0.hasPrefix("gateways/north/") })
      #expect(written.keys.contains { $0.hasPrefix("servers/files/") })
      #expect(!written.keys.contains { $0.hasPrefix("servers/archive") || $0.hasPrefix("gateways/north/README") })
      for (path, bytes) in written where path != "manifest.json" { #expect(all[path] == bytes, "\(path)") }
      let manifest = String(decoding: written["manifest.json"] ?? Data(), as: UTF8.self)
      #expect(manifest.contains("servers/old/") && manifest.contains(#""removed""#))
      #expect(run.output.contains(#""removed""#) && run.output.contains(#""unchanged""#))
    }
  }

  @Test("what was lost or changed in the earlier folder is written again")
  func damage() async throws {
    try await withFolder { place in
      let folder = place.path
      let (before, partial) = ("\(folder)/before", "\(folder)/partial")
      _ = try await sallyport(["build", "-", "-o", before], input: policy("50000-50399"))
      let paths = try files(before).keys.filter { $0.hasPrefix("gateways/south/") && $0.contains(".") }.sorted()
      let (lost, changed) = (try #require(paths.first), try #require(paths.last))
      try FileManager.default.removeItem(atPath: "\(before)/\(lost)")
      try Data("flush ruleset\n".utf8).write(to: URL(filePath: "\(before)/\(changed)"))
      let run = try await sallyport(
        ["build", "-", "-o", partial, "--changed-since", before], input: policy("50000-50399"))
      #expect(run.status == 0, "\(run)")
      let found = try files(partial).keys.filter { $0.contains(".") }.sorted()
      #expect(found == Set([lost, changed, "manifest.json"]).sorted())
    }
  }

  @Test("a folder that no build wrote, and the folder itself, are refused") func refusals() async throws {
    try await withFolder { place in
      let folder = place.path
      let policy = policy("50000-50399")
      let none = try await sallyport(
        ["build", "-", "-o", "\(folder)/out", "--changed-since", folder], input: policy)
      #expect(none.status == 66 && none.errors.contains("manifest"), "\(none)")
      #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
      _ = try await sallyport(["build", "-", "-o", "\(folder)/out"], input: policy)
      let same = try await sallyport(
        ["build", "-", "-o", "\(folder)/out", "--changed-since", "\(folder)/./out/"], input: policy)
      #expect(same.status == 64 && same.errors.contains("another one"), "\(same)")
    }
  }
}
