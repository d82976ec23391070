import Nftables

/// A rule in the words of iptables, for people who wrote it in them.
///
/// nft lists some parts of such a rule as its own expressions (addresses, interfaces, ports), others as extensions.
struct IptablesWords {
  private let sets: IPSets
  private var words: [String] = []
  private var hasTransport = false

  /// - Parameters:
  ///   - statements: The statements as nft lists them.
  ///   - operations: The same, read.
  init(_ statements: [Statement], _ operations: [Operation], _ sets: IPSets) {
    self.sets = sets
    for (statement, operation) in zip(statements, operations) { add(statement, operation) }
  }

  var text: String { words.filter { !$0.isEmpty }.joined(separator: " ") }

  private mutating func add(_ statement: Statement, _ operation: Operation) {
    switch operation {
    case .extensionMatch(let match): words.append(sets.named(match.words))
    case .extensionTarget(let target): words.append(sets.named(target.words))
    default: words.append(known(statement.json) ?? Rule([statement], provenance: []).text)
    }
  }

  private mutating func known(_ listed: JSONValue) -> String? {
    guard case .object(let members) = listed, let (kind, value) = members.first, members.count == 1 else {
      return nil
    }
    switch kind {
    case "counter": return ""
    case "accept": return "-j ACCEPT"
    case "drop": return "-j DROP"
    case "return": return "-j RETURN"
    case "jump": return value["target"]?.string.map { "-j \($0)" }
    case "goto": return value["target"]?.string.map { "-g \($0)" }
    case "log": return "-j LOG" + (value["prefix"]?.string.map { " --log-prefix \"\($0)\"" } ?? "")
    case "limit":
      guard let rate = value["rate"]?.number, let unit = value["per"]?.string else { return nil }
      return "-m limit --limit \(rate)/\(unit)"
    case "match": return match(value)
    default: return nil
    }
  }

  private mutating func match(_ value: JSONValue) -> String? {
    guard let left = value["left"], let right = value["right"], let sign = value["op"]?.string,
      ["==", "!=", "in"].contains(sign)
    else { return nil }
    let not = sign == "!=" ? "! " : ""
    if let masked = left["&"]?.list, masked.count == 2, let field = masked.first, let mask = masked.last {
      return self.masked(field, mask, right, not)
    }
    guard let constant = Self.constant(right) else { return nil }
    if let key = left["meta"]?["key"]?.string {
      switch key {
      case "iifname": return "\(not)-i \(constant.replacing("*", with: "+"))"
      case "oifname": return "\(not)-o \(constant.replacing("*", with: "+"))"
      case "l4proto": return transport(constant, not)
      case "mark": return "-m mark \(not)--mark \(constant)"
      default: return nil
      }
    }
    guard let header = left["payload"]?["protocol"]?.string, let field = left["payload"]?["field"]?.string else {
      return nil
    }
    switch (header, field) {
    case ("ip", "saddr"), ("ip6", "saddr"): return "\(not)-s \(constant)"
    case ("ip", "daddr"), ("ip6", "daddr"): return "\(not)-d \(constant)"
    case ("ip", "protocol"), ("ip6", "nexthdr"): return transport(constant, not)
    case ("tcp", "sport"), ("udp", "sport"): return port(header, "\(not)--sport \(constant)")
    case ("tcp", "dport"), ("udp", "dport"): return port(header, "\(not)--dport \(constant)")
    default: return nil
    }
  }

  private mutating func masked(_ field: JSONValue, _ mask: JSONValue, _ right: JSONValue, _ not: String) -> String? {
    if field["payload"]?["field"]?.string == "flags" {
      let names = [mask, right].map {
        Domain.tcpFlags.flags($0).map { ExtensionMatch.flags(UInt8(truncatingIfNeeded: $0)) }
      }
      guard let wanted = names.first.flatMap(\.self), let set = names.last.flatMap(\.self) else { return nil }
      return port("tcp", "\(not)--tcp-flags \(wanted) \(set)")
    }
    guard field["meta"]?["key"]?.string == "mark", let bits = mask.number, let value = right.number else {
      return nil
    }
    return "-m mark \(not)--mark 0x\(String(value, radix: 16))/0x\(String(bits, radix: 16))"
  }

  private mutating func transport(_ name: String, _ not: String) -> String {
    hasTransport = true
    return "\(not)-p \(name == "6" ? "tcp" : name == "17" ? "udp" : name)"
  }

  /// nft leaves a protocol out that follows from a field of its header.
  private mutating func port(_ header: String, _ text: String) -> String {
    defer { hasTransport = true }
    return hasTransport ? text : "-p \(header) \(text)"
  }

  private static func constant(_ listed: JSONValue) -> String? {
    if let text = listed.string { return text.hasPrefix("@") ? nil : text }
    if let number = listed.number { return "\(number)" }
    if let prefix = listed["prefix"], let address = prefix["addr"]?.string, let length = prefix["len"]?.number {
      return "\(address)/\(length)"
    }
    if let ends = listed["range"]?.list, let low = ends.first.flatMap({ constant($0) }),
      let high = ends.last.flatMap({ constant($0) }), ends.count == 2
    {
      return "\(low):\(high)"
    }
    return nil
  }
}
