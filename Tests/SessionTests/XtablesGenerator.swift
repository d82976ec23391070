import Addressing
import FTPSession
import LiveSupport

/// Writes rulesets of iptables as Docker, UFW, CSF, libvirt and kube-proxy write them, right ones and wrong ones for
/// FTP, in the form of `iptables-restore`, and sessions to try on them. Without `--random`: the bench tells clients
/// with one address by ports.
struct XtablesGenerator {
  private var base: RulesetGenerator

  init(seed: UInt64) { base = RulesetGenerator(seed: seed) }

  struct Trial {
    /// `iptables-nft-restore`, or now and then that of iptables-legacy.
    var loader: String
    /// For `ipset restore`.
    var sets: String
    var rules: String
    var duels: [Duel]
  }

  enum Style: String, CaseIterable { case docker, ufw, csf, libvirt, kube, plain }

  private static let external = Address.external
  private static let server = Address.server
  private static let control = "-p tcp -m tcp --dport 21"
  private static let data = "-p tcp -m tcp --dport 50000:50100"

  static let sets = """
    create friends hash:net
    add friends 198.51.100.0/24
    add friends 10.10.20.0/24
    add friends 198.51.100.64/26 nomatch
    create published hash:ip,port
    add published \(server),tcp:21
    add published \(server),tcp:50000-50100
    create ftp bitmap:port range 0-65535
    add ftp 21
    add ftp 50000-50049
    create all list:set
    add all friends

    """

  mutating func trial(_ name: String) -> Trial {
    let style = base.pick(Style.allCases)
    let kind: RulesetGenerator.Kind = style == .csf ? .local : base.pick([.translated, .translated, .twoServers])
    let rules = [raw(), mangle(), nat(style, kind), filter(style, kind)].joined()
    return Trial(
      loader: base.chance(4) ? "iptables-legacy-restore" : "iptables-nft-restore", sets: Self.sets, rules: rules,
      duels: base.duels("\(name) \(style.rawValue)", kind))
  }

  private func table(_ name: String, _ chains: [String], _ rules: [String]) -> String {
    (["*\(name)"] + chains.map { $0.contains(" ") ? ":\($0) [0:0]" : ":\($0) - [0:0]" } + rules.filter { !$0.isEmpty }
      + ["COMMIT", ""]).joined(separator: "\n")
  }

  private mutating func raw() -> String {
    let rules = [
      base.pick([
        "", "-A PREROUTING \(Self.control) -j CT --helper ftp", "-A PREROUTING \(Self.control) -j CT --helper ftp",
        "-A PREROUTING -i eth0 -p tcp -m multiport --dports 21,2121 -j CT --helper ftp",
        "-A PREROUTING \(Self.control) -m addrtype --dst-type LOCAL -j CT --helper ftp",
        "-A PREROUTING \(Self.control) -d \(Self.server) -j CT --helper ftp",
        "-A PREROUTING \(Self.control) -m set --match-set friends src -j CT --helper ftp",
      ]),
      base.chance(10) ? "-A PREROUTING \(Self.data) -j \(base.pick(["CT --notrack", "NOTRACK"]))" : "",
      base.chance(6) ? "-A PREROUTING -m rpfilter --invert -j DROP" : "",
      base.chance(10) ? "-A PREROUTING -i eth1 -m rpfilter --loose -j DROP" : "",
    ]
    return table("raw", ["PREROUTING ACCEPT", "OUTPUT ACCEPT"], rules)
  }

  private mutating func mangle() -> String {
    guard base.chance(2) else { return "" }
    let rules = [
      "-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
      base.pick([
        "-A PREROUTING -i eth0 -p tcp -m multiport --dports 21,50000:50100 -j MARK --set-xmark 0x1/0xff",
        "-A PREROUTING -m mark --mark 0x0/0xff -m conntrack --ctstate NEW -j MARK --set-xmark 0x1/0x3",
        "-A PREROUTING -i eth0 -j MARK --set-xmark 0x6/0xffffffff",
      ]),
      base.pick([
        "-A PREROUTING -j CONNMARK --save-mark --nfmask 0xff --ctmask 0xff",
        "-A PREROUTING -m connmark --mark 0x0 -j CONNMARK --set-xmark 0x10/0xf0", "",
      ]),
      "-A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
      base.chance(4) ? "-A FORWARD \(Self.data) -m connmark --mark 0x10/0xf0 -j DROP" : "",
    ]
    return table("mangle", ["PREROUTING ACCEPT", "FORWARD ACCEPT"], rules)
  }

  private mutating func nat(_ style: Style, _ kind: RulesetGenerator.Kind) -> String {
    guard kind != .local else { return "" }
    let second = kind == .twoServers ? "-p tcp -m tcp --dport 2121 -j DNAT --to-destination \(Address.server2)" : ""
    let control = base.pick([
      "\(Self.control) -j DNAT --to-destination \(Self.server)",
      "! -s 172.17.0.0/16 \(Self.control) -j DNAT --to-destination \(Self.server):21",
      "-p tcp -m multiport --dports 21,\(kind == .twoServers ? "990" : "2121") -j DNAT --to-destination \(Self.server)",
      "\(Self.control) -m conntrack --ctstate NEW -j DNAT --to-destination \(Self.server)",
      "-s 198.51.100.0/24 \(Self.control) -j DNAT --to-destination \(Self.server)",
    ])
    let data = base.pick([
      "", "\(Self.data) -j DNAT --to-destination \(Self.server)",
      "\(Self.data) -j DNAT --to-destination \(Self.server):50000-50100",
      "\(Self.data) -j DNAT --to-destination \(Self.server):60000-60100/50000",
      "-p tcp -m tcp --dport 50000:50049 -j DNAT --to-destination \(Self.server)",
      "\(Self.data) -m iprange --src-range 198.51.100.1-198.51.100.40 -j DNAT --to-destination \(Self.server)",
      "\(Self.data) -m set --match-set friends src -j DNAT --to-destination \(Self.server)",
      "\(Self.data) -j DNAT --to-destination \(Address.server2)",
    ])
    let source = base.pick([
      "", "-A POSTROUTING -o eth0 -j MASQUERADE", "-A POSTROUTING -s 10.10.20.0/24 ! -o eth1 -j MASQUERADE",
      "-A POSTROUTING -s 10.10.20.0/24 -o eth0 -j SNAT --to-source \(Self.external)",
      "-A POSTROUTING -o eth1 -m conntrack --ctstate DNAT -j MASQUERADE",
      "-A POSTROUTING -s 10.10.20.0/24 -d 10.10.20.0/24 -j MASQUERADE",
      "-A POSTROUTING -o eth1 \(Self.data) -j MASQUERADE",
    ])
    switch style {
    case .docker:
      let local = base.pick([
        "-m addrtype --dst-type LOCAL", "-d \(Self.external) -m addrtype --dst-type LOCAL", "-d \(Self.external)",
      ])
      return table(
        "nat", ["PREROUTING ACCEPT", "POSTROUTING ACCEPT", "OUTPUT ACCEPT", "DOCKER"],
        [
          "-A PREROUTING \(local) -j DOCKER", "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
          source,
          "-A DOCKER -i docker0 -j RETURN", "-A DOCKER \(control)", second.isEmpty ? "" : "-A DOCKER \(second)",
          data.isEmpty ? "" : "-A DOCKER \(data)",
        ])
    case .kube:
      let masquerade = base.chance(2) ? "-A KUBE-SVC -j KUBE-MARK-MASQ" : ""
      return table(
        "nat",
        [
          "PREROUTING ACCEPT", "POSTROUTING ACCEPT", "KUBE-SERVICES", "KUBE-SVC", "KUBE-MARK-MASQ",
          "KUBE-POSTROUTING",
        ],
        [
          "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
          "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING",
          "-A KUBE-SERVICES -d \(Self.external)/32 -p tcp -m comment --comment \"ftp/ftp:control\" -j KUBE-SVC",
          masquerade,
          "-A KUBE-SVC \(control)", second.isEmpty ? "" : "-A KUBE-SVC \(second)",
          data.isEmpty ? "" : "-A KUBE-SVC \(data)",
          "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
          "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
          "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0", "-A KUBE-POSTROUTING -j MASQUERADE",
          source,
        ])
    default:
      let place = base.pick(["-i eth0", "-d \(Self.external)", "-d \(Self.external) -i eth0"])
      return table(
        "nat", ["PREROUTING ACCEPT", "POSTROUTING ACCEPT"],
        [
          base.chance(8)
            ? "-A PREROUTING \(place) -p tcp -m tcp --dport 50020:50060 -j DNAT --to-destination \(Address.server2)"
            : "",
          "-A PREROUTING \(place) \(control)", second.isEmpty ? "" : "-A PREROUTING \(place) \(second)",
          data.isEmpty ? "" : "-A PREROUTING \(place) \(data)", source,
        ])
    }
  }

  private static let states = [
    "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-m state --state RELATED,ESTABLISHED -j ACCEPT", "-m conntrack --ctstate ESTABLISHED -j ACCEPT",
    "-m conntrack ! --ctstate NEW,INVALID -j ACCEPT",
    "-m conntrack --ctstate RELATED -m helper --helper ftp -j ACCEPT",
    "-m conntrack --ctstatus SEEN_REPLY,EXPECTED -j ACCEPT", "-m conntrack --ctdir REPLY -j ACCEPT",
    "-m conntrack --ctstatus CONFIRMED -j ACCEPT", "-m conntrack --ctstatus ASSURED -j ACCEPT",
  ]

  private static let accepts = [
    "\(control) -j ACCEPT", "-p tcp -m multiport --dports 21,2121,50000:50100 -j ACCEPT",
    "-d \(server) -p tcp -m conntrack --ctstate NEW -m multiport --dports 21,50000:50049 -j ACCEPT",
    "\(data) -m conntrack --ctstate NEW -j ACCEPT", "-m conntrack --ctstate DNAT -j ACCEPT",
    "-m conntrack --ctstate NEW --ctorigdst \(external) -j ACCEPT",
    "-p tcp -m conntrack --ctorigdstport 50000:50100 --ctdir ORIGINAL -j ACCEPT",
    "-m conntrack --ctproto 6 --ctreplsrc \(server) -j ACCEPT",
    "-p tcp -m set --match-set published dst,dst -j ACCEPT",
    "-p tcp -m set --match-set ftp dst -m set --match-set all src -j ACCEPT",
    "-p tcp -m set ! --match-set friends src --syn -j DROP",
    "-i eth1 -j ACCEPT", "-i eth0 -o eth1 \(control) -m limit --limit 1000/sec --limit-burst 500 -j ACCEPT",
    "-s \(server) -p tcp -m tcp --sport 20 -j ACCEPT", "-m mark --mark 0x1/0x1 -j ACCEPT",
    "-m connmark --mark 0x1 -j ACCEPT",
    "-m iprange --src-range 198.51.100.1-198.51.100.99 \(data) -j ACCEPT",
    "-p tcp -m multiport --ports 21,20 -j ACCEPT",
    "-m pkttype --pkt-type unicast \(control) -j ACCEPT",
    "-m addrtype --src-type UNICAST ! --dst-type LOCAL \(data) -j ACCEPT",
  ]

  private static let drops = [
    "-m conntrack --ctstate INVALID -j DROP", "-p tcp -m tcp --dport 50050:50100 -j DROP",
    "-p tcp -m tcp ! --syn -m conntrack --ctstate NEW -j DROP", "-p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j DROP",
    "-p tcp -m multiport ! --dports 21,2121,50000:50100 -m conntrack --ctstate NEW -j DROP",
    "-s 192.0.2.0/24 -j REJECT --reject-with icmp-host-prohibited", "-m helper --helper ftp -j DROP",
    "-p tcp -m connlimit --connlimit-above 20 --connlimit-mask 32 -j REJECT --reject-with tcp-reset",
    "\(data) -m hashlimit --hashlimit-above 100/sec --hashlimit-mode srcip --hashlimit-name ftp -j DROP",
    "\(data) -j REJECT --reject-with tcp-reset", "-p udp -m udp --dport 53 -m string --string x --algo bm -j DROP",
    "-m addrtype --dst-type BROADCAST -j DROP",
    "-m addrtype --dst-type LOCAL --limit-iface-in -p tcp -m tcp --dport 50000:50020 -j DROP",
    "-m recent --name seen --set", "-p icmp -j DROP", "-m ttl --ttl-lt 2 -j DROP",
    "-m set --match-set friends src -j DROP",
    "-m mark --mark 0x2/0x2 -j DROP", "-m conntrack --ctstate SNAT -j DROP", "-m policy --dir in --pol ipsec -j DROP",
  ]

  private mutating func filter(_ style: Style, _ kind: RulesetGenerator.Kind) -> String {
    let hook = kind == .local ? "INPUT" : "FORWARD"
    let policy = base.pick(["DROP", "DROP", "ACCEPT"])
    var body: [String] = []
    if base.chance(3) { body.append(base.pick(Self.drops)) }
    body.append(base.pick(Self.states))
    if base.chance(3) { body.append(base.pick(Self.drops)) }
    body.append(base.pick(Self.accepts))
    for _ in 0..<base.number(1...3) { body.append(base.pick(Self.accepts)) }
    if base.chance(4) { body.append(base.pick(Self.drops)) }
    if base.chance(4) { body.append("-j REJECT --reject-with icmp-port-unreachable") }
    let loopback = hook == "INPUT" ? "-A INPUT -i lo -j ACCEPT" : ""
    // Nothing that is for the host itself has an interface to leave by.
    if hook == "INPUT" { body = body.map { $0.replacing(" -o eth1", with: "") } }
    func rules(_ chain: String) -> [String] { body.map { "-A \(chain) \($0)" } }
    let output = base.chance(6) ? "-A OUTPUT \(base.pick(Self.states))" : ""
    let tops = [
      "INPUT \(hook == "INPUT" ? policy : "ACCEPT")", "FORWARD \(hook == "FORWARD" ? policy : "ACCEPT")",
      "OUTPUT ACCEPT",
    ]
    switch style {
    case .docker:
      return table(
        "filter", tops + ["DOCKER", "DOCKER-USER", "DOCKER-ISOLATION-STAGE-1"],
        [
          loopback, "-A \(hook) -j DOCKER-USER", "-A \(hook) -j DOCKER-ISOLATION-STAGE-1", "-A \(hook) -j DOCKER",
          base.chance(3) ? "-A DOCKER-USER \(base.pick(Self.drops))" : "", "-A DOCKER-USER -j RETURN",
          "-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DROP", "-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
          output,
        ] + rules("DOCKER"))
    case .ufw:
      return table(
        "filter", tops + ["ufw-before", "ufw-user", "ufw-after", "ufw-logging-deny", "ufw-not-local"],
        [
          loopback, "-A \(hook) -j ufw-before", "-A \(hook) -j ufw-after",
          "-A ufw-before -m conntrack --ctstate INVALID -j ufw-logging-deny",
          "-A ufw-before -m conntrack --ctstate INVALID -j DROP", "-A ufw-before -j ufw-not-local",
          "-A ufw-before -j ufw-user",
          "-A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN",
          "-A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix \"[UFW BLOCK] \"", output,
        ] + rules("ufw-user"))
    case .csf, .libvirt:
      return table(
        "filter", tops + ["LOCALINPUT", "LOGDROP", "INVALID", "INVDROP"],
        [
          loopback, "-A \(hook) -j LOCALINPUT", "-A \(hook) -p tcp -j INVALID",
          "-A INVALID -m conntrack --ctstate INVALID -j INVDROP",
          "-A INVALID -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j INVDROP",
          "-A INVALID -p tcp -m tcp --tcp-flags SYN,RST SYN,RST -j INVDROP",
          "-A INVALID -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j INVDROP",
          "-A INVDROP -j DROP",
          "-A LOCALINPUT -s 192.0.2.0/24 \(base.pick(["-j DROP", "-m comment --comment \"csf.allow\" -j RETURN"]))",
          output,
        ] + rules(hook) + [
          base.chance(2) ? "-A \(hook) -j LOGDROP" : "", "-A LOGDROP -p tcp -m limit --limit 30/min -j LOG",
          "-A LOGDROP -j DROP",
        ])
    case .kube, .plain:
      return table("filter", tops, [loopback, output] + rules(hook))
    }
  }
}
