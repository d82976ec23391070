import Addressing
import Diagnostics

/// Whether neighbours find the external addresses: a device answers for its own, and for others of the network of an
/// interface where `proxy-arp` or `proxy-ndp` of that interface says so (documented). What routers send to it needs no
/// answer, so what is missing is undecided.
struct SRXNeighbours {
  private struct Link {
    var name: String
    var own: IPAddress
    var prefix: Prefix
    var node: JunosNode
  }

  private let parts: SRXParts
  private var links: [Link] = []

  init(_ parts: SRXParts) {
    self.parts = parts
    let outside = Set(parts.context.outside)
    for interface in parts.root["interfaces"]?.active ?? [] {
      for unit in interface["unit"]?.active ?? [] {
        let name = "\(interface.word).\(unit.word)"
        guard outside.isEmpty || parts.zones.zone(ofUnit: name).map(outside.contains) == true else { continue }
        for family in ["inet", "inet6"] {
          for address in unit["family", family, "address"]?.active ?? [] {
            guard let prefix = Prefix(junosInterface: address.word) else { continue }
            let own = address.word.split(separator: "/").first.flatMap { IPAddress(String($0)) }
            links.append(Link(name: name, own: own ?? prefix.address, prefix: prefix.canonical, node: address))
          }
        }
      }
    }
  }

  var found: [Diagnostic] {
    parts.context.arrivals.compactMap { address in
      guard !links.contains(where: { $0.own == address }) else { return nil }
      let link = links.filter { $0.prefix.family == address.family && $0.prefix.bounds.contains(address.value) }
        .max { $0.prefix.length < $1.prefix.length }
      guard let link, !answers(for: address, at: link.name) else { return nil }
      let word = Self.word(address)
      return .warning(
        "gateway-undecided",
        "`\(address)` is in the network of `\(link.name)` and is not its address, and no `\(word)` answers for it",
        at: parts.span(link.node),
        help:
          "write `set security nat \(word) interface \(link.name) address \(address)`, unless a router sends it here")
    }
  }

  private static func word(_ address: IPAddress) -> String { address.family == .ipv4 ? "proxy-arp" : "proxy-ndp" }

  private func answers(for address: IPAddress, at interface: String) -> Bool {
    let list = parts.root["security", "nat", Self.word(address), "interface", interface, "address"]?.active ?? []
    return list.contains { node in
      guard let first = Prefix(junos: node.word), first.family == address.family else { return false }
      let last = (node["to"]?.value).flatMap { Prefix(junos: $0.word) } ?? first
      return last.family == address.family && first.bounds.lowerBound <= address.value
        && address.value <= last.bounds.upperBound
    }
  }
}
