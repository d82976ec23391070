import Compilation
import Diagnostics
import LiveSupport
import Policy
import Servers
import Testing

private typealias Field = FieldServerTests

/// Flags of Pure-FTPd that say what the policy says.
private let standard = "-S 10.10.20.200,21 -p 50000:50399 -P 203.0.113.10 -Y 3"
private let image = "stilliard/pure-ftpd:hardened"

/// Command lines as evidence, and several files.
@Suite struct FieldCommandLineTests {

  private func codes(_ text: String, as name: String = "start") throws -> [String] {
    try Field.codes(Field.policy("pure-ftpd"), [(name, text)])
  }

  @Test(
    "B17: flags of Pure-FTPd, in scripts and units",
    arguments: [
      "exec pure-ftpd \(standard) \"$@\"\n",
      "#!/bin/sh\n# pure-ftpd -N\nexec /usr/sbin/pure-ftpd \\\n  \(standard.replacing(" -P", with: " \\\n  -P"))\n",
      "IP=203.0.113.10\nsudo pure-ftpd -S10.10.20.200,21 -p50000:50399 -P \"$IP\" -Y3 &\n",
      "pure-ftpd --bind=10.10.20.200,21 --passiveportrange=50000:50399 --forcepassiveip 203.0.113.10 --tls 3\n",
      "pure-ftpd -4AEHS 10.10.20.200,21 -p 40000:40001 -p 50000:50399 -P 203.0.113.10 -Y 3\n",
      "[Unit]\nDescription=FTP\n[Service]\nEnvironment=\"IP=203.0.113.10\" X=1\nExecStart=/usr/sbin/pure-ftpd -N\nExecStart=\n"
        + "ExecStart=-/usr/sbin/pure-ftpd -S 10.10.20.200,21 -p 50000:50399 \\\n  -P ${IP} -Y 3\n",
      "[Service]\nExecStart=/usr/sbin/pure-ftpd -S 10.10.20.200,21 \\\n# old: -p 1:2\n; and\n  -p 50000:50399 -P $IP -Y 3\n"
        + "Environment=IP=203.0.113.10\n",
      "[Service]\nExecStart=@/usr/sbin/pure-ftpd ftpd \(standard)\n",
      "[Service]\nExecStart=/bin/true a;b & # c ; /usr/sbin/pure-ftpd \(standard)\n",
      "cd / && nohup pure-ftpd \(standard); echo done\n",
    ])
  func flags(text: String) throws {
    #expect(try codes(text).isEmpty, "\(text)")
    // The same with another range, another address, without passive mode.
    #expect(try codes(text.replacing("50399", with: "50499")) == ["audit-passive-range"])
    #expect(try codes(text.replacing("203.0.113.10", with: "10.10.20.200")) == ["audit-announced-address"])
    #expect(ServerReaders.guess("/a", in: ServerFiles(["/a": Array(text.utf8)])) == .pureFTPd)
  }

  @Test(
    "B17: flags that the program does not take",
    arguments: [
      "pure-ftpd -p 50399:50000\n", "pure-ftpd --foo\n", "pure-ftpd -p\n", "pure-ftpd -?\n", "pure-ftpd -4 word -H\n",
    ])
  func refused(text: String) throws {
    #expect(try codes(text) == ["server-file-refused"])
  }

  @Test("B17: the help is in flags, and an unknown variable is left open") func words() throws {
    let (found, _) = try audit(
      Field.policy("pure-ftpd"), [("start", "pure-ftpd -S 10.10.20.200,21 -Y 3 -P 203.0.113.10\n")])
    #expect(found.map(\.code) == ["audit-passive-range"] && found.first?.help?.contains("`-p 50000:50399`") == true)
    let open = "pure-ftpd -S 10.10.20.200,21 -p 50000:50399 -Y 3 -P $PUBLIC\n"
    #expect(try codes(open) == ["server-undecided"])
    let told = try audit(Field.policy("pure-ftpd"), [("start", open)], environment: ["PUBLIC": "203.0.113.10"])
    #expect(told.found.isEmpty)
  }

  @Test("B17: the form `flags` that is emitted") func emitted() throws {
    let compilation = Field.policy("pure-ftpd", server: "    certificate \"/c.pem\" key \"/k.pem\"")
    let emission = try Emitters.emit(compilation.policy, server: 0, form: "flags", locate: compilation.locator())
    let document = try #require(emission.documents.first)
    #expect(try Field.codes(compilation, [(document.name, document.text)]).isEmpty, "\(document.text)")
    let settings = try readServer(.pureFTPd, [(document.name, document.text)]).settings
    #expect(PolicyDraft(settings, from: "x").text.contains("passive range  50000-50399"))
  }

  // MARK: Containers

  @Test(
    "B17: docker run",
    arguments: [
      (
        "docker run -d --name ftpd -p 21:21 -p 50000-50399:50000-50399 -e FTP_PASSIVE_PORTS=50000:50399 "
          + "-e PUBLICHOST=203.0.113.10 -e \"ADDED_FLAGS=-d -Y 3\" \(image)", []
      ),
      (
        "docker run -d -p 21:21 -p 50000-50399:50000-50399 -e FTP_PASSIVE_PORTS=50000:50399 \(image) \\\n"
          + "  bash /run.sh -E -P 203.0.113.10 -p 50000:50399 --tls=3", []
      ),
      ("docker run --net=host my/pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3", []),
      (
        "podman run --rm -itp 21:21 -p50000-50399:50000-50399/tcp my/pure-ftpd pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3",
        []
      ),
      ("docker run -p 21:21 my/pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3", ["server-port-unpublished"]),
      (
        "docker run -p 21:21 -p 50000-50398:50000-50398 my/pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3",
        ["server-port-unpublished"]
      ),
      (
        "docker run -p 21:21 -p 50000-50399:30000-30399 my/pure-ftpd -P 203.0.113.10 -p 30000:30399 -Y 3",
        ["server-port-unpublished", "audit-passive-range"]
      ),
      (
        "docker run -p 2121:21 -p 50000-50399:50000-50399 my/pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3",
        ["audit-control-port"]
      ),
      (
        "docker run -p 50000-50399:50000-50399 my/pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3",
        ["server-port-unpublished"]
      ),
      (
        "docker run -p 21:21 -p 50000-50399:50000-50399 my/pure-ftpd -p 50000:50399 -Y 3", ["audit-announced-address"]
      ),
      (
        "docker run -p 127.0.0.1:21:21 -p 50000-50399:50000-50399 my/pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3",
        ["server-port-unpublished"]
      ),
      (
        "docker run -p 21:21 -p [::1]:50000-50399:50000-50399 my/pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3",
        ["server-port-unpublished"]
      ),
      (
        "docker run -p 0.0.0.0:21:21 -p 10.10.20.200:50000-50399:50000-50399 my/pure-ftpd -P 203.0.113.10 "
          + "-p 50000:50399 -Y 3", []
      ),
      (
        "docker run --network=none -p 21:21 -p 50000-50399:50000-50399 my/pure-ftpd -P 203.0.113.10 -p 50000:50399 -Y 3",
        ["server-port-unpublished"]
      ),
      // The image puts its own range after those flags, unless the variable says another one.
      (
        "docker run -p 21:21 -p 50000-50399:50000-50399 \(image) -P 203.0.113.10 -p 50000:50399 -Y 3",
        ["server-undecided"]
      ),
    ])
  func docker(text: String, expected: [String]) throws {
    #expect(try Set(codes(text + "\n")) == Set(expected))
  }

  @Test("B17: the line of the list") func listed() throws {
    let text = "docker run -d -p 21:21 -p 30000-30009:30000-30009 \(image) -P 203.0.113.10 -p 30000:30009\n"
    let settings = try readServer(.pureFTPd, [("run.txt", text)]).settings
    let draft = PolicyDraft(settings, from: "x").text
    #expect(draft.contains("external ip    203.0.113.10") && draft.contains("passive range  30000-30009"))
  }

  @Test("B17: Compose files", arguments: ["list", "text", "folded"]) func compose(kind: String) throws {
    let command =
      switch kind {
      case "list":
        "\n      - -P\n      - 203.0.113.10\n      - \"-p\"\n      - '50000:50399'\n      - -Y\n      - \"3\""
      case "text": " -P 203.0.113.10 -p 50000:50399 -Y 3  # flags"
      default: " >\n      -P 203.0.113.10\n      -p 50000:50399 -Y 3"
      }
    let text = """
      version: '2'
      services:
        web:
          image: nginx
        ftpd:
          image: my/pure-ftpd
          command:\(command)
          ports:
            - "21:21"
            - "50000-50399:50000-50399"
          restart: always

      """
    #expect(try codes(text, as: "docker-compose.yml").isEmpty)
    #expect(try codes(text.replacing("50399", with: "50499")) == ["audit-passive-range"])
    #expect(
      try codes(text.replacing("50000-50399:50000-50399", with: "50001-50399:50001-50399")) == [
        "server-port-unpublished"
      ])
    for local in ["127.0.0.1:21:21", "[::1]:21:21"] {
      #expect(try codes(text.replacing("\"21:21\"", with: "\"\(local)\"")) == ["server-port-unpublished"])
    }
    let long = { (address: String) in
      "published: 21\n        target: 21\n        host_ip: \(address)"
    }
    #expect(try codes(text.replacing("\"21:21\"", with: long("127.0.0.1"))) == ["server-port-unpublished"])
    #expect(try codes(text.replacing("\"21:21\"", with: long("0.0.0.0"))).isEmpty)
    let none = text.replacing("restart: always", with: "network_mode: \"none\"")
    #expect(try codes(none) == ["server-port-unpublished"])
    let environment = """
      services:
        ftpd:
          image: stilliard/pure-ftpd
          environment:
            PUBLICHOST: "203.0.113.10"
            FTP_PASSIVE_PORTS: 50000:50399
            ADDED_FLAGS: "--tls=3"
          network_mode: host

      """
    #expect(try codes(environment).isEmpty)
  }

  // MARK: vsftpd

  @Test("B17: vsftpd with options, and with several files") func vsftpd() throws {
    let file = Field.vsftpd.replacing("pasv_max_port=50399\n", with: "").replacing("local_enable=YES\n", with: "")
    let policy = Field.policy("vsftpd")
    let run = { (command: String) in
      try Field.codes(
        policy, [("start", command + "\n"), ("/etc/a.conf", file), ("/etc/users.conf", "local_enable=YES\n")])
    }
    #expect(try run("vsftpd /etc/a.conf -olocal_enable=YES -opasv_max_port=50399").isEmpty)
    #expect(try run("exec /usr/sbin/vsftpd /etc/a.conf /etc/users.conf -opasv_max_port=50399").isEmpty)
    #expect(try run("vsftpd -opasv_max_port=50499 /etc/a.conf /etc/users.conf") == ["audit-passive-range"])
    #expect(try run("vsftpd /etc/a.conf -opasv_max_port=50399") == ["audit-no-login"])
    #expect(try run("vsftpd /etc/a.conf -foo") == ["server-file-refused"])
    let range = "pasv_max_port=50399\nlocal_enable=YES\n"
    #expect(try Field.codes(policy, [("a.conf", file), ("b.conf", range)], and: ["b.conf"]).isEmpty)
    // The last file wins.
    let files = [("a.conf", file + range), ("b.conf", "pasv_max_port=50499\n")]
    #expect(try Field.codes(policy, files, and: ["b.conf"]) == ["audit-passive-range"])
    #expect(try Field.codes(policy, files, at: "b.conf", and: ["a.conf"]).isEmpty)
    // A variable that is not known is no name of a file.
    let open = "[Service]\nExecStart=/usr/sbin/vsftpd $CONF\n"
    let found = try Field.codes(
      policy, [("v.service", open), ("./vsftpd.conf", Field.vsftpd)], and: ["./vsftpd.conf"])
    #expect(found == ["server-undecided"])
    // A copy of the file that a unit names.
    let unit = "[Service]\nExecStart=/usr/sbin/vsftpd /etc/vsftpd.conf\n"
    let copy = [("vsftpd.service", unit), ("./vsftpd.conf", Field.vsftpd)]
    #expect(try Field.codes(policy, copy, and: ["./vsftpd.conf"]).isEmpty)
  }

  @Test("B17: ProFTPD with `-c` and `-D`") func proftpd() throws {
    let file = Field.proftpd + "<IfDefine NAT>\n  MasqueradeAddress 203.0.113.10\n</IfDefine>\n"
    let run = { (command: String) in
      try Field.codes(Field.policy("proftpd"), [("start", command + "\n"), ("/etc/p.conf", file)])
    }
    #expect(try run("proftpd -n -c /etc/p.conf -d5 -D NAT").isEmpty)
    #expect(try run("exec /usr/sbin/proftpd --config=/etc/p.conf -DNAT").isEmpty)
    #expect(try run("proftpd -c /etc/p.conf -d 5") == ["audit-announced-address"])
    #expect(try run("proftpd -c /etc/other.conf") == ["server-undecided"])
  }

  @Test("B17: no text crashes the reader") func hostile() throws {
    var generator = SeededGenerator(state: 17)
    let pieces = [
      "docker run ", "-p ", "21:21", "\\\n", "\"", "'", "$", "${", "}", "services:\n", "  a:\n", "    ports:\n", "- ",
      "[", "]", ",",
      "pure-ftpd ", "vsftpd ", "-o", "=", "[Service]\n", "ExecStart=", "Environment=", "#", "\n", " ", "-", "--", "é",
      ":", "command: >\n",
      "image: pure-ftpd\n", "65535-1:1-2",
    ]
    for _ in 0..<800 {
      let count = Int.random(in: 1...14, using: &generator)
      let text = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
      for software in [SoftwareKind.pureFTPd, .vsftpd] { _ = try readServer(software, [("a", text)]) }
    }
  }
}
