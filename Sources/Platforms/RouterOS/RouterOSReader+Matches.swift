import Addressing
import Nftables

/// What the parameters of an entry ask of a packet.
extension RouterOSRuleReader {
  /// Parameters that ask nothing.
  private static let silent: Set<String> = [
    "chain", "action", "comment", "disabled", "log", "log-prefix", "jump-target", "reject-with", "to-addresses",
    "to-address", "to-ports", "address-list", "address-list-timeout", "new-packet-mark", "new-connection-mark",
    "new-routing-mark", "new-mss", "new-dscp", "new-tos", "new-ttl", "new-priority", "new-hop-limit", "passthrough",
    "hw-offload", "protocol-family", "randomise-ports", "same-not-by-dst", "sniff-id", "sniff-target",
    "sniff-target-port", "route-dst", "dynamic", "place-before",
  ]

  mutating func read(_ name: String, _ text: String) {
    guard !Self.silent.contains(name) else { return }
    let isNegated = text.hasPrefix("!")
    let value = isNegated ? String(text.dropFirst()) : text
    // The export writes a state without words where none is asked for.
    if value.isEmpty { return }
    switch name {
    case "src-address", "dst-address": address(name, value, isNegated)
    case "src-address-list": require(list: value, .source(family), isNegated: isNegated)
    case "dst-address-list": require(list: value, .destination(family), isNegated: isNegated)
    case "in-interface": interface(name, .inputInterface, value, isNegated)
    case "out-interface": interface(name, .outputInterface, value, isNegated)
    case "in-interface-list": interfaceList(name, .inputInterface, value, isNegated)
    case "out-interface-list": interfaceList(name, .outputInterface, value, isNegated)
    case "protocol":
      let known = RouterOSProtocol.name(value)
      require(
        .meta("l4proto"), Int64(known).map { .value(.number($0)) } ?? .value(.symbol(known)), isNegated: isNegated)
    case "dst-port", "src-port", "port": ports(name, value, isNegated)
    case "dst-address-type", "src-address-type": addressType(name, value, isNegated)
    case "connection-state":
      states(name, value, isNegated, ["new", "established", "related", "invalid", "untracked"])
    case "connection-nat-state": states(name, value, isNegated, ["srcnat", "dstnat"])
    case "connection-type": require(.conntrack("helper"), .value(.string(value)), isNegated: isNegated)
    case "packet-mark": require(.meta("mark"), .value(.number(number(ofMark: value))), isNegated: isNegated)
    case "connection-mark": require(.conntrack("mark"), .value(.number(number(ofMark: value))), isNegated: isNegated)
    case "tcp-flags": flags(name, text)
    case "icmp-options": if transport == "tcp" || transport == nil { leave(name, text) }
    case "fragment":
      require(.payload("ip", "frag-off"), .value(.number(0x4000)), isNegated: (value == "yes") != isNegated)
    case "ipsec-policy": ipsec(name, value)
    default: rates(name, value, isNegated)
    }
  }

  private mutating func rates(_ name: String, _ value: String, _ isNegated: Bool) {
    switch name {
    // They match until there are more.
    case "limit", "dst-limit": require(.limit(Rate(1, per: .second, burst: 1, over: isNegated)))
    case "connection-limit":
      guard let count = value.split(separator: ",").first.flatMap({ UInt32($0) }) else { return leave(name, value) }
      require(.connectionCount(count, isOver: !isNegated))
    default: leave(name, isNegated ? "!\(value)" : value)
    }
  }

  private mutating func address(_ name: String, _ value: String, _ isNegated: Bool) {
    guard let addresses = RouterOSValue.addresses(value, family) else { return leave(name, value) }
    // Every address.
    if !isNegated, case .addresses(let low, let high) = addresses, low.value == 0, high.value == family.highest {
      return
    }
    require(name == "src-address" ? .source(family) : .destination(family), .value(addresses), isNegated: isNegated)
  }

  private mutating func interface(_ name: String, _ side: Expression, _ value: String, _ isNegated: Bool) {
    // Names for all interfaces of a kind.
    guard !value.hasPrefix("all-") else { return leave(name, value) }
    require(side, .value(.interface(value)), isNegated: isNegated)
  }

  private mutating func interfaceList(_ name: String, _ side: Expression, _ value: String, _ isNegated: Bool) {
    if value == "all", !isNegated { return }
    guard let members = ruleset.interfaces.interfaces(value) else { return leave(name, value) }
    require(side, .members(members.map { Member(.value(.interface($0))) }), isNegated: isNegated)
  }

  private mutating func ports(_ name: String, _ value: String, _ isNegated: Bool) {
    guard let ranges = RouterOSValue.ports(value), let transport, entry(name) else { return leave(name, value) }
    let right = Expression.members(ranges.map { Member(.value(Value($0))) })
    func side(_ field: String) -> Expression { .payload(transport, field) }
    switch name {
    case "dst-port": require(side("dport"), right, isNegated: isNegated)
    case "src-port": require(side("sport"), right, isNegated: isNegated)
    // Of none of the two, or of one of them.
    default:
      if isNegated {
        for field in ["dport", "sport"] { require(side(field), right, isNegated: true) }
      } else {
        require(oneOf: ["dport", "sport"].map { .match(side($0), .equal, right) })
      }
    }
  }

  /// Whether the protocol has ports.
  private func entry(_ name: String) -> Bool {
    ["tcp", "udp", "sctp", "udplite", "dccp"].contains(transport ?? "")
  }

  /// `local` are the addresses of the router; what is broadcast or multicast is no part of a session.
  private mutating func addressType(_ name: String, _ value: String, _ isNegated: Bool) {
    let types = value.split(separator: ",").map(String.init)
    let side: Expression = name == "src-address-type" ? .source(family) : .destination(family)
    let others: Set = ["broadcast", "multicast", "blackhole", "prohibit", "unreachable"]
    guard types.allSatisfy({ $0 == "local" || $0 == "unicast" || others.contains($0) }) else {
      return leave(name, value)
    }
    let own = Expression.members(ruleset.ownAddresses.map { Member(.value(.address($0))) })
    switch (types.contains("local"), types.contains("unicast")) {
    case (true, true): if isNegated { require(side, .members([])) }
    case (true, false): require(side, own, isNegated: isNegated)
    case (false, true): require(side, own, isNegated: !isNegated)
    case (false, false): if !isNegated { require(side, .members([])) }
    }
  }

  private mutating func states(_ name: String, _ value: String, _ isNegated: Bool, _ known: [String]) {
    let words = value.split(separator: ",").map(String.init)
    guard words.allSatisfy(known.contains) else { return leave(name, value) }
    let isState = name == "connection-state"
    require(
      .conntrack(isState ? "state" : "status"),
      .flags(isState ? words : words.map { $0 == "dstnat" ? "dnat" : "snat" }), isNegated: isNegated)
  }

  /// Flags that are set, and such as are not (`!`).
  private mutating func flags(_ name: String, _ text: String) {
    let known = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"]
    var (mask, set): (Int64, Int64) = (0, 0)
    for word in text.split(separator: ",") {
      let isUnset = word.hasPrefix("!")
      guard let bit = known.firstIndex(of: String(isUnset ? word.dropFirst() : word)) else {
        return leave(name, text)
      }
      mask |= 1 << Int64(bit)
      if !isUnset { set |= 1 << Int64(bit) }
    }
    require(.arithmetic(.and, [.payload("tcp", "flags"), .value(.number(mask))]), .value(.number(set)))
  }

  /// No packet of a session here is of IPsec.
  private mutating func ipsec(_ name: String, _ value: String) {
    switch value.split(separator: ",").last {
    case "none": break
    case "ipsec", "encrypt": require(.meta("ipsec"), .value(.boolean(true)))
    default: leave(name, value)
    }
  }
}
