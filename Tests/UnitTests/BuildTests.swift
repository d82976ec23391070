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

  @Test("a folder that build wrote is written again, whatever the gateway is", arguments: ["", "firewalld", "asa"])
  func twice(_ platform: String) async throws {
    let words = [
      "firewalld": "gateway edge { platform firewalld; outside eth0; inside eth1 }\n",
      "asa":
        "gateway edge { platform asa 9.12; outside \"outside\"; inside \"inside\"; access list \"in\" }\n",
    ]
    let text = """
      \(words[platform] ?? "")publish files {
        server 10.10.20.200 pure-ftpd { certificate "/etc/ssl/a.pem" }
        external ip 203.0.113.10; passive range 50000-50399; tls explicit required; allow 198.51.100.0/24
      }
      """
    try await withFolder(["policy.sally": text]) { folder in
      let words = ["build", folder.appending(path: "policy.sally").path, "-o", folder.appending(path: "out").path]
      for _ in 0..<2 {
        let run = try await sallyport(words)
        #expect(run.status == 0, "\(run.errors)")
      }
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

  @Test(
    "C9: a template that is not used, or that holds what nothing fills in, is an error with its place and the way out",
    arguments: [
      (
        "vsftp.conf.mustache", "listen_port={{port}}", "vsftp.conf.mustache: there is no template",
        "`vsftpd.conf.mustache`"
      ),
      ("vsftpd.conf", "listen_port={{port}}", "vsftpd.conf: is not used", "`vsftpd.conf.mustache`"),
      ("vsftpd.conf.mustach", "x", "is not used", "`vsftpd.conf.mustache`"),
      (
        "sub/vsftpd.conf.mustache", "a\nb={{nosuch}}", "sub/vsftpd.conf.mustache:3: nothing fills in `{{nosuch}}`",
        "there is "
      ),
      ("vsftpd.conf.mustache", "x={{prt}}", "vsftpd.conf.mustache:2:", "did you mean `port`?"),
      ("vsftpd.conf.mustache", "{{#range}}\nx", "vsftpd.conf.mustache:2: the section `range`", "{{/range}}"),
      ("vsftpd.conf.mustache", "{{^range}}\nx{{/port}}", "vsftpd.conf.mustache:3:", "`{{/range}}`"),
      ("vsftpd.conf.mustache", "x{{/range}}", "vsftpd.conf.mustache:2:", "remove it"),
      ("vsftpd.conf.mustache", "x\n{{port", "vsftpd.conf.mustache:3:", "add `}}`"),
      ("vsftpd.conf.mustache", "{{> vsftpd.cnf.mustache}}", "vsftpd.conf.mustache:2:", "`vsftpd.conf.mustache`"),
      ("README", "x", "holds no template", ".mustache`"),
    ])
  func templatesThatDoNothing(name: String, body: String, place: String, wayOut: String) async throws {
    try await withFolder(["policy.sally": everyStatement]) { folder in
      let file = folder.appending(path: "templates/\(name)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try "{{% CONTENT_TYPE: VSFTPD}}\n\(body)\n".write(to: file, atomically: true, encoding: .utf8)
      for command in [["emit", "policy.sally", "--server", "archive"], ["build", "policy.sally", "-o", "out"]] {
        let run = try await sallyport(command + ["--templates", "templates"], in: folder)
        #expect(run.status == 64 && run.output.isEmpty, "\(run)")
        #expect(run.errors.contains(place) && run.errors.contains(wayOut), "\(run.errors)")
      }
      let missing = try await sallyport(
        ["emit", "policy.sally", "--server", "archive", "--templates", "template"], in: folder)
      #expect(missing.status == 66 && missing.errors.contains("template: no such folder"), "\(missing)")
    }
  }

  @Test("C9: every built-in template passes its own check")
  func builtInTemplates() async throws {
    try await withFolder(["policy.sally": everyStatement]) { folder in
      let run = try await sallyport([
        "emit", folder.appending(path: "policy.sally").path, "--server", "archive", "--templates",
        repository.appending(path: "templates").path,
      ])
      #expect(run.status == 0, "\(run.errors)")
    }
  }
}
