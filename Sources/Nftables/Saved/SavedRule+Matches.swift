import Addressing

/// What the values of matches mean.
extension SavedRule {
  /// ICMP is not what sessions are made of: `-p icmp` before it has told it already.
  mutating func unreadUnlessOtherProtocol(_ option: String) {
    guard transport == "icmp" || transport == "icmpv6" else { return unread(option) }
    words = words.dropFirst()
  }

  mutating func address(_ left: Expression) {
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
    if !isNegated, found.count == 1, case .addresses(let low, let high)? = found.first, low.value == 0,
      high.value == family.highest
    {
      return
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

  mutating func interface(_ left: Expression) {
    guard let name = value("an interface") else { return }
    // `+` alone is every interface.
    guard name != "+" else { return }
    match(left, .value(.interface(name.hasSuffix("+") ? name.dropLast() + "*" : name)))
  }

  mutating func readProtocol() {
    guard let text = value("a protocol")?.lowercased() else { return }
    guard text != "all", text != "0" else { return }
    let names = [
      "6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "ipv6-icmp": "icmpv6", "132": "sctp", "47": "gre",
    ]
    let name = names[text] ?? text
    if !isNegated { transport = name }
    match(.meta("l4proto"), Int64(name).map { .value(.number($0)) } ?? .value(.symbol(name)))
  }

  static func range(_ text: String, _ separator: Character) -> PortRange? {
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

  mutating func ports(_ field: String) {
    guard let text = value("a port") else { return }
    guard let range = Self.range(text, ":") else {
      fault = fault ?? "`\(text)` is no port and no range `LOW:HIGH`"
      return
    }
    guard let transport else { return unread("--\(field) \(text)") }
    match(.payload(transport, field), .value(Value(range)))
  }

  /// The list of ports that follows, and how it is written; `nil` for what is none.
  private mutating func portRanges() -> (ranges: [PortRange], text: String)? {
    guard let text = value("ports") else { return nil }
    let ranges = text.split(separator: ",", omittingEmptySubsequences: false).map { Self.range(String($0), ":") }
    guard !ranges.contains(nil) else {
      fault = fault ?? "`\(text)` is no list of ports"
      return nil
    }
    return (ranges.compactMap(\.self), text)
  }

  mutating func portList(_ field: String) {
    guard let (ranges, text) = portRanges() else { return }
    guard let transport else { return unread("--\(field)s \(text)") }
    match(.payload(transport, field), .members(ranges.map { Member(.value(Value($0))) }))
  }

  /// `--ports` of multiport: one of the two ports, in the kernel's form (`struct xt_multiport_v1` in
  /// `linux/netfilter/xt_multiport.h`).
  mutating func eitherPorts() {
    guard let (ranges, _) = portRanges() else { return }
    var ports: [UInt16] = []
    var goOn: [UInt8] = []
    for range in ranges {
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
  mutating func matchSet() {
    guard let name = value("a set"), let sides = next("`src` or `dst`") else { return }
    let words = sides.split(separator: ",")
    guard words.allSatisfy({ $0 == "src" || $0 == "dst" }), (1...6).contains(words.count) else {
      return wrong("--match-set")
    }
    guard let index = sets[name] else {
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
  mutating func reversePath() {
    let bits: [String: UInt8] = ["--loose": 1, "--validmark": 2, "--accept-local": 4, "--invert": 8]
    var flags: UInt8 = 0
    while let word = words.first, let bit = bits[word.text] {
      flags |= bit
      words = words.dropFirst()
    }
    statements.append(Self.xtables("match", "rpfilter", 0, [flags]))
  }

  mutating func states() {
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

  mutating func flags(_ key: String, _ known: [String]) {
    guard let text = value("a status") else { return }
    let words = text.split(separator: ",").map { $0.uppercased() }
    guard words.allSatisfy({ known.contains($0) }) else { return statements.append(.unread("--ct\(key) \(text)")) }
    match(.conntrack(key), .flags(words.map { $0.lowercased().replacing("_", with: "-") }))
  }

  mutating func addressRange(_ option: String) {
    guard let text = value("a range") else { return }
    let ends = text.split(separator: "-", maxSplits: 1).map { IPAddress(String($0)) }
    guard let first = ends.first, let low = first, let last = ends.last, let high = last, low.family == family,
      high.family == family, low <= high
    else { return wrong(option) }
    match(option == "--src-range" ? .source(family) : .destination(family), .value(Value(low...high)))
  }

  mutating func mark() {
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

  mutating func addressType(_ option: String) {
    guard let text = value("a type") else { return }
    let types = text.split(separator: ",").map { $0.lowercased() }
    guard types.allSatisfy({ ["local", "unicast", "broadcast", "multicast"].contains($0) }) else {
      return statements.append(.unread("-m addrtype \(option) \(text)"))
    }
    let left = Expression.fib("type", [option == "--dst-type" ? "daddr" : "saddr"])
    if types.count == 1, let type = types.first { return match(left, .value(.symbol(type))) }
    match(left, .members(types.map { Member(.value(.symbol($0))) }))
  }

  mutating func tcpFlags(_ mask: String, _ set: String) {
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
}

extension Rate {
  /// `5/sec`, `10/minute`; without a burst 5 packets may come at once (`libxt_limit.c`).
  init?(saved text: String) {
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
