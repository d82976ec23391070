/// Which sessions have a data path.
let dataPathCases: [Behaviour] = [
  Behaviour(
    "the helper alone serves plain sessions", publication("helper on", range: nil, tls: "off"),
    not: "no-data-path", "helper-cannot-read-tls"),
  Behaviour(
    "the helper alone serves plain sessions in both families",
    publication(
      "helper on", server: "10.10.20.200, 2001:db8:20::200 vsftpd", external: "203.0.113.10, 2001:db8::10",
      range: nil, tls: "off"),
    not: "no-data-path", "helper-cannot-read-tls", "address-family-mismatch"),
  Behaviour(
    "the helper alone is not enough where TLS is possible",
    publication("helper on", range: nil, tls: "explicit optional"),
    raises: ["helper-cannot-read-tls": ["helper on"]], not: "no-data-path"),
  Behaviour(
    "clear-control lets the helper do, with a warning",
    publication("helper on", range: nil, tls: "explicit optional clear-control"),
    raises: ["clear-control-leaves-encrypted-sessions": ["clear-control"]], not: "helper-cannot-read-tls"),
  Behaviour(
    "clear-control with a range needs no warning",
    publication(tls: "explicit optional clear-control"), not: "clear-control-leaves-encrypted-sessions"),
  Behaviour(
    "active mode with a fixed source port", publication("active on", server: "10.10.20.200 vsftpd"),
    raises: ["active-needs-open-egress": ["active on"]], not: "no-data-path"),
  Behaviour(
    "active mode without one", publication("active on", server: "10.10.20.200 filezilla"),
    raises: ["no-data-path": ["active on"]], not: "active-needs-open-egress"),
  Behaviour(
    "active mode without one, routed", publication("active on", server: "203.0.113.10 filezilla"),
    raises: ["active-needs-open-egress": ["active on"]], not: "no-data-path"),
  Behaviour(
    "active mode of encrypted sessions beside the helper",
    publication("active on", "helper on", "source gateway", tls: "explicit optional"),
    raises: ["no-data-path": ["active on"]]),
  Behaviour(
    "active mode through the helper works with source gateway",
    publication("active on", "helper on", "source gateway", tls: "off"),
    not: "no-data-path", "active-needs-open-egress"),
  Behaviour(
    "active mode without helper does not work with source gateway",
    publication("active on", "source gateway", tls: "off"), raises: ["no-data-path": ["active on"]],
    not: "active-needs-open-egress"),
  Behaviour(
    "active mode of a local server", publication("active on", server: "local vsftpd", range: "61000-61399"),
    not: "no-data-path"),
  Behaviour(
    "the helper reads nothing where TLS is required", publication("helper on", tls: "implicit"),
    raises: ["helper-without-effect": ["helper on"]]),
  Behaviour(
    "the helper has an effect where sessions may stay plain",
    publication("helper on", tls: "explicit optional"),
    not: "helper-without-effect"),
  Behaviour(
    "the helper on a routed server",
    publication("helper on", server: "203.0.113.10 proftpd", tls: "explicit optional"),
    raises: ["helper-without-nat": ["helper on"]]),
  Behaviour(
    "the helper after translation", publication("helper on", tls: "explicit optional"),
    not: "helper-without-nat"),
]
