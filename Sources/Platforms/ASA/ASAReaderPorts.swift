import Addressing

/// Protocols and ports as an ASA names them ("Protocols and Applications" in its configuration guides).
enum ASAProtocol {
  /// What a word for protocols means: `nil` for every protocol.
  static func transports(_ word: String) -> [String?] {
    switch word {
    case "ip", "0": [nil]
    case "tcp", "6": ["tcp"]
    case "udp", "17": ["udp"]
    case "tcp-udp": ["tcp", "udp"]
    default: [word]
    }
  }

  /// Whether a word begins ports.
  static func isOperator(_ word: String) -> Bool { ["eq", "neq", "lt", "gt", "range"].contains(word) }

  /// Takes `eq P`, `range P Q` and such; `nil` for what is none.
  static func ports(_ words: inout ASAWords) -> [PortRange]? {
    let comparison = words.next()
    guard let port = port(words.next()) else { return nil }
    switch comparison {
    case "eq": return [PortRange(port)]
    case "neq": return [below(port), above(port)].compactMap(\.self)
    case "lt": return [below(port)].compactMap(\.self)
    case "gt": return [above(port)].compactMap(\.self)
    case "range": return self.port(words.next()).flatMap { PortRange(low: port, high: $0) }.map { [$0] }
    default: return nil
    }
  }

  private static func below(_ port: UInt16) -> PortRange? { port > 0 ? PortRange(low: 0, high: port - 1) : nil }
  private static func above(_ port: UInt16) -> PortRange? { port < .max ? PortRange(low: port + 1, high: .max) : nil }

  /// A number or a name.
  static func port(_ text: String) -> UInt16? { UInt16(text) ?? names[text] }

  private static let names: [String: UInt16] = [
    "aol": 5190, "bgp": 179, "biff": 512, "bootpc": 68, "bootps": 67, "chargen": 19, "cifs": 3020, "citrix-ica": 1494,
    "cmd": 514, "ctiqbe": 2748, "daytime": 13, "discard": 9, "dnsix": 195, "domain": 53, "echo": 7, "exec": 512,
    "finger": 79, "ftp": 21, "ftp-data": 20, "gopher": 70, "h323": 1720, "hostname": 101, "http": 80, "https": 443,
    "ident": 113, "imap4": 143, "irc": 194, "isakmp": 500, "kerberos": 750, "klogin": 543, "kshell": 544, "ldap": 389,
    "ldaps": 636, "login": 513, "lotusnotes": 1352, "lpd": 515, "mobile-ip": 434, "nameserver": 42,
    "netbios-dgm": 138,
    "netbios-ns": 137, "netbios-ssn": 139, "nfs": 2049, "nntp": 119, "ntp": 123, "pcanywhere-data": 5631,
    "pcanywhere-status": 5632, "pim-auto-rp": 496, "pop2": 109, "pop3": 110, "pptp": 1723, "radius": 1645,
    "radius-acct": 1646, "rip": 520, "rsh": 514, "rtsp": 554, "secureid-udp": 5510, "sip": 5060, "smtp": 25,
    "snmp": 161, "snmptrap": 162, "sqlnet": 1521, "ssh": 22, "sunrpc": 111, "syslog": 514, "tacacs": 49, "talk": 517,
    "telnet": 23, "tftp": 69, "time": 37, "uucp": 540, "vxlan": 4789, "who": 513, "whois": 43, "www": 80,
    "xdmcp": 177,
  ]
}
