import Addressing
import Nftables

extension ExtensionTarget {
  /// `struct nf_nat_range2` and its elder forms (`linux/netfilter/nf_nat.h`).
  private struct Range: Sendable {
    static let maps: UInt32 = 1
    static let hasPorts: UInt32 = 2
    static let isRandom: UInt32 = 4 | 16
    static let isPersistent: UInt32 = 8
    static let hasOffset: UInt32 = 32

    var flags: UInt32
    var low: IPAddress
    var high: IPAddress
    var ports: ClosedRange<UInt16>
    var base: UInt16

    /// Revision 0 of IPv4 targets is `struct nf_nat_ipv4_multi_range_compat`, one range after a count.
    init?(_ arguments: ExtensionArguments) {
      let (info, family) = (arguments.info, arguments.family)
      let isOld = family == .ipv4 && arguments.revision == 0
      let (start, width) = isOld ? (4, 4) : (0, 16)
      let portsAt = start + 4 + 2 * width
      guard let flags = info.u32(start), let low = info.address(start + 4, family),
        let high = info.address(start + 4 + width, family), let first = info.big(portsAt, 2),
        let last = info.big(portsAt + 2, 2)
      else { return nil }
      self.flags = flags
      (self.low, self.high) = (low, high)
      let lowest = UInt16(truncatingIfNeeded: first)
      ports = lowest...max(lowest, UInt16(truncatingIfNeeded: last))
      base = arguments.revision >= 2 ? UInt16(truncatingIfNeeded: info.big(portsAt + 4, 2) ?? 0) : 0
    }

    var portWords: String { ports.count == 1 ? "\(ports.lowerBound)" : "\(ports.lowerBound)-\(ports.upperBound)" }

    /// Addresses and ports as `--to-destination` takes them.
    var words: String {
      var text = flags & Self.maps == 0 ? "" : low == high ? "\(low)" : "\(low)-\(high)"
      if flags & Self.hasPorts != 0 {
        text = (low.family == .ipv6 && !text.isEmpty ? "[\(text)]" : text) + ":\(portWords)"
      }
      if flags & Self.hasOffset != 0 { text += "/\(base)" }
      return text
    }

    var more: String {
      (flags & Self.isRandom != 0 ? " --random" : "") + (flags & Self.isPersistent != 0 ? " --persistent" : "")
    }
  }

  /// `xt_nat.c`, `xt_MASQUERADE.c` and `xt_REDIRECT.c`: what `nf_nat_setup_info` is asked for.
  static func translation(_ arguments: ExtensionArguments, _ kind: Operation.Translation) -> ExtensionTarget? {
    guard let range = Range(arguments) else { return nil }
    let hasPorts = range.flags & Range.hasPorts != 0
    let name = "-j \(arguments.name)"
    let words =
      switch kind {
      case .destination: "\(name) --to-destination \(range.words)\(range.more)"
      case .source: "\(name) --to-source \(range.words)\(range.more)"
      case .masquerade, .redirect: name + (hasPorts ? " --to-ports \(range.portWords)" : "") + range.more
      }
    var target = ExtensionTarget(words) { context in
      let isDestination = kind == .destination || kind == .redirect
      let tuple = context.tuple
      var address: IPAddress?
      if kind == .destination || kind == .source, range.flags & Range.maps != 0 {
        let current = isDestination ? tuple.destination : tuple.source
        if range.low == range.high {
          address = range.low
        } else if current < range.low || current > range.high {
          return .unknown("`\(words)` takes one address of several")
        }
      }
      var ports = hasPorts ? range.ports : nil
      if hasPorts, isDestination, range.ports.count > 1 {
        if range.flags & Range.hasOffset != 0 {
          let port = range.ports.lowerBound &+ (tuple.destinationPort &- range.base)
          guard range.ports.contains(port) else { return .unknown("`\(words)` takes one port of several") }
          ports = port...port
        } else if range.flags & Range.isRandom != 0 {
          return .unknown("`\(words)` takes one port of several")
        }
      }
      return .ends(.accept, [.translate(kind, nil, address: address, ports: ports)])
    }
    if hasPorts { target.ports = [range.ports] }
    if hasPorts, range.flags & Range.hasOffset != 0 {
      // The ports from the base on are moved, each by itself.
      let last = UInt16(clamping: Int(range.base) + range.ports.count - 1)
      target.ports.append(range.base...max(range.base, last))
    }
    return target
  }

  /// `netmap_tg4` and `netmap_tg6` in xt_NETMAP.c: the bits in which both ends agree are replaced.
  @Sendable static func netmap(_ arguments: ExtensionArguments) -> ExtensionTarget? {
    guard let range = Range(arguments) else { return nil }
    let all: UInt128 = range.low.family == .ipv4 ? 0xFFFF_FFFF : .max
    let mask = all ^ (range.low.value ^ range.high.value)
    return ExtensionTarget("-j NETMAP --to \(ExtensionMatch.masked(range.low, mask))") { context in
      let isSource = context.hook == .postrouting || context.hook == .input
      let current = isSource ? context.tuple.source : context.tuple.destination
      let value = current.value & (all ^ mask) | range.low.value & mask
      let address = IPAddress(family: range.low.family, value: value)
      return .ends(.accept, [.translate(isSource ? .source : .destination, nil, address: address, ports: nil)])
    }
  }

  /// `reject_tg` in ipt_REJECT.c and `reject_tg6` in ip6t_REJECT.c.
  @Sendable static func reject(_ arguments: ExtensionArguments) -> ExtensionTarget? {
    guard let kind = arguments.info.u32(0).map(Int.init) else { return nil }
    let ipv4 = [
      "icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable",
      "echo-reply",
      "icmp-net-prohibited", "icmp-host-prohibited", "tcp-reset", "icmp-admin-prohibited",
    ]
    let ipv6 = [
      "icmp6-no-route", "icmp6-adm-prohibited", "icmp6-not-neighbour", "icmp6-addr-unreachable",
      "icmp6-port-unreachable", "icmp6-echo-reply", "tcp-reset", "icmp6-policy-fail", "icmp6-reject-route",
    ]
    let names = arguments.family == .ipv4 ? ipv4 : ipv6
    let name = names.indices.contains(kind) ? names[kind] : "\(kind)"
    return ExtensionTarget("-j REJECT --reject-with \(name)") { _ in .ends(.reject, []) }
  }

  /// `mark_tg` in xt_mark.c, revision 2.
  @Sendable static func mark(_ arguments: ExtensionArguments) -> ExtensionTarget? {
    guard arguments.revision == 2, let mark = arguments.info.u32(0), let mask = arguments.info.u32(4) else {
      return nil
    }
    let words = "-j MARK --set-xmark \(mark.hexadecimal)/\(mask.hexadecimal)"
    return ExtensionTarget(words) { context in
      if let doubt = context.view.markDoubt, mask != .max {
        return .goesOn([.doubtfulMark(ofConnection: false, doubt)])
      }
      let old = UInt32(truncatingIfNeeded: context.view.mark)
      return .goesOn([.packetMark(UInt128((old & ~mask) ^ mark))])
    }
  }

  /// `connmark_tg_shift` in xt_connmark.c.
  @Sendable static func connectionMark(_ arguments: ExtensionArguments) -> ExtensionTarget? {
    let info = arguments.info
    guard (1...2).contains(arguments.revision), let mark = info.u32(0), let mask = info.u32(4),
      let packetMask = info.u32(8), let mode = arguments.revision == 1 ? info.u8(12) : info.u8(14)
    else { return nil }
    let isRight = arguments.revision == 2 && info.u8(12) == 1
    let bits = arguments.revision == 2 ? UInt32(info.u8(13) ?? 0) : 0
    @Sendable func shifted(_ value: UInt32) -> UInt32 { isRight ? value >> bits : value << bits }
    let masks = "--nfmask \(packetMask.hexadecimal) --ctmask \(mask.hexadecimal)"
    let names = [
      "--set-xmark \(mark.hexadecimal)/\(mask.hexadecimal)", "--save-mark \(masks)", "--restore-mark \(masks)",
    ]
    guard names.indices.contains(Int(mode)) else { return nil }
    return ExtensionTarget("-j CONNMARK \(names[Int(mode)])") { context in
      guard let connection = context.view.connection else { return .goesOn([]) }
      if let doubt = connection.markDoubt ?? context.view.markDoubt {
        return .goesOn([.doubtfulMark(ofConnection: mode < 2, doubt)])
      }
      let (old, packet) = (UInt32(truncatingIfNeeded: connection.mark), UInt32(truncatingIfNeeded: context.view.mark))
      switch mode {
      case 0: return .goesOn([.connectionMark(UInt128(shifted((old & ~mask) ^ mark)))])
      case 1: return .goesOn([.connectionMark(UInt128((old & ~mask) ^ shifted(packet & packetMask)))])
      default: return .goesOn([.packetMark(UInt128((packet & ~packetMask) ^ shifted(old & mask)))])
      }
    }
  }

  /// `xt_ct_target` in xt_CT.c: what connection tracking, which comes after it, does with a new connection.
  @Sendable static func tracking(_ arguments: ExtensionArguments) -> ExtensionTarget? {
    let info = arguments.info
    guard let flags = info.u16(0), let zone = info.u16(2), let helper = info.text(12, 16) else { return nil }
    if flags & 1 != 0 {
      return ExtensionTarget(flags & 2 != 0 ? "-j NOTRACK" : "-j CT --notrack") { _ in .goesOn([.untracked]) }
    }
    var words = "-j CT"
    if !helper.isEmpty { words += " --helper \(helper)" }
    var effects: [Ruling.Effect] = helper.isEmpty ? [] : [.helperForNew(helper)]
    if zone != 0, flags & 16 == 0 {
      words += "\(flags & 4 != 0 ? " --zone-orig" : flags & 8 != 0 ? " --zone-reply" : " --zone") \(zone)"
      // `xt_ct_set_zone_dir` in xt_CT.c: both where none is named.
      let isOfOne = flags & 12 != 0
      effects.append(
        .zone(
          TrackingZone(number: zone, hasOriginal: !isOfOne || flags & 4 != 0, hasReply: !isOfOne || flags & 8 != 0)))
    } else if flags & 16 != 0 {
      let option = flags & 4 != 0 ? "--zone-orig" : flags & 8 != 0 ? "--zone-reply" : "--zone"
      return .never(
        "\(words) \(option) \(flags & 16 != 0 ? "mark" : "\(zone)")", "tracks connections in a zone of their own")
    }
    let changes = effects
    return ExtensionTarget(words) { _ in .goesOn(changes) }
  }

  /// `set_target_v1` to `set_target_v3` in xt_set.c: matters only where a rule tests the set.
  @Sendable static func changeSet(_ arguments: ExtensionArguments) -> ExtensionTarget? {
    let info = arguments.info
    guard let added = info.u16(0), let deleted = info.u16(4) else { return nil }
    // `struct xt_set_info`: index, number of fields, flags.
    let parts = [(added, "add", 0), (deleted, "del", 4)].filter { $0.0 != .max }.map { index, verb, offset in
      (index: Int(index), verb: verb, sides: sides(info, offset))
    }
    let words = "-j SET" + parts.map { " --\($0.verb)-set \(ExtensionMatch.setMark($0.index))" }.joined()
    return ExtensionTarget(words) { context in
      var effects: [Ruling.Effect] = []
      for part in parts where context.sets.tested.contains(part.index) {
        guard let name = context.sets.name(part.index), let key = context.sets.key(context, part.index, part.sides)
        else {
          return .unknown("`\(context.sets.named(words))` changes a set that other rules test")
        }
        let set = SetName(owner: SetName.ofIPSet, name: name)
        effects.append(.element(key, set, part.verb == "add" ? .isElement : .isNone))
      }
      return .goesOn(effects)
    }
  }

  /// For each field of a set whether it is taken from the source.
  private static func sides(_ info: Octets, _ offset: Int) -> [Bool] {
    let (count, flags) = (min(info.u8(offset + 2) ?? 0, 6), info.u8(offset + 3) ?? 0)
    return (0..<count).map { flags & (2 << $0) != 0 }
  }
}
