import LiveSupport
import Testing

/// Whole rulesets in the words of the programs that write them, each on a gateway that publishes 10.10.20.200 on
/// 203.0.113.10 with the ports 21 and 50000 to 50100.
struct XtablesRuleset: Sendable, CustomTestStringConvertible {
  var name: String
  var sets = ""
  var rules: String
  /// Whether a plain session with PASV of an allowed client works.
  var works = true
  var testDescription: String { name }

  static let all = [docker, ufw, csf, libvirt, kube, nixos]

  static let docker = XtablesRuleset(
    name: "Docker",
    sets:
      "create docker-ext-bridges-v4 hash:net\nadd docker-ext-bridges-v4 172.17.0.0/16\nadd docker-ext-bridges-v4 10.10.20.0/24\n",
    rules: """
      *nat
      :PREROUTING ACCEPT [0:0]
      :INPUT ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      :DOCKER - [0:0]
      -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
      -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
      -A POSTROUTING -s 10.10.20.0/24 ! -o eth1 -j MASQUERADE
      -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
      -A DOCKER -i docker0 -j RETURN
      -A DOCKER ! -i eth1 -p tcp -m tcp --dport 21 -j DNAT --to-destination 10.10.20.200:21
      -A DOCKER ! -i eth1 -p tcp -m tcp --dport 50000:50100 -j DNAT --to-destination 10.10.20.200:50000-50100/50000
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      :DOCKER - [0:0]
      :DOCKER-BRIDGE - [0:0]
      :DOCKER-CT - [0:0]
      :DOCKER-FORWARD - [0:0]
      :DOCKER-ISOLATION-STAGE-1 - [0:0]
      :DOCKER-ISOLATION-STAGE-2 - [0:0]
      :DOCKER-USER - [0:0]
      -A FORWARD -j DOCKER-USER
      -A FORWARD -j DOCKER-FORWARD
      -A DOCKER ! -i eth1 -o eth1 -d 10.10.20.200/32 -p tcp -m tcp --dport 21 -j ACCEPT
      -A DOCKER ! -i eth1 -o eth1 -d 10.10.20.200/32 -p tcp -m tcp --dport 50000:50100 -j ACCEPT
      -A DOCKER ! -i docker0 -o docker0 -j DROP
      -A DOCKER-BRIDGE -m set --match-set docker-ext-bridges-v4 dst -j DOCKER
      -A DOCKER-BRIDGE -o eth1 -j DOCKER
      -A DOCKER-CT -m set --match-set docker-ext-bridges-v4 dst -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A DOCKER-FORWARD -j DOCKER-CT
      -A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
      -A DOCKER-FORWARD -j DOCKER-BRIDGE
      -A DOCKER-FORWARD -i docker0 -j ACCEPT
      -A DOCKER-FORWARD -i eth1 -j ACCEPT
      -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
      -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
      COMMIT

      """)

  private static let published = """
    -A PREROUTING -i eth0 -d 203.0.113.10/32 -p tcp -m multiport --dports 21,50000:50100 -j DNAT --to-destination 10.10.20.200
    """

  static let ufw = XtablesRuleset(
    name: "UFW",
    rules: """
      *nat
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      \(published)
      -A POSTROUTING -s 10.10.20.0/24 -o eth0 -j MASQUERADE
      COMMIT
      *raw
      :PREROUTING ACCEPT [0:0]
      -A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
      COMMIT
      *filter
      :INPUT DROP [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      :ufw-before-forward - [0:0]
      :ufw-before-input - [0:0]
      :ufw-after-logging-forward - [0:0]
      :ufw-reject-forward - [0:0]
      :ufw-logging-deny - [0:0]
      :ufw-not-local - [0:0]
      :ufw-user-forward - [0:0]
      :ufw-user-input - [0:0]
      :ufw-user-limit - [0:0]
      :ufw-user-limit-accept - [0:0]
      -A INPUT -j ufw-before-input
      -A FORWARD -j ufw-before-forward
      -A FORWARD -j ufw-after-logging-forward
      -A FORWARD -j ufw-reject-forward
      -A ufw-before-input -i lo -j ACCEPT
      -A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A ufw-before-input -m conntrack --ctstate INVALID -j ufw-logging-deny
      -A ufw-before-input -m conntrack --ctstate INVALID -j DROP
      -A ufw-before-input -p udp -m udp --sport 67 --dport 68 -j ACCEPT
      -A ufw-before-input -j ufw-not-local
      -A ufw-before-input -j ufw-user-input
      -A ufw-not-local -m addrtype --dst-type LOCAL -j RETURN
      -A ufw-not-local -m addrtype --dst-type MULTICAST -j RETURN
      -A ufw-not-local -m addrtype --dst-type BROADCAST -j RETURN
      -A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny
      -A ufw-not-local -j DROP
      -A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --set --name DEFAULT --mask 255.255.255.255 --rsource
      -A ufw-user-input -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --mask 255.255.255.255 --rsource -j ufw-user-limit
      -A ufw-user-input -p tcp -m tcp --dport 22 -j ufw-user-limit-accept
      -A ufw-user-limit -m limit --limit 3/min -j LOG --log-prefix "[UFW LIMIT BLOCK] "
      -A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable
      -A ufw-user-limit-accept -j ACCEPT
      -A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A ufw-before-forward -p icmp -m icmp --icmp-type 3 -j ACCEPT
      -A ufw-before-forward -j ufw-user-forward
      -A ufw-user-forward -d 10.10.20.200/32 -i eth0 -o eth1 -p tcp -m tcp --dport 21 -m comment --comment "dapp_FTP" -j ACCEPT
      -A ufw-user-forward -d 10.10.20.200/32 -i eth0 -o eth1 -p tcp -m tcp --dport 50000:50100 -j ACCEPT
      -A ufw-user-forward -i eth1 -o eth0 -j ACCEPT
      -A ufw-logging-deny -m conntrack --ctstate INVALID -m limit --limit 3/min --limit-burst 10 -j RETURN
      -A ufw-logging-deny -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
      -A ufw-after-logging-forward -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "[UFW BLOCK] "
      COMMIT

      """)

  static let csf = XtablesRuleset(
    name: "CSF", sets: "create chain_DENY hash:net\nadd chain_DENY 192.0.2.0/24\n",
    rules: """
      *nat
      :PREROUTING ACCEPT [0:0]
      \(published)
      COMMIT
      *filter
      :INPUT DROP [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT DROP [0:0]
      :DENYIN - [0:0]
      :INVALID - [0:0]
      :INVDROP - [0:0]
      :LOCALINPUT - [0:0]
      :LOGDROPIN - [0:0]
      :PORTFLOOD - [0:0]
      -A FORWARD -j LOCALINPUT
      -A FORWARD -p tcp -j INVALID
      -A FORWARD -p tcp -m tcp --dport 21 -m connlimit --connlimit-above 5 --connlimit-mask 32 --connlimit-saddr -j PORTFLOOD
      -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A FORWARD -p tcp -m conntrack --ctstate NEW -m multiport --dports 20,21,22,25,53,80,110,143,443,465,587,993,995 -j ACCEPT
      -A FORWARD -p tcp -m conntrack --ctstate NEW -m tcp --dport 50000:50100 -j ACCEPT
      -A FORWARD -j LOGDROPIN
      -A LOCALINPUT -i eth0 -j DENYIN
      -A DENYIN -m set --match-set chain_DENY src -j DROP
      -A INVALID -m conntrack --ctstate INVALID -j INVDROP
      -A INVALID -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG NONE -j INVDROP
      -A INVALID -p tcp -m tcp --tcp-flags FIN,SYN,RST,PSH,ACK,URG FIN,SYN,RST,PSH,ACK,URG -j INVDROP
      -A INVALID -p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j INVDROP
      -A INVALID -p tcp -m tcp --tcp-flags SYN,RST SYN,RST -j INVDROP
      -A INVALID -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW -j INVDROP
      -A INVDROP -j DROP
      -A LOGDROPIN -p tcp -m limit --limit 30/min -j LOG --log-prefix "Firewall: *TCP_IN Blocked* "
      -A LOGDROPIN -j DROP
      -A PORTFLOOD -p tcp -j REJECT --reject-with tcp-reset
      COMMIT

      """)

  static let libvirt = XtablesRuleset(
    name: "libvirt",
    rules: """
      *nat
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      :LIBVIRT_PRT - [0:0]
      \(published)
      -A POSTROUTING -j LIBVIRT_PRT
      -A LIBVIRT_PRT -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN
      -A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535
      -A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE
      COMMIT
      *mangle
      :POSTROUTING ACCEPT [0:0]
      -A POSTROUTING -o eth1 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :LIBVIRT_FWI - [0:0]
      :LIBVIRT_FWO - [0:0]
      :LIBVIRT_FWX - [0:0]
      -A FORWARD -j LIBVIRT_FWX
      -A FORWARD -j LIBVIRT_FWI
      -A FORWARD -j LIBVIRT_FWO
      -A LIBVIRT_FWI -d 10.10.20.0/24 -o eth1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      -A LIBVIRT_FWI -o eth1 -j REJECT --reject-with icmp-port-unreachable
      -A LIBVIRT_FWO -s 10.10.20.0/24 -i eth1 -j ACCEPT
      -A LIBVIRT_FWO -i eth1 -j REJECT --reject-with icmp-port-unreachable
      -A LIBVIRT_FWX -i eth1 -o eth1 -j ACCEPT
      COMMIT

      """, works: false)

  static let kube = XtablesRuleset(
    name: "kube-proxy",
    rules: """
      *nat
      :PREROUTING ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      :KUBE-MARK-MASQ - [0:0]
      :KUBE-NODEPORTS - [0:0]
      :KUBE-POSTROUTING - [0:0]
      :KUBE-SEP-FTP - [0:0]
      :KUBE-SERVICES - [0:0]
      :KUBE-SVC-FTP - [0:0]
      -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
      -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
      -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
      -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
      -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
      -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
      -A KUBE-SERVICES -d 203.0.113.10/32 -p tcp -m comment --comment "default/ftp:control loadbalancer IP" -m tcp --dport 21 -j KUBE-SVC-FTP
      -A KUBE-SERVICES -d 203.0.113.10/32 -p tcp -m comment --comment "default/ftp:data loadbalancer IP" -m tcp --dport 50000:50100 -j KUBE-SVC-FTP
      -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
      -A KUBE-SVC-FTP ! -s 10.10.20.0/24 -m comment --comment "masquerade traffic" -j KUBE-MARK-MASQ
      -A KUBE-SVC-FTP -m comment --comment "default/ftp -> 10.10.20.200" -j KUBE-SEP-FTP
      -A KUBE-SEP-FTP -s 10.10.20.200/32 -j KUBE-MARK-MASQ
      -A KUBE-SEP-FTP -p tcp -m tcp -j DNAT --to-destination 10.10.20.200
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD DROP [0:0]
      :OUTPUT ACCEPT [0:0]
      :KUBE-FIREWALL - [0:0]
      :KUBE-FORWARD - [0:0]
      -A INPUT -j KUBE-FIREWALL
      -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
      -A OUTPUT -j KUBE-FIREWALL
      -A KUBE-FIREWALL ! -s 127.0.0.0/8 -d 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
      -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
      -A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT
      -A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
      COMMIT

      """)

  static let nixos = XtablesRuleset(
    name: "NixOS",
    rules: """
      *raw
      :PREROUTING ACCEPT [0:0]
      :OUTPUT ACCEPT [0:0]
      -A PREROUTING -p tcp -m tcp --dport 21 -j CT --helper ftp
      COMMIT
      *mangle
      :PREROUTING ACCEPT [0:0]
      :nixos-fw-rpfilter - [0:0]
      -A PREROUTING -j nixos-fw-rpfilter
      -A nixos-fw-rpfilter -m rpfilter --validmark -j RETURN
      -A nixos-fw-rpfilter -p udp -m udp --sport 67 --dport 68 -j RETURN
      -A nixos-fw-rpfilter -j DROP
      COMMIT
      *nat
      :PREROUTING ACCEPT [0:0]
      :POSTROUTING ACCEPT [0:0]
      :nixos-nat-pre - [0:0]
      :nixos-nat-post - [0:0]
      -A PREROUTING -j nixos-nat-pre
      -A POSTROUTING -j nixos-nat-post
      -A nixos-nat-pre -i eth1 -j MARK --set-xmark 0x1/0xffffffff
      -A nixos-nat-pre -i eth0 -p tcp -m tcp --dport 21 -j DNAT --to-destination 10.10.20.200:21
      -A nixos-nat-pre -i eth0 -p tcp -m tcp --dport 50000:50100 -j DNAT --to-destination 10.10.20.200:50000-50100
      -A nixos-nat-post -o eth0 -m mark --mark 0x1 -j MASQUERADE
      COMMIT
      *filter
      :INPUT ACCEPT [0:0]
      :FORWARD ACCEPT [0:0]
      :nixos-filter-forward - [0:0]
      :nixos-fw - [0:0]
      :nixos-fw-accept - [0:0]
      :nixos-fw-log-refuse - [0:0]
      :nixos-fw-refuse - [0:0]
      -A INPUT -j nixos-fw
      -A FORWARD -j nixos-filter-forward
      -A nixos-fw -i lo -j nixos-fw-accept
      -A nixos-fw -m conntrack --ctstate RELATED,ESTABLISHED -j nixos-fw-accept
      -A nixos-fw -p tcp -m tcp --dport 22 -j nixos-fw-accept
      -A nixos-fw -j nixos-fw-log-refuse
      -A nixos-fw-accept -j ACCEPT
      -A nixos-fw-log-refuse -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j LOG --log-prefix "refused connection: " --log-level 6
      -A nixos-fw-log-refuse -m pkttype ! --pkt-type unicast -j nixos-fw-refuse
      -A nixos-fw-log-refuse -j nixos-fw-refuse
      -A nixos-fw-refuse -j DROP
      COMMIT

      """)
}
