import Addressing
import Diagnostics

/// Reads the options of one rule into statements.
struct SavedRule {
  private var words: ArraySlice<SavedWord>
  let family: AddressFamily
  /// The indices of the sets that are known, by name.
  private let sets: [String: Int]
  /// What is wrong with the rule; `nil` when it is in order.
  private(set) var fault: String?
  private var statements: [Statement] = []
  private var comment: String?
  /// The protocol that `-p` names, for ports.
  private var transport: String?
  /// The match or target whose options follow.
  private var module = ""
  private var isNegated = false

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

  private mutating func next(_ what: String) -> String? {
    guard let word = words.popFirst() else {
      fault = fault ?? "\(what) is missing at the end of the line"
      return nil
    }
    return word.text
  }

  /// The value of an option, before which `!` may stand, as old versions wrote it.
  private mutating func value(_ what: String) -> String? {
    if words.first?.text == "!" {
      isNegated = true
      words = words.dropFirst()
    }
    return next(what)
  }

  /// Whether a word is the value of an option, and not the next option.
  private static func isValue(_ word: String) -> Bool { !word.hasPrefix("-") && word != "!" }

  private mutating func match(_ left: Expression, _ right: Expression) {
    // Of flags the opposite is that none is set: `!=` compares all of them.
    let opposite: MatchOperator = if case .flags = right { .lacks } else { .notEqual }
    statements.append(.match(left, isNegated ? opposite : .equal, right))
  }

  /// A match that is not known: a packet that comes so far is undecided.
  private mutating func unread(_ option: String) {
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
    case "--dport", "--destination-port": ports("dport", separator: ":")
    case "--sport", "--source-port": ports("sport", separator: ":")
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

  private mutating func wrong(_ option: String) { fault = fault ?? "`\(option)` has no value that it could have" }

  /// ICMP is not what sessions are made of: `-p icmp` before it has told it already.
  private mutating func unreadUnlessOtherProtocol(_ option: String) {
    guard transport == "icmp" || transport == "icmpv6" else { return unread(option) }
    words = words.dropFirst()
  }

  private mutating func address(_ left: Expression) {
    guard let text = value("an address") else { return }
    let values = text.split(separator: ",", omittingEmptySubsequences: false).map { Self.prefix(String($0), family) }
    if values.contains(nil), Self.hasHoles(text, family) {
      return statements.append(.unread("\(isNegated ? "! " : "")an address with the mask \(text)"))
    }
    guard !values.contains(nil) else {
      fault = fault ?? "`\(text)` is no \(family.title) address"
      return
    }
    let found = values.compactMap(\.self)
    // Every packet.
    if found.count == 1, case .addresses(let low, let high)? = found.first, low.value == 0,
      high.value == family.highest
    {
      if !isNegated { return }
    }
    if found.count == 1, let only = found.first { return match(left, .value(only)) }
    match(left, .members(found.map { Member(.value($0)) }))
  }

  /// `A`, `A/LENGTH` or `A/MASK`.
  private static func prefix(_ text: String, _ family: AddressFamily) -> Value? {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard let first = parts.first, let address = IPAddress(first), address.family == family else { return nil }
    guard parts.count > 1, let mask = parts.last else { return .address(address) }
    if let length = Int(mask) { return Value(base: address, length: length) }
    guard let bits = IPAddress(mask), bits.family == family else { return nil }
    // A mask of which the bits that count come first.
    let hosts = ~bits.value & family.highest
    guard hosts & (hosts &+ 1) == 0 else { return nil }
    return Value(base: address, length: family.bits - (128 - hosts.leadingZeroBitCount))
  }

  /// Whether it is an address with a mask of which the bits that count do not come first.
  private static func hasHoles(_ text: String, _ family: AddressFamily) -> Bool {
    let parts = text.split(separator: "/", maxSplits: 1).map { IPAddress(String($0)) }
    return parts.count == 2 && parts.allSatisfy { $0?.family == family }
  }

  private mutating func interface(_ left: Expression) {
    guard let name = value("an interface") else { return }
    // `+` alone is every interface.
    guard name != "+" else { return }
    match(left, .value(.interface(name.hasSuffix("+") ? name.dropLast() + "*" : name)))
  }

  private mutating func readProtocol() {
    guard let text = value("a protocol")?.lowercased() else { return }
    guard text != "all", text != "0" else { return }
    let names = [
      "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "ipv6-icmp": "icmpv6", "132": "sctp", "47": "gre",
    ]
    let name = names[text] ?? text
    if !isNegated { transport = name }
    match(.meta("l4proto"), Int64(name).map { .value(.number($0)) } ?? .value(.symbol(name)))
  }

  private static func range(_ text: String, _ separator: Character) -> PortRange? {
    let parts = text.split(separator: separator, maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let last = parts.last,
      let low = first.isEmpty && parts.count > 1 ? 0 : port(first),
      let high = last.isEmpty && parts.count > 1 ? 65535 : port(last)
    else { return nil }
    return PortRange(low: low, high: high)
  }

  /// A number, or one of the names that people write for ports of FTP.
  private static func port(_ text: Substring) -> UInt16? {
    UInt16(text)
      ?? ["ftp": 21, "ftp-data": 20, "ftps": 990, "ftps-data": 989, "ssh": 22, "http": 80, "https": 443][String(text)]
  }

  private mutating func ports(_ field: String, separator: Character) {
    guard let text = value("a port") else { return }
    guard let range = Self.range(text, separator) else {
      fault = fault ?? "`\(text)` is no port and no range `LOW:HIGH`"
      return
    }
    guard let transport else { return unread("--\(field) \(text)") }
    match(.payload(transport, field), .value(Value(range)))
  }

  private mutating func portList(_ field: String) {
    guard let text = value("ports") else { return }
    let ranges = text.split(separator: ",", omittingEmptySubsequences: false).map { Self.range(String($0), ":") }
    guard !ranges.contains(nil) else {
      fault = fault ?? "`\(text)` is no list of ports"
      return
    }
    guard let transport else { return unread("--\(field)s \(text)") }
    match(.payload(transport, field), .members(ranges.compactMap(\.self).map { Member(.value(Value($0))) }))
  }

  /// `--ports` of multiport: one of the two ports, in the kernel's form (`struct xt_multiport_v1` in
  /// `linux/netfilter/xt_multiport.h`).
  private mutating func eitherPorts() {
    guard let text = value("ports") else { return }
    let ranges = text.split(separator: ",", omittingEmptySubsequences: false).map { Self.range(String($0), ":") }
    guard !ranges.contains(nil) else {
      fault = fault ?? "`\(text)` is no list of ports"
      return
    }
    var ports: [UInt16] = []
    var goOn: [UInt8] = []
    for range in ranges.compactMap(\.self) {
      ports += range.low == range.high ? [range.low] : [range.low, range.high]
      goOn += range.low == range.high ? [0] : [1, 0]
    }
    guard ports.count <= 15 else { return wrong("--ports") }
    var info: [UInt8] = [2, UInt8(ports.count)]
    info += (ports + [UInt16](repeating: 0, count: 15 - ports.count)).flatMap { Self.bytes(UInt32($0)).prefix(2) }
    info += goOn + [UInt8](repeating: 0, count: 15 - goOn.count) + [isNegated ? 1 : 0]
    statements.append(Self.xtables("match", "multiport", 1, info))
  }

  /// `--match-set NAME src,dst`, in the kernel's form (`struct xt_set_info` in `linux/netfilter/xt_set.h`); a set of
  /// which nothing is known is not read.
  private mutating func matchSet() {
    guard let name = value("a set"), let sides = next("`src` or `dst`") else { return }
    let words = sides.split(separator: ",")
    guard words.allSatisfy({ $0 == "src" || $0 == "dst" }), (1...6).contains(words.count) else {
      return wrong("--match-set")
    }
    guard let index = sets[name], words.count <= 6, words.allSatisfy({ !$0.isEmpty }) else {
      statements.append(
        .unread(
          "-m set \(isNegated ? "! " : "")--match-set \(name) \(sides), of which ipset save shows the elements"))
      return
    }
    var flags: UInt8 = isNegated ? 1 : 0
    for (position, word) in words.enumerated() where word == "src" { flags |= 2 << UInt8(position) }
    statements.append(
      Self.xtables("match", "set", 1, Array(Self.bytes(UInt32(index)).prefix(2)) + [UInt8(words.count), flags]))
  }

  /// `-m rpfilter` and its options, none of which has a value.
  private mutating func reversePath() {
    let bits: [String: UInt8] = ["--loose": 1, "--validmark": 2, "--accept-local": 4, "--invert": 8]
    var flags: UInt8 = 0
    while let word = words.first, let bit = bits[word.text] {
      flags |= bit
      words = words.dropFirst()
    }
    statements.append(Self.xtables("match", "rpfilter", 0, [flags]))
  }

  /// An extension with its arguments as the kernel has them.
  private static func xtables(_ type: String, _ name: String, _ revision: Int64, _ info: [UInt8]) -> Statement {
    let digits = info.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return .xtables(Xtables(type: type, name: name, revision: revision, info: digits))
  }

  /// The bytes of a number, the lowest first.
  private static func bytes(_ number: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
  }

  private mutating func states() {
    guard let text = value("states") else { return }
    let words = text.split(separator: ",").map { $0.uppercased() }
    let known = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"]
    if words.allSatisfy({ known.contains($0) }) {
      return match(.conntrack("state"), .flags(words.map { $0.lowercased() }))
    }
    // Bits of the status, which nft asks apart.
    if words.allSatisfy({ ["SNAT", "DNAT"].contains($0) }) {
      return match(.conntrack("status"), .flags(words.map { $0.lowercased() }))
    }
    statements.append(.unread("--ctstate \(text)"))
  }

  private mutating func flags(_ key: String, _ known: [String]) {
    guard let text = value("a status") else { return }
    let words = text.split(separator: ",").map { $0.uppercased() }
    guard words.allSatisfy({ known.contains($0) }) else { return statements.append(.unread("--ct\(key) \(text)")) }
    match(.conntrack(key), .flags(words.map { $0.lowercased().replacing("_", with: "-") }))
  }

  private mutating func addressRange(_ option: String) {
    guard let text = value("a range") else { return }
    let ends = text.split(separator: "-", maxSplits: 1).map { IPAddress(String($0)) }
    guard let first = ends.first, let low = first, let last = ends.last, let high = last, low.family == family,
      high.family == family, low <= high
    else { return wrong(option) }
    match(option == "--src-range" ? .source(family) : .destination(family), .value(Value(low...high)))
  }

  private mutating func mark() {
    guard let text = value("a mark") else { return }
    let parts = text.split(separator: "/").map { Self.number(String($0)) }
    guard let first = parts.first, let value = first, !parts.contains(nil) else { return wrong("--mark") }
    let left: Expression = module == "mark" ? .meta("mark") : .conntrack("mark")
    guard parts.count > 1, let last = parts.last, let mask = last, mask != 0xFFFF_FFFF else {
      return match(left, .value(.number(value)))
    }
    match(.arithmetic(.and, [left, .value(.number(mask))]), .value(.number(value)))
  }

  static func number(_ text: String) -> Int64? {
    let value = text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
    return value.flatMap { (0...0xFFFF_FFFF).contains($0) ? $0 : nil }
  }

  private mutating func addressType(_ option: String) {
    guard let text = value("a type") else { return }
    let types = text.split(separator: ",").map { $0.lowercased() }
    guard types.allSatisfy({ ["local", "unicast", "broadcast", "multicast"].contains($0) }) else {
      return statements.append(.unread("-m addrtype \(option) \(text)"))
    }
    let left = Expression.fib("type", [option == "--dst-type" ? "daddr" : "saddr"])
    if types.count == 1, let type = types.first { return match(left, .value(.symbol(type))) }
    match(left, .members(types.map { Member(.value(.symbol($0))) }))
  }

  private mutating func tcpFlags(_ mask: String, _ set: String) {
    let known = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"]
    func words(_ text: String) -> [String]? {
      let words = text.uppercased().split(separator: ",").map(String.init)
      if words == ["ALL"] { return known }
      if words == ["NONE"] { return [] }
      return words.allSatisfy(known.contains) ? words : nil
    }
    guard let mask = words(mask), let set = words(set) else { return wrong("--tcp-flags") }
    func bits(_ words: [String]) -> Int64 { words.reduce(0) { $0 | 1 << Int64(known.firstIndex(of: $1) ?? 0) } }
    match(
      .arithmetic(.and, [.payload("tcp", "flags"), .value(.number(bits(mask)))]), .value(.number(bits(set))))
  }

  // MARK: - Targets

  private mutating func readTarget() -> Statement? {
    guard let name = next("a target") else { return nil }
    switch name {
    case "ACCEPT": return .verdict(.accept)
    case "DROP": return .verdict(.drop)
    case "RETURN": return .verdict(.return)
    case "REJECT":
      let options = targetOptions()
      let isReset = options["--reject-with"]?.contains("tcp-reset") == true
      return .reject(isReset ? "tcp reset" : nil, code: nil)
    case "LOG", "NFLOG", "ULOG", "TRACE", "TOS", "DSCP", "CLASSIFY", "TCPMSS", "AUDIT", "TTL", "HL", "CHECKSUM":
      // What they change decides about no session here, but for lifetimes, which are told apart.
      let options = targetOptions()
      guard name != "TTL" && name != "HL" else { return .unread("-j \(name)") }
      return name == "LOG" ? .log(Log(prefix: options["--log-prefix"] ?? "")) : .counter
    case "NOTRACK": return .notrack
    case "CT": return tracking(targetOptions())
    case "DNAT", "SNAT": return translation(name, targetOptions())
    case "MASQUERADE", "REDIRECT":
      let options = targetOptions()
      let kind: Translation.Kind = name == "REDIRECT" ? .redirect : .masquerade
      guard let text = options["--to-ports"] else { return .translate(Translation(kind, flags: Self.flags(options))) }
      guard let ports = Self.range(text, "-") else {
        wrong("--to-ports")
        return nil
      }
      return .translate(Translation(kind, port: .value(Value(ports)), flags: Self.flags(options)))
    case "MARK", "CONNMARK": return setMark(name, targetOptions())
    case "SET", "NETMAP", "QUEUE", "NFQUEUE", "TPROXY", "TEE", "SYNPROXY", "HMARK", "IDLETIMER", "LED", "SECMARK",
      "CONNSECMARK", "RATEEST", "TCPOPTSTRIP", "ECN", "DNPT", "SNPT", "RAWNAT", "CLUSTERIP":
      _ = targetOptions()
      return .unread("-j \(name)")
    default:
      guard words.allSatisfy({ !$0.text.hasPrefix("--") }) else {
        _ = targetOptions()
        return .unread("-j \(name)")
      }
      return .verdict(.jump(name))
    }
  }

  /// The options after a target, each with its value; those without one have an empty value.
  private mutating func targetOptions() -> [String: String] {
    var options: [String: String] = [:]
    while let word = words.first, word.text.hasPrefix("--") {
      words = words.dropFirst()
      var value: [String] = []
      while let next = words.first, Self.isValue(next.text) {
        value.append(next.text)
        words = words.dropFirst()
      }
      options[word.text] = value.joined(separator: " ")
    }
    return options
  }

  private static func flags(_ options: [String: String]) -> [String] {
    ["random", "random-fully", "persistent"].filter { options["--\($0)"] != nil }
      .map { $0 == "random-fully" ? "fully-random" : $0 }
  }

  private mutating func translation(_ name: String, _ options: [String: String]) -> Statement? {
    let kind: Translation.Kind = name == "DNAT" ? .destination : .source
    guard let text = options[name == "DNAT" ? "--to-destination" : "--to-source"] else {
      fault = fault ?? "`-j \(name)` does not say where to"
      return nil
    }
    // `A`, `A-B`, `A:P`, `A:P-Q`, `:P`; IPv6 addresses stand in brackets before ports.
    var addresses = text
    var ports: String?
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      addresses = text[text.index(after: text.startIndex)..<end] + ""
      let rest = text[text.index(after: end)...]
      ports = rest.hasPrefix(":") ? String(rest.dropFirst()) : nil
    } else if family == .ipv4, let colon = text.firstIndex(of: ":") {
      addresses = String(text[..<colon])
      ports = String(text[text.index(after: colon)...])
    }
    if let shown = ports, shown.contains("/") { return .unread("-j \(name) \(text)") }
    let ends = addresses.split(separator: "-", maxSplits: 1).map { IPAddress(String($0)) }
    let range = ports.map { Self.range($0, "-") }
    guard !ends.contains(nil), range.map({ $0 != nil }) ?? true, !(ends.isEmpty && range == nil),
      ends.allSatisfy({ $0?.family == family })
    else {
      fault = fault ?? "`\(text)` is nowhere that `-j \(name)` could lead"
      return nil
    }
    let found = ends.compactMap(\.self)
    var address: Expression?
    if let low = found.first, let high = found.last { address = .value(Value(low...max(low, high))) }
    return .translate(
      Translation(
        kind, family, address: address, port: range.flatMap(\.self).map { .value(Value($0)) },
        flags: Self.flags(options)))
  }

  /// `-j CT`, in the form in which the kernel has it (`struct xt_ct_target_info_v1` in `linux/netfilter/xt_CT.h`): it
  /// attaches a template before connections are tracked, which no statement of nft does.
  private func tracking(_ options: [String: String]) -> Statement {
    let known: Set = [
      "--notrack", "--helper", "--zone", "--zone-orig", "--zone-reply", "--ctevents", "--expevents", "--timeout",
    ]
    guard options.keys.allSatisfy(known.contains), options["--zone-orig"] == nil, options["--zone-reply"] == nil,
      options["--timeout"] == nil
    else { return .unread("`-j CT \(options.map { "\($0) \($1)" }.sorted().joined(separator: " "))`") }
    if options["--notrack"] != nil { return .notrack }
    let zone = UInt16(options["--zone"] ?? "0") ?? 0
    let helper = Array((options["--helper"] ?? "").utf8.prefix(15))
    var info: [UInt8] = [0, 0] + Self.bytes(UInt32(zone)).prefix(2)
    info += [UInt8](repeating: 0, count: 8) + helper
    info += [UInt8](repeating: 0, count: 72 - info.count)
    return Self.xtables("target", "CT", 2, info)
  }

  /// `--set-mark`, `--set-xmark` and their kin; bits of the mask are cleared, those of the value turned over.
  private mutating func setMark(_ name: String, _ options: [String: String]) -> Statement {
    if name == "CONNMARK", let mode = ["--save-mark", "--restore-mark"].firstIndex(where: { options[$0] != nil }) {
      return moveMark(mode, options)
    }
    let field: Expression = name == "MARK" ? .meta("mark") : .conntrack("mark")
    guard options.count == 1, let (option, text) = options.first else { return .unread("-j \(name)") }
    let parts = text.split(separator: "/").map { Self.number(String($0)) }
    let value = parts.first.flatMap(\.self)
    let mask = parts.count > 1 ? parts.last.flatMap(\.self) : 0xFFFF_FFFF
    func changed(clearing mask: Int64, turning value: Int64) -> Statement {
      if mask == 0xFFFF_FFFF { return .set(field, to: .value(.number(value))) }
      let kept = Expression.arithmetic(.and, [field, .value(.number(0xFFFF_FFFF ^ mask))])
      return .set(field, to: value == 0 ? kept : .arithmetic(.xor, [kept, .value(.number(value))]))
    }
    switch (option, value, mask) {
    case ("--set-xmark", let value?, let mask?): return changed(clearing: mask, turning: value)
    case ("--set-mark", let value?, let mask?): return changed(clearing: mask | value, turning: value)
    case ("--or-mark", let value?, _): return changed(clearing: value, turning: value)
    case ("--and-mark", let value?, _): return changed(clearing: 0xFFFF_FFFF ^ value, turning: 0)
    case ("--xor-mark", let value?, _): return changed(clearing: 0, turning: value)
    default: return .unread("-j \(name) \(option) \(text)")
    }
  }

  /// `--save-mark` and `--restore-mark` with their masks (`struct xt_connmark_tginfo1` in
  /// `linux/netfilter/xt_connmark.h`).
  ///
  /// - Parameter mode: 0 to save the packet's mark, 1 to restore it.
  private func moveMark(_ mode: Int, _ options: [String: String]) -> Statement {
    let all = options["--mask"] ?? "0xffffffff"
    let masks = [options["--ctmask"] ?? all, options["--nfmask"] ?? all].map { Self.number($0) }
    guard
      options.keys.allSatisfy({ ["--save-mark", "--restore-mark", "--mask", "--ctmask", "--nfmask"].contains($0) }),
      let connection = masks.first.flatMap(\.self), let packet = masks.last.flatMap(\.self)
    else { return .unread("`-j CONNMARK \(options.keys.sorted().joined(separator: " "))`") }
    let numbers = [0, UInt32(truncatingIfNeeded: connection), UInt32(truncatingIfNeeded: packet)]
    return Self.xtables("target", "CONNMARK", 1, numbers.flatMap(Self.bytes) + [UInt8(mode + 1)])
  }
}

extension Rate {
  /// `5/sec`, `10/minute`; without a burst 5 packets may come at once (`libxt_limit.c`).
  fileprivate init?(saved text: String) {
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard let first = parts.first, let count = UInt32(first) else { return nil }
    let name = parts.count > 1 ? parts[1].lowercased() : "second"
    let units: [Unit] = [.second, .minute, .hour, .day]
    guard !name.isEmpty, let unit = units.first(where: { $0.rawValue.hasPrefix(name) || name == $0.rawValue + "s" })
    else {
      return nil
    }
    self.init(count, per: unit, burst: 5)
  }
}
