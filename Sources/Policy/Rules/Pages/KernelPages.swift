import Diagnostics

/// Pages of the codes that `check --kernel` raises about the machine on which it runs.
let kernelPages: [RulePage] = [
  RulePage(
    .warning, "foreign-chain-drops", "another table drops what it does not accept",
    explanation: """
      Every base chain of a hook sees every packet, whatever its priority, and `accept` ends one chain only. So another \
      forward chain (input chain for a server on the firewall host) with policy drop ends published sessions unless it \
      accepts them itself. Two rules there are enough for servers behind address translation, data connections included: \
      `ct state established,related accept` and `ct status dnat accept`. For a server that is routed or runs on the \
      firewall host, the second is its address with the control port and the passive range. Whether such rules are there \
      is not looked at: allow the warning when they are. Rules of iptables-legacy are not seen.
      """,
    origin: .kernel, bad: sample(), good: sample("# allow: foreign-chain-drops (the other table accepts dnat)")),
  RulePage(
    .warning, "foreign-nat-first", "another table may translate published addresses first",
    explanation: """
      The first translation of a connection stays. Of two nat chains in prerouting the one with the lower priority runs \
      first, and a rule of it that matches the external address of a publication takes its connections. Whether its \
      rules do is not looked at: allow the warning when they leave the address and the ports alone.
      """,
    origin: .kernel, bad: sample(), good: sample("# allow: foreign-nat-first (publishes other addresses)")),
  RulePage(
    .warning, "forwarding-off", "the kernel does not forward between its interfaces",
    explanation: """
      A publication on another machine needs `net.ipv4.ip_forward = 1`, or `net.ipv6.conf.all.forwarding = 1` for IPv6. \
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
