import Diagnostics

/// Pages of the codes that `check --kernel` raises about the machine on which it runs.
let kernelPages: [RulePage] = [
  RulePage(
    .warning, "foreign-chain-drops", "another table stops published sessions",
    explanation: """
      Every base chain of a hook sees every packet, whatever its priority, and `accept` ends one chain only. So another \
      forward chain (input chain for a server on the firewall host) that ends with policy drop, or with a rule that drops or \
      rejects the rest, ends published sessions unless it accepts them itself. Two rules there are enough for servers behind \
      address translation, data connections included: `ct state established,related accept` and `ct status dnat accept`. \
      For a server that is routed or runs on the firewall host, the second is its address with the control port and the \
      passive range. The sessions that the policy permits are played through all tables, so chains that let them through \
      raise no warning; of many publications one of each kind is played. Where nft cannot list the rules of others, chains \
      with policy drop raise it whatever they accept.
      """,
    origin: .kernel, bad: sample(), good: sample("# allow: foreign-chain-drops (the other table accepts dnat)")),
  RulePage(
    .warning, "foreign-nat-first", "another table translates published connections",
    explanation: """
      The first translation of a connection stays. Of two nat chains in prerouting the one with the lower priority runs \
      first, and a rule of it that matches the external address of a publication takes its connections. The sessions that \
      the policy permits are played through all tables: this one was translated by a rule of another table, and does not work.
      """,
    origin: .kernel, bad: sample(), good: sample("# allow: foreign-nat-first (publishes other addresses)")),
  RulePage(
    .warning, "foreign-chain-undecided", "whether another table lets published sessions through cannot be told",
    explanation: """
      The sessions that the policy permits are played through all tables that run on the machine. A rule of another table on \
      their way has a condition whose outcome is not known, and it decides. A rule before it that accepts the sessions settles \
      the matter; else allow the warning when you know that the rule lets them through. The same code says that rules of \
      others treat publications in more ways than are played.
      """,
    origin: .kernel, bad: sample(), good: sample("# allow: foreign-chain-undecided (the rule is about other clients)")
  ),
  RulePage(
    .warning, "foreign-tables-interfere", "with the tables of others published sessions do not work",
    explanation: """
      With our table alone the sessions that the policy permits work; with all tables of the machine some do not, and it is no \
      single rule that ends them: one that turns connection tracking off (`notrack`), changes a mark or assigns another helper. \
      `explain --running` shows where they stop.
      """,
    origin: .kernel, bad: sample(), good: sample("# allow: foreign-tables-interfere (known, and mended next week)")),
  RulePage(
    .warning, "no-way-through-machine", "routes, settings or neighbours of the machine stop published sessions",
    explanation: """
      The sessions that the policy permits are played with the machine's own interfaces, routes and rules (`ip route`, `ip rule`), \
      which the kernel is asked for each packet. Some do not get through, and no rule of a table is the cause: there is no route \
      to the server, or one of type `blackhole`; the server's packets leave by the interface where clients come from; an interface \
      is down; the check of the way back (`rp_filter`) drops them.
      """,
    origin: .kernel, bad: sample(), good: sample("# allow: no-way-through-machine (the route comes with the tunnel)")),
  RulePage(
    .warning, "way-through-machine-undecided", "whether the machine passes published sessions on cannot be told",
    explanation: """
      The sessions that the policy permits are played with the machine's own interfaces, routes and rules. The way of some is not \
      known: the server did not answer when the machine last asked for it, a route has several next hops, rules choose the way by \
      something that a session does not tell. The note says what would decide it.
      """,
    origin: .kernel, bad: sample(),
    good: sample("# allow: way-through-machine-undecided (the server is switched on by night)")),
  RulePage(
    .error, "interface-missing", "the machine has no interface of that name",
    explanation: """
      Rules match the name of the interface on which a packet comes in. A name that no interface has matches nothing, so nobody \
      gets in, and nothing else would tell. Alternative names (`ip link property add altname`) are not matched either. An \
      interface that comes later, as those of PPP do, has to be there when rules are changed. Where a policy has several \
      gateways, `--gateway` names the one that the machine is.
      """,
    origin: .kernel, bad: gatewaySample("ehh0"), good: gatewaySample("eth0")),
  RulePage(
    .warning, "interface-enslaved", "rules see packets of that interface under another name",
    explanation: """
      What comes in on a port of a bridge, or of a bond or team, comes in on that bridge or bond for every rule about IP. A rule \
      that names the port matches nothing.
      """,
    origin: .kernel, bad: gatewaySample("port0"), good: gatewaySample("br0")),
  RulePage(
    .note, "gateway-not-chosen", "which gateway of the policy the machine is was not said",
    explanation: """
      A policy with several gateways is for several machines. Interfaces and addresses are compared with the machine only where \
      `--gateway` names the one that it is, or where it has all interfaces of one of them and of no other.
      """,
    origin: .kernel,
    bad: sample(
      before: "gateway edge {\n    outside  eth0\n}\n\ngateway branch {\n    outside  eth0\n}", "gateway        edge"),
    good: gatewaySample("eth0")),
  RulePage(
    .error, "local-address-missing", "nobody on the machine has the external address of its own server",
    explanation: """
      A server on the firewall host gets packets to addresses that an interface of the host has. Where a router or a cloud \
      translates the external address, they come in with another one, no rule about the external address matches, and what it \
      should keep out gets in: write `external ip ADDRESS at ADDRESS`. A virtual address that moves between machines \
      (keepalived) may be missing at the moment: with `net.ipv4.ip_nonlocal_bind = 1`, which servers need then as well, \
      this is a warning. An address that only a route of type local brings here is fine.
      """,
    origin: .kernel, bad: localSample, good: localSample.replacing("203.0.113.10", with: "203.0.113.20")),
  RulePage(
    .warning, "external-address-absent", "no interface has an external address, and its packets may not arrive",
    explanation: """
      Behind address translation an external address need not be on the gateway, as long as the packets come here: a router \
      sends them on, or the gateway answers for the address (proxy ARP). Here that is doubtful. Either the address belongs to \
      the network of an outside interface, whose machines ask for its owner, and nobody answers; or all addresses outside are \
      private, so that a router before the gateway probably translates. `tcpdump -ni any dst host ADDRESS` on the gateway \
      tells; allow the warning when packets arrive, or when the address moves between machines.
      """,
    origin: .kernel, bad: sample(),
    good: sample().replacing(
      "203.0.113.10", with: "203.0.113.10  # allow: external-address-absent (routed here by the provider)")),
  RulePage(
    .warning, "forwarding-off", "the kernel does not forward between its interfaces",
    explanation: """
      A publication on another machine needs `net.ipv4.ip_forward = 1`, or `net.ipv6.conf.all.forwarding = 1` for IPv6, and \
      over IPv4 every interface on the way may be taken out by a setting of its own, `net.ipv4.conf.IFACE.forwarding`. \
      `sallyport build` writes both as a fragment for `sysctl.d`. Without it control connections are neither refused \
      nor answered.
      """,
    origin: .kernel, bad: sample(), good: sample("# allow: forwarding-off (set by the router daemon)")),
  RulePage(
    .error, "helper-module-missing", "the kernel has no conntrack helper for FTP",
    explanation: """
      `helper on` needs the module nf_conntrack_ftp, and nf_nat_ftp behind address translation. The first could not be \
      found or loaded. Minimal and cloud kernels leave both out, and a container cannot load modules of its host. \
      `sallyport build` writes a fragment for `modules-load.d`.
      """,
    origin: .kernel, bad: sample("helper         on"), good: sample("helper         off")),
  RulePage(
    .error, "kernel-refused", "the kernel does not take the ruleset",
    explanation: """
      The dry run handed the whole ruleset to the kernel, which refused the part that this statement asks for; nothing \
      was changed. The note has the reason in the words of nft. Most often the kernel lacks a module, for example \
      nft_ct, nft_nat or nft_connlimit, or another program owns the table `inet sallyport`.
      """,
    origin: .kernel, bad: sample("limit          100 sessions"), good: sample()),
]

/// A sound policy whose gateway has that interface outside.
private func gatewaySample(_ interface: String) -> String {
  sample(before: "gateway edge {\n    outside  \(interface)\n}")
}

/// A sound publication of a server on the firewall host.
private let localSample = sample().replacing("10.10.20.200", with: "local")
