import Compilation
import Diagnostics
import Policy
import Servers
import Testing

private typealias Field = FieldServerTests

/// Flags of Pure-FTPd that say what the policy says.
private let flags = "-S 10.10.20.200,21 -p 50000:50399 -P 203.0.113.10 -Y 3"
private let inner = "-p 50000:50399 -P 203.0.113.10 -Y 3"

/// How servers are started: by units with shells in them, by inetd, xinetd and socket units, in images.
@Suite struct FieldStartTests {
  private func codes(_ text: String, as name: String = "start", _ more: [(name: String, text: String)] = []) throws
    -> [String]
  {
    try Field.codes(Field.policy("pure-ftpd"), [(name, text)] + more)
  }

  @Test(
    "B17: programs that only start another one",
    arguments: [
      "sh -c 'exec pure-ftpd \(flags)'", "bash -lc \"cd / && pure-ftpd \(flags)\"",
      "[Service]\nExecStart=/bin/sh -c \"exec /usr/sbin/pure-ftpd \(flags)\"",
      "[Service]\nExecStart=/usr/bin/nice -n 10 /usr/sbin/pure-ftpd \(flags)",
      "[Service]\nExecStart=nice -10 ionice -c 2 -n 7 /usr/sbin/pure-ftpd \(flags)",
      "[Service]\nExecStart=/sbin/start-stop-daemon --start --quiet --exec /usr/sbin/pure-ftpd -- \(flags)",
      "#!/bin/sh\nDAEMON=/usr/sbin/pure-ftpd\nOPTS=\"\(flags)\"\ncase $1 in\nstart)\n"
        + "  start-stop-daemon -S -x $DAEMON -- $OPTS\n  ;;\nrestart)\n  start-stop-daemon -K -x $DAEMON\n"
        + "  start-stop-daemon --start --exec=$DAEMON -- $OPTS\n  ;;\nesac",
      "if true; then sudo -u root env A=1 pure-ftpd \(flags); fi",
      "exec -a ftp timeout -k 5 1h tini -- pure-ftpd \(flags)",
      "timeout -- 5 pure-ftpd \(flags)", "timeout -k5 -- 5 pure-ftpd \(flags)", "env -i pure-ftpd \(flags)",
      "env -iu X -- A=1 pure-ftpd \(flags)", "nice -n 5 -- pure-ftpd \(flags)", "nice -n5 pure-ftpd \(flags)",
      "setpriv --reuid ftp --ambient-caps -all --securebits=+noroot -- pure-ftpd \(flags)",
      "chpst -Pu ftp:ftp -o 64 -C /srv pure-ftpd \(flags)", "chpst -uftp -e /etc/env pure-ftpd \(flags)",
      "sudo -nu root -uroot pure-ftpd \(flags)", "envdir /etc/env softlimit -m 9000000 pure-ftpd \(flags)",
      "su-exec root busybox sh -c 'pure-ftpd \(flags)'",
      "export IP=203.0.113.10\npure-ftpd -S 10.10.20.200,21 -p 50000:50399 -P $IP -Y 3",
      "services: # all of them\n  ftp:\n    image: my/pure-ftpd\n    network_mode: host\n    command: \(flags)",
      "services:\n  ftp:\n    image: debian\n    network_mode: host\n    entrypoint: sh -c 'pure-ftpd \(flags)'",
      "services:\n  ftp:\n    image: my/pure-ftpd\n    network_mode: host\n    command: [\n      \"-p\", \"50000:50399\",\n"
        + "      \"-P\", '203.0.113.10', \"-Y\", \"3\"]",
      "docker run -p 21:21 -p 50000-50399:50000-50399 debian bash -c 'pure-ftpd \(inner)'",
      "docker run -p 21:21 -p 50000-50399:50000-50399 --entrypoint /usr/sbin/pure-ftpd debian \(inner)",
      "docker run -p 21:21 -p 50000-50399:50000-50399 debian /entrypoint.sh pure-ftpd \(inner)",
    ])
  func launchers(text: String) throws {
    #expect(try codes(text + "\n") == [], "\(text)")
    #expect(try codes(text.replacing("50399", with: "50499") + "\n").contains("audit-passive-range"))
    #expect(try codes(text.replacing("203.0.113.10", with: "203.0.113.99") + "\n") == ["audit-announced-address"])
  }

  @Test(
    "B17: a file that starts another program is one finding",
    arguments: [
      "[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\n",
      "[Service]\nExecStart=/usr/sbin/nginx -g 'daemon off;'\n",
      "#!/bin/sh\necho pure-ftpd\n", "services: # none\n  web:\n    image: nginx\n", "docker run -p 80:80 nginx\n",
      "service ftp\n{\n  server = /usr/sbin/in.telnetd\n}\n",
      "FROM debian\nRUN apt-get install -y pure-ftpd\nCMD [\"nginx\"]\n",
      "ftp stream tcp nowait root /usr/sbin/in.ftpd in.ftpd\n", "[Socket]\nListenStream=21\nAccept=yes\n",
      "#!/bin/sh\nstart-stop-daemon --stop --exec /usr/sbin/pure-ftpd\n",
      "sh -c 'sh -c \"sh -c \\\"echo a\\\"\"'\n#!/x\n".replacing("#!/x\n", with: "").appending("[Service]\n"),
    ])
  func others(text: String) throws {
    for program in ["pure-ftpd", "vsftpd", "proftpd"] {
      let found = try audit(Field.policy(program), [("start", text)]).found
      #expect(found.map(\.code) == ["server-no-service"], "\(program): \(found.map(\.message))")
      #expect(found.first?.help != nil)
    }
  }

  // MARK: inetd, xinetd, sockets

  static func xinetd(_ program: String, _ arguments: String, _ more: String = "") -> String {
    """
    # default: on
    service ftp
    {
      disable = no
      socket_type = stream
      wait = no
      user = root
      server = /usr/sbin/\(program)
      server_args = \(arguments)
      \(more)
    }

    """
  }

  @Test(
    "B17: Pure-FTPd under xinetd and inetd",
    arguments: [
      (xinetd("pure-ftpd", inner), []), (xinetd("pure-ftpd", inner, "disable = yes"), ["audit-not-started"]),
      (xinetd("pure-ftpd", inner, "port = 2121"), ["audit-control-port"]),
      (xinetd("pure-ftpd", inner, "bind = 192.0.2.1"), ["audit-listen-address"]),
      (xinetd("pure-ftpd", inner, "bind = 10.10.20.200"), []),
      (xinetd("pure-ftpd", inner, "only_from = 192.168.0.0"), ["server-undecided"]),
      (xinetd("pure-ftpd", inner, "only_from = 192.168.0.0\n only_from -= 192.168.0.0"), []),
      (xinetd("pure-ftpd", inner, "only_from += 192.168.0.0 10.0.0.0\n only_from -= 10.0.0.0"), ["server-undecided"]),
      ("defaults\n{\n  bind = 192.0.2.1\n}\n" + xinetd("pure-ftpd", inner), ["audit-listen-address"]),
      ("defaults\n{\n  bind = 192.0.2.1\n}\n" + xinetd("pure-ftpd", inner, "interface = 10.10.20.200"), []),
      (xinetd("pure-ftpd", inner) + "defaults\n{\n  disabled = tftp ftp\n}\n", ["audit-not-started"]),
      (xinetd("pure-ftpd", inner, "id = other") + "defaults\n{\n  disabled = ftp\n}\n", []),
      ("defaults\n{\n  enabled = tftp\n}\n" + xinetd("pure-ftpd", inner), ["audit-not-started"]),
      ("defaults\n{\n  enabled = tftp\n  enabled += ftp\n}\n" + xinetd("pure-ftpd", inner), []),
      ("defaults\n{\n  no_access = 192.0.2.0\n}\n" + xinetd("pure-ftpd", inner), ["server-undecided"]),
      (xinetd("pure-ftpd", inner.replacing("50399", with: "50499")), ["audit-passive-range"]),
      (
        xinetd("tcpd", "/usr/sbin/pure-ftpd \(inner)", "flags = NAMEINARGS"), ["server-undecided"]
      ),
      (xinetd("sh", "-c 'exec pure-ftpd \(inner)'"), []),
      ("ftp stream tcp nowait root /usr/sbin/pure-ftpd pure-ftpd \(inner)\n", []),
      ("#ftp off\nftp stream tcp6 nowait.50 root /usr/sbin/pure-ftpd pure-ftpd \(inner)\n", ["audit-listen-address"]),
      ("ftps stream tcp nowait root /usr/sbin/pure-ftpd pure-ftpd \(inner)\n", ["audit-control-port"]),
      ("ftp stream tcp nowait root /usr/sbin/tcpd /usr/sbin/pure-ftpd \(inner)\n", ["server-undecided"]),
    ])
  func superServers(text: String, expected: [String]) throws {
    #expect(try codes(text) == expected, "\(text)")
  }

  @Test("B17: the lower of two limits of sessions holds; vsftpd has none of its own there")
  func limits() throws {
    let sessions = { (program: String, text: String, more: [(name: String, text: String)]) in
      let kind = try #require(ServerPrograms.program(named: program))
      return try readServer(kind, [("ftp", text)] + more).settings.services.first?.maxClients.value
    }
    #expect(try sessions("pure-ftpd", Self.xinetd("pure-ftpd", "-c 30", "instances = 20"), []) == 20)
    #expect(try sessions("pure-ftpd", Self.xinetd("pure-ftpd", "-c 10", "instances = 20"), []) == 10)
    let defaults = "defaults\n{\n  instances = 15\n}\n"
    #expect(try sessions("pure-ftpd", defaults + Self.xinetd("pure-ftpd", "-c 30"), []) == 15)
    #expect(try sessions("pure-ftpd", defaults + Self.xinetd("pure-ftpd", "-c 30", "instances = 20"), []) == 20)
    let files = [("/etc/v.conf", "listen=NO\nmax_clients=10\n")]
    #expect(try sessions("vsftpd", Self.xinetd("vsftpd", "/etc/v.conf", "instances = 20"), files) == 20)
    #expect(try sessions("vsftpd", Self.xinetd("vsftpd", "/etc/v.conf"), files) == nil)
  }

  private static let spawned = Field.vsftpd.replacing("listen=YES\nlisten_address=10.10.20.200", with: "listen=NO")

  @Test(
    "B17: vsftpd that listens for itself under xinetd answers everybody with 500 OOPS",
    arguments: [
      ("listen=NO\n", []), ("", ["server-build-dependent"]), ("listen=YES\n", ["audit-no-login"]),
      ("listen=NO\nlisten_ipv6=YES\n", ["audit-no-login"]),
    ])
  func spawnedVsftpd(lines: String, expected: [String]) throws {
    let file = lines + Self.spawned.replacing("listen=NO\n", with: "")
    let start = Self.xinetd("vsftpd", "/etc/vsftpd.conf", "flags = IPv4")
    #expect(try Field.codes(Field.policy("vsftpd"), [("ftp", start), ("/etc/vsftpd.conf", file)]) == expected)
  }

  @Test("B15: vsftpd announces 0.0.0.0 on a socket of IPv6 that another program opened") func spawnedAddress() throws
  {
    let codes = { (name: String, start: String, more: [(name: String, text: String)]) in
      try Field.codes(Field.policy("vsftpd"), [(name, start), ("/etc/vsftpd.conf", Self.spawned)] + more)
    }
    for (flags, expected) in [
      ("IPv4", []), ("IPv6", ["audit-announced-address"]), ("REUSE", ["server-undecided"]),
    ] {
      let start = Self.xinetd("vsftpd", "/etc/vsftpd.conf", "flags = \(flags)")
      #expect(try codes("ftp", start, []) == expected, "\(flags)")
    }
    let unit = "[Service]\nExecStart=/usr/sbin/vsftpd /etc/vsftpd.conf\nStandardInput=socket\n"
    for (listen, expected) in [
      ("21", ["audit-announced-address"]), ("0.0.0.0:21", []), ("[::]:21", ["audit-announced-address"]),
    ] {
      let socket = ("/s/ftp.socket", "[Socket]\nListenStream=\(listen)\nAccept=yes\n")
      #expect(try codes("/s/ftp@.service", unit, [socket]) == expected, "\(listen)")
    }
    #expect(try codes("i", "ftp stream tcp nowait root /usr/sbin/vsftpd vsftpd /etc/vsftpd.conf\n", []) == [])
  }

  @Test(
    "B17: ProFTPD under xinetd",
    arguments: [
      ("ServerType inetd\n", "", []), ("", "", ["audit-not-started"]), ("ServerType inetd\nPort 2121\n", "", []),
      ("ServerType inetd\n", "port = 2121", ["audit-control-port"]),
    ])
  func spawnedProftpd(lines: String, more: String, expected: [String]) throws {
    let file = lines + Field.proftpd + "MasqueradeAddress 203.0.113.10\n"
    let files = [("ftp", Self.xinetd("proftpd", "", more)), ("/etc/proftpd/proftpd.conf", file)]
    #expect(try Field.codes(Field.policy("proftpd"), files) == expected)
  }

  private static let unit = "[Service]\nExecStart=-/usr/sbin/pure-ftpd \(inner)\nStandardInput=socket\n"

  @Test(
    "B17: socket units",
    arguments: [
      ("ListenStream=21\nAccept=yes", unit, []), ("ListenStream=2121\nAccept=yes", unit, ["audit-control-port"]),
      ("ListenStream=10.10.20.200:21\nAccept=true", unit, []), ("ListenStream=[::]:21\nAccept=yes", unit, []),
      ("ListenStream=192.0.2.1:21\nAccept=yes", unit, ["audit-listen-address"]),
      ("ListenStream=2121\nListenStream=\nListenStream=21\nAccept=yes", unit, []),
      ("ListenStream=21", unit, ["audit-no-login"]), ("ListenStream=21\nAccept=no", unit, ["audit-no-login"]),
      (
        "ListenStream=21\nAccept=yes", unit.replacing("StandardInput=socket\n", with: ""), ["audit-no-login"]
      ),
      ("ListenStream=21\nAccept=yes", "[Service]\nExecStart=/bin/true\n", ["server-no-service"]),
    ])
  func sockets(socket: String, unit: String, expected: [String]) throws {
    let files = [("/s/ftp.socket", "[Unit]\n[Socket]\n\(socket)\n"), ("/s/ftp@.service", unit)]
    for (path, and) in [("/s/ftp.socket", []), ("/s/ftp@.service", []), ("/s/ftp.socket", ["/s/ftp@.service"])] {
      #expect(try Field.codes(Field.policy("pure-ftpd"), files, at: path, and: and) == expected, "\(path) \(and)")
    }
  }

  @Test("B17: a unit for a socket that is not here leaves its port open") func withoutSocket() throws {
    #expect(try codes(Self.unit, as: "/s/ftp@.service") == ["server-undecided"])
  }

  // MARK: Variables

  @Test("B17: files with variables, in units, Compose files and `docker run`")
  func environmentFiles() throws {
    let unit =
      "[Service]\nEnvironment=IP=192.0.2.1\nEnvironmentFile=-/etc/default/ftp\nExecStart=/usr/sbin/pure-ftpd $OPTS -P $IP\n"
    let options = "-S 10.10.20.200,21 -p 50000:50399 -Y 3"
    let files = [("/etc/default/ftp", "# options\nOPTS=\"\(options)\"\nIP=203.0.113.10\n")]
    #expect(try codes(unit, files) == [])
    #expect(try codes(unit, [("/etc/default/ftp", "OPTS=\(options)\n")]) == ["audit-announced-address"])
    // What is missing may say anything, and nothing untrue is said of it.
    #expect(Set(try codes(unit)) == ["server-undecided"])
    #expect(Set(try codes("[Service]\nExecStart=/usr/sbin/pure-ftpd $OPTIONS\n")) == ["server-undecided"])
    let ports = "-p 21:21 -p 50000-50399:50000-50399"
    let run = "docker run \(ports) --env-file /ftp.env stilliard/pure-ftpd\n"
    let variables = "PUBLICHOST=203.0.113.10\nFTP_PASSIVE_PORTS=50000:50399\nADDED_FLAGS=-Y 3\n"
    #expect(try codes(run, [("/ftp.env", variables)]) == [])
    #expect(Set(try codes(run)) == ["server-undecided"])
    let compose = "services:\n  f:\n    image: stilliard/pure-ftpd\n    network_mode: host\n    env_file: ftp.env\n"
    #expect(try codes(compose, as: "/c/compose.yml", [("/c/ftp.env", variables)]) == [])
    #expect(Set(try codes(compose, as: "/c/compose.yml", [])) == ["server-undecided"])
    #expect(Set(try codes(compose.replacing("    env_file: ftp.env", with: "    <<: *base"))) == ["server-undecided"])
  }

  @Test(
    "B14: variables of ProFTPD from what starts it",
    arguments: [
      "[Service]\nEnvironment=PUB=203.0.113.10\nExecStart=/usr/sbin/proftpd -n -c /etc/p.conf\n",
      "PUB=203.0.113.10 proftpd -c /etc/p.conf\n", "export PUB=203.0.113.10\nexec proftpd --config=/etc/p.conf\n",
      "docker run --net=host -e PUB=203.0.113.10 my/proftpd proftpd -c /etc/p.conf\n",
      "PUB=1 X=1 env -iu X -- PUB=203.0.113.10 proftpd -c /etc/p.conf\n",
      "services:\n  f:\n    image: my/proftpd\n    network_mode: host\n    command: -c /etc/p.conf\n    environment:\n      PUB: 203.0.113.10\n",
    ])
  func variables(text: String) throws {
    let file = ("/etc/p.conf", Field.proftpd + "MasqueradeAddress %{env:PUB}\n")
    let run = { (text: String) in try Field.codes(Field.policy("proftpd"), [("start", text), file]) }
    #expect(try run(text) == [])
    #expect(try run(text.replacing("203.0.113.10", with: "192.0.2.1")) == ["audit-announced-address"])
    #expect(try run(text.replacing("PUB", with: "OTHER")) == ["server-undecided"])
    for words in ["-i", "-", "--ignore-environment", "-u PUB", "--unset=PUB", "-uPUB"] {
      #expect(try run("PUB=203.0.113.10 env \(words) proftpd -c /etc/p.conf\n") == ["server-undecided"], "\(words)")
    }
  }

  // MARK: Images

  @Test(
    "B17: Dockerfiles",
    arguments: [
      "CMD [\"/usr/sbin/pure-ftpd\", \"-p\", \"50000:50399\", \"-P\", \"203.0.113.10\", \"-Y\", \"3\"]",
      "CMD pure-ftpd \(inner)",
      "ENTRYPOINT [\"pure-ftpd\"]\nCMD [\"-p\",\"50000:50399\",\"-P\",\"203.0.113.10\",\"-Y\",\"3\"]",
      "CMD [\"nginx\"]\nCMD exec pure-ftpd \\\n  # flags\n  \(inner)",
      "ENV IP=203.0.113.10\nENTRYPOINT pure-ftpd -p 50000:50399 -P $IP -Y 3",
      "ENTRYPOINT [\"/entrypoint.sh\"]\nCMD [\"sh\", \"-c\", \"pure-ftpd \(inner)\"]",
      "CMD pure-ftpd -N\nFROM alpine\nCMD pure-ftpd \(inner)",
    ])
  func dockerfiles(lines: String) throws {
    let text = "# image\nARG X=1\nFROM --platform=linux/amd64 debian:12 AS a\nEXPOSE 21\n\(lines)\n"
    // Which ports lead into it is not in the file.
    #expect(try codes(text) == ["server-undecided"])
    #expect(try codes(text.replacing("50399", with: "50499")).contains("audit-passive-range"))
  }

  @Test("B17: a file that a command names and that is not here is left open, and nothing else is said")
  func missingFile() throws {
    for (program, text) in [
      ("vsftpd", "[Service]\nExecStart=/usr/sbin/vsftpd\n"), ("vsftpd", "FROM x\nCMD [\"vsftpd\",\"/etc/v.conf\"]\n"),
      ("proftpd", "FROM x\nCMD [\"proftpd\",\"--nodaemon\"]\n"),
      ("pure-ftpd", "exec pure-ftpd /etc/pure-ftpd.conf\n"),
    ] {
      let found = try Field.codes(Field.policy(program), [("start", text)])
      #expect(found == ["server-undecided"], "\(text) \(found)")
      let kind = try #require(ServerPrograms.program(named: program))
      let draft = PolicyDraft(try readServer(kind, [("start", text)]).settings, from: "x").text
      #expect(
        draft.contains("DECIDE tls: the files do not tell") && !draft.contains("tls            off"), "\(draft)")
    }
  }

  @Test("B17: no text crashes the reader") func hostile() throws {
    var generator = SeededGenerator(state: 18)
    let pieces = [
      "service ftp\n{\n", "}\n", "server = pure-ftpd\n", "server_args += -p 1:2\n", "=", "[Socket]\n",
      "ListenStream=", "[::",
      "]:21", "21\n", "FROM a\n", "CMD [", "\"pure-ftpd\"", ",", "]\n", "ENTRYPOINT ", "ENV A", "\\\n", "sh -c '",
      "'", "\"",
      "start-stop-daemon --start ", "--exec", "=", "-- ", "nice -n", "timeout ", "docker run ", "--entrypoint", "-e ",
      "ftp stream tcp nowait root ", "pure-ftpd ", "vsftpd ", "\n", " ", "$A", "é", "services: # x\n", "  a:\n",
      "    command: [\n",
      "EnvironmentFile=/x\n", "[Service]\n", "ExecStart=", "export A=",
    ]
    for _ in 0..<400 {
      let count = Int.random(in: 1...14, using: &generator)
      let text = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
      for software in [SoftwareKind.pureFTPd, .vsftpd, .proftpd] { _ = try readServer(software, [("a", text)]) }
    }
  }
}
