/// Client lists, limits and unused declarations.
let clientCases: [Behaviour] = [
  Behaviour(
    "an entry of another family", publication("allow 2001:db8:beef::/48, 198.51.100.0/24"),
    raises: ["allow-never-matches": ["2001:db8:beef::/48"]]),
  Behaviour(
    "a list with entries of both",
    "clients partners = 198.51.100.0/24, 2001:db8:beef::/48\n" + publication("allow partners"),
    not: "allow-never-matches", "unused-declaration"),
  Behaviour(
    "an entry denied in two parts",
    publication("allow 198.51.100.0/24", "deny 198.51.100.0/25, 198.51.100.128/25"),
    raises: ["allow-never-matches": ["198.51.100.0/24"]]),
  Behaviour(
    "an entry denied in part", publication("allow 198.51.100.0/24", "deny 198.51.100.0/25"),
    not: "allow-never-matches"),
  Behaviour("everybody denied", publication("deny any"), raises: ["allow-never-matches": ["any"]]),
  Behaviour("somebody denied", publication("deny 198.51.100.0/24"), not: "allow-never-matches"),
  Behaviour(
    "a list that a used list uses",
    "clients inner = 192.0.2.7\nclients outer = inner\n" + publication("allow outer"),
    not: "unused-declaration"),
  Behaviour(
    "a list that an unused list uses",
    "clients inner = 192.0.2.7\nclients outer = inner\n" + publication(),
    raises: ["unused-declaration": ["inner", "outer"]]),
  Behaviour(
    "a server and a gateway that nobody uses",
    """
    gateway one { outside eth0 }
    gateway two { outside eth0 }
    server old { address 10.10.20.201; software proftpd }

    """ + publication("gateway one"), raises: ["unused-declaration": ["two", "old"]]),
  Behaviour(
    "limits of several kinds",
    publication("limit 10 sessions per client", "limit 100 sessions", "limit 30 new per minute per client"),
    not: "limit-superseded"),
  Behaviour(
    "a limit for each client above the limit for all",
    publication("limit 100 sessions per client", "limit 50 sessions"),
    raises: ["limit-superseded": ["limit 100 sessions per client"]]),
  Behaviour(
    "the same limit twice", publication("limit 50 sessions", "limit 50 sessions"),
    raises: ["limit-superseded": ["limit 50 sessions"]]),
  Behaviour(
    "clients beside the server", publication("allow 10.0.0.0/8"),
    raises: ["lan-clients-without-hairpin": ["10.0.0.0/8"]]),
  Behaviour(
    "clients elsewhere inside", publication("allow 10.20.0.0/16"), not: "lan-clients-without-hairpin"),
  Behaviour("everybody", publication("allow any"), not: "lan-clients-without-hairpin"),
  Behaviour(
    "the helper for a list", publication("helper on", "allow 198.51.100.0/24", range: nil, tls: "off"),
    not: "helper-open-to-any"),
  Behaviour(
    "the helper for all but some", publication("helper on", "deny 198.51.100.0/24", range: nil, tls: "off"),
    not: "helper-open-to-any"),
]
