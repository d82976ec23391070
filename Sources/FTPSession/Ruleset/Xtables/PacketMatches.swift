import Addressing
import Nftables

/// Matches that look at the packet alone, or at the machine around it.
extension ExtensionMatch {
  @Sendable static func comment(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let text = arguments.info.text(0, arguments.info.count) ?? ""
    var match = always("-m comment --comment \"\(text)\"", true)
    match.comment = text
    return match
  }

  /// `ports_match_v1` in xt_multiport.c.
  @Sendable static func multiport(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let info = arguments.info
    guard arguments.revision == 1, let side = info.u8(0), let count = info.u8(1).map(Int.init), count <= 15,
      let inverse = info.u8(47)
    else { return nil }
    var ranges: [ClosedRange<UInt16>] = []
    var index = 0
    while index < count, let low = info.u16(2 + 2 * index) {
      if info.u8(32 + index) != 0, let high = info.u16(4 + 2 * index) {
        ranges.append(low...max(low, high))
        index += 2
      } else {
        ranges.append(low...low)
        index += 1
      }
    }
    let isInverse = inverse != 0
    let option = [UInt8(0): "sports", 1: "dports"][side] ?? "ports"
    let wanted = ranges
    let words =
      "-m multiport \(isInverse ? "! " : "")--\(option) \(ranges.map { Self.ports($0) }.joined(separator: ","))"
    var match = ExtensionMatch(words) { context in
      let (source, destination) = (context.tuple.sourcePort, context.tuple.destinationPort)
      let fits = wanted.contains { range in
        (side != 1 && range.contains(source)) || (side != 0 && range.contains(destination))
      }
      return Answer(fits != isInverse)
    }
    match.ports = ranges
    return match
  }

  /// `tcp_mt` in xt_tcpudp.c.
  @Sendable static func tcp(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let info = arguments.info
    guard let sourceLow = info.u16(0), let sourceHigh = info.u16(2), let low = info.u16(4), let high = info.u16(6),
      let option = info.u8(8), let mask = info.u8(9), let flags = info.u8(10), let inverse = info.u8(11),
      sourceLow <= sourceHigh, low <= high
    else { return nil }
    func sign(_ bit: UInt8) -> String { inverse & bit != 0 ? " ! --" : " --" }
    var words = "-m tcp"
    if sourceLow > 0 || sourceHigh < .max || inverse & 1 != 0 {
      words += "\(sign(1))sport \(Self.ports(sourceLow...sourceHigh))"
    }
    if low > 0 || high < .max || inverse & 2 != 0 { words += "\(sign(2))dport \(Self.ports(low...high))" }
    if mask != 0 || inverse & 4 != 0 {
      words += "\(sign(4))tcp-flags \(Self.flags(mask)) \(Self.flags(flags))"
    }
    if option != 0 { words += "\(sign(8))tcp-option \(option)" }
    let text = words
    var match = ExtensionMatch(words) { context in
      guard context.message == nil else { return .no }
      let fits =
        (sourceLow...sourceHigh).contains(context.tuple.sourcePort) != (inverse & 1 != 0)
        && (low...high).contains(context.tuple.destinationPort) != (inverse & 2 != 0)
        && (context.view.packet.flags & UInt128(mask) == UInt128(flags)) != (inverse & 4 != 0)
      guard fits, option != 0 else { return Answer(fits) }
      guard option == 2 else { return .unknown("`\(text)` depends on the options of the sender") }
      let hasOption = context.view.packet.kind == .syn || context.view.packet.kind == .synAck
      return Answer(hasOption != (inverse & 8 != 0))
    }
    match.ports = [sourceLow...sourceHigh, low...high]
    return match
  }

  static func flags(_ bits: UInt8) -> String {
    names(UInt16(bits), [(1, "FIN"), (2, "SYN"), (4, "RST"), (8, "PSH"), (16, "ACK"), (32, "URG")])
  }

  /// `iprange_mt4` and `iprange_mt6` in xt_iprange.c.
  @Sendable static func addressRange(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let (info, family) = (arguments.info, arguments.family)
    guard let flags = info.u8(64), let sourceLow = info.address(0, family), let sourceHigh = info.address(16, family),
      let low = info.address(32, family), let high = info.address(48, family)
    else { return nil }
    var words = "-m iprange"
    if flags & 1 != 0 { words += "\(flags & 16 != 0 ? " !" : "") --src-range \(sourceLow)-\(sourceHigh)" }
    if flags & 2 != 0 { words += "\(flags & 32 != 0 ? " !" : "") --dst-range \(low)-\(high)" }
    var match = ExtensionMatch(words) { context in
      func isOutside(_ address: IPAddress, _ low: IPAddress, _ high: IPAddress, inverse: Bool) -> Bool {
        (address < low || address > high) != inverse
      }
      if flags & 1 != 0, isOutside(context.tuple.source, sourceLow, sourceHigh, inverse: flags & 16 != 0) {
        return .no
      }
      if flags & 2 != 0, isOutside(context.tuple.destination, low, high, inverse: flags & 32 != 0) { return .no }
      return .yes
    }
    if flags & 1 != 0 { match.addresses.append(sourceLow...max(sourceLow, sourceHigh)) }
    if flags & 2 != 0 { match.addresses.append(low...max(low, high)) }
    return match
  }

  /// `limit_mt` in xt_limit.c: never reached.
  @Sendable static func limit(_ arguments: ExtensionArguments) -> ExtensionMatch? { .always("-m limit", true) }

  /// `hashlimit_mt` in xt_hashlimit.c: never reached, so what lies above it does not match.
  @Sendable static func hashLimit(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let offset = [1: 16, 2: 272, 3: 272][arguments.revision]
    guard let mode = offset.flatMap({ arguments.info.u32($0) }) else { return nil }
    let isAbove = mode & 16 != 0
    let name = arguments.info.text(0, arguments.revision == 1 ? 16 : 255) ?? ""
    return .always("-m hashlimit --hashlimit-\(isAbove ? "above" : "upto") --hashlimit-name \(name)", !isAbove)
  }

  /// `quota_mt` in xt_quota.c. What is left of it the kernel tells nobody: a listing has what it began with.
  @Sendable static func quota(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let flags = arguments.info.u32(0), let low = arguments.info.u32(8), let high = arguments.info.u32(12) else {
      return nil
    }
    let quota = UInt64(high) << 32 | UInt64(low)
    let words = "-m quota \(flags & 1 != 0 ? "! " : "")--quota \(quota)"
    // No packet is as short as that.
    if quota == 0 { return .always(words, flags & 1 != 0) }
    return .never(
      words,
      "depends on how much of it is used up, which the kernel does not tell; the bytes before the rule in "
        + "`iptables -vnxL` show what it has let through since it was loaded")
  }

  /// `length_mt` in xt_length.c.
  @Sendable static func length(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let low = arguments.info.u16(0), let high = arguments.info.u16(2), let inverse = arguments.info.u8(4) else {
      return nil
    }
    let words = "-m length \(inverse != 0 ? "! " : "")--length \(low):\(high)"
    return ExtensionMatch(words) { context in
      // Of IPv6 packets it is the length of the payload (`length_mt6`).
      let header = context.family == .ipv4 ? 0 : 40
      let whole = KnownFields.length(context.view.packet.kind, context.family)
      let possible = Int(clamping: whole.lowerBound) - header...Int(clamping: whole.upperBound) - header
      return compare(possible, Int(low)...max(Int(low), Int(high)), inverse != 0, words)
    }
  }

  /// Whether a number of which only the bounds are known lies in a range.
  private static func compare(
    _ possible: ClosedRange<Int>, _ wanted: ClosedRange<Int>, _ isInverse: Bool, _ words: String
  ) -> Answer {
    if wanted.contains(possible.lowerBound), wanted.contains(possible.upperBound) { return Answer(!isInverse) }
    if !wanted.overlaps(possible) { return Answer(isInverse) }
    return .unknown("`\(words)` depends on the sender")
  }

  /// `ttl_mt` and `hl_mt6` in xt_hl.c.
  @Sendable static func timeToLive(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let mode = arguments.info.u8(0), let value = arguments.info.u8(1).map(Int.init), mode < 4 else {
      return nil
    }
    let option = arguments.name == "ttl" ? "ttl" : "hl"
    let sign = ["-eq", "-ne", "-lt", "-gt"][Int(mode)]
    let words = "-m \(option) --\(option)\(sign) \(value)"
    return ExtensionMatch(words) { context in
      guard let lifetime = context.view.lifetime else { return .unknown("`\(words)` after rules changed it") }
      let possible = Int(clamping: lifetime.lowerBound)...Int(clamping: lifetime.upperBound)
      switch mode {
      case 0, 1: return compare(possible, value...value, mode == 1, words)
      case 2: return value == 0 ? .no : compare(possible, 0...(value - 1), false, words)
      default: return value == 255 ? .no : compare(possible, (value + 1)...255, false, words)
      }
    }
  }

  /// `dscp_mt` in xt_dscp.c; clients and servers of FTP set none by default.
  @Sendable static func dscp(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let value = arguments.info.u8(0), let inverse = arguments.info.u8(1) else { return nil }
    return .always(
      "-m dscp \(inverse != 0 ? "! " : "")--dscp \(UInt32(value).hexadecimal)", (value == 0) != (inverse != 0))
  }

  /// `tos_mt` in xt_dscp.c.
  @Sendable static func tos(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let value = arguments.info.u8(1), let inverse = arguments.info.u8(2) else { return nil }
    return .always(
      "-m tos \(inverse != 0 ? "! " : "")--tos \(UInt32(value).hexadecimal)", (value == 0) != (inverse != 0))
  }

  /// `tcpmss_mt` in xt_tcpmss.c; what has no such option is as if it were 0.
  @Sendable static func segmentSize(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let low = arguments.info.u16(0), let high = arguments.info.u16(2), let inverse = arguments.info.u8(4) else {
      return nil
    }
    let words = "-m tcpmss \(inverse != 0 ? "! " : "")--mss \(low):\(high)"
    return ExtensionMatch(words) { context in
      switch context.view.packet.kind {
      case .syn, .synAck: compare(1220...1460, Int(low)...max(Int(low), Int(high)), inverse != 0, words)
      case .ack, .fin, .text, .opaque, .neighbour: Answer(inverse != 0)
      }
    }
  }

  /// `pkttype_mt` in xt_pkttype.c.
  @Sendable static func packetType(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let type = arguments.info.i32(0), type >= 0, let inverse = arguments.info.i32(4) else { return nil }
    let name = [Int32(0): "unicast", 1: "broadcast", 2: "multicast"][type] ?? "\(type)"
    return ExtensionMatch("-m pkttype \(inverse != 0 ? "! " : "")--pkt-type \(name)") { context in
      Answer((UInt128(type) == context.view.packetType) != (inverse != 0))
    }
  }

  /// `physdev_mt` in xt_physdev.c. What is routed has no outgoing port of a bridge; the incoming one is not known.
  @Sendable static func bridgePort(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let inverse = arguments.info.u8(64), let asked = arguments.info.u8(65),
      let input = arguments.info.text(0, 16),
      let output = arguments.info.text(32, 16)
    else { return nil }
    let options: [(UInt8, String)] = [
      (1, "--physdev-in \(input)"), (2, "--physdev-out \(output)"), (4, "--physdev-is-bridged"),
      (8, "--physdev-is-in"), (16, "--physdev-is-out"),
    ]
    let words =
      "-m physdev"
      + options.filter { asked & $0.0 != 0 }.map { (inverse & $0.0 != 0 ? " ! " : " ") + $0.1 }.joined()
    return ExtensionMatch(words) { context in
      let outgoing = asked & ~inverse & (2 | 4 | 16)
      if outgoing != 0 { return .no }
      guard asked & (1 | 8) != 0, context.view.input != nil, context.view.input != "lo" else {
        return Answer(asked & ~inverse & 31 == 0)
      }
      return .unknown("`\(words)` depends on whether `\(context.view.input ?? "")` is a bridge")
    }
  }

  /// `owner_mt` in xt_owner.c: only packets of programs of this machine have a socket.
  @Sendable static func owner(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let info = arguments.info
    guard let lowUser = info.u32(0), let highUser = info.u32(4), let lowGroup = info.u32(8),
      let highGroup = info.u32(12),
      let asked = info.u8(16), let inverse = info.u8(17)
    else { return nil }
    func sign(_ bit: UInt8) -> String { inverse & bit != 0 ? " ! " : " " }
    var words = "-m owner"
    if asked & 1 != 0 { words += "\(sign(1))--uid-owner \(lowUser)\(lowUser == highUser ? "" : "-\(highUser)")" }
    if asked & 2 != 0 { words += "\(sign(2))--gid-owner \(lowGroup)\(lowGroup == highGroup ? "" : "-\(highGroup)")" }
    if asked & 4 != 0 { words += "\(sign(4))--socket-exists" }
    let text = words
    return ExtensionMatch(words) { context in
      guard context.view.input == nil else { return Answer(asked ^ inverse == 0) }
      if asked & 4 != 0, inverse & 4 != 0 { return .no }
      guard asked & 3 != 0 else { return .yes }
      return .unknown("`\(text)` depends on the user of the program that sends")
    }
  }

  /// `policy_mt` in xt_policy.c: nothing is encrypted by IPsec.
  @Sendable static func ipsec(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let flags = arguments.info.u16(304) else { return nil }
    let isNone = flags & 4 != 0
    return .always("-m policy --dir \(flags & 1 != 0 ? "in" : "out") --pol \(isNone ? "none" : "ipsec")", isNone)
  }

  /// `statistic_mt` in xt_statistic.c.
  @Sendable static func statistic(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let mode = arguments.info.u16(0), let flags = arguments.info.u16(2), let value = arguments.info.u32(4)
    else {
      return nil
    }
    let inverse = flags & 1 != 0
    if mode == 0 {
      let words = "-m statistic --mode random \(inverse ? "! " : "")--probability \(Double(value) / 2_147_483_648)"
      if value == 0 || value >= 0x8000_0000 { return .always(words, (value != 0) != inverse) }
      return .never(words, "is left to chance")
    }
    // The kernel counts from 0, `--every` from 1.
    let words = "-m statistic --mode nth \(inverse ? "! " : "")--every \(UInt64(value) + 1)"
    return value == 0 ? .always(words, !inverse) : .never(words, "depends on the packets before")
  }

  /// `recent_mt` in xt_recent.c: `--set` matches whatever the list holds.
  @Sendable static func recent(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let info = arguments.info
    guard let seconds = info.u32(0), let hits = info.u32(4), let mode = info.u8(8), let inverse = info.u8(9),
      let name = info.text(10, 200)
    else { return nil }
    let modes: [(UInt8, String)] = [(2, "--set"), (1, "--rcheck"), (4, "--update"), (8, "--remove")]
    var words = "-m recent --name \(name)\(inverse != 0 ? " !" : "")"
    words += modes.filter { mode & $0.0 != 0 }.map { " \($0.1)" }.joined()
    if seconds > 0 { words += " --seconds \(seconds)" }
    if hits > 0 { words += " --hitcount \(hits)" }
    if mode & 2 != 0 { return .always(words, inverse == 0) }
    return .never(words, "depends on earlier packets; /proc/net/xt_recent/\(name) lists the addresses")
  }

  /// `icmp6_match` in ip6_tables.c: of what is played only neighbour discovery is ICMPv6.
  @Sendable static func discovery(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let type = arguments.info.u8(0), let low = arguments.info.u8(1), let high = arguments.info.u8(2),
      let inverse = arguments.info.u8(3)
    else { return nil }
    return ExtensionMatch("-m icmp6 \(inverse != 0 ? "! " : "")--icmpv6-type \(type)") { context in
      guard let message = context.message, !message.isARP else { return .no }
      return Answer((message.type == UInt128(type) && (low...max(low, high)).contains(0)) != (inverse != 0))
    }
  }

  /// `mac_mt` in xt_mac.c.
  @Sendable static func hardwareAddress(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let inverse = arguments.info.i32(8), let octets = arguments.info.slice(0, 6) else { return nil }
    let text = octets.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
    let words = "-m mac \(inverse != 0 ? "! " : "")--mac-source \(text)"
    return ExtensionMatch(words) { context in
      guard let input = context.view.input, input != "lo" else { return .no }
      guard let known = context.view.senderLinkAddress(context.network) else {
        return .unknown("`\(words)` depends on the network card of the neighbour; `ip neigh` shows it")
      }
      return Answer((known == text) != (inverse != 0))
    }
  }
}
