import Foundation
import Glibc
import Testing

/// Every way of writing files, for all commands: see `PreparedFile` and `writeFolder`.
@Suite struct FileWritingTests {
  /// The commands that write into a file that a user names, each with a text that it changes.
  static let writers: [[String]] = [["fmt"], ["check", "--fix"]]
  private static let before = "publish a { passive range 50399-50000 }\n"

  private func status(_ url: URL) throws -> stat {
    var status = stat()
    try #require(lstat(url.path, &status) == 0)
    return status
  }

  @Test("C1: links are followed and stay, also several, relative and absolute ones", arguments: writers)
  func links(command: [String]) async throws {
    try await withFolder(["real.sally": Self.before]) { folder in
      let manager = FileManager.default
      let inner = folder.appending(path: "inner")
      try manager.createDirectory(at: inner, withIntermediateDirectories: false)
      try manager.createSymbolicLink(
        atPath: inner.appending(path: "one.sally").path, withDestinationPath: "../real.sally")
      try manager.createSymbolicLink(
        atPath: folder.appending(path: "two.sally").path,
        withDestinationPath: inner.appending(path: "one.sally").path)
      _ = try await sallyport(command + ["two.sally"], in: folder)
      #expect(try String(contentsOf: folder.appending(path: "real.sally"), encoding: .utf8) != Self.before)
      #expect(try manager.destinationOfSymbolicLink(atPath: folder.appending(path: "two.sally").path).hasPrefix("/"))
      #expect(
        try manager.destinationOfSymbolicLink(atPath: inner.appending(path: "one.sally").path) == "../real.sally")
      #expect(try manager.contentsOfDirectory(atPath: folder.path).sorted() == ["inner", "real.sally", "two.sally"])
    }
  }

  @Test("C1: owner, group, mode, extended attributes and other names of a file stay", arguments: writers)
  func attributes(command: [String]) async throws {
    try await withFolder(["a.sally": Self.before, "b.sally": Self.before]) { folder in
      let (file, twin) = (folder.appending(path: "a.sally"), folder.appending(path: "b.sally"))
      let other = folder.appending(path: "other.sally")
      #expect(link(twin.path, other.path) == 0)
      if getuid() == 0 { #expect(chown(file.path, 4711, 4712) == 0) }
      #expect(chmod(file.path, 0o640) == 0)
      let xattr = "import os,sys; os.setxattr(sys.argv[1], 'user.sallyport', b'kept')"
      let hasAttributes = await python(xattr, file.path) == 0
      let old = try status(file)
      for name in ["a.sally", "b.sally"] { _ = try await sallyport(command + [name], in: folder) }
      let new = try status(file)
      #expect((new.st_uid, new.st_gid, new.st_mode) == (old.st_uid, old.st_gid, old.st_mode))
      #expect(try String(contentsOf: file, encoding: .utf8) != Self.before)
      let check = "import os,sys; sys.exit(os.getxattr(sys.argv[1], 'user.sallyport') != b'kept')"
      if hasAttributes { #expect(await python(check, file.path) == 0) }
      #expect(try Data(contentsOf: other) == Data(contentsOf: twin))
      #expect(try status(twin).st_nlink == 2)
    }
  }

  private func python(_ program: String, _ argument: String) async -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program, argument]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return -1 }
    process.waitUntilExit()
    return process.terminationStatus
  }

  @Test("C1: build refuses what is no folder, and touches nothing", arguments: ["self", "link", "file", "special"])
  func notAFolder(kind: String) async throws {
    try await withFolder(["office.sally": everyStatement, "file.txt": "precious"]) { folder in
      try FileManager.default.createSymbolicLink(
        atPath: folder.appending(path: "link").path, withDestinationPath: "office.sally")
      let target = ["self": "office.sally", "link": "link", "file": "file.txt", "special": "/dev/null"][kind] ?? ""
      for options in [[], ["--force"]] {
        let run = try await sallyport(["build", "office.sally", "-o", target] + options, in: folder)
        #expect(run.status == 74, "\(run)")
        #expect(run.output.isEmpty && run.errors.contains("\(target): is not a folder"), "\(run)")
      }
      #expect(
        contents(of: folder) == ["office.sally": everyStatement, "file.txt": "precious", "link": everyStatement])
    }
  }

  @Test("C1: a folder that holds what build did not write, or what was changed, is left alone unless it is forced")
  func foreignFolder() async throws {
    try await withFolder(["office.sally": everyStatement]) { folder in
      let out = folder.appending(path: "out")
      func build(_ options: String...) async throws -> Run {
        try await sallyport(["build", "office.sally", "-o", "out"] + options, in: folder)
      }
      #expect(try await build().status == 0)
      let fresh = contents(of: out)
      let names = ["note.txt", "gateways/edge/mine.nft", "servers/files/.hidden"]
      for name in names {
        try "mine".write(to: out.appending(path: name), atomically: false, encoding: .utf8)
        let run = try await build()
        #expect(run.status == 74 && run.errors.contains("`\(name)`") && run.errors.contains("--force"), "\(run)")
        try FileManager.default.removeItem(at: out.appending(path: name))
      }
      // What build wrote and somebody changed.
      try "changed".write(to: out.appending(path: "servers/legacy/vsftpd.conf"), atomically: false, encoding: .utf8)
      try "mine".write(to: out.appending(path: "note.txt"), atomically: false, encoding: .utf8)
      #expect(try await build().status == 74)
      #expect(contents(of: out)["servers/legacy/vsftpd.conf"] == "changed")
      #expect(try await build("--force").status == 0)
      #expect(contents(of: out) == fresh.merging(["note.txt": "mine"]) { $1 })
    }
  }

  @Test(
    "C1: the folder of another program is none of ours, whatever its manifest.json says",
    arguments: ["{}", "[1]", ""])
  func foreignManifest(text: String) async throws {
    try await withFolder(["office.sally": everyStatement]) { folder in
      let out = folder.appending(path: "out")
      try FileManager.default.createDirectory(at: out, withIntermediateDirectories: false)
      try text.write(to: out.appending(path: "manifest.json"), atomically: false, encoding: .utf8)
      let run = try await sallyport(["build", "office.sally", "-o", "out"], in: folder)
      #expect(run.status == 74, "\(run)")
      #expect(contents(of: out) == ["manifest.json": text])
    }
  }

  @Test("16.12: a manifest that somebody forged makes nothing ours: neither by its size nor with its digest")
  func forgedManifest() async throws {
    let digest = "2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df"
    let fields = [#""bytes": 2"#, #""bytes": 2, "sha256": "\#(digest)""#]
    for (field, name) in fields.flatMap({ field in ["notes.txt", "a/b/notes.txt"].map { (field, $0) } }) {
      try await withFolder(["office.sally": everyStatement]) { folder in
        let out = folder.appending(path: "out")
        let file = out.appending(path: name)
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try "ok".write(to: file, atomically: false, encoding: .utf8)
        let manifest =
          #"{"format_version": 1, "sallyport": "1", "files": [{"path": "\#(name)", "purpose": "x", \#(field)}]}"#
        try manifest.write(to: out.appending(path: "manifest.json"), atomically: false, encoding: .utf8)
        let run = try await sallyport(["build", "office.sally", "-o", "out"], in: folder)
        #expect(run.status == 74 && run.errors.contains("which build did not write"), "\(run)")
        #expect(contents(of: out) == [name: "ok", "manifest.json": manifest])
        // Forced, it still takes nothing away.
        #expect(try await sallyport(["build", "office.sally", "-o", "out", "--force"], in: folder).status == 0)
        #expect(contents(of: out)[name] == "ok")
      }
    }
  }

  @Test("C1: a manifest cannot lead out of its folder")
  func hostileManifest() async throws {
    try await withFolder(["office.sally": everyStatement, "precious.txt": "mine"]) { folder in
      #expect(try await sallyport(["build", "office.sally", "-o", "out"], in: folder).status == 0)
      let manifest = folder.appending(path: "out/manifest.json")
      let text = try String(contentsOf: manifest, encoding: .utf8)
      let entry = #"{ "bytes": 4, "path": "../precious.txt", "purpose": "x" },"#
      try text.replacing("\"files\" : [", with: "\"files\" : [" + entry).write(
        to: manifest, atomically: false, encoding: .utf8)
      #expect(try await sallyport(["build", "office.sally", "-o", "out"], in: folder).status == 0)
      #expect(contents(of: folder)["precious.txt"] == "mine")
    }
  }

  @Test(
    "C1: an earlier build is replaced: what is not needed any more goes, owners and modes stay, leftovers do not matter"
  )
  func earlierBuild() async throws {
    try await withFolder(["wide.sally": everyStatement, "small.sally": published("tls off")]) { folder in
      let out = folder.appending(path: "out")
      #expect(try await sallyport(["build", "wide.sally", "-o", "out"], in: folder).status == 0)
      #expect(chmod(out.path, 0o750) == 0 && chmod(out.appending(path: "manifest.json").path, 0o600) == 0)
      // What a run leaves that was killed.
      let leftover = out.appending(path: "servers/.sallyport-abc")
      try "half".write(to: leftover, atomically: false, encoding: .utf8)
      try "half".write(to: folder.appending(path: ".sallyport-xyz"), atomically: false, encoding: .utf8)
      let run = try await sallyport(["build", "small.sally", "-o", "out/"], in: folder)
      #expect(run.status == 0, "\(run)")
      let files = contents(of: out)
      #expect(files.keys.contains("gateway/sallyport.nft") && !files.keys.contains { $0.hasPrefix("gateways") })
      #expect(!FileManager.default.fileExists(atPath: out.appending(path: "gateways").path))
      #expect(!FileManager.default.fileExists(atPath: leftover.path))
      #expect(try status(out).st_mode & 0o777 == 0o750)
      #expect(try status(out.appending(path: "manifest.json")).st_mode & 0o777 == 0o600)
    }
  }

  @Test("C1: -o may be a link, a link that leads nowhere yet, and the folder one stands in")
  func linkedFolders() async throws {
    try await withFolder(["office.sally": everyStatement]) { folder in
      let manager = FileManager.default
      try manager.createDirectory(at: folder.appending(path: "real"), withIntermediateDirectories: false)
      for (name, target) in [("a", "real"), ("b", "fresh")] {
        try manager.createSymbolicLink(atPath: folder.appending(path: name).path, withDestinationPath: target)
        #expect(try await sallyport(["build", "office.sally", "-o", name], in: folder).status == 0)
        #expect(contents(of: folder.appending(path: target)).keys.contains("manifest.json"))
        #expect(try manager.destinationOfSymbolicLink(atPath: folder.appending(path: name).path) == target)
      }
      // Twice: an empty folder, and one of an earlier build.
      let here = folder.appending(path: "here")
      try manager.createDirectory(at: here, withIntermediateDirectories: false)
      for _ in 0..<2 {
        let run = try await sallyport(["build", "../office.sally", "-o", "."], in: here)
        #expect(run.status == 0, "\(run)")
      }
      let refused = try await sallyport(["build", "office.sally", "-o", "."], in: folder)
      #expect(refused.status == 74 && refused.errors.contains("build did not write"))
    }
  }

  @Test("C1: what cannot be written leaves everything as it was", .enabled(if: getuid() == 0))
  func nothingHalfDone() async throws {
    try await withFolder(["office.sally": everyStatement, "a.sally": Self.before]) { folder in
      let script = """
        set -e
        "$0" build office.sally -o out >/dev/null 2>&1; cp -a out saved
        mkdir disk; mount -t tmpfs -o size=512k none disk; cp -r out disk/; cp a.sally disk/
        dd if=/dev/zero of=disk/full bs=4k 2>/dev/null || true
        find disk ! -name full -type f -exec sha256sum {} + >before
        status=0; "$0" build office.sally -o disk/out 2>errors || status=$?; test $status = 74
        status=0; "$0" build office.sally -o disk/new 2>errors || status=$?; test $status = 74; test ! -e disk/new
        status=0; "$0" fmt disk/a.sally 2>errors || status=$?; test $status = 74
        find disk ! -name full -type f -exec sha256sum {} + | cmp - before
        mount -o remount,ro disk
        status=0; "$0" fmt disk/a.sally 2>errors || status=$?; test $status = 74; grep -q read-only errors
        chattr +i out/manifest.json 2>/dev/null || exit 0
        status=0; "$0" build office.sally -o out 2>errors || status=$?
        chattr -i out/manifest.json; test $status = 74; diff -r out saved
        """
      let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "sallyport").path
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.currentDirectoryURL = folder
      process.arguments = ["unshare", "--mount", "bash", "-xc", script, program]
      let errors = Pipe()
      process.standardError = errors
      try process.run()
      let said = errors.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(String(decoding: said, as: UTF8.self))")
    }
  }

  @Test("C1: a file that we may not write stays, whatever its folder permits", .enabled(if: getuid() == 0))
  func readOnlyFile() async throws {
    try await withFolder(["a.sally": Self.before]) { folder in
      #expect(chmod(folder.path, 0o777) == 0 && chmod(folder.appending(path: "a.sally").path, 0o444) == 0)
      let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        .appending(path: "sallyport").path
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.currentDirectoryURL = folder
      process.arguments = ["setpriv", "--reuid", "65534", "--clear-groups", program, "fmt", "a.sally"]
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      #expect([74, 127, 126].contains(process.terminationStatus), "\(process.terminationStatus)")
      #expect(contents(of: folder) == ["a.sally": Self.before])
    }
  }
}
