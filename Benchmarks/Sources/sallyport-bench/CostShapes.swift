/// An input that grows: files made of one thing again and again, and the command that reads them.
struct CostShape {
  var name: String
  /// How often the thing is there in the smaller input.
  var count = 1000
  /// The files, in order; names inside of a folder of their own.
  var files: (Int) -> [(name: String, text: String)]
  /// The words after `sallyport`; `DIR/` leads to the files.
  var command: [String]
}

/// Everything that readers and commands can be given more of.
var costShapes: [CostShape] {
  proftpdShapes + otherServerShapes + xmlShapes + commandLineShapes + policyShapes + listingShapes + gatewayShapes
}

/// What `audit` and `import` make of a server's file.
private func server(
  _ software: String, _ name: String, _ file: String, count: Int = 1000, _ text: @escaping (Int) -> String
) -> [CostShape] {
  server(software, name, path: file, count: count) { [(file, text($0))] }
}

private func server(
  _ software: String, _ name: String, path: String, count: Int = 1000,
  _ files: @escaping (Int) -> [(name: String, text: String)]
) -> [CostShape] {
  let policy = publication(0, server: "10.10.20.200 \(software)")
  return [
    CostShape(
      name: "audit \(software), \(name)", count: count, files: { files($0) + [("policy.sally", policy)] },
      command: ["audit", "DIR/policy.sally", "--server", "p0", "DIR/\(path)"]),
    CostShape(
      name: "import \(software), \(name)", count: count, files: files,
      command: ["import", "--server", software, "--server-config", "DIR/\(path)"]),
  ]
}

private func times(_ count: Int, _ text: (Int) -> String) -> String { (0..<count).map(text).joined() }

private func host(_ number: Int) -> String { "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)" }

private func port(_ number: Int) -> Int { number % 60_000 + 1 }

private var proftpdShapes: [CostShape] {
  let lines = [
    "Port 21\n", "MasqueradeAddress 203.0.113.1\n", "PassivePorts 50000 50399\n", "Foo bar\n", "# x\n",
    "<Limit LOGIN>\nAllow from 10.0.0.1\nDenyAll\n</Limit>\n", "<Class a>\nFrom 10.0.0.1\n</Class>\n",
    "<Global>\nMaxClients 3\n</Global>\n", "<IfModule mod_tls.c>\nTLSEngine on\n</IfModule>\n",
    "<IfDefine X>\nTLSEngine on\n</IfDefine>\n", "LoadModule mod_foo.c\n", "Port \\\n", "Include /x/y\n",
    "<Anonymous ~ftp>\n<Limit LOGIN>\nAllowAll\n</Limit>\n</Anonymous>\n", "<Limit LOGIN>\n", "Port %{env:X}\n",
    "<IfUser a>\nMaxClients 3\n</IfUser>\n", "<Directory />\n<Limit LIST>\nDenyAll\n</Limit>\n</Directory>\n",
  ]
  let file = "proftpd.conf"
  var shapes = lines.flatMap { line in
    server("proftpd", "lines of \(line.split(separator: "\n").first ?? "")", file) { times($0) { _ in line } }
  }
  shapes += server("proftpd", "virtual hosts", file) {
    times($0) { "<VirtualHost \(host($0))>\nPort 21\nPassivePorts 50000 50399\n</VirtualHost>\n" }
  }
  shapes += server("proftpd", "virtual hosts of one address", file) {
    times($0) { _ in "<VirtualHost 10.0.0.1>\nPort 21\n</VirtualHost>\n" }
  }
  shapes += server("proftpd", "virtual hosts with names", file) {
    times($0) { "<VirtualHost h\($0).example.org>\nPort \(port($0))\n</VirtualHost>\n" }
  }
  shapes += server("proftpd", "a limit of many lines", file) {
    "<Limit LOGIN>\n" + times($0) { "Allow from \(host($0))\n" } + "</Limit>\n"
  }
  shapes += server("proftpd", "blocks in one another", file) {
    times($0) { _ in "<IfModule mod_nope.c>\n" } + times($0) { _ in "</IfModule>\n" }
  }
  shapes += server("proftpd", "a long number", file) { "PassivePorts " + times($0 * 40) { _ in "1" } + " 2\n" }
  shapes += server("proftpd", "a line of many words", file) {
    "PassivePorts " + times($0 * 10) { _ in "50000 " } + "\n"
  }
  shapes += server("proftpd", "a line of many variables", file) { "Port " + times($0) { _ in "%{env:X}" } + "\n" }
  shapes += server("proftpd", "a line that goes on", file) {
    "PassivePorts " + times($0 * 3) { _ in "\\\n" } + "1 2\n"
  }
  shapes += server("proftpd", "a list of addresses", file) {
    "<Limit LOGIN>\nAllow from " + times($0 * 3) { "\(host($0))," } + "\n</Limit>\n"
  }
  shapes += server("proftpd", "ten includes", path: file) { count in
    (0..<10).map { ("i\($0).conf", times(count / 5) { _ in "MaxClients 3\n" }) }
      + [(file, times(10) { "Include DIR/i\($0).conf\n" })]
  }
  shapes += server("proftpd", "an include of a pattern", path: file, count: 400) { count in
    (0..<count).map { ("c/i\($0).conf", "MaxClients 3\n") } + [(file, "Include DIR/c/*.conf\n")]
  }
  return shapes
}

private var otherServerShapes: [CostShape] {
  var shapes: [CostShape] = []
  for line in ["listen=YES\n", "pasv_min_port=50000\n", "foo=bar\n", "cmds_allowed=PASV,RETR\n"] {
    shapes += server("vsftpd", "lines of \(line.dropLast())", "vsftpd.conf") { times($0) { _ in line } }
  }
  shapes += server("vsftpd", "a long number", "vsftpd.conf") { "pasv_min_port=" + times($0 * 40) { _ in "5" } + "\n" }
  shapes += server("vsftpd", "a long list", "vsftpd.conf") {
    "cmds_allowed=" + times($0 * 10) { _ in "PASV," } + "\n"
  }
  shapes += server("vsftpd", "daemons", path: "c", count: 400) { count in
    (0..<count).map { ("c/a\($0).conf", "listen=YES\nlisten_address=\(host($0))\n") }
  }
  for line in ["PassivePortRange 50000 50399\n", "Bind \"127.0.0.1,21\"\n", "Foo bar\n", "TLS 1\n"] {
    shapes += server("pure-ftpd", "lines of \(line.dropLast())", "pure-ftpd.conf") { times($0) { _ in line } }
  }
  shapes += server("pure-ftpd", "a long number", "pure-ftpd.conf") {
    "PassivePortRange " + times($0 * 40) { _ in "5" } + " 1\n"
  }
  shapes += server("pure-ftpd", "daemons", path: "c", count: 400) { count in
    (0..<count).map { ("c/a\($0).conf", "Bind \(host($0)),21\n") }
  }
  shapes += server("pure-ftpd", "options in a folder", path: "pure-ftpd", count: 400) { count in
    (0..<count).map { ("pure-ftpd/conf/X\($0)", "1\n") }
  }
  return shapes
}

private var xmlShapes: [CostShape] {
  func iis(_ sites: String, _ more: String = "") -> String {
    "<configuration><system.applicationHost><sites>\(sites)</sites></system.applicationHost>\(more)</configuration>"
  }
  func site(_ number: Int) -> String {
    "<site name=\"s\(number)\" id=\"\(number + 1)\"><bindings><binding protocol=\"ftp\" bindingInformation=\""
      + "\(host(number)):21:\"/></bindings></site>\n"
  }
  func location(_ number: Int) -> String {
    "<location path=\"s\(number)\"><system.ftpServer><security><ipSecurity allowUnlisted=\"false\"><add ipAddress=\""
      + "10.0.0.1\" allowed=\"true\"/></ipSecurity></security></system.ftpServer></location>\n"
  }
  let file = "applicationHost.config"
  var shapes = server("iis", "sites", file) { iis(times($0, site)) }
  shapes += server("iis", "sites of one name", file) {
    iis(times($0) { site($0).replacing("\"s\($0)\"", with: "\"a\"") })
  }
  shapes += server("iis", "sites and their locations", file) { iis(times($0, site), times($0, location)) }
  shapes += server("iis", "bindings", file) {
    iis(
      "<site name=\"a\" id=\"1\"><bindings>"
        + times($0) { "<binding protocol=\"ftp\" bindingInformation=\"\(host($0)):21:\"/>" } + "</bindings></site>")
  }
  shapes += server("iis", "addresses", file) {
    iis(
      site(0),
      "<system.ftpServer><security><ipSecurity>" + times($0) { "<add ipAddress=\"\(host($0))\" allowed=\"true\"/>" }
        + "</ipSecurity></security></system.ftpServer>")
  }
  shapes += server("iis", "attributes", file) { "<configuration " + times($0) { "a\($0)=\"x\" " } + "/>" }
  shapes += server("iis", "elements in one another", file) {
    "<configuration>" + times($0) { _ in "<a>" } + times($0) { _ in "</a>" } + "</configuration>"
  }
  shapes += server("iis", "references", file) { "<configuration a=\"" + times($0 * 5) { _ in "&amp;" } + "\"/>" }
  let listener = { (number: Int) in "<listener><address>\(host(number))</address><port>21</port></listener>\n" }
  shapes += server("filezilla", "listeners", "settings.xml") {
    "<filezilla xmlns:fz=\"https://filezilla-project.org\" fz:product_version=\"1.8.1\"><ftp_server><session>"
      + times($0, listener) + "</session></ftp_server></filezilla>"
  }
  let old = { (items: String) in "<FileZillaServer><Settings>\(items)</Settings></FileZillaServer>" }
  for (name, item) in [("Serverports", "21"), ("IP Bindings", "10.0.0.1"), ("IP Filter Allowed", "10.0.0.1")] {
    let place = "FileZilla Server.xml"
    shapes += server("filezilla", "items `\(name)`", place) {
      old(times($0) { _ in "<Item name=\"\(name)\">\(item)</Item>\n" })
    }
    shapes += server("filezilla", "one long item `\(name)`", place) {
      old(
        "<Item name=\"\(name)\">" + times($0) { name == "Serverports" ? "\(port($0)) " : "\(host($0)) " } + "</Item>")
    }
  }
  shapes += server("sftpgo", "bindings", "sftpgo.json") {
    "{\"ftpd\": {\"bindings\": [" + times($0) { "{\"port\": \(port($0))}," } + "{}]}}"
  }
  shapes += server("sftpgo", "a long name of many members", "sftpgo.json") {
    "{\"" + times($0 * 10) { _ in "a" } + "\": [" + times($0 * 10) { _ in "1," } + "1]}"
  }
  shapes += server("sftpgo", "variables", "sftpgo.env") { times($0) { "SFTPGO_FTPD__BINDINGS__\($0)__PORT=21\n" } }
  return shapes
}

private var commandLineShapes: [CostShape] {
  var shapes = server("vsftpd", "a unit of many starts", "vsftpd.service") {
    "[Service]\n" + times($0) { _ in "ExecStart=/usr/sbin/vsftpd -olisten=YES\n" }
  }
  shapes += server("vsftpd", "a unit with a long start", "vsftpd.service") {
    "[Service]\nExecStart=/usr/sbin/vsftpd " + times($0) { _ in "-olisten=YES \\\n" } + "\n"
  }
  shapes += server("pure-ftpd", "a unit of many variables", "p.service") {
    "[Service]\n" + times($0) { "Environment=A\($0)=1\n" } + "ExecStart=/usr/sbin/pure-ftpd "
      + times($0) { "$A\($0) " } + "\n"
  }
  shapes += server("pure-ftpd", "a script of many starts", "run.sh") {
    times($0) { _ in "pure-ftpd -p 50000:50399 &\n" }
  }
  shapes += server("pure-ftpd", "a long command", "run.sh") {
    "pure-ftpd " + times($0) { _ in "-p 50000:50399 " } + "\n"
  }
  shapes += server("pure-ftpd", "strings without an end", "run.sh") { times($0) { _ in "pure-ftpd \"\n" } }
  shapes += server("pure-ftpd", "variables of variables", "run.sh") {
    "A0=x\n" + times($0) { "A\($0 + 1)=$A\($0)\n" } + "pure-ftpd -p $A\($0)\n"
  }
  shapes += server("pure-ftpd", "ports of docker run", "run.sh") {
    "docker run " + times($0) { "-p \(port($0)):\(port($0)) " } + "stilliard/pure-ftpd\n"
  }
  shapes += server("pure-ftpd", "ports of a Compose file", "docker-compose.yml") {
    "services:\n  ftp:\n    image: stilliard/pure-ftpd\n    ports:\n"
      + times($0) { "      - \"\(port($0)):\(port($0))\"\n" }
  }
  shapes += server("pure-ftpd", "services of a Compose file", "docker-compose.yml") {
    "services:\n" + times($0) { "  ftp\($0):\n    image: stilliard/pure-ftpd\n    ports:\n      - \"21:21\"\n" }
  }
  shapes += server("pure-ftpd", "a Dockerfile", "Dockerfile") {
    "FROM x\n" + times($0) { "ENV A\($0)=1\n" } + "CMD [\"pure-ftpd\"" + times($0) { _ in ",\"-p\",\"1:2\"" } + "]\n"
  }
  return shapes
}

private func publication(_ number: Int, server: String? = nil, range: String = "50000-50399") -> String {
  """
  publish p\(number) {
      server         \(server ?? "\(host(number + 1 << 20)) proftpd")
      external ip    203.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)
      passive range  \(range)
      tls            off  # allow: tls-off
  }

  """
}

private var policyShapes: [CostShape] {
  func policy(
    _ name: String, _ commands: [[String]] = [["check", "DIR/p.sally"]], count: Int = 500,
    _ text: @escaping (Int) -> String
  ) -> [CostShape] {
    commands.map { command in
      CostShape(
        name: "\(command.filter { !$0.hasPrefix("DIR") }.joined(separator: " ")), \(name)", count: count,
        files: { [("p.sally", text($0))] }, command: command)
    }
  }
  let all = [
    ["check"], ["check", "--format", "json"], ["compile"], ["compile", "--format", "json"], ["fmt", "--check"],
    ["fmt", "--diff"], ["build", "-o", "DIR/out"], ["explain", "p0"], ["emit", "--server", "p0"],
  ].map { [$0[0], "DIR/p.sally"] + $0.dropFirst() }
  let everything = ["check", "DIR/p.sally", "--max-findings", "0", "--format"]
  let findings = ["full", "json", "sarif", "github", "concise"].map { everything + [$0] }
  let fixes = [["check", "--fix", "DIR/p.sally"], ["check", "--diff", "--unsafe-fixes", "DIR/p.sally"]]
  var shapes = policy("publications", all, count: 250) { times($0) { publication($0) } }
  shapes += policy("fixes", fixes) { times($0) { publication($0, range: "50399-50000") } }
  shapes += policy("slips", fixes) { times($0) { publication($0).replacing("tls", with: "TLS") } }
  shapes += policy("words without a meaning", findings, count: 2000) { times($0) { _ in "foo bar\n" } }
  shapes += policy("one line without a meaning", findings, count: 2000) { times($0) { _ in "foo;" } }
  shapes += policy("a long list") { "clients a = " + times($0 * 3) { "\(host($0)), " } + "10.0.0.1\n" }
  shapes += policy("a list without a meaning") { "clients a = " + times($0 * 3) { "x\($0), " } + "y\n" }
  shapes += policy("braces") { times($0 * 10) { _ in "}" } + times($0 * 10) { _ in "{" } }
  shapes += policy("blocks that are open") { times($0 * 3) { _ in "publish a {\n server x {\n" } }
  shapes += policy("one name") { times($0) { _ in publication(0) } }
  shapes += policy("one statement") { "publish a {\n" + times($0 * 3) { _ in "tls off\n" } + "}\n" }
  shapes += policy("clients of clients") {
    times($0) { "clients a\($0) = a\($0 + 1)\n" } + "clients a\($0) = 10.0.0.1\n"
  }
  shapes += policy("clients in a circle") { count in times(count) { "clients a\($0) = a\(($0 + 1) % count)\n" } }
  shapes += policy("allow comments") { times($0 * 3) { _ in "# allow: tls-off\n" } }
  shapes += policy("names that nobody declared") { times($0) { "publish p\($0) {\n server x\($0)\n}\n" } }
  shapes += policy("publications of one address") {
    times($0) { publication($0).replacing("203.0.\($0 >> 8 & 255).\($0 & 255)", with: "203.0.113.1") }
  }
  shapes += policy("comments", [["fmt", "--check", "DIR/p.sally"]]) {
    times($0 * 5) { _ in "publish a { # x\n} # y\n" }
  }
  for (name, isChain) in [("a chain of includes", true), ("includes", false)] {
    shapes.append(
      CostShape(
        name: "check, \(name)",
        files: { count in
          (0..<count).map {
            ("i\($0).sally", isChain ? "include \"i\($0 + 1).sally\"\n" : "clients c\($0) = 10.0.0.1\n")
          }
            + [("p.sally", isChain ? "include \"i0.sally\"\n" : times(count) { "include \"i\($0).sally\"\n" })]
        }, command: ["check", "DIR/p.sally"]))
  }
  return shapes
}

private var listingShapes: [CostShape] {
  func listing(_ name: String, _ items: @escaping (Int) -> String) -> CostShape {
    CostShape(
      name: "diff, \(name)",
      files: { count in
        [
          ("p.sally", publication(0)),
          (
            "l.json",
            "{\"nftables\": [{\"table\": {\"family\": \"inet\", \"name\": \"sallyport\", \"handle\": 1}}"
              + items(count) + "]}"
          ),
        ]
      }, command: ["diff", "DIR/p.sally", "--against", "DIR/l.json"])
  }
  let own = "\"family\": \"inet\", \"table\": \"sallyport\""
  return [
    listing("elements") { count in
      ", {\"set\": {\(own), \"name\": \"a\", \"type\": \"ipv4_addr\", \"elem\": ["
        + times(count) { "\"\(host($0))\", " }
        + "\"10.255.0.0\"]}}"
    },
    listing("chains") { times($0) { ", {\"chain\": {\(own), \"name\": \"c\($0)\", \"handle\": \($0 + 2)}}" } },
    listing("rules") { count in
      ", {\"chain\": {\(own), \"name\": \"c\"}}"
        + times(count) {
          ", {\"rule\": {\(own), \"chain\": \"c\", \"handle\": \($0 + 2), \"expr\": [{\"drop\": null}]}}"
        }
    },
  ]
}
