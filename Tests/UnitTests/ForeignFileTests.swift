import Compilation
import Diagnostics
import Foundation
import Glibc
import Testing

/// Files that a policy, or a server's file, names and that are none of its own: never opened where that may wait, and
/// what they hold never shown.
@Suite(.timeLimit(.minutes(2))) struct ForeignFileTests {
  /// Stands in for what nobody may see.
  private static let secret = "topsecret:x:4711:hunter2"

  /// A folder `work`, with the secret beside it, and a policy that ends with such a line.
  private func withWork(
    _ line: String, files: [String: String] = [:], _ body: (URL) async throws -> Void
  ) async throws {
    try await withFolder(["secret": Self.secret + "\nsecond:y\nthird:z\n"]) { folder in
      let work = folder.appending(path: "work")
      try FileManager.default.createDirectory(at: work, withIntermediateDirectories: false)
      try (published() + "\n" + line + "\n").write(
        to: work.appending(path: "a.sally"), atomically: true, encoding: .utf8)
      for (name, text) in files {
        try text.write(to: work.appending(path: name), atomically: true, encoding: .utf8)
      }
      try await body(folder)
    }
  }

  private static let commands: [[String]] = [
    ["check", "a.sally"], ["check", "--format", "json", "a.sally"], ["check", "--format", "github", "a.sally"],
    ["check", "--format", "sarif", "a.sally"], ["check", "--format", "concise", "a.sally"],
    ["check", "--diff", "--unsafe-fixes", "a.sally"], ["check", "--fix", "--unsafe-fixes", "a.sally"],
    ["compile", "a.sally"], ["diff", "a.sally", "--against", "/dev/null"], ["explain", "a.sally", "files"],
    ["build", "a.sally", "-o", "out"], ["emit", "a.sally", "--server", "files"],
    ["audit", "a.sally", "--server", "files", "/dev/null"],
  ]

  @Test(
    "16.10: what an include names outside of the policy's folder is not read, by any command",
    arguments: Self.commands)
  func outside(command: [String]) async throws {
    try await withWork("include \"../secret\"") { folder in
      let run = try await sallyport(command, in: folder.appending(path: "work"))
      let all = run.output + run.errors
      #expect(run.status == 1, "\(run)")
      #expect(!all.contains("topsecret") && !all.contains("hunter2"), "\(all)")
      #expect(command.contains("--diff") || all.contains("lies outside of the policy's folder"), "\(all)")
      #expect(contents(of: folder)["secret"]?.hasPrefix(Self.secret) == true)
    }
  }

  @Test("16.10: a link that leads out counts as outside, one that stays counts as inside")
  func links() async throws {
    let files = ["b.sally": "clients partners = 198.51.100.0/24\n"]
    try await withWork("include \"out.sally\"\ninclude \"folder/secret\"\ninclude \"in.sally\"", files: files) {
      folder in
      let work = folder.appending(path: "work")
      for (name, target) in [("out.sally", "../secret"), ("folder", ".."), ("in.sally", "b.sally")] {
        try FileManager.default.createSymbolicLink(
          atPath: work.appending(path: name).path, withDestinationPath: target)
      }
      let run = try await sallyport(["check", "--format", "concise", "a.sally"], in: work)
      #expect(run.errors.components(separatedBy: "[include-refused]").count == 3, "\(run)")
      #expect(!run.errors.contains("topsecret") && !run.errors.contains("in.sally"), "\(run)")
    }
  }

  @Test(
    "16.10: pipes, devices and files of the kernel are not opened", arguments: ["/dev/zero", "/proc/self/environ"])
  func otherKinds(target: String) async throws {
    try await withWork("include \"pipe\"\ninclude \"link\"") { folder in
      let work = folder.appending(path: "work")
      #expect(mkfifo(work.appending(path: "pipe").path, 0o644) == 0)
      try FileManager.default.createSymbolicLink(
        atPath: work.appending(path: "link").path, withDestinationPath: target)
      // Not even where the folder is open.
      for options in [[], ["--include-path", "/"]] {
        let run = try await sallyport(["check", "a.sally"] + options, environment: ["TOP": "SECRET"], in: work)
        #expect(run.status == 1 && run.errors.contains("`pipe` cannot be read: it is not a regular file"), "\(run)")
        #expect(!run.errors.contains("SECRET") && run.errors.utf8.count < 4000, "\(run)")
      }
    }
  }

  @Test(
    "16.10: a named link that leads out is read, and shown only where it has no mistakes", arguments: Self.commands)
  func namedLinks(command: [String]) async throws {
    try await withWork("", files: ["good": published().replacing("files", with: "more")]) { folder in
      let work = folder.appending(path: "work")
      try FileManager.default.moveItem(at: work.appending(path: "good"), to: folder.appending(path: "good"))
      try "server a {\n  topsecret \(Self.secret)\n}\n".write(
        to: folder.appending(path: "bad"), atomically: true, encoding: .utf8)
      for (name, isShown) in [("secret", false), ("bad", false), ("good", true)] {
        let link = work.appending(path: "l.sally").path
        try? FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../\(name)")
        let named = command.map { $0 == "a.sally" ? "l.sally" : $0 == "files" ? "more" : $0 }
        let run = try await sallyport(named, in: work)
        let all = run.output + run.errors
        #expect(!all.contains("topsecret") && !all.contains("hunter2"), "\(all)")
        if !isShown { #expect(run.status == 1 && all.contains("leads out of its folder"), "\(run)") }
        if isShown { #expect(!all.contains("leads out of its folder"), "\(run)") }
      }
    }
  }

  @Test("16.10: a named pipe is read where it was given open, and refused without a wait elsewhere")
  func namedPipes() async throws {
    try await withWork("") { folder in
      let work = folder.appending(path: "work")
      #expect(mkfifo(work.appending(path: "p.sally").path, 0o644) == 0)
      for command in Self.commands where command[0] != "diff" {
        let run = try await sallyport(command.map { $0 == "a.sally" ? "p.sally" : $0 }, in: work)
        #expect(run.status == 66 && run.errors.contains("p.sally: it is not a regular file but a pipe"), "\(run)")
      }
      let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "sallyport").path
      for words in [
        "<(cat a.sally)", "/dev/stdin < <(cat a.sally)", "- < <(cat a.sally)",
        "/proc/self/fd/3 3< <(sleep 0.2; cat a.sally)",
      ] {
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/bash")
        shell.currentDirectoryURL = work
        shell.arguments = ["-c", "'\(program)' check \(words)"]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0, "\(words)")
      }
    }
  }

  @Test("16.10: --include-path opens a folder, and may be repeated")
  func includePath() async throws {
    try await withWork("include \"../shared/c.sally\"\ninclude \"../more/d.sally\"") { folder in
      for (place, name) in [("shared", "c"), ("more", "d")] {
        let url = folder.appending(path: place)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        try "clients \(name) = 198.51.100.0/24\n".write(
          to: url.appending(path: "\(name).sally"), atomically: true, encoding: .utf8)
      }
      let work = folder.appending(path: "work")
      let both = ["--include-path", "../shared", "--include-path", "../more"]
      for command in Self.commands where !["diff", "audit"].contains(command[0]) {
        let run = try await sallyport(command + both, in: work)
        #expect(run.status == 0, "\(command) \(run)")
      }
      #expect(try await sallyport(["check", "a.sally"] + both.prefix(2), in: work).status == 1)
      for wrong in ["", "../nosuch", "a.sally"] {
        let run = try await sallyport(["check", "--include-path", wrong, "a.sally"], in: work)
        #expect(run.status == 64 && run.errors.contains("--include-path"), "\(wrong): \(run)")
      }
    }
  }

  @Test("16.10: a file that is no policy at all is one finding, and none of its lines is shown")
  func noPolicy() async throws {
    let passwd = (0..<50).map { "user\($0):x:\($0):\($0):secret\($0):/home/u:/bin/sh" }.joined(separator: "\n")
    let files = ["passwd": passwd, "env": "API_KEY=secret1\nTOKEN='secret2'\n", "yaml": "a: secret3\nb: 2\n"]
    let lines = files.keys.sorted().map { "include \"\($0)\"" }.joined(separator: "\n")
    try await withWork(lines, files: files) { folder in
      for format in ["full", "json", "sarif", "github", "concise"] {
        let run = try await sallyport(["check", "--format", format, "a.sally"], in: folder.appending(path: "work"))
        let all = run.output + run.errors
        #expect(run.status == 1 && !all.contains("secret") && !all.contains("API_KEY"), "\(all)")
        if format == "concise" { #expect(all.components(separatedBy: "[include-refused]").count == 4, "\(all)") }
      }
    }
  }

  @Test(
    "16.10: mistakes in an included policy are still told where they are",
    arguments: ["publsh", "Publish", "publish"])
  func mistakes(word: String) async throws {
    let files = ["b.sally": published("tls sometimes").replacing("publish", with: word)]
    try await withWork("include \"b.sally\"", files: files) { folder in
      let run = try await sallyport(["check", "a.sally"], in: folder.appending(path: "work"))
      #expect(run.status == 1 && run.errors.contains("b.sally:") && !run.errors.contains("include-refused"), "\(run)")
    }
  }

  @Test("16.10: --fix never writes outside, also where a link leads there")
  func fixing() async throws {
    try await withWork("include \"link.sally\"") { folder in
      let outside = folder.appending(path: "b.sally")
      let text = published(range: "passive range 50399-50000")
      try text.write(to: outside, atomically: true, encoding: .utf8)
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: "work/link.sally").path, withDestinationPath: "../b.sally")
      let run = try await sallyport(["check", "--fix", "a.sally"], in: folder.appending(path: "work"))
      #expect(run.status == 1, "\(run)")
      #expect(try String(contentsOf: outside, encoding: .utf8) == text)
    }
  }

  @Test("16.10: *.sally of a folder that nobody named is looked at in the same way")
  func discovered() async throws {
    try await withWork("") { folder in
      let work = folder.appending(path: "work")
      let link = work.appending(path: "z.sally").path
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "../secret")
      for command in ["check", "fmt"] {
        let run = try await sallyport([command], in: work)
        #expect(run.status == 66 && run.errors.contains("z.sally: leads out of this folder"), "\(run)")
      }
      #expect(unlink(link) == 0 && mkfifo(link, 0o644) == 0)
      #expect(try await sallyport(["check"], in: work).status == 66)
    }
  }

  @Test("16.10: the policy itself may be anywhere, a pipe, or standard input, for which the working folder counts")
  func root() async throws {
    let files = ["b.sally": "clients partners = 198.51.100.0/24\n"]
    try await withWork("include \"b.sally\"", files: files) { folder in
      let work = folder.appending(path: "work")
      let policy = try String(contentsOf: work.appending(path: "a.sally"), encoding: .utf8)
      #expect(try await sallyport(["check", "work/a.sally"], in: folder).status == 0)
      #expect(try await sallyport(["check", "-"], input: policy, in: work).status == 0)
      #expect(try await sallyport(["check", "/dev/stdin"], input: policy, in: work).status == 0)
      #expect(try await sallyport(["check", "-"], input: policy, in: folder).status == 1)
      let out = try await sallyport(["check", "-"], input: "include \"../secret\"\n", in: work)
      #expect(out.errors.contains("include-refused") && !out.errors.contains("topsecret"), "\(out)")
    }
  }

  @Test(
    "16.10: what a server's file names elsewhere is not read, and that is said", arguments: ["audit", "import"],
    [
      ("proftpd.conf", "Port 21\nInclude SECRET\n"), ("proftpd.conf", "Port 21\nInclude ABOVE/sec*\n"),
      ("proftpd.conf", "Port 21\nInclude WORK/link\n"), ("proftpd.conf", "Port 21\nInclude WORK/folder/*\n"),
      ("pure-ftpd.conf", "Include SECRET\n"), ("vsftpd.service", "[Service]\nExecStart=/usr/sbin/vsftpd SECRET\n"),
      ("vsftpd.conf", "listen=YES\nuserlist_enable=YES\nuserlist_deny=NO\nuserlist_file=SECRET\n"),
    ])
  func servers(command: String, file: (name: String, text: String)) async throws {
    try await withWork("") { folder in
      let work = folder.appending(path: "work")
      for (name, target) in [("link", "../secret"), ("folder", "..")] {
        try FileManager.default.createSymbolicLink(
          atPath: work.appending(path: name).path, withDestinationPath: target)
      }
      let text = file.text.replacing("SECRET", with: folder.path + "/secret").replacing("ABOVE", with: folder.path)
        .replacing("WORK", with: work.path)
      let path = work.appending(path: file.name).path
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let software = file.name.hasPrefix("pro") ? "proftpd" : file.name.hasPrefix("pure") ? "pure-ftpd" : "vsftpd"
      let policy = folder.appending(path: "work/a.sally").path
      try published(server: "server 10.10.20.200 \(software)").write(
        toFile: policy, atomically: true, encoding: .utf8)
      let run = try await sallyport(
        command == "audit"
          ? ["audit", policy, "--server", "files", path] : ["import", "--server", software, "--server-config", path])
      let all = run.output + run.errors
      #expect(!all.contains("topsecret") && !all.contains("hunter2"), "\(all)")
      #expect(all.contains("it lies outside of the folder that was named"), "\(all)")
      #expect(command == "import" || run.status == 1, "\(run)")
    }
  }

  @Test("16.10: links in a folder of options that lead out are not followed")
  func optionFolder() async throws {
    try await withWork("") { folder in
      let conf = folder.appending(path: "pure-ftpd/conf")
      try FileManager.default.createDirectory(at: conf, withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: conf.appending(path: "PassivePortRange").path, withDestinationPath: "../../secret")
      #expect(mkfifo(conf.appending(path: "Bind").path, 0o644) == 0)
      let run = try await sallyport(
        ["import", "--server", "pure-ftpd", "--server-config", folder.appending(path: "pure-ftpd").path])
      #expect(!(run.output + run.errors).contains("topsecret"), "\(run)")
      #expect(
        run.errors.contains("it lies outside of the folder") && run.errors.contains("not a regular file"), "\(run)")
    }
  }

  @Test("16.10: includes go so deep and no deeper, and a long way costs little")
  func depth() {
    var files: [String: String] = [:]
    for index in 0..<20_000 { files["\(index).sally"] = "include \"\(index + 1).sally\"\n" }
    let found = compile("include \"0.sally\"\n", including: files).diagnostics
    #expect(found.map(\.code) == ["include-refused"])
    #expect(found.first?.message == "files include one another more than \(deepestInclude) levels deep")
  }
}
