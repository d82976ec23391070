/// Configurations of gateways of every kind, most of which is about other servers.
var gatewayShapes: [CostShape] {
  [
    gateway("nftables", "rules.v4", "rules of iptables-save", iptables),
    gateway("nftables", "rules.nft", "rules of nft in text", nft),
    gateway("nftables", "rules.nft", "elements of nft in text", elements),
    gateway("openwrt", "firewall", "sections of OpenWrt", openwrt),
    gateway("routeros", "export.rsc", "lines of RouterOS", routeros),
    gateway("routeros", "export.rsc", "lines of RouterOS that are put before another", placed),
    gateway("asa", "running-config", "lines of an ASA", asa),
    gateway("asa", "running-config", "a group of an ASA in many lines", grouped),
    gateway("srx", "junos.set", "lines of an SRX", srx),
    gateway("fortigate", "backup.conf", "objects of a FortiGate", fortigate),
  ]
}

/// What a gateway has to be told by its platform.
private let inputs = [
  "asa": "outside \"outside\"; inside \"inside\"; access list \"outside_access_in\"",
  "srx": "outside \"untrust\"; inside \"trust\"",
  "fortigate": "outside \"wan1\"; inside \"dmz\"; numbers 9001-9010",
  "openwrt": "outside \"wan\"; inside \"lan\"",
  "routeros": "outside \"ether1\"; inside \"ether2\"",
]

private func gateway(
  _ platform: String, _ file: String, _ name: String, _ text: @escaping (Int) -> String
) -> CostShape {
  let policy = """
    gateway edge { platform \(platform); \(inputs[platform] ?? "outside eth0; inside eth1") }
    publish files {
      server         10.10.20.200 other
      external ip    203.0.113.10
      passive range  50000-50399
      tls            explicit required
      allow          198.51.100.0/24
    }

    """
  return CostShape(
    name: "gateway, \(name)", files: { [(file, text($0)), ("policy.sally", policy)] },
    command: ["audit", "DIR/policy.sally", "--gateway", "edge", "DIR/\(file)"])
}

private func times(_ count: Int, _ text: (Int) -> String) -> String { (0..<count).map(text).joined() }

private func host(_ number: Int) -> String { "10.\(number >> 16 & 255).\(number >> 8 & 255).\(number & 255)" }

private func iptables(_ count: Int) -> String {
  "*nat\n:PREROUTING ACCEPT [0:0]\n"
    + times(count) {
      "-A PREROUTING -i eth0 -d 192.0.2.\($0 % 256) -p tcp --dport \($0 + 1) -j DNAT --to-destination \(host($0))\n"
    }
    + "COMMIT\n*filter\n:FORWARD DROP [0:0]\n"
    + times(count) { "-A FORWARD -i eth0 -o eth1 -d \(host($0)) -p tcp --dport 443 -j ACCEPT\n" } + "COMMIT\n"
}

private func nft(_ count: Int) -> String {
  "table inet filter {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n"
    + "\t\tct state established,related accept\n"
    + times(count) { "\t\tiifname \"eth0\" ip daddr \(host($0)) tcp dport { 80, 443 } accept\n" } + "\t}\n}\n"
}

private func elements(_ count: Int) -> String {
  "table inet filter {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 192.0.2.1"
    + times(count * 5) { ",\n\t\t\t     \(host($0))" } + " }\n\t}\n\tchain forward {\n"
    + "\t\ttype filter hook forward priority filter; policy drop;\n\t\tip saddr @s drop\n\t}\n}\n"
}

private func openwrt(_ count: Int) -> String {
  "config defaults\n\toption forward 'REJECT'\n\nconfig zone\n\toption name 'wan'\n\toption input 'REJECT'\n"
    + "\nconfig zone\n\toption name 'lan'\n\toption input 'ACCEPT'\n\n"
    + times(count) {
      "config redirect\n\toption src 'wan'\n\toption proto 'tcp'\n\toption src_dport '\($0 % 60_000 + 1)'\n"
        + "\toption dest_ip '\(host($0))'\n\toption dest 'lan'\n\toption target 'DNAT'\n\n"
    }
}

private func routeros(_ count: Int) -> String {
  "# 2024-11-02 10:11:12 by RouterOS 7.16.2\n/ip firewall nat\n"
    + times(count) {
      "add action=dst-nat chain=dstnat dst-address=192.0.2.\($0 % 256) dst-port=\($0 % 60_000 + 1) in-interface=ether1 "
        + "protocol=tcp to-addresses=\(host($0))\n"
    }
    + "/ip firewall filter\n"
    + times(count) { "add action=accept chain=forward dst-address=\(host($0)) dst-port=443 protocol=tcp\n" }
}

private func placed(_ count: Int) -> String {
  "# 2024-11-02 10:11:12 by RouterOS 7.16.2\n/ip firewall filter\nadd chain=forward action=accept comment=last\n"
    + times(count * 4) {
      "add chain=forward action=drop protocol=tcp dst-port=\($0 % 60_000 + 1) place-before=[find comment=last]\n"
    }
}

private func asa(_ count: Int) -> String {
  "ASA Version 9.12(4)\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\n"
    + " ip address 203.0.113.2 255.255.255.0\ninterface GigabitEthernet0/1\n nameif inside\n security-level 100\n"
    + " ip address 10.10.20.1 255.255.255.0\n"
    + times(count) { "object network srv-\($0)\n host \(host($0))\n" }
    + times(count) { "access-list outside_access_in extended permit tcp any object srv-\($0) eq https\n" }
    + times(count) {
      "object network srv-\($0)\n nat (inside,outside) static 192.0.2.\($0 % 256) service tcp https \($0 % 60_000 + 1)\n"
    }
    + "access-group outside_access_in in interface outside\n: end\n"
}

private func grouped(_ count: Int) -> String {
  "ASA Version 9.12(4)\ninterface GigabitEthernet0/0\n nameif outside\n security-level 0\n"
    + " ip address 203.0.113.2 255.255.255.0\ninterface GigabitEthernet0/1\n nameif inside\n security-level 100\n"
    + " ip address 10.10.20.1 255.255.255.0\nobject-group network many\n"
    + times(count) { " network-object host \(host($0))\n" }
    + times(40) { "access-list outside_access_in extended permit tcp object-group many any eq \($0 + 1)\n" }
    + "access-group outside_access_in in interface outside\n: end\n"
}

private func srx(_ count: Int) -> String {
  "set version 21.4R3.15\nset security zones security-zone untrust interfaces ge-0/0/0.0\n"
    + "set security zones security-zone trust interfaces ge-0/0/1.0\n"
    + times(count) { number in
      let policy = "set security policies from-zone untrust to-zone trust policy p\(number)"
      return "set security address-book global address s\(number) \(host(number))/32\n"
        + "\(policy) match source-address any\n\(policy) match destination-address s\(number)\n"
        + "\(policy) match application junos-https\n\(policy) then permit\n"
    }
}

private func fortigate(_ count: Int) -> String {
  "#config-version=FGT60E-6.4.9-FW-build1966-220421:opmode=0:vdom=0:user=admin\nconfig firewall address\n"
    + times(count) { "    edit \"s\($0)\"\n        set subnet \(host($0)) 255.255.255.255\n    next\n" }
    + "end\nconfig firewall policy\n"
    + times(count) {
      "    edit \($0 + 1)\n        set srcintf \"wan1\"\n        set dstintf \"dmz\"\n        set srcaddr \"all\"\n"
        + "        set dstaddr \"s\($0)\"\n        set action accept\n        set schedule \"always\"\n"
        + "        set service \"HTTPS\"\n    next\n"
    } + "end\n"
}
