import LiveSupport

/// Makes policies, and configurations of an ASA that publish what they say, each in one of the ways in which people
/// write it.
struct ASAGenerator {
  private var random: SeededGenerator
  var surroundings = ASASurroundings()
  private(set) var policy = ""
  /// Lines of the publication; none of them can be missing.
  private(set) var objects: [String] = []
  private(set) var rules: [String] = []
  private(set) var translations: [String] = []

  private var server = ""
  private var external = ""
  private var control = (dialled: 21, own: 21)
  private var range = 5000...5500
  private var outside = "outside"
  private var inside = "inside"
  private var isInterface = false
  /// Whether each port of the range has an object of its own.
  private(set) var hasObjectsForPorts = false

  init(seed: UInt64) {
    random = SeededGenerator(state: seed)
    server = "10.10.20.\(random.number(100...199))"
    external = "203.0.113.\(random.number(10...60))"
    outside = random.pick(["outside", "OUTSIDE", "outside_dx", "wan-1"])
    inside = random.pick(["inside", "dmz-ftp", "inside_vlan1110"])
    let low = random.number(20_000...40_000)
    range = low...(low + random.number(2...900))
    surroundings.list = random.pick(["outside_access_in", "OUTSIDE_ACL", "outside-acl"])
    surroundings.interfaces = [
      (outside, 0, "203.0.113.2 255.255.255.0"), (inside, random.pick([100, 50]), "10.10.20.1 255.255.255.0"),
      ("other", 40, "192.168.50.1 255.255.255.0"),
    ]
    surroundings.bound = [outside]
    if random.chance(3) { surroundings.inspections.removeFirst() }
    makeTranslations()
    makeRules()
    makePolicy()
  }

  /// The configuration as it is, or with other lines.
  var text: String { text(objects, rules, translations) }

  func text(_ objects: [String], _ rules: [String], _ translations: [String]) -> String {
    surroundings.text(
      objects.joined(separator: "\n"), rules.joined(separator: "\n"), translations.joined(separator: "\n")
    ).replacing("(inside,outside)", with: "(\(inside),\(outside))")
      .replacing("mtu outside", with: "mtu \(outside)").replacing("route outside", with: "route \(outside)")
  }

  private mutating func makeTranslations() {
    let form = random.number(0...4)
    let ports = "range \(range.lowerBound) \(range.upperBound)"
    objects = ["object network ftp-server", " host \(server)"]
    switch form {
    case 0, 1:
      control = random.pick([(2121, 21), (21, 21), (990, 990), (2121, 2100)])
      isInterface = form == 1
      if isInterface {
        surroundings.interfaces[0].address = random.pick(["\(external) 255.255.255.0", "dhcp setroute"])
      }
      objects += [
        "object service ctl-real", " service tcp source eq \(control.own == 21 ? "ftp" : "\(control.own)")",
        "object service ctl-public", " service tcp source eq \(control.dialled)",
        "object service pasv", " service tcp source \(ports)",
      ]
      var mapped = "interface"
      if !isInterface {
        mapped = "ftp-public"
        objects += ["object network ftp-public", " host \(external)"]
      }
      let sides = "(\(random.pick([inside, inside, "any"])),\(outside))"
      translations = [
        "nat \(sides) source static ftp-server \(mapped) service ctl-real ctl-public",
        "nat \(sides) source static ftp-server \(mapped) service pasv pasv",
      ]
    case 2:
      translations = ["object network ftp-server", " nat (\(inside),\(outside)) static \(external)"]
    case 3:
      objects += ["object network ftp-public", " host \(external)"]
      translations = ["nat (\(inside),\(outside)) source static ftp-server ftp-public"]
    default:
      hasObjectsForPorts = true
      range = range.lowerBound...(range.lowerBound + 4)
      control = (2121, 21)
      for port in [21] + Array(range) {
        objects += ["object network ftp-\(port)", " host \(server)"]
        let dialled = port == 21 ? 2121 : port
        translations += [
          "object network ftp-\(port)",
          " nat (\(inside),\(outside)) static \(external) service tcp \(port == 21 ? "ftp" : "\(port)") \(dialled)",
        ]
      }
    }
  }

  private mutating func makeRules() {
    objects += ["object-group network ftp-clients", " network-object 198.51.100.0 255.255.255.128"]
    if random.chance(2) {
      objects += [
        " group-object more-clients", "object-group network more-clients", " network-object host 192.0.2.7",
      ]
    } else {
      objects += [" network-object host 192.0.2.7"]
    }
    let destination = hasObjectsForPorts || random.chance(2) ? "object ftp-server" : "host \(server)"
    let line = "access-list \(surroundings.list) extended permit"
    let own = control.own == 21 ? "ftp" : "\(control.own)"
    let log = random.pick(["", " log", " log disable", " log notifications interval 60"])
    if random.chance(3) {
      objects += [
        "object-group service ftp-ports tcp", " port-object eq \(own)",
        " port-object range \(range.lowerBound) \(range.upperBound)",
      ]
      rules = ["\(line) tcp object-group ftp-clients \(destination) object-group ftp-ports\(log)"]
    } else {
      rules = [
        "\(line) tcp object-group ftp-clients \(destination) eq \(own)\(log)",
        "\(line) tcp object-group ftp-clients \(destination) range \(range.lowerBound) \(range.upperBound)\(log)",
      ]
    }
  }

  private mutating func makePolicy() {
    let tls = control.dialled == 990 ? "implicit" : "explicit required"
    policy = """
      gateway edge {
          platform asa; outside "\(outside)"; inside "\(inside)"; access list "\(surroundings.list)"
      }
      publish ftp1 {
          server \(server) \(random.pick(["proftpd", "vsftpd"])); external ip \(external)
          control port \(control.dialled)\(control.dialled == control.own ? "" : " -> \(control.own)")
          passive range \(range.lowerBound)-\(range.upperBound); tls \(tls)
          allow 198.51.100.0/25, 192.0.2.7
      }
      """
  }

  // MARK: - Mistakes

  /// The configuration with a mistake of a kind; `nil` where there is no place for it.
  func text(with mistake: Mistake) -> String? {
    let high = "\(range.upperBound)"
    let list = "access-list \(surroundings.list) extended"
    switch mistake {
    case .rangeShortInList:
      return edit(\.rules, "range \(range.lowerBound) \(high)", "range \(range.lowerBound) \(range.upperBound - 1)")
    case .rangeShortInNAT:
      return edit(
        \.objects, "source range \(range.lowerBound) \(high)", "source range \(range.lowerBound + 1) \(high)")
    case .shifted: return shifted(" service tcp source range \(range.lowerBound + 7) \(range.upperBound + 7)")
    case .toOnePort: return shifted(" service tcp source eq \(range.lowerBound)")
    case .permitMissing: return text(objects, Array(rules.dropLast()), translations)
    case .translationMissing: return text(objects, rules, translations.dropLast(translations.count > 2 ? 2 : 1))
    case .deniedBefore: return text(objects, ["\(list) deny tcp any any gt 19999"] + rules, translations)
    case .inactivePermit: return text(objects, rules.dropLast() + [(rules.last ?? "") + " inactive"], translations)
    case .inactiveTranslation:
      guard translations.last?.contains("source") == true else { return nil }
      return text(objects, rules, translations.dropLast() + [(translations.last ?? "") + " inactive"])
    case .otherRealSide: return edit(\.translations, "(\(inside),", "(other,")
    case .otherMappedSide: return edit(\.translations, ",\(outside))", ",other)")
    case .wrongProtocol: return edit(\.rules, "permit tcp", "permit udp")
    case .wrongFamily: return edit(\.rules, "tcp object-group ftp-clients", "tcp any6")
    case .mappedPermit:
      return edit(\.rules, "host \(server)", "host \(external)")
        ?? edit(\.rules, "object ftp-server", "host \(external)")
    case .externalPort:
      guard control.dialled != control.own else { return nil }
      return edit(\.rules, "eq \(control.own == 21 ? "ftp" : "\(control.own)")", "eq \(control.dialled)")
    case .clientsWide: return edit(\.rules, "object-group ftp-clients", "any4")
    case .clientsShutOut: return edit(\.objects, "255.255.255.128", "255.255.255.192")
    case .emptyGroup:
      return text(
        objects.filter { !$0.hasPrefix(" network-object") && !$0.hasPrefix(" group-object") }, rules, translations)
    case .boundElsewhere:
      var other = self
      other.surroundings.bound = ["other"]
      return other.text
    case .hiddenByPAT:
      return text(objects, rules, ["nat (\(inside),\(outside)) source dynamic any interface"] + translations)
    case .hiddenByIdentity:
      return text(objects, rules, ["nat (any,\(outside)) source static any any"] + translations)
    case .port20:
      return text(objects, rules + ["\(list) permit tcp any host \(server) eq ftp-data"], translations)
    case .datagrams: return text(objects, rules + ["\(list) permit udp any host \(server) eq 21"], translations)
    case .secondOutside:
      guard let first = translations.first, first.hasPrefix("nat"), !isInterface else { return nil }
      return text(objects, rules, translations + [first.replacing(",\(outside))", with: ",other)")])
    case .networkElsewhere:
      var other = self
      other.surroundings.interfaces[1].address = "10.10.21.1 255.255.255.0"
      other.surroundings.interfaces[2].address = "10.10.20.1 255.255.255.0"
      return other.text
    case .shutDown: return text.replacing(" nameif \(inside)\n", with: " shutdown\n nameif \(inside)\n")
    case .timeRange:
      return text(objects, rules.dropLast() + [(rules.last ?? "") + " time-range office"], translations)
    case .domainName:
      return edit(
        \.objects, " network-object host 192.0.2.7",
        " network-object object by-name\nobject network by-name\n fqdn v4 client.example.com")
    case .helperReliedOn:
      guard translations.count == 2, translations[0].hasPrefix("nat"), rules.count == 2 else { return nil }
      return text(objects, Array(rules.prefix(1)), Array(translations.prefix(1)))
    }
  }

  enum Mistake: CaseIterable {
    case rangeShortInList, rangeShortInNAT, shifted, toOnePort, permitMissing, translationMissing, deniedBefore
    case inactivePermit, inactiveTranslation, otherRealSide, otherMappedSide, wrongProtocol, wrongFamily, mappedPermit
    case externalPort, clientsWide, clientsShutOut, emptyGroup, boundElsewhere, hiddenByPAT, hiddenByIdentity, port20
    case datagrams, secondOutside, shutDown, timeRange, domainName, helperReliedOn, networkElsewhere
  }

  private func edit(_ part: KeyPath<Self, [String]>, _ old: String, _ new: String) -> String? {
    let lines = self[keyPath: part]
    guard lines.contains(where: { $0.contains(old) }) else { return nil }
    let edited = lines.map { $0.replacing(old, with: new) }
    return text(
      part == \.objects ? edited : objects, part == \.rules ? edited : rules,
      part == \.translations ? edited : translations)
  }

  private func shifted(_ service: String) -> String? {
    guard objects.contains("object service pasv") else { return nil }
    return text(
      objects + ["object service pasv-real", service], rules,
      translations.map { $0.replacing("service pasv pasv", with: "service pasv-real pasv") })
  }
}
