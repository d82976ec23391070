/// One publication as numbers, from which a policy, linear rules and the input of peers are written, so that all of
/// them say the same.
///
/// The mixture: an eighth has no TLS and a helper, a third of the others has TLS for those who want it, the rest for
/// everybody; a fifth has both families, two thirds admit some clients only, a quarter has a limit, a tenth hairpin.
struct SamplePublication {
  /// From 0.
  var index: Int

  /// Whether it has another passive range than the others.
  var isChanged = false

  init(index: Int) { self.index = index }

  var name: String { "site-\(index)" }

  /// One address for each publication, from the network for benchmarks (RFC 2544): 131,072 of them.
  var external: String { Self.address(from: 0xC612_0000, index) }
  var server: String { Self.address(from: 0x0A40_0000, index) }
  var external6: String { "2001:db8:1:\(hex(index >> 16))::\(hex(index & 0xFFFF))" }
  var server6: String { "fd00:5a11:1:\(hex(index >> 16))::\(hex(index & 0xFFFF))" }

  var hasBothFamilies: Bool { index % 5 == 0 }
  /// A helper reads what is said in clear text; nothing else opens its data connections.
  var hasHelper: Bool { index % 8 == 1 }
  var hasOptionalTLS: Bool { index % 3 == 2 && !hasHelper }
  var hasHairpin: Bool { index % 10 == 3 }
  var hasLimit: Bool { index % 4 == 2 }
  var controlPort: Int { index % 7 == 4 ? 2121 : 21 }
  var passiveRange: ClosedRange<Int>? { hasHelper ? nil : isChanged ? 51_000...51_399 : 50_000...50_399 }

  /// The position of the client list that it admits; `nil` for none.
  var clientList: Int? { index % 3 == 0 ? index / 60 : nil }
  /// The networks that it admits beside a list; none for everybody.
  var networks: [String] { index % 3 == 1 || hasHelper ? ["192.0.2.\(index % 16 * 16)/28"] : [] }

  private static func address(from base: UInt32, _ index: Int) -> String {
    let value = base + UInt32(truncatingIfNeeded: index)
    return [24, 16, 8, 0].map { String(value >> UInt32($0) & 255) }.joined(separator: ".")
  }
}

/// A list of clients that publications share.
struct SampleClientList {
  var index: Int

  var name: String { "partner-\(index)" }
  var networks: [String] {
    ["198.51.100.\(index % 64 * 4)/30", "203.0.113.\(index % 128 * 2)/31", "2001:db8:beef:\(hex(index))::/64"]
  }
}

private func hex(_ number: Int) -> String { String(number, radix: 16) }

/// A publication that is the last of many, for measuring packets through all that is before it.
struct TargetPublication {
  let external = "203.0.113.200"
  let server = "10.200.0.2"
  let clients = "198.51.100.0/24"

  var policyText: String {
    """

    server target {
        address      \(server)
        software     vsftpd 3.0.3
        certificate  "/etc/ssl/certs/ftp.pem" key "/etc/ssl/private/ftp.key"
    }

    publish target {
        server         target
        external ip    \(external)
        passive range  50000-50399
        tls            explicit required
        allow          \(clients)
    }

    """
  }
}

/// A policy of that many publications.
///
/// - Parameter changed: Whether one of them has another passive range.
func policyText(publications count: Int, changed: Bool = false) -> String {
  var text = "gateway edge {\n    outside  eth0\n    inside   eth1\n}\n\n"
  for index in 0...count / 60 {
    let list = SampleClientList(index: index)
    text += "clients \(list.name) = \(list.networks.joined(separator: ", "))\n"
  }
  for index in 0..<count {
    var sample = SamplePublication(index: index)
    sample.isChanged = changed && index == 0
    text += policyText(sample)
  }
  return text
}

/// One server of eight is given in place, the others have a block of their own.
private func policyText(_ sample: SamplePublication) -> String {
  let addresses = sample.server + (sample.hasBothFamilies ? ", \(sample.server6)" : "")
  let isInPlace = sample.index % 8 == 6
  var text = ""
  if !isInPlace {
    text += """

      server host-\(sample.index) {
          address      \(addresses)
          software     vsftpd 3.0.3
          certificate  "/etc/ssl/certs/ftp.pem" key "/etc/ssl/private/ftp.key"
      }

      """
  }
  text += "\npublish \(sample.name) {\n"
  text +=
    isInPlace
    ? "    server         \(addresses) proftpd  # allow: certificate-missing\n"
    : "    server         host-\(sample.index)\n"
  text += "    external ip    \(sample.external)\(sample.hasBothFamilies ? ", \(sample.external6)" : "")\n"
  if sample.controlPort != 21 { text += "    control port   \(sample.controlPort) -> 21\n" }
  if let range = sample.passiveRange { text += "    passive range  \(range.lowerBound)-\(range.upperBound)\n" }
  if sample.hasHelper {
    text += "    tls            off  # allow: tls-off (behind a tunnel)\n    helper         on\n"
  } else {
    text += "    tls            explicit \(sample.hasOptionalTLS ? "optional" : "required")\n"
  }
  let clients = (sample.clientList.map { [SampleClientList(index: $0).name] } ?? []) + sample.networks
  if !clients.isEmpty { text += "    allow          \(clients.joined(separator: ", "))\n" }
  if sample.hasLimit { text += "    limit          10 sessions per client\n" }
  if sample.hasHairpin { text += "    hairpin        on\n" }
  return text + "}\n"
}
