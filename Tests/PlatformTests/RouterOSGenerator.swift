import LiveSupport
import Testing

/// Writes exports of routers that publish the worked case rightly, in the many ways in which people do it.
struct RouterOSGenerator {
  typealias Parameters = [(String, String)]

  private var random: SeededGenerator
  var control: Parameters = []
  var passive: Parameters = []
  /// Lines of the filter that the publication needs; none where the router lets through what is translated.
  var permits: [Parameters] = []
  /// Lines before and after.
  var early: [Parameters] = []
  var late: [Parameters] = []
  var moreTranslations: [Parameters] = []
  var clients: [Parameters] = []
  var members: [Parameters] = []
  var helper: String?
  private var isSeven = false
  private var isWrapped = false

  init(seed: UInt64) {
    random = SeededGenerator(state: seed)
    isSeven = chance(2)
    isWrapped = chance(2)
    members = [[("interface", "bridge"), ("list", "LAN")], [("interface", "ether1"), ("list", "WAN")]]
    clients = [[("address", "198.51.100.0/24"), ("list", "partners")]]
    translations()
    filter()
    if chance(2) { helper = pick(["set ftp disabled=yes", "set ftp ports=21,2100"]) }
  }

  mutating func chance(_ count: Int) -> Bool { Int.random(in: 0..<count, using: &random) == 0 }
  mutating func pick<T>(_ all: [T]) -> T { all[Int.random(in: 0..<all.count, using: &random)] }

  private mutating func translations() {
    let entrance: Parameters = pick([
      [("dst-address", "203.0.113.10")], [("dst-address", "203.0.113.10"), ("in-interface", "ether1")],
      [("dst-address", "203.0.113.10"), ("in-interface-list", "WAN")], [("in-interface-list", "WAN")],
      [("dst-address-type", "local"), ("in-interface", "ether1")], [("in-interface-list", "!LAN")],
    ])
    let sources: Parameters = [pick([("src-address-list", "partners"), ("src-address", "198.51.100.0/24")])]
    let start: Parameters = [("chain", "dstnat"), ("action", "dst-nat"), ("protocol", pick(["tcp", "6"]))]
    let target = ("to-addresses", "10.10.20.200")
    control = start + entrance + sources + [("dst-port", "2121"), target, ("to-ports", "21")]
    passive = start + entrance + sources + [("dst-port", "5000-5500"), target]
    if chance(3) { passive.append(("to-ports", "5000-5500")) }
    if chance(2) {
      control.append(("comment", "ftp server, see \\\"wiki\\\""))
      passive.append(("comment", "ftp data"))
    }
    moreTranslations = [
      start + [("in-interface", "ether1"), ("dst-port", "80,443"), ("to-addresses", "10.10.20.80")],
      [
        ("chain", "dstnat"), ("action", "redirect"), ("protocol", "udp"), ("dst-port", "53"), ("to-ports", "53"),
        ("in-interface-list", "LAN"),
      ],
      [("chain", "srcnat"), ("action", "masquerade"), ("out-interface-list", "WAN")],
    ]
  }

  private mutating func filter() {
    let known: Parameters = [
      ("chain", "forward"), ("action", "accept"), ("connection-state", "established,related,untracked"),
    ]
    early = [
      [("chain", "input"), ("action", "accept"), ("connection-state", "established,related")],
      [("chain", "input"), ("action", "drop"), ("in-interface-list", "!LAN")],
      [("chain", "forward"), ("action", "accept"), ("protocol", "ipsec-esp")],
    ]
    if chance(2) {
      early.append([
        ("chain", "forward"), ("action", "fasttrack-connection"), ("connection-state", "established,related"),
      ])
    }
    early.append(known)
    if chance(2) { early.append([("chain", "forward"), ("action", "drop"), ("connection-state", "invalid")]) }
    if chance(2) {
      early.append([("chain", "forward"), ("action", "jump"), ("jump-target", "virus")])
      early.append([("chain", "virus"), ("action", "drop"), ("protocol", "tcp"), ("dst-port", "135-139,445")])
    }
    if chance(3) {
      early.append([("chain", "forward"), ("action", "drop"), ("src-address-list", "banned")])
      clients.append([("address", "192.0.2.0/24"), ("list", "banned")])
    }
    guard chance(2) else {
      late = [
        [
          ("chain", "forward"), ("action", "drop"), ("connection-nat-state", "!dstnat"), ("connection-state", "new"),
          ("in-interface-list", "WAN"),
        ]
      ]
      return
    }
    let server: Parameters = [
      ("chain", pick(["forward", "servers"])), ("action", "accept"), ("protocol", "tcp"),
      ("dst-address", "10.10.20.200"),
    ]
    permits =
      chance(2)
      ? [server + [("dst-port", "21,5000-5500")]]
      : [server + [("dst-port", "21")], server + [("dst-port", "5000-5500")]]
    if server[0].1 == "servers" {
      early.append([
        ("chain", "forward"), ("action", "jump"), ("jump-target", "servers"), ("out-interface", "bridge"),
      ])
    }
    late = [
      [("chain", "forward"), ("action", "accept"), ("in-interface-list", "LAN")],
      [("chain", "forward"), ("action", pick(["drop", "reject"]))],
    ]
  }

  /// The lines that carry the publication.
  var own: [Parameters] { [control, passive] + permits }

  mutating func line(_ parameters: Parameters) -> String {
    // The export sorts them, with `action` first; people do not.
    let sorted = isSeven ? parameters.sorted { $0.0 < $1.0 } : parameters
    return "add "
      + sorted.map { name, value in
        "\(name)=\(value.contains(where: { " ;=\"".contains($0) }) ? "\"\(value)\"" : value)"
      }.joined(separator: " ")
  }

  private mutating func wrapped(_ line: String) -> String {
    guard isWrapped, line.utf8.count > 60, !line.contains("\\") else { return line }
    var place = line.index(line.startIndex, offsetBy: Int.random(in: 40..<59, using: &random))
    // A blank stands before the break.
    if line[place] == " " { place = line.index(after: place) }
    return "\(line[..<place])\\\n    \(line[place...])"
  }

  mutating func text() -> String {
    func menu(_ words: String) -> String {
      isSeven && words.hasPrefix("ip") ? "/" + words.replacing(" ", with: "/") : "/\(words)"
    }
    var lines = [
      isSeven ? "# 2024-11-02 10:11:12 by RouterOS 7.16.2" : "# nov/02/2024 10:11:12 by RouterOS 6.49.10",
      "# software id = ABCD-EFGH", "#",
    ]
    lines += ["/interface bridge", "add name=bridge", "/interface list", "add name=WAN", "add name=LAN"]
    lines += ["/ip pool", "add name=dhcp ranges=10.10.20.100-10.10.20.150", "/ppp profile", "set *0 use-upnp=no"]
    lines += ["/interface list member"]
    for member in members { lines.append(line(member)) }
    lines += ["/ip address", "add address=10.10.20.1/24 interface=bridge network=10.10.20.0"]
    lines += ["add address=203.0.113.10/29 interface=ether1 network=203.0.113.8"]
    lines.append(menu("ip firewall address-list"))
    for client in clients { lines.append(line(client)) }
    lines.append(menu("ip firewall filter"))
    for rule in early + permits + late { lines.append(wrapped(line(rule))) }
    lines.append(menu("ip firewall nat"))
    for rule in [moreTranslations[2], control, passive] + moreTranslations.prefix(2) {
      lines.append(wrapped(line(rule)))
    }
    if let helper { lines += [menu("ip firewall service-port"), helper] }
    lines += [
      "/ip ipsec policy", "set 0 dst-address=0.0.0.0/0 src-address=0.0.0.0/0", "/ip service", "set ftp disabled=yes",
    ]
    lines += ["/system identity", "set name=edge", "/user", "set admin comment=\"it's \\$me\""]
    return lines.joined(separator: "\n") + "\n"
  }
}

/// A mistake that is planted into such an export, and a part of the line that is to blame; none where a line elsewhere
/// is what stops the session.
struct RouterOSMistake: CustomTestStringConvertible {
  var name: String
  var blamed: String?
  /// Returns whether the mistake can be made there.
  var plant: @Sendable (inout RouterOSGenerator) -> Bool

  var testDescription: String { name }

  private static func set(_ parameters: inout RouterOSGenerator.Parameters, _ name: String, _ value: String?) {
    parameters.removeAll { $0.0 == name }
    if let value { parameters.append((name, value)) }
  }

  private static func has(_ parameters: RouterOSGenerator.Parameters, _ name: String) -> Bool {
    parameters.contains { $0.0 == name }
  }

  static let all: [RouterOSMistake] = [
    .init(name: "range missing") {
      set(&$0.passive, "dst-port", "2020"); return true
    },
    .init(name: "partly forwarded") {
      set(&$0.passive, "dst-port", "5000-5499"); set(&$0.passive, "to-ports", nil); return true
    },
    .init(name: "shifted") {
      set(&$0.passive, "to-ports", "6000-6500"); return true
    },
    .init(name: "to one port") {
      set(&$0.passive, "to-ports", "5000"); return true
    },
    .init(name: "translation without permit", blamed: "chain=forward") { router in
      guard !router.permits.isEmpty else { return false }
      router.permits = []
      return true
    },
    .init(name: "permit without translation") {
      set(&$0.passive, "chain", "unused"); return true
    },
    .init(name: "shadowed by a drop", blamed: "dst-port=5300") { router in
      router.early.insert(
        [("chain", "forward"), ("action", "drop"), ("protocol", "tcp"), ("dst-port", "5300")], at: 0)
      return true
    },
    .init(name: "shadowed by another translation") { router in
      router.moreTranslations[2] = [
        ("chain", "dstnat"), ("action", "dst-nat"), ("protocol", "tcp"), ("dst-port", "2000-6000"),
        ("to-addresses", "10.10.20.99"),
      ]
      return true
    },
    .init(name: "disabled") {
      set(&$0.passive, "disabled", "yes"); return true
    },
    .init(name: "control disabled") {
      set(&$0.control, "disabled", "yes"); return true
    },
    .init(name: "wrong interface") { router in
      for name in ["in-interface", "in-interface-list", "dst-address-type"] { set(&router.passive, name, nil) }
      set(&router.passive, "in-interface", "ether2")
      return true
    },
    .init(name: "wrong protocol") {
      set(&$0.passive, "protocol", "udp"); return true
    },
    .init(name: "permit on the mapped address") { router in
      guard !router.permits.isEmpty else { return false }
      for index in router.permits.indices { set(&router.permits[index], "dst-address", "203.0.113.10") }
      return true
    },
    .init(name: "clients too wide", blamed: "dst-nat") { router in
      for name in ["src-address", "src-address-list"] {
        set(&router.control, name, nil)
        set(&router.passive, name, nil)
      }
      return true
    },
    .init(name: "clients shut out") { router in
      set(&router.control, "src-address-list", nil)
      set(&router.control, "src-address", "198.51.100.0/25")
      return true
    },
    .init(name: "a ban of clients", blamed: "chain=forward") { router in
      router.early.insert([("chain", "forward"), ("action", "drop"), ("src-address", "198.51.100.0/25")], at: 0)
      return true
    },
    .init(name: "wrong control port") {
      set(&$0.control, "to-ports", "2121"); return true
    },
    .init(name: "wrong server") {
      set(&$0.passive, "to-addresses", "10.10.20.201"); return true
    },
    .init(name: "20 and 21", blamed: "20-21") { router in
      router.moreTranslations[0] = [
        ("chain", "dstnat"), ("action", "dst-nat"), ("protocol", "tcp"), ("dst-port", "20-21"),
        ("to-addresses", "10.10.20.80"),
        ("dst-address", "203.0.113.12"),
      ]
      return true
    },
    .init(name: "UDP", blamed: "dst-port=990") { router in
      router.moreTranslations[0] = [
        ("chain", "dstnat"), ("action", "dst-nat"), ("protocol", "udp"), ("dst-port", "990"),
        ("to-addresses", "10.10.20.80"),
      ]
      return true
    },
    .init(name: "empty list") { router in
      guard has(router.passive, "src-address-list") else { return false }
      set(&router.passive, "src-address-list", "partner")
      return true
    },
    .init(name: "no established", blamed: "chain=forward") { router in
      router.early.removeAll { rule in
        rule.contains { $0.0 == "connection-state" && $0.1.contains("established") }
          && rule.contains { $0.1 == "forward" }
      }
      guard !router.permits.isEmpty else { return false }
      router.late.removeFirst()
      return true
    },
  ]
}
