import Addressing
import Flows

/// What our objects are called on an SRX device.
///
/// Names in NAT have at most 31 characters before 22.4, those of policies, applications and addresses 63 (published
/// schemas). What stands in NAT has a short part behind the publication, so that it fits wherever the others do.
struct SRXNames {
  private let names: ObjectNames
  /// The destination NAT rule-set, called after the first zone outside.
  let ruleSet: String

  /// The longest name in NAT.
  static let longestInNAT = 31
  /// The parts that names in NAT have, and those of the others.
  private static let partsInNAT = ["ctl", "pasv"]
  private static let parts = partsInNAT + ["srv", "clients", "c1", "v6", "v6-srv", "v6-clients", "v6-c1"]

  init(_ plan: FlowPlan) {
    let parts = Self.parts + (plan.isOutbound ? ["deny", "v6-deny"] : [])
    let surplus = Self.longest(parts) - Self.longest(Self.partsInNAT)
    names = ObjectNames(plan.services.lazy.map(\.name), longest: Self.longestInNAT + surplus, suffixes: parts)
    // Nothing follows the zone.
    let zone = plan.outside.first?.name ?? ""
    ruleSet = ObjectNames([zone], longest: Self.longestInNAT, suffixes: []).name(zone)
  }

  private static func longest(_ parts: [String]) -> Int { parts.lazy.map(\.count).max() ?? 0 }

  /// What belongs to both families of a publication.
  func name(_ publication: String, _ part: String) -> String { names.name(publication, part) }

  /// What belongs to one service; its policy where no part is given.
  func name(_ service: PublishedService, _ part: String? = nil) -> String {
    guard service.family == .ipv6 else { return names.name(service.name, part) }
    return names.name(service.name, part.map { "v6-" + $0 } ?? "v6")
  }
}

extension SRXPlatform {
  /// What is wrong with the name of a zone or a policy. `yanglint` does not check the pattern, Junos does
  /// (`^[[:alnum:]][[:alnum:]_-]*$` in its schema).
  func faultOfName(_ name: String) -> String? {
    guard name.utf8.count <= 63 else { return "has more than 63 characters" }
    guard let first = name.utf8.first, first.isAlphanumeric,
      name.utf8.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
    else { return "has to be letters, digits, `-` and `_`, the first of them a letter or a digit" }
    return nil
  }

  /// What is wrong with the name of a logical interface, such as `ge-0/0/0.0`.
  func faultOfUnit(_ name: String) -> String? {
    let parts = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let isOne =
      parts.count == 2 && name.utf8.count <= 63
      && parts[0].first?.isLetter == true
      && parts[0].allSatisfy {
        $0.isAlphanumeric || [UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ":")].contains($0)
      }
      && !parts[1].isEmpty && parts[1].count <= 5 && parts[1].allSatisfy(\.isDigit)
    return isOne ? nil : "is no interface with its unit, such as `ge-0/0/0.0`"
  }
}

extension UInt8 {
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  var isAlphanumeric: Bool { isDigit || isLetter }
}
