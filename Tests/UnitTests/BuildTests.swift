import Foundation
import Testing

@Suite struct BuildTests {
  @Test func bundleIsWholeAndStable() async throws {
    try await withFolder(["policy.sally": everyStatement]) { folder in
      let policy = folder.appending(path: "policy.sally").path
      let out = folder.appending(path: "out")
      let first = try await sallyport(["build", policy, "-o", out.path])
      #expect(first.status == 0, "\(first.errors)")
      let files = contents(of: out)
      #expect(
        Set(files.keys) == [
          "manifest.json", "gateways/edge/sallyport.nft", "gateways/edge/modules-load.conf",
          "gateways/edge/modprobe.conf", "gateways/edge/sysctl.conf", "servers/files/proftpd-sallyport.conf",
          "servers/files/virtualhost/proftpd-virtualhost.conf", "servers/archive/vsftpd.conf",
          "servers/legacy/vsftpd.conf",
        ])
      #expect(files["gateways/edge/modules-load.conf"]?.contains("nf_nat_ftp") == true)
      #expect(files["gateways/edge/sysctl.conf"]?.contains("net.ipv6.conf.all.forwarding = 1") == true)
      // Again, over itself: the same bytes.
      #expect(try await sallyport(["build", policy, "-o", out.path]).status == 0)
      #expect(contents(of: out) == files)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["out", "policy.sally"])
    }
  }

  @Test func foreignFolderIsLeftAlone() async throws {
    try await withFolder(["policy.sally": everyStatement, "mine.txt": "precious"]) { folder in
      let run = try await sallyport(["build", folder.appending(path: "policy.sally").path, "-o", folder.path])
      #expect(run.status == 74)
      #expect(run.output.isEmpty)
      #expect(contents(of: folder).keys.sorted() == ["mine.txt", "policy.sally"])
    }
  }

  @Test func addedFileIsNotLost() async throws {
    try await withFolder(["policy.sally": everyStatement]) { folder in
      let policy = folder.appending(path: "policy.sally").path
      let out = folder.appending(path: "out")
      _ = try await sallyport(["build", policy, "-o", out.path])
      try "note".write(to: out.appending(path: "note.txt"), atomically: true, encoding: .utf8)
      let run = try await sallyport(["build", policy, "-o", out.path])
      #expect(run.status == 74)
      #expect(contents(of: out)["note.txt"] == "note")
    }
  }

  @Test(arguments: ["/proc/out", "/nonexistent/deep/out"])
  func unwritable(path: String) async throws {
    let run = try await sallyport(["build", "-", "-o", path], input: everyStatement)
    #expect(run.status == 74)
    #expect(run.errors.contains(path))
  }

  @Test func templatesCanBeReplaced() async throws {
    let template = "{{% CONTENT_TYPE: VSFTPD}}\nlisten_port={{port}}\n"
    try await withFolder(["policy.sally": everyStatement, "vsftpd.conf.mustache": template]) { folder in
      let run = try await sallyport([
        "emit", folder.appending(path: "policy.sally").path, "--server", "archive", "--templates", folder.path,
      ])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output == "listen_port=990\n")
    }
  }
}
