/// External addresses, gateways and what depends on them.
let addressCases: [Behaviour] = [
  Behaviour(
    "the gateway's default need not suit every server",
    """
    gateway edge { outside eth0; external ip 203.0.113.10, 2001:db8::10 }
    publish files {
      server 10.10.20.200 proftpd
      passive range 50000-50399
      tls explicit required
    }
    """, not: "address-family-mismatch", "external-ip-missing"),
  Behaviour(
    "it must offer something",
    """
    gateway edge { outside eth0; external ip 2001:db8::10 }
    publish files {
      server 10.10.20.200 proftpd
      passive range 50000-50399
      tls explicit required
    }
    """, raises: ["address-family-mismatch": ["publish files"]], not: "external-ip-missing"),
  Behaviour(
    "a family of the server that is not published",
    publication(server: "10.10.20.200, 2001:db8:20::200 proftpd"), not: "address-family-mismatch"),
  Behaviour(
    "unusable addresses of every kind",
    publication(external: "0.0.0.0") + publication(name: "b", external: "169.254.1.1")
      + publication(name: "c", external: "224.0.0.1") + publication(name: "d", external: "255.255.255.255")
      + publication(name: "e", server: "2001:db8::1 proftpd", external: "::1")
      + publication(name: "f", server: "2001:db8::1 proftpd", external: "fe80::1"),
    raises: [
      "external-ip-unusable": [
        "0.0.0.0", "169.254.1.1", "224.0.0.1", "255.255.255.255", "::1", "fe80::1",
      ]
    ], not: "external-ip-private"),
  Behaviour(
    "a default is reported once",
    """
    gateway edge { outside eth0; external ip 127.0.0.1 }

    """
      + (1...3).map {
        "publish p\($0) { server 10.0.0.\($0) proftpd; control port \($0 + 100); tls off; helper on }\n"
      }
      .joined(), raises: ["external-ip-unusable": ["127.0.0.1"]]),
  Behaviour(
    "a private address that is routed", publication(server: "192.168.1.10 proftpd", external: "192.168.1.10"),
    not: "external-ip-private"),
  Behaviour(
    "a private address for public clients", publication("allow 198.51.100.0/24", external: "192.168.1.10"),
    raises: ["external-ip-private": ["192.168.1.10"]]),
  Behaviour(
    "a private address for a list of private clients",
    "clients staff = 10.0.0.0/8, 172.16.0.0/12\n" + publication("allow staff", external: "192.168.1.10"),
    not: "external-ip-private"),
  Behaviour(
    "hairpin without any gateway", publication("hairpin on"),
    raises: ["hairpin-without-inside": ["hairpin on"]]),
  Behaviour(
    "several gateways, none named",
    "gateway one { outside eth0 }\ngateway two { outside eth0 }\n" + publication("hairpin on"),
    raises: ["gateway-ambiguous": ["publish files"]], not: "hairpin-without-inside", "unused-declaration"),
  Behaviour(
    "a local server sees its clients", publication("source gateway", server: "local proftpd"),
    raises: ["source-gateway-on-local-server": ["source gateway"]], not: "source-gateway-hides-clients"),
  Behaviour(
    "active mode through hairpin",
    "gateway edge { outside eth0; inside eth1 }\n"
      + publication("active on", "hairpin on", "helper on", server: "10.10.20.200 vsftpd", tls: "off"),
    not: "hairpin-breaks-active"),
]
