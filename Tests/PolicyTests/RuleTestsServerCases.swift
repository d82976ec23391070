/// What server programs can do and have once.
let serverCases: [Behaviour] = [
  Behaviour(
    "one daemon at two external addresses",
    publication(name: "a", server: "10.10.20.200 pure-ftpd")
      + publication(name: "b", server: "10.10.20.200 pure-ftpd", external: "203.0.113.11"),
    raises: ["server-scope-conflict": ["203.0.113.11"]]),
  Behaviour(
    "two daemons of one machine",
    publication(name: "a", server: "10.10.20.200 pure-ftpd")
      + publication(
        "control port 2121", name: "b", server: "10.10.20.200 pure-ftpd", range: "50400-50799", tls: "off"),
    not: "server-scope-conflict"),
  Behaviour(
    "one declaration is one daemon of vsftpd", declared("vsftpd", "tls explicit required", "tls implicit"),
    raises: ["server-scope-conflict": ["tls implicit"]]),
  Behaviour(
    "implicit beside explicit on FileZilla Server",
    declared("filezilla", "tls explicit required", "tls implicit"), not: "server-scope-conflict"),
  Behaviour(
    "implicit beside explicit on ProFTPD", declared("proftpd", "tls explicit required", "tls implicit"),
    not: "server-scope-conflict"),
  Behaviour(
    "implicit beside explicit on IIS", declared("iis", "tls explicit required", "tls implicit"),
    not: "server-scope-conflict", "tls-mode-unsupported"),
  Behaviour(
    "two policies for one site of IIS",
    declared("iis", "tls explicit required", "tls explicit optional; control port 2121"),
    raises: ["server-scope-conflict": ["tls explicit optional"]]),
  Behaviour(
    "IIS has one range for all sites",
    """
    server one { address 10.10.20.200; software iis; site "One" }
    server two { address 10.10.20.200; software iis; site "Two" }
    publish a {
      server one
      external ip 203.0.113.10
      passive range 50000-50399
      tls explicit required
    }
    publish b {
      server two
      external ip 203.0.113.11
      control port 21 -> 2121
      passive range 50400-50799
      tls explicit optional
    }
    """, raises: ["server-scope-conflict": ["50400-50799"]]),
  Behaviour(
    "two ranges of FileZilla Server",
    declared("filezilla", "tls explicit required", "tls implicit", ranges: ["50000-50399", "50400-50799"]),
    raises: ["server-scope-conflict": ["50400-50799"]]),
  Behaviour(
    "two ranges of ProFTPD",
    declared("proftpd", "tls explicit required", "tls implicit", ranges: ["50000-50399", "50400-50799"]),
    not: "server-scope-conflict", "passive-range-shared"),
  Behaviour(
    "two programs on one socket",
    publication(name: "a", server: "10.10.20.200 pure-ftpd")
      + publication("control port 2121 -> 21", name: "b", server: "10.10.20.200 vsftpd"),
    raises: ["server-scope-conflict": ["vsftpd"]]),
  Behaviour(
    "one announces itself, the other the outside",
    declared("pure-ftpd", "tls off; helper on", "tls off; control port 2121", ranges: [nil, "50000-50399"]),
    raises: ["server-scope-conflict": ["203.0.113.10"]]),
  Behaviour(
    "active mode refused and wanted on one port",
    declared("proftpd", "tls off; active off", "tls off; active on; control port 2121 -> 21"),
    raises: ["server-scope-conflict": ["active on"]]),
  Behaviour(
    "two sets of addresses for one port of the firewall host",
    """
    server files { address local; software proftpd }
    publish a { server files; external ip 203.0.113.10; passive range 61000-61399; tls explicit required }
    publish b {
      server files; external ip 203.0.113.10, 2001:db8::10; control port 2121 -> 21
      passive range 61000-61399; tls explicit required
    }
    """, raises: ["server-scope-conflict": ["203.0.113.10"]]),
  Behaviour(
    "two sets of addresses for two ports of the firewall host",
    """
    server files { address local; software vsftpd }
    publish a { server files; external ip 203.0.113.10; passive range 61000-61399; tls explicit required }
    publish b {
      server files; external ip 203.0.113.10, 2001:db8::10; control port 2121
      passive range 61000-61399; tls explicit required
    }
    """, not: "server-scope-conflict"),
  Behaviour(
    "one server behind two gateways",
    """
    gateway one { outside eth0; external ip 203.0.113.10 }
    gateway two { outside eth0; external ip 198.51.100.10 }
    server files { address 10.10.20.200; software vsftpd }
    publish a { gateway one; server files; passive range 50000-50399; tls explicit required }
    publish b { gateway two; server files; passive range 50000-50399; tls explicit required }
    """, raises: ["server-scope-conflict": ["198.51.100.10"]], not: "control-port-conflict"),
  Behaviour(
    "FileZilla Server without TLS", publication(server: "10.10.20.200 filezilla", tls: nil),
    raises: ["tls-mode-unsupported": ["publish files"]], not: "tls-off"),
  Behaviour(
    "implicit TLS of IIS on another port",
    publication("control port 2121", server: "10.10.20.200 iis", tls: "implicit"),
    raises: ["tls-mode-unsupported": ["control port 2121"]]),
  Behaviour(
    "explicit TLS of IIS on 990", publication("control port 990", server: "10.10.20.200 iis"),
    raises: ["tls-mode-unsupported": ["control port 990"]]),
  Behaviour(
    "implicit TLS of IIS on 990 behind another",
    publication("control port 2121 -> 990", server: "10.10.20.200 iis", tls: "implicit"),
    not: "tls-mode-unsupported"),
  Behaviour(
    "CCC where it is known", publication(server: "10.10.20.200 iis", tls: "explicit required clear-control"),
    not: "clear-control-unsupported"),
  Behaviour(
    "no certificate is needed without TLS", publication(tls: "off"), raises: ["tls-off": ["tls off"]],
    not: "certificate-missing"),
  Behaviour(
    "active mode off by default", publication(server: "10.10.20.200 pure-ftpd"),
    not: "active-not-enforced-by-server"),
  Behaviour(
    "active mode that nobody keeps off", publication(server: "10.10.20.200 filezilla"),
    raises: ["active-not-enforced-by-server": ["publish files"]]),
  Behaviour(
    "active mode let through for a neighbour",
    publication("active off", name: "a", server: "10.10.20.200 pure-ftpd")
      + publication("active on", "control port 2121", name: "b", server: "10.10.20.200 pure-ftpd"),
    raises: ["active-not-enforced-by-server": ["active off"]]),
  Behaviour(
    "ProFTPD shares ports between hosts", declared("proftpd", "tls explicit required", "tls implicit"),
    raises: ["passive-range-shared": ["50000-50399"]]),
  Behaviour(
    "IIS in clear text", publication(server: "10.10.20.200 iis", tls: "off"),
    raises: ["range-ignored-in-clear": ["50000-50399"]]),
  Behaviour(
    "active data of two virtual hosts has two ports",
    publication("active on", name: "a")
      + publication("active on", "control port 2121", name: "b", external: "203.0.113.11"),
    not: "active-source-conflict"),
]

/// One declared server and two publications of it at one external address.
func declared(
  _ software: String, _ first: String, _ second: String, ranges: [String?] = ["50000-50399", "50000-50399"]
) -> String {
  var text = "server files { address 10.10.20.200; software \(software) }\n"
  for ((name, statements), range) in zip([("a", first), ("b", second)], ranges) {
    text += "publish \(name) {\n  server files\n  external ip 203.0.113.10\n  \(statements)\n"
    if let range { text += "  passive range \(range)\n" }
    text += "}\n"
  }
  return text
}
