import Foundation
import LiveSupport
import Subprocess
import Testing

/// `sallyport audit` and `sallyport import`, as a user runs them.
@Suite struct AuditCommandTests {
  private let policy = """
    publish files {
        server         10.10.20.200 vsftpd
        external ip    203.0.113.10
        passive range  50000-50399
        tls            off  # allow: tls-off
    }
    """
  private let good = """
    listen=YES
    listen_address=10.10.20.200
    pasv_min_port=50000
    pasv_max_port=50399
    pasv_address=203.0.113.10
    max_clients=0
    port_enable=NO

    """

  private func audit(_ file: String, _ arguments: [String] = [], policy: String? = nil) async throws -> Run {
    try await withFolder(["office.sally": policy ?? self.policy, "vsftpd.conf": file]) { folder in
      try await sallyport(
        ["audit", "office.sally", "--server", "files", "vsftpd.conf", "--color", "never"] + arguments, in: folder)
    }
  }

  @Test func agrees() async throws {
    let run = try await audit(good)
    #expect(run.status == 0 && run.output.isEmpty)
    #expect(run.errors == "vsftpd is configured as the policy says\n")
    let json = try await audit(good, ["--output", "json"])
    #expect(json.status == 0 && json.errors.isEmpty)
    #expect((json.json?["diagnostics"] as? [Any])?.isEmpty == true)
  }

  @Test func differs() async throws {
    let run = try await audit(good.replacing("50399", with: "50499"))
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(
      run.errors == """
        error[audit-passive-range]: vsftpd takes passive ports from 50000-50499, and the policy says 50000-50399
         --> vsftpd.conf:3:1
          |
        3 | pasv_min_port=50000
          | ^^^^^^^^^^^^^^^^^^^
         ::: office.sally:4:20
          |
        4 |     passive range  50000-50399
          |                    ----------- the gateway opens these ports
          = note: F35: the gateway drops data connections to ports outside 50000-50399, and transfers hang
          = help: write `pasv_min_port=50000` and `pasv_max_port=50399`
          = see: docs/failures.md#f35

        1 error

        """)
    let json = try await audit(good.replacing("50399", with: "50499"), ["--format", "json"])
    #expect(json.status == 1)
    let found = try #require((json.json?["diagnostics"] as? [[String: Any]])?.first)
    #expect(found["code"] as? String == "audit-passive-range" && found["file"] as? String == "vsftpd.conf")
    #expect(found["line"] as? Int == 3 && found["column"] as? Int == 1)
    let sarif = try await audit(good.replacing("50399", with: "50499"), ["--format", "sarif"])
    #expect(sarif.status == 1 && sarif.output.contains("\"uri\" : \"vsftpd.conf\""))
  }

  @Test func statuses() async throws {
    #expect(try await audit(good, ["--server", "nobody"]).status == 64)
    let other = try await audit(good, policy: policy.replacing("vsftpd", with: "other"))
    // Names and lines tell the program where the policy does not.
    #expect(other.status == 0 && other.errors == "vsftpd is configured as the policy says\n")
    #expect(try await audit(good, policy: "publish files {").status == 1)
    try await withFolder(["office.sally": policy]) { folder in
      let missing = try await sallyport(["audit", "office.sally", "--server", "files", "none.conf"], in: folder)
      #expect(missing.status == 66 && missing.errors.contains("none.conf: no such file or folder"))
      #expect(try await sallyport(["audit", "office.sally", "--server", "files"], in: folder).status == 64)
      #expect(try await sallyport(["import", "--server-config", "none.conf"], in: folder).status == 66)
    }
  }

  @Test func foldersAndSpecialFiles() async throws {
    try await withFolder(["office.sally": policy, "proftpd.conf": ""]) { folder in
      let server = folder.appending(path: "etc")
      try FileManager.default.createDirectory(at: server, withIntermediateDirectories: true)
      try good.write(to: server.appending(path: "vsftpd.conf"), atomically: true, encoding: .utf8)
      let run = try await sallyport(["audit", "office.sally", "--server", "files", "etc"], in: folder)
      #expect(run.status == 0, "\(run.errors)")
      // A device that never ends.
      let endless = try await sallyport(["audit", "office.sally", "--server", "files", "/dev/zero"], in: folder)
      #expect(endless.status == 1 && endless.errors.contains("server-file-unreadable"))
      mkfifo("\(folder.path)/fifo", 0o600)
      for paths in [["fifo"], ["etc/vsftpd.conf", "fifo"]] {
        let audit = try await sallyport(["audit", "office.sally", "--server", "files"] + paths, in: folder)
        #expect(audit.status == 1 && audit.errors.contains("it is not a regular file"), "\(audit.errors)")
      }
      let pipeline = try await sallyport(["import", "--server", "vsftpd", "--server-config", "fifo"], in: folder)
      #expect(pipeline.status != 0 && pipeline.errors.contains("it is not a regular file"), "\(pipeline.errors)")
      let text = "Include \(server.path)/pipe\n"
      mkfifo("\(server.path)/pipe", 0o600)
      try text.write(to: folder.appending(path: "proftpd.conf"), atomically: true, encoding: .utf8)
      let proftpd = policy.replacing("vsftpd", with: "proftpd")
      try proftpd.write(to: folder.appending(path: "p.sally"), atomically: true, encoding: .utf8)
      let pipe = try await sallyport(["audit", "p.sally", "--server", "files", "proftpd.conf"], in: folder)
      #expect(pipe.status == 1 && pipe.errors.contains("it is not a regular file"))
    }
  }

  @Test func importsAndAuditsItself() async throws {
    try await withFolder(["server.conf": good]) { folder in
      let run = try await sallyport(["import", "--server-config", "server.conf"], in: folder)
      #expect(run.status == 0 && run.errors.isEmpty)
      try run.output.write(to: folder.appending(path: "new.sally"), atomically: true, encoding: .utf8)
      let check = try await sallyport(["check", "new.sally", "--format", "concise"], in: folder)
      #expect(check.status == 0, "\(check.errors)")
      let audit = try await sallyport(["audit", "new.sally", "--server", "files", "server.conf"], in: folder)
      #expect(audit.status == 0, "\(audit.errors)")
      let unknown = try await sallyport(["import", "--server-config", "new.sally"], in: folder)
      #expect(unknown.status == 1 && unknown.errors.contains("error[server-software-unknown]"))
      try "listen=maybe\n".write(to: folder.appending(path: "bad.conf"), atomically: true, encoding: .utf8)
      let bad = try await sallyport(["import", "--server-config", "bad.conf"], in: folder)
      #expect(bad.status == 1 && bad.output.isEmpty && bad.errors.contains("server-file-refused"))
    }
  }

  @Test("B5: --root reads a copy of another machine's files, and nothing outside of it")
  func rooted() async throws {
    let proftpd = policy.replacing("vsftpd", with: "proftpd")
    try await withFolder(["office.sally": proftpd]) { folder in
      let etc = folder.appending(path: "copy/etc/proftpd")
      try FileManager.default.createDirectory(
        at: etc.appending(path: "conf.d"), withIntermediateDirectories: true)
      let text = """
        Include /etc/proftpd/modules.conf
        DefaultAddress 10.10.20.200
        AllowForeignAddress off
        <Limit PORT EPRT>
          DenyAll
        </Limit>
        Include /etc/proftpd/conf.d/

        """
      let range = "PassivePorts 50000 50399\nMasqueradeAddress 203.0.113.10\n"
      for (name, text) in [("proftpd.conf", text), ("modules.conf", "LoadModule mod_tls.c\n"), ("range", range)] {
        try text.write(to: etc.appending(path: name), atomically: true, encoding: .utf8)
      }
      // Links lead inside of the copy: absolute ones, and those that would leave it.
      let link = etc.appending(path: "conf.d/a.conf").path
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/etc/proftpd/range")
      let words = ["audit", "office.sally", "--server", "files", "--root"]
      for arguments in [
        ["copy", "/etc/proftpd/proftpd.conf"], ["copy/", "/etc/proftpd"], ["copy", "copy/etc/proftpd/proftpd.conf"],
        ["\(folder.path)/copy", "\(folder.path)/copy/etc/proftpd"],
      ] {
        let run = try await sallyport(words + arguments, in: folder)
        #expect(run.status == 0, "\(arguments) \(run.errors)")
      }
      try FileManager.default.removeItem(atPath: link)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../../../../../../etc/passwd")
      let outside = try await sallyport(
        words + ["copy", "/etc/proftpd/proftpd.conf", "--format", "concise"], in: folder)
      #expect(outside.status == 1 && !outside.errors.contains("root:"), "\(outside.errors)")
      #expect(outside.errors.contains("copy/etc/proftpd/proftpd.conf"))
      try FileManager.default.removeItem(atPath: link)
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "a.conf")
      #expect(try await sallyport(words + ["copy", "/etc/proftpd/proftpd.conf"], in: folder).status == 1)
      let missing = try await sallyport(words + ["copy", "/etc/none.conf"], in: folder)
      #expect(missing.status == 66 && missing.errors.contains("below copy"))
      #expect(try await sallyport(words + ["nowhere", "/etc/proftpd"], in: folder).status == 66)
      #expect(
        try await sallyport(words + ["copy", "/etc/proftpd", "--env", "nothing"], in: folder).status == 64)
    }
  }

  @Test("B19: no service and no program are findings that JSON and SARIF carry")
  func findingsForPrograms() async throws {
    try await withFolder(["office.sally": policy, "applicationHost.config": "<configuration/>", "x.txt": "hello\n"]) {
      folder in
      for (file, code) in [("applicationHost.config", "server-no-service"), ("x.txt", "server-software-unknown")] {
        for format in ["json", "sarif", "github"] {
          let run = try await sallyport(["import", "--server-config", file, "--format", format], in: folder)
          #expect(run.status == 1 && run.output.contains(code), "\(run.output) \(run.errors)")
        }
      }
    }
  }

  /// What guesses the program and what reads it ask for the same bytes.
  @Test func aPipeIsReadOnce() async throws {
    try await withFolder(["old.xml": FieldServerTests.legacy([:])]) { folder in
      let program = Sallyport.besideThisProgram.path
      let line = "\(program) import --server filezilla --server-config <(cat old.xml)"
      let run = try await Subprocess.run(
        .path("/bin/bash"), arguments: ["-c", line], workingDirectory: .init(folder.path),
        output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
      #expect(run.standardOutput.contains("passive range  50000-50399"), "\(run.standardError)")
    }
  }
}
