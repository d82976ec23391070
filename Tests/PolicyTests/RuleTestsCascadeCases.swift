/// A mistake is reported once, and not as something missing too.
let cascadeCases: [Behaviour] = [
  Behaviour(
    "a range that is reversed", publication(range: "50399-50000"),
    raises: ["range-reversed": ["50399-50000"]],
    not: "no-data-path"),
  Behaviour(
    "a range that is misspelt", publication("pasive range 50000-50399", range: nil),
    raises: ["unknown-statement": ["pasive range"]], not: "no-data-path"),
  Behaviour(
    "an external address that is a name", publication(external: "ftp.example.com"),
    raises: ["external-ip-not-an-address": ["ftp.example.com"]], not: "external-ip-missing"),
  Behaviour(
    "a TLS mode that does not exist", publication(tls: "sometimes"), raises: ["unknown-value": ["sometimes"]],
    not: "tls-off"),
  Behaviour(
    "a server that is misspelt",
    "server files { address 10.10.20.200; software proftpd }\n"
      + publication(name: "out", server: "file"), raises: ["unknown-name": ["file"]],
    not: "unused-declaration", "missing-statement"),
  Behaviour(
    "a keyword that is misspelt",
    """
    publish files {
      sever 10.10.20.200 proftpd
      external ip 203.0.113.10
      passive range 50000-50399
      tls explicit required
    }
    """, raises: ["unknown-statement": ["sever"]], not: "missing-statement"),
  Behaviour(
    "a list that is misspelt", "clients partners = 198.51.100.0/24\n" + publication("allow partner"),
    raises: ["unknown-name": ["partner"]], not: "unused-declaration", "helper-open-to-any"),
  Behaviour(
    "a publication that is left out",
    "server other { address 10.10.20.201; software proftpd }\n" + publication()
      + "publish files { server other }\n",
    raises: ["duplicate-name": ["files"]], not: "unused-declaration"),
  Behaviour(
    "a default of a gateway that is not known",
    """
    gateway one { outside eth0; external ip 203.0.113.10 }
    gateway two { outside eth0; external ip 203.0.113.20 }
    publish files {
      server 10.10.20.200 proftpd
      passive range 50000-50399
      tls explicit required
    }
    """, raises: ["gateway-ambiguous": ["publish files"]], not: "external-ip-missing", "unused-declaration"),
]
