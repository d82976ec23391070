import Addressing
import Diagnostics

/// Blocks of a configuration: a line, and the indented lines after it.
extension ASAConfiguration {
  /// `interface` with a name (`nameif`).
  struct Interface {
    var name = ""
    var level: Int?
    var addresses: [IPAddress] = []
    /// The lines with its addresses.
    var networkLines: [ASALine] = []
    /// Whether an address comes from outside, so that the text does not tell it.
    var isDynamic = false
    /// Whether it knows IPv6: without an address of that it passes none on.
    var hasIPv6 = false
    /// Whether something else than addresses says where packets go.
    var sharesNetworks = false
    /// The bridge or zone of which it is: its networks lie at all interfaces of that.
    var union: String?
    /// The channel of which it is a member, and the members that a redundant interface has.
    var channel: String?
    var members: [String] = []
    /// What stops all that passes: `shutdown`, `management-only`.
    var stop: ASALine?
    var span: SourceSpan
    var levelSpan: SourceSpan?

    /// The line that shuts it down.
    var shutdown: ASALine? { stop?.first == "shutdown" ? stop : nil }
  }

  /// `object` and `object-group` with what stands in them.
  struct Object {
    /// `network`, `service`, `protocol` and such.
    var kind: String
    var isGroup: Bool
    /// The protocol of a group of services, where its header names one.
    var transport: String?
    var members: [ASALine] = []
    var span: SourceSpan
  }

  /// A class of traffic.
  struct ClassMap {
    var matches: [ASALine] = []
  }

  /// What a policy does with a class.
  struct PolicyClass {
    var name: String
    var actions: [ASALine] = []
    var span: SourceSpan
  }

  struct AccessGroup {
    var list: String
    /// `nil` for all interfaces.
    var interface: String?
    var isInbound: Bool
    var line: ASALine
  }

  struct ServicePolicy {
    var policy: String
    var interface: String?
    var line: ASALine
  }
}

extension ASAConfiguration.Interface {
  /// Reads a line of the block. Returns whether it is one.
  mutating func read(_ line: ASALine, _ names: [String: IPAddress]) -> Bool {
    switch line.first {
    case "nameif":
      name = line[1]
      span = line.span
    case "security-level": (level, levelSpan) = (Int(line[1]), line.span)
    case "ip" where line[1] == "address":
      if let address = IPAddress(line[2]) ?? names[line[2]] {
        addresses.append(address)
        networkLines.append(line)
      } else {
        isDynamic = true
      }
    case "ipv6" where line[1] == "address":
      hasIPv6 = true
      networkLines.append(line)
      let text = line[2].split(separator: "/").first.map(String.init) ?? ""
      // The rest of such an address is made of the card's own.
      guard !line.words.contains("eui-64") else { break }
      if let address = IPAddress(text) { addresses.append(address) }
    case "ipv6" where line[1] == "enable": hasIPv6 = true
    case "shutdown": stop = shutdown ?? line
    case "bridge-group": union = "bvi\(line[1])"
    case "zone-member": union = line.text
    case "vrf", "policy-route": sharesNetworks = true
    case "channel-group": channel = line[1]
    case "member-interface": members.append(ASAConfiguration.title(line))
    case "management-only": stop = stop ?? line
    case "no" where line[1] == "shutdown": if shutdown != nil { stop = nil }
    case "no": return ["nameif", "security-level", "ip"].contains(line[1])
    default: return false
    }
    return true
  }
}
