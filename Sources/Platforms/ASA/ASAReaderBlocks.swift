import Addressing
import Diagnostics

/// Blocks of a configuration: a line, and the indented lines after it.
extension ASAConfiguration {
  /// `interface` with a name (`nameif`).
  struct Interface {
    var name = ""
    var level: Int?
    var addresses: [IPAddress] = []
    /// The line with its IPv4 address.
    var addressLine: ASALine?
    /// Whether an address comes from outside, so that the text does not tell it.
    var isDynamic = false
    /// Whether its networks lie at others, too.
    var sharesNetworks = false
    /// What stops all that passes: `shutdown`, `management-only`.
    var stop: ASALine?
    var span: SourceSpan
    var levelSpan: SourceSpan?
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
        addressLine = line
      } else {
        isDynamic = true
      }
    case "ipv6" where line[1] == "address":
      let text = line[2].split(separator: "/").first.map(String.init) ?? ""
      if let address = IPAddress(text) { addresses.append(address) }
    case "shutdown": stop = stop ?? line
    case "bridge-group", "zone-member", "vrf", "policy-route": sharesNetworks = true
    case "management-only": stop = line
    case "no": return ["nameif", "security-level", "ip", "shutdown"].contains(line[1])
    default: return false
    }
    return true
  }
}
