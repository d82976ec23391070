import Addressing
import Diagnostics

/// Reads the options of one rule into statements.
struct SavedRule {
  var words: ArraySlice<SavedWord>
  let family: AddressFamily
  /// The indices of the sets that are known, by name.
  let sets: [String: Int]
  /// What is wrong with the rule; `nil` when it is in order.
  var fault: String?
  var statements: [Statement] = []
  private var comment: String?
  /// The protocol that `-p` names, for ports.
  var transport: String?
  /// The match or target whose options follow.
  var module = ""
  var isNegated = false

  /// Modules that match every packet where none of their options follows.
  private static let plainModules: Set = [
    "tcp", "udp", "udplite", "sctp", "dccp", "icmp", "icmp6", "icmpv6", "multiport", "comment", "state", "conntrack",
    "helper", "iprange", "mark", "connmark", "addrtype", "connlimit", "limit", "set", "pkttype",
  ]

  init(_ words: ArraySlice<SavedWord>, _ family: AddressFamily, sets: [String: Int]) {
    (self.words, self.family, self.sets) = (words, family, sets)
  }

  mutating func read(_ span: SourceSpan) -> Rule {
    let text = words.map { $0.text.contains(" ") || $0.text.isEmpty ? "\"\($0.text)\"" : $0.text }.joined(
      separator: " ")
    var target: Statement?
    while fault == nil, let word = words.popFirst() {
      if word.text == "!" {
        isNegated = true
        continue
      }
      switch word.text {
      case "-j", "--jump": target = readTarget()
      case "-g", "--goto": target = next("a chain").map { .verdict(.goto($0)) }
      default: readMatch(word.text)
      }
      isNegated = false
    }
    statements += target.map { [$0] } ?? []
    var rule = Rule(statements, comment: comment, provenance: [span])
    rule.quotation = text
    if fault != nil { rule.statements = [.unread("a line that is not understood")] }
    return rule
  }

  // MARK: - Words

  mutating func next(_ what: String) -> String? {
    guard let word = words.popFirst() else {
      fault = fault ?? "\(what) is missing at the end of the line"
      return nil
    }
    return word.text
  }

  /// The value of an option, before which `!` may stand, as old versions wrote it.
  mutating func value(_ what: String) -> String? {
    if words.first?.text == "!" {
      isNegated = true
      words = words.dropFirst()
    }
    return next(what)
  }

  /// Whether a word is the value of an option, and not the next option.
  static func isValue(_ word: String) -> Bool { !word.hasPrefix("-") && word != "!" }

  mutating func match(_ left: Expression, _ right: Expression) {
    // Of flags the opposite is that none is set: `!=` compares all of them.
    let opposite: MatchOperator = if case .flags = right { .lacks } else { .notEqual }
    statements.append(.match(left, isNegated ? opposite : .equal, right))
  }

  /// A match that is not known: a packet that comes so far is undecided.
  mutating func unread(_ option: String) {
    // Further options of a set change what its test means.
    if module == "set" { _ = statements.popLast() }
    var text = (module.isEmpty ? "" : "-m \(module) ") + (isNegated ? "! \(option)" : option)
    while let word = words.first, Self.isValue(word.text) {
      text += " \(word.text)"
      words = words.dropFirst()
    }
    statements.append(.unread(text))
  }

  // MARK: - Matches

  private mutating func readMatch(_ option: String) {
    switch option {
    case "-m", "--match":
      module = next("a match") ?? ""
      if module == "rpfilter" {
        reversePath()
      } else if !Self.plainModules.contains(module) {
        // Without options they match something, too.
        statements.append(.unread("-m \(module)"))
      }
    case "-s", "--source", "--src": address(.source(family))
    case "-d", "--destination", "--dst": address(.destination(family))
    case "-i", "--in-interface": interface(.inputInterface)
    case "-o", "--out-interface": interface(.outputInterface)
    case "-p", "--protocol": readProtocol()
    case "-4", "--ipv4", "-6", "--ipv6": break
    case "-c", "--set-counters": words = words.dropFirst(2)
    case "--comment": comment = next("a comment").map { String($0.prefix(128)) }
    case "--dport", "--destination-port": ports("dport")
    case "--sport", "--source-port": ports("sport")
    case "--dports", "--destination-ports": portList("dport")
    case "--sports", "--source-ports": portList("sport")
    case "--ports": eitherPorts()
    case "--match-set": matchSet()
    case "--ctstate", "--state": states()
    case "--ctstatus": flags("status", ["EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SNAT", "DNAT"])
    case "--ctproto": readProtocol()
    case "--pkt-type":
      let types = ["unicast", "broadcast", "multicast"]
      guard let number = value("a type").flatMap({ types.firstIndex(of: $0.lowercased()) }) else {
        return wrong(option)
      }
      let negated: UInt32 = isNegated ? 1 : 0
      statements.append(
        Self.xtables("match", "pkttype", 0, Self.bytes(UInt32(number)) + Self.bytes(negated)))
    case "--ctdir":
      guard let text = next("a direction") else { return }
      match(.conntrack("direction"), .value(.symbol(text.lowercased())))
    case "--ctorigdst", "--ctorigsrc", "--ctrepldst", "--ctreplsrc":
      let direction = option.contains("orig") ? "original" : "reply"
      address(.tuple(direction, "\(family.header) \(option.hasSuffix("dst") ? "daddr" : "saddr")"))
    case "--ctorigdstport", "--ctorigsrcport", "--ctrepldstport", "--ctreplsrcport":
      let direction = option.contains("orig") ? "original" : "reply"
      guard let range = value("a port").flatMap({ Self.range($0, ":") }) else { return wrong(option) }
      match(.tuple(direction, option.contains("dst") ? "proto-dst" : "proto-src"), .value(Value(range)))
    case "--helper":
      guard let name = value("a helper") else { return }
      match(.conntrack("helper"), .value(.string(name)))
    case "--src-range", "--dst-range": addressRange(option)
    case "--mark" where module == "mark" || module == "connmark": mark()
    case "--dst-type", "--src-type": addressType(option)
    case "--syn": tcpFlags("FIN,SYN,RST,ACK", "SYN")
    case "--tcp-flags":
      guard let mask = value("flags"), let set = next("flags") else { return }
      tcpFlags(mask, set)
    case "--limit":
      guard let rate = value("a rate").flatMap({ Rate(saved: $0) }) else { return wrong(option) }
      guard !isNegated else { return unread(option) }
      statements.append(.limit(rate))
    case "--limit-burst":
      guard let burst = next("a number").flatMap({ UInt32($0) }), case .limit(var rate)? = statements.last else {
        return wrong(option)
      }
      rate.burst = burst
      statements[statements.count - 1] = .limit(rate)
    case "--connlimit-above", "--connlimit-upto":
      guard let count = value("a number").flatMap({ UInt32($0) }) else { return wrong(option) }
      statements.append(.connectionCount(count, isOver: (option == "--connlimit-above") != isNegated))
    case "--connlimit-mask": words = words.dropFirst()
    case "--connlimit-saddr", "--connlimit-daddr": break
    case "--icmp-type", "--icmpv6-type": unreadUnlessOtherProtocol(option)
    default:
      guard option.hasPrefix("-") else {
        fault = fault ?? "`\(option)` is no option"
        return
      }
      unread(option)
    }
  }

  mutating func wrong(_ option: String) { fault = fault ?? "`\(option)` has no value that it could have" }

  /// An extension with its arguments as the kernel has them.
  static func xtables(_ type: String, _ name: String, _ revision: Int64, _ info: [UInt8]) -> Statement {
    let digits = info.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return .xtables(Xtables(type: type, name: name, revision: revision, info: digits))
  }

  /// The bytes of a number, the lowest first.
  static func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
  }
}
