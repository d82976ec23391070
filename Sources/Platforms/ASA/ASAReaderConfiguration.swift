import Addressing
import Diagnostics

/// What the lines of a configuration declare, before anything refers to anything: what is meant by a name may stand
/// after its use.
struct ASAConfiguration {
  var names: [String: IPAddress] = [:]
  var interfaces: [String: Interface] = [:]
  /// The names of interfaces in the order of the text.
  var interfaceOrder: [String] = []
  /// Interfaces at which it answers for no other address than their own (`sysopt noproxyarp`).
  var silentInterfaces: Set<String> = []
  /// Whether the text has interfaces at all: a part of a configuration may have none.
  var hasInterfaces = false
  var objects: [String: Object] = [:]
  /// The lines of NAT by section: 1 and 3 as they stand, 2 with the names of their objects.
  var twice: [ASALine] = []
  var afterAuto: [ASALine] = []
  var objectNAT: [String: ASALine] = [:]
  var lists: [String: [ASALine]] = [:]
  var accessGroups: [AccessGroup] = []
  var classes: [String: ClassMap] = [:]
  var policies: [String: [PolicyClass]] = [:]
  /// Maps of `inspect` that look at what is said in a session.
  var strictMaps: [String: ASALine] = [:]
  var servicePolicies: [ServicePolicy] = []
  var permitsSameLevelBetween = false
  var permitsSameLevelWithin = false
  /// `aaa authentication match`, `filter` and such: what they do to a session is not known.
  var others: [ASALine] = []
  /// Networks that lie at an interface, by the address of the interface or by a route.
  var routes: [Route] = []
  /// Whether networks lie at more than one interface: bridges, zones and routing by other things than addresses.
  var sharesNetworks = false
  /// Whether routing goes by other things than addresses.
  var isRoutedOtherwise = false
  /// Whether the text says that it is all of a configuration.
  var isWhole = false
  /// `ipv6 access-list`, which versions before 9.0 have beside the others.
  var listOfIPv6: ASALine?
  /// `: Written by`, which files that were saved have, and what runs does not.
  var header: ASALine?

  /// What has a line `interface`, with a name or without, by its title, and the titles in the order of the text.
  var ports: [String: Interface] = [:]
  var portOrder: [String] = []

  /// The block to which indented lines belong.
  private var block = Block.none

  private enum Block {
    case none, ignored
    case interface(String, Interface)
    case object(String)
    case classMap(String)
    case policyMap(String)
    case inspectMap(String)
  }

  init(_ text: GatewayText) {
    for (text, span) in text.lines {
      let line = ASALine(text, span)
      if line.starts(with: ":", "Written", "by") { header = line }
      if line.starts(with: ":", "Saved") { isWhole = true }
      guard !line.words.isEmpty, !line.first.hasPrefix("!"), !line.first.hasPrefix(":") else { continue }
      // Text of the user, which may look like anything.
      if line.first == "banner" || line.first == "description" { continue }
      let isIndented = text.hasPrefix(" ") || text.hasPrefix("\t")
      if readPart(line) || isIndented { continue }
      close()
      readCommand(line)
    }
    close()
    settle()
  }

  /// Reads a line of the open block. Returns whether it is one.
  private mutating func readPart(_ line: ASALine) -> Bool {
    switch block {
    case .none: return false
    case .ignored: return false
    case .interface(let title, var interface):
      guard interface.read(line, names) else { return false }
      block = .interface(title, interface)
    case .object(let name):
      if line.first == "nat", objects[name]?.isGroup == false {
        if line.words.contains("source") { readTwice(line) } else { objectNAT[name] = line }
      } else {
        guard Self.parts.contains(line.first) else { return false }
        if objects[name]?.isGroup == false {
          objects[name]?.members = [line]
        } else {
          objects[name]?.members.append(line)
        }
      }
    case .classMap(let name):
      guard line.first == "match" else { return false }
      classes[name]?.matches.append(line)
    case .policyMap(let name):
      if line.first == "class" {
        policies[name]?.append(PolicyClass(name: line[1], span: line.span))
      } else {
        guard let count = policies[name]?.count, count > 0 else { return false }
        if line.starts(with: "no", "inspect") {
          policies[name]?[count - 1].actions.removeAll { $0.starts(with: "inspect", line[2]) }
          return true
        }
        guard
          ["inspect", "set", "police", "priority", "user-statistics", "sfr", "cxsc", "ips", "csc"].contains(
            line.first)
        else { return false }
        policies[name]?[count - 1].actions.append(line)
      }
    case .inspectMap(let name):
      guard line.first == "match" || line.first == "class" else { return false }
      strictMaps[name] = line
    }
    return true
  }

  /// Words that begin a part of an object or group.
  private static let parts: Set = [
    "host", "subnet", "range", "fqdn", "service", "network-object", "group-object", "service-object", "port-object",
    "protocol-object", "icmp-object",
  ]

  private mutating func close() {
    if case .interface(let title, let interface) = block { ports[title] = interface }
    block = .none
  }

  private mutating func readCommand(_ line: ASALine) {
    switch line.first {
    case "name": if let address = IPAddress(line[1]) { names[line[2]] = address }
    case "interface":
      hasInterfaces = true
      let title = Self.title(line)
      if ports[title] == nil { portOrder.append(title) }
      // An interface that is named again is the same.
      var interface = ports[title] ?? Interface(span: line.span)
      if title.hasPrefix("bvi") { interface.union = title }
      block = .interface(title, interface)
    case "object", "object-group": openObject(line)
    case "access-list": lists[line[1], default: []].append(line)
    case "access-group": readAccessGroup(line)
    case "nat": readTwice(line)
    case "class-map":
      guard line[1] != "type" else { return openInspectMap(line) }
      block = .classMap(line[1])
      if classes[line[1]] == nil { classes[line[1]] = ClassMap() }
    case "policy-map":
      guard line[1] != "type" else { return openInspectMap(line) }
      block = .policyMap(line[1])
      if policies[line[1]] == nil { policies[line[1]] = [] }
    case "service-policy":
      servicePolicies.append(
        ServicePolicy(policy: line[1], interface: line[2] == "interface" ? line[3] : nil, line: line))
    case "same-security-traffic":
      if line[2] == "inter-interface" { permitsSameLevelBetween = true }
      if line[2] == "intra-interface" { permitsSameLevelWithin = true }
    case "aaa"
    where ["authentication", "authorization"].contains(line[1]) && ["match", "include"].contains(line[2]):
      others.append(line)
    case "filter" where line[1] == "ftp": others.append(line)
    case "ipv6" where line[1] == "access-list": listOfIPv6 = listOfIPv6 ?? line
    case "sysopt" where line[1] == "noproxyarp": silentInterfaces.insert(line[2])
    case "route": readRoute(line)
    case "ipv6" where line[1] == "route": readRoute(line)
    default: block = .ignored
    }
  }

  private mutating func openObject(_ line: ASALine) {
    let name = line[2]
    let isGroup = line.first == "object-group"
    let kinds = isGroup ? ["network", "service", "protocol", "icmp-type"] : ["network", "service"]
    guard kinds.contains(line[1]), !name.isEmpty else { return block = .ignored }
    // An object that is named again is the same: its NAT stands in a second block.
    if objects[name] == nil || objects[name]?.isGroup != isGroup {
      objects[name] = Object(
        kind: line[1], isGroup: isGroup, transport: isGroup && !line[3].isEmpty ? line[3] : nil, span: line.span)
    }
    block = .object(name)
  }

  private mutating func openInspectMap(_ line: ASALine) {
    // `class-map type inspect ftp match-all NAME`
    guard line[3] == "ftp", let name = line.words.last else { return block = .ignored }
    block = .inspectMap(line.first == "policy-map" ? name : "")
  }

  private mutating func readAccessGroup(_ line: ASALine) {
    // Those of the device itself let nothing through.
    guard !line.words.contains("control-plane") else { return }
    if line[2] == "global" {
      accessGroups.removeAll { $0.interface == nil }
      accessGroups.append(AccessGroup(list: line[1], interface: nil, isInbound: true, line: line))
      return
    }
    guard line[2] == "in" || line[2] == "out", line[3] == "interface" else { return }
    let isInbound = line[2] == "in"
    accessGroups.removeAll { $0.interface == line[4] && $0.isInbound == isInbound }
    accessGroups.append(AccessGroup(list: line[1], interface: line[4], isInbound: isInbound, line: line))
  }

  /// `nat (A,B) [NUMBER | after-auto [NUMBER]] source ...`: with a number it is put in front of the line that has it.
  private mutating func readTwice(_ line: ASALine) {
    var words = Array(line.words)
    guard words.count > 2, words[1].contains(",") else { return twice.append(line) }
    let isLast = words[2] == "after-auto"
    if isLast { words.remove(at: 2) }
    var place: Int?
    if words.count > 2, let number = Int(words[2]) {
      words.remove(at: 2)
      place = number - 1
    }
    let plain = ASALine(words: words, span: line.span)
    if isLast {
      afterAuto.insert(plain, at: min(max(place ?? afterAuto.count, 0), afterAuto.count))
    } else {
      twice.insert(plain, at: min(max(place ?? twice.count, 0), twice.count))
    }
  }
}
