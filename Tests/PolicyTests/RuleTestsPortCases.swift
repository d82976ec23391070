/// Control ports and passive ranges.
let portCases: [Behaviour] = [
  Behaviour(
    "one server may share its range",
    publication() + publication("control port 2121", name: "again"),
    not: "passive-range-overlap", "control-port-conflict"),
  Behaviour(
    "two external addresses may have one range",
    publication()
      + publication(name: "photos", server: "10.10.20.201 proftpd", external: "203.0.113.11"),
    not: "passive-range-overlap", "control-port-conflict"),
  Behaviour(
    "a wide range of a third server is found after a narrow one",
    publication(name: "wide", server: "10.10.20.201 vsftpd", range: "50000-59999")
      + publication(
        "control port 2121", name: "narrow", server: "10.10.20.201 vsftpd", range: "50000-50010")
      + publication("control port 2122", name: "third", server: "10.10.20.202 vsftpd", range: "50100-50200"),
    raises: ["passive-range-overlap": ["50100-50200"]]),
  Behaviour(
    "both families overlap once",
    publication(server: "10.10.20.200, 2001:db8:20::200 vsftpd", external: "203.0.113.10, 2001:db8::10")
      + publication(
        "control port 2121", name: "photos", server: "10.10.20.201, 2001:db8:20::201 vsftpd",
        external: "203.0.113.10, 2001:db8::10"),
    raises: ["passive-range-overlap": ["50000-50399"]]),
  Behaviour(
    "gateways are apart",
    """
    gateway one { outside eth0 }
    gateway two { outside eth0 }

    """ + publication("gateway one")
      + publication("gateway two", name: "photos", server: "10.10.20.201 proftpd"),
    not: "passive-range-overlap", "control-port-conflict", "unused-declaration"),
  Behaviour(
    "a control port twice",
    publication("control port 2121") + publication("control port 2121", name: "again"),
    raises: ["control-port-conflict": ["control port 2121"]]),
  Behaviour(
    "a control port in the range of another server",
    publication()
      + publication(
        "control port 50007 -> 21", name: "photos", server: "10.10.20.201 proftpd", range: "51000-51399"),
    raises: ["control-port-in-passive-range": ["control port 50007 -> 21"]]),
  Behaviour(
    "the server's own port in its range", publication("control port 21 -> 50007"),
    raises: ["control-port-in-passive-range": ["control port 21 -> 50007"]]),
  Behaviour(
    "a single port for Pure-FTPd", publication(server: "10.10.20.200 pure-ftpd", range: "50000"),
    raises: ["passive-range-single-port": ["50000"]]),
  Behaviour(
    "a single port for vsftpd", publication(server: "10.10.20.200 vsftpd", range: "50000"),
    not: "passive-range-single-port"),
  Behaviour(
    "1025 is the first port", publication(range: "1025-1500"), not: "passive-range-out-of-bounds"),
  Behaviour(
    "1024 is not", publication(range: "1024-1500"), raises: ["passive-range-out-of-bounds": ["1024-1500"]]),
  Behaviour(
    "two ports for each session of a limit", publication("limit 200 sessions"), not: "passive-range-too-small"
  ),
  Behaviour(
    "one session too many", publication("limit 201 sessions"),
    raises: ["passive-range-too-small": ["50000-50399"]]),
  Behaviour(
    "the lesser of two limits counts",
    """
    server files { address 10.10.20.200; software vsftpd; max clients 1000 }
    publish out {
      server files
      external ip 203.0.113.10
      passive range 50000-50399
      tls explicit required
      limit 100 sessions
    }
    """, not: "passive-range-too-small"),
  Behaviour(
    "FileZilla Server's administration port",
    publication(server: "10.10.20.200 filezilla", range: "14000-14200"),
    raises: ["passive-range-alg-port": ["14000-14200"]]),
  Behaviour(
    "a port like any other elsewhere", publication(range: "14000-14200"), not: "passive-range-alg-port"),
  Behaviour("implicit TLS has a port of its own", publication(tls: "implicit"), not: "tls-port-mismatch"),
  Behaviour(
    "explicit TLS on 990", publication("control port 990 -> 21"),
    raises: ["tls-port-mismatch": ["control port 990 -> 21"]]),
  Behaviour(
    "a guarded port beside the server's own",
    publication("control port 2121 -> 21", "allow 198.51.100.0/24", server: "203.0.113.10 proftpd"),
    raises: ["control-port-bypass": ["control port 2121 -> 21"]]),
  Behaviour(
    "translation leaves no way past",
    publication("control port 2121 -> 21", "allow 198.51.100.0/24"), not: "control-port-bypass"),
]
