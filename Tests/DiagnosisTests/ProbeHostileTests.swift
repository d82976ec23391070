import Foundation
import LiveSupport
import Testing

/// Servers that are none, or mean harm: `probe` ends in time, in bounded memory, shows nothing that a terminal obeys,
/// and no password.
@Suite(.enabled(if: LiveRequirements.met, "live tests cannot run here"))
struct ProbeHostileTests {
  struct Server: Sendable, CustomStringConvertible {
    var name: String
    var words: String
    var status: Int32 = 1
    var description: String { name }
  }

  static let servers = [
    Server(name: "endless-line", words: "no FTP server greets there"),
    Server(name: "endless-greeting", words: "does not come to its end: it talks without an end"),
    Server(name: "other-protocol", words: "it says `SSH-2.0-"),
    Server(name: "escape", words: "the login fails"),
    Server(name: "endless-listing", words: "works", status: 0),
    Server(name: "slow-listing", words: "works", status: 0),
    Server(name: "echo", words: "works", status: 0),
    Server(name: "silent", words: "nothing comes within 2 seconds"),
    Server(name: "closes", words: "no FTP server greets there"),
    Server(name: "strange-227", words: "broken"),
    Server(name: "stalls", words: "stalls after"),
  ]

  @Test(arguments: servers)
  func server(_ server: Server) async throws {
    try await withLab { lab in
      let running = Task {
        _ = try await lab.run(["python3", "-c", hostileProgram, server.name], on: .client, seconds: 90)
      }
      defer { running.cancel() }
      let isThere = try await Patience.wait {
        try await lab.run(["ss", "-Hltn", "sport = :2121"], on: .client).text.contains("2121")
      }
      try #require(isThere)
      let begin = ContinuousClock.now
      let result = try await lab.run(
        [
          "sh", "-c", "ulimit -v 6000000; exec \"$@\"", "x", Sallyport.besideThisProgram.path, "probe",
          "127.0.0.1:2121", "--tls", "plain", "--mode", "pasv", "--timeout", "2",
        ], on: .client,
        environment: ["SALLYPORT_USER": "sally", "SALLYPORT_PASSWORD": "open-the-gate"], seconds: 60)
      #expect(result.status == server.status, "\(result.status)\n\(result.text)\(result.errorText)")
      #expect(result.text.contains(server.words), "\(result.text)")
      let all = result.text + result.errorText
      #expect(!all.contains("open-the-gate") && !all.contains("\u{1B}") && !all.contains("\u{202E}"), "\(all)")
      #expect(all.utf8.count < 100_000)
      #expect(ContinuousClock.now - begin < .seconds(50))
    }
  }

  @Test(
    "a name without an address, a word that is none, an account in the command line, and a program that is missing")
  func words() async throws {
    let program = Sallyport.besideThisProgram
    let unknown = try await program.run(["probe", "no-such-host.invalid"])
    #expect(unknown.status == 66 && unknown.errorText.contains("no-such-host.invalid"), "\(unknown.errorText)")
    let account = try await program.run(["probe", "ftp://me:secret-word@x"])
    #expect(account.status == 64 && !account.errorText.contains("secret-word"))
    #expect(try await program.run(["probe", "x y"]).status == 64)
    #expect(try await program.run(["probe", "missing.sally", "files"]).status == 66)
    #expect(try await program.run(["probe", "127.0.0.1", "--netrc", "/nonexistent"]).status == 66)
    #expect(try await program.run(["probe", "127.0.0.1", "--parallel", "9"]).status == 64)
    #expect(try await program.run(["probe", "127.0.0.1", "--user", "sally"]).status == 64)
    let helper = Sallyport(path: program.path + "-probe")
    for input in [
      "", "garbage", "{}", "{\"version\": 99}", "{\"version\": 1}", String(repeating: "[", count: 60_000),
    ] {
      let refused = try await helper.run([], policy: input)
      #expect(refused.status == 64 && refused.output.isEmpty, "\(input.prefix(20)): \(refused.status)")
    }
    let alone = FileManager.default.temporaryDirectory.appending(path: "sallyport-alone-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: alone, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: alone) }
    let copy = alone.appending(path: "sallyport").path
    try FileManager.default.copyItem(atPath: program.path, toPath: copy)
    let missing = try await Sallyport(path: copy).run(["probe", "127.0.0.1"])
    #expect(missing.status == 70 && missing.errorText.contains("the program sallyport-probe is missing"))
    // One that breaks in some way is told as such.
    for (script, words) in [
      ("kill -SEGV $$", "signal 11"), ("echo '{'", "no answer"), ("echo broken >&2; exit 3", "broken"),
      ("head -c 20000000 /dev/zero", "too much"),
    ] {
      let broken = alone.appending(path: "sallyport-probe").path
      try "#!/bin/sh\n\(script)\n".write(toFile: broken, atomically: false, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: broken)
      let told = try await Sallyport(path: copy).run(["probe", "127.0.0.1", "--rate", "6000", "--tls", "plain"])
      #expect(told.status == 70 && told.errorText.contains(words), "\(script): \(told.errorText)")
    }
  }
}

private let hostileProgram = """
  import socket, sys, threading, time
  kind = sys.argv[1]
  gate = socket.create_server(("127.0.0.1", 2121))
  data = socket.create_server(("127.0.0.1", 2020))
  def say(client, text): client.sendall(text.encode() + b"\\r\\n")
  def listing():
      while True:
          peer = data.accept()[0]
          try:
              if kind == "endless-listing":
                  while True: peer.sendall(b"-rw-r--r-- 1 a a 1 Jan 1 00:00 name\\r\\n" * 1000)
              elif kind == "slow-listing":
                  while True:
                      peer.sendall(b"-rw-r--r-- 1 a a 1 Jan 1 00:00 name\\r\\n")
                      time.sleep(1 / 5)
              elif kind == "stalls":
                  peer.sendall(b"half a line")
                  time.sleep(60)
              else:
                  peer.sendall(b"\\x1b[31mname\\r\\n")
          except OSError:
              pass
          peer.close()
  threading.Thread(target=listing, daemon=True).start()
  def serve(client):
      try:
          if kind == "endless-line":
              while True: client.sendall(b"A" * 65536)
          if kind == "endless-greeting":
              while True: client.sendall(b"220-welcome\\r\\n" * 1000)
          if kind == "other-protocol":
              say(client, "SSH-2.0-OpenSSH_9.2")
              time.sleep(30)
          if kind == "silent":
              time.sleep(60)
          if kind == "closes":
              return
          say(client, "220 \\x1b]0;title\\x07\\x1b[31m\\u202e hello" if kind == "escape" else "220 hello")
          for line in client.makefile("rb"):
              verb = line.split()[0].upper() if line.split() else b""
              if verb == b"USER": say(client, "331 password")
              elif verb == b"PASS":
                  if kind == "echo": say(client, "230 welcome, your password is " + line.decode().split()[1])
                  elif kind == "escape": say(client, "530 \\x1b[2J\\u202eno")
                  else: say(client, "230 in")
              elif verb == b"PASV":
                  say(client, "227 (999,1,2,3,4,99999" if kind == "strange-227" else "227 (127,0,0,1,7,228)")
              elif verb == b"LIST":
                  say(client, "150 here")
                  time.sleep(1 / 10)
                  if kind == "echo": say(client, "226 done")
              elif verb == b"QUIT": return
              else: say(client, "200 fine")
      except OSError:
          pass
      finally:
          client.close()
  while True:
      threading.Thread(target=serve, args=(gate.accept()[0],), daemon=True).start()
  """
