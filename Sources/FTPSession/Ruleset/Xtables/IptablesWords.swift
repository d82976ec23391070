import Addressing
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
    default: words.append(known(statement) ?? Rule([statement], provenance: []).text)
    }
  }

  private mutating func known(_ statement: Statement) -> String? {
    switch statement {
    case .counter, .object("counter", _): return ""
    case .unread(let words): return words
    case .verdict(.accept): return "-j ACCEPT"
    case .verdict(.drop): return "-j DROP"
    case .verdict(.return): return "-j RETURN"
    case .verdict(.jump(let chain)): return "-j \(chain)"
    case .verdict(.goto(let chain)): return "-g \(chain)"
    case .log(let log): return "-j LOG" + (log.prefix.map { " --log-prefix \"\($0)\"" } ?? "")
    case .limit(let rate): return "-m limit --limit \(rate.count)/\(rate.unit.rawValue)"
    case .match(let left, let comparison, let right):
      guard [.equal, .notEqual, .isIn].contains(comparison) else { return nil }
      return match(left, right, comparison == .notEqual ? "! " : "")
    default: return nil
    }
  }

  private mutating func match(_ left: Expression, _ right: Expression, _ not: String) -> String? {
    if case .arithmetic(.and, let parts) = left, parts.count == 2, let field = parts.first, let mask = parts.last {
      return masked(field, mask, right, not)
    }
    guard let constant = Self.constant(right) else { return nil }
    switch left {
    case .meta("iifname"): return "\(not)-i \(constant.replacing("*", with: "+"))"
    case .meta("oifname"): return "\(not)-o \(constant.replacing("*", with: "+"))"
    case .meta("l4proto"), .payload("ip", "protocol"), .payload("ip6", "nexthdr"): return transport(constant, not)
    case .meta("mark"): return "-m mark \(not)--mark \(constant)"
    case .payload("ip", "saddr"), .payload("ip6", "saddr"): return "\(not)-s \(constant)"
    case .payload("ip", "daddr"), .payload("ip6", "daddr"): return "\(not)-d \(constant)"
    case .payload(let header, "sport") where header == "tcp" || header == "udp":
      return port(header, "\(not)--sport \(constant)")
    case .payload(let header, "dport") where header == "tcp" || header == "udp":
      return port(header, "\(not)--dport \(constant)")
    default: return nil
    }
  }

  private mutating func masked(_ field: Expression, _ mask: Expression, _ right: Expression, _ not: String) -> String?
  {
    switch field {
    case .payload(_, "flags"):
      let names = [mask, right].map {
        Domain.tcpFlags.flags($0).map { ExtensionMatch.flags(UInt8(truncatingIfNeeded: $0)) }
      }
      guard let wanted = names.first.flatMap(\.self), let set = names.last.flatMap(\.self) else { return nil }
      return port("tcp", "\(not)--tcp-flags \(wanted) \(set)")
    case .meta("mark"):
      guard case .value(.number(let bits)) = mask, case .value(.number(let value)) = right else { return nil }
      return "-m mark \(not)--mark 0x\(String(value, radix: 16))/0x\(String(bits, radix: 16))"
    default: return nil
    }
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

  private static func constant(_ expression: Expression) -> String? {
    switch expression {
    case .value(let value):
      switch value {
      case .interface(let text), .symbol(let text), .string(let text): return text
      case .addresses(let low, let high):
        return prefixLength(low, high).map { "\(low)/\($0)" } ?? "\(low):\(high)"
      case .ports(let range): return "\(range.low):\(range.high)"
      case .address(let address): return address.description
      case .port(let port): return "\(port)"
      case .number(let number): return "\(number)"
      case .boolean, .verdict, .foreign: return nil
      }
    case .flags(let words): return words.count == 1 ? words.first : nil
    case .range(let first, let last):
      guard let low = constant(first), let high = constant(last) else { return nil }
      return "\(low):\(high)"
    default: return nil
    }
  }
}
