import Addressing
import Nftables

/// Matches that ask connection tracking.
extension ExtensionMatch {
  /// The bits of `XT_CONNTRACK_*` in `linux/netfilter/xt_conntrack.h`.
  private enum Field: UInt16 {
    case state = 0x1, transport = 0x2, originalSource = 0x4, originalDestination = 0x8, replySource = 0x10
    case replyDestination = 0x20, status = 0x40, expires = 0x80, originalSourcePort = 0x100
    case originalDestinationPort = 0x200, replySourcePort = 0x400, replyDestinationPort = 0x800, direction = 0x1000
  }

  private struct TupleTest: Sendable {
    var isReply: Bool
    var isSource: Bool
    var option: String
    var field: Field
    var offset: Int
    var portField: Field
    var portOffset: Int
  }

  private static let tupleTests = [
    TupleTest(
      isReply: false, isSource: true, option: "ctorigsrc", field: .originalSource, offset: 0,
      portField: .originalSourcePort, portOffset: 0),
    TupleTest(
      isReply: false, isSource: false, option: "ctorigdst", field: .originalDestination, offset: 32,
      portField: .originalDestinationPort, portOffset: 2),
    TupleTest(
      isReply: true, isSource: true, option: "ctreplsrc", field: .replySource, offset: 64,
      portField: .replySourcePort,
      portOffset: 4),
    TupleTest(
      isReply: true, isSource: false, option: "ctrepldst", field: .replyDestination, offset: 96,
      portField: .replyDestinationPort, portOffset: 6),
  ]

  /// `conntrack_mt` in xt_conntrack.c, revisions 1 to 3.
  @Sendable static func conntrack(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    let (info, revision) = (arguments.info, arguments.revision)
    guard (1...3).contains(revision), let flags = info.u16(146), let inverse = info.u16(148),
      let states = revision == 1 ? info.u8(150).map(UInt16.init) : info.u16(150),
      let statuses = revision == 1 ? info.u8(151).map(UInt16.init) : info.u16(152), info.u16(144) != nil,
      revision < 3 || info.u16(160) != nil
    else { return nil }
    func has(_ field: Field) -> Bool { flags & field.rawValue != 0 }
    func isInverse(_ field: Field) -> Bool { inverse & field.rawValue != 0 }
    func option(_ field: Field, _ text: String) -> String { (isInverse(field) ? " ! --" : " --") + text }
    var words = "-m conntrack"
    var tests: [@Sendable (ExtensionContext, Connection) -> Bool] = []
    var borders: [ClosedRange<UInt16>] = []
    var addresses: [MaskedAddress] = []
    if has(.state) { words += option(.state, "ctstate \(Self.states(states))") }
    if has(.direction) {
      words += " --ctdir \(isInverse(.direction) ? "REPLY" : "ORIGINAL")"
      let wanted = isInverse(.direction)
      tests.append { context, _ in context.view.isReply == wanted }
    }
    for test in tupleTests {
      if has(test.field) {
        guard let address = info.address(test.offset, arguments.family),
          let bits = info.big(test.offset + 16, arguments.family == .ipv4 ? 4 : 16)
        else { return nil }
        words += option(test.field, "\(test.option) \(Self.masked(address, bits))")
        addresses.append(MaskedAddress(family: address.family, value: address.value, mask: bits))
        let isInverse = isInverse(test.field)
        tests.append { _, connection in
          let tuple = connection.tuple(isReply: test.isReply)
          let found = test.isSource ? tuple.source : tuple.destination
          return (found.value & bits == address.value && found.family == address.family) != isInverse
        }
      }
      if has(test.portField) {
        guard let range = Self.ports(info, revision, test.portOffset) else { return nil }
        words += option(test.portField, "\(test.option)port \(Self.ports(range))")
        borders.append(range)
        let isInverse = isInverse(test.portField)
        tests.append { _, connection in
          let tuple = connection.tuple(isReply: test.isReply)
          return range.contains(test.isSource ? tuple.sourcePort : tuple.destinationPort) != isInverse
        }
      }
    }
    if has(.transport), let number = info.u16(136) {
      words += option(.transport, "ctproto \(number)")
      let wanted = (number == 6) != isInverse(.transport)
      tests.append { _, _ in wanted }
    }
    if has(.status) {
      words += option(.status, "ctstatus \(Self.statuses(statuses))")
      let isInverse = isInverse(.status)
      tests.append { _, connection in (UInt128(statuses) & connection.status != 0) != isInverse }
    }
    let expires = has(.expires)
    if expires { words += " --ctexpire" }
    let all = tests
    let text = words
    let asksState = has(.state)
    let stateIsInverse = isInverse(.state)
    var match = ExtensionMatch(words) { context in
      if asksState, (Self.state(of: context) & states != 0) == stateIsInverse { return .no }
      guard let connection = context.view.connection else { return Answer(asksState) }
      guard all.allSatisfy({ $0(context, connection) }) else { return .no }
      return expires ? .unknown("`\(text)` depends on how long a connection lives yet") : .yes
    }
    match.ports = borders
    match.masked = addresses
    return match
  }

  /// The bits of `--ctstate`: those of the state, 64 and 128 for translated connections, 256 for untracked ones.
  private static func state(of context: ExtensionContext) -> UInt16 {
    guard let connection = context.view.connection else {
      return context.view.state == .untracked ? 256 : 1
    }
    let state: UInt16 =
      switch context.view.state {
      case .established: 2
      case .related: 4
      case .new: 8
      case .untracked: 256
      case .invalid, nil: 1
      }
    return state | (connection.translatesSource ? 64 : 0) | (connection.translatesDestination ? 128 : 0)
  }

  private static func states(_ bits: UInt16) -> String {
    names(
      bits,
      [
        (1, "INVALID"), (8, "NEW"), (4, "RELATED"), (2, "ESTABLISHED"), (256, "UNTRACKED"), (64, "SNAT"),
        (128, "DNAT"),
      ])
  }

  private static func statuses(_ bits: UInt16) -> String {
    names(bits, [(1, "EXPECTED"), (2, "SEEN_REPLY"), (4, "ASSURED"), (8, "CONFIRMED")])
  }

  /// `NONE` for no bit.
  static func names(_ bits: UInt16, _ known: [(UInt16, String)]) -> String {
    let found = known.filter { bits & $0.0 != 0 }.map(\.1)
    return found.isEmpty ? "NONE" : found.joined(separator: ",")
  }

  /// Ports of revision 3 are ranges in the order of the machine, older ones are single and in that of the network.
  private static func ports(_ info: Octets, _ revision: Int, _ offset: Int) -> ClosedRange<UInt16>? {
    if revision < 3 {
      return info.big(138 + offset, 2).map { UInt16(truncatingIfNeeded: $0) }.map { $0...$0 }
    }
    guard let low = info.u16(138 + offset), let high = info.u16(154 + offset) else { return nil }
    return low...max(low, high)
  }

  static func ports(_ range: ClosedRange<UInt16>) -> String {
    range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound):\(range.upperBound)"
  }

  /// An address and the bits that count, as a prefix where they are the first ones.
  static func masked(_ address: IPAddress, _ bits: UInt128) -> String {
    let width = address.family == .ipv4 ? 32 : 128
    let all: UInt128 = width == 32 ? 0xFFFF_FFFF : .max
    guard bits != all else { return address.description }
    let hole = all ^ bits
    guard hole & (hole &+ 1) == 0 else {
      return "\(address)/\(IPAddress(family: address.family, value: bits)?.description ?? "?")"
    }
    return "\(address)/\(width - (128 - hole.leadingZeroBitCount))"
  }

  /// `state_mt` in xt_state.c.
  @Sendable static func state(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let mask = arguments.info.u32(0) else { return nil }
    let known = UInt16(truncatingIfNeeded: mask)
    let shown = known & 0x3F | (known & 64 != 0 ? 256 : 0)
    return ExtensionMatch("-m state --state \(states(shown))") { context in
      let isKnown = context.view.connection != nil || context.view.state == .untracked
      let state = isKnown ? context.view.state ?? .invalid : .invalid
      return Answer(UInt128(mask) & state.rawValue != 0)
    }
  }

  /// `helper_mt` in xt_helper.c: the helper of the connection that announced this one.
  @Sendable static func helper(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let inverse = arguments.info.i32(0), let name = arguments.info.text(4, 30) else { return nil }
    let isInverse = inverse != 0
    return ExtensionMatch("-m helper \(isInverse ? "! " : "")--helper \"\(name)\"") { context in
      guard let helper = context.view.masterHelper else { return Answer(isInverse) }
      return Answer((name.isEmpty || name.hasPrefix(helper)) != isInverse)
    }
  }

  /// `connmark_mt` in xt_connmark.c.
  @Sendable static func connectionMark(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let mark = Mark(arguments.info) else { return nil }
    return ExtensionMatch("-m connmark \(mark.words)") { context in
      guard let connection = context.view.connection else { return .no }
      return connection.markDoubt.map { .unknown($0) } ?? Answer(mark.matches(connection.mark))
    }
  }

  /// `mark_mt` in xt_mark.c.
  @Sendable static func packetMark(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let mark = Mark(arguments.info) else { return nil }
    return ExtensionMatch("-m mark \(mark.words)") { context in
      context.view.markDoubt.map { .unknown($0) } ?? Answer(mark.matches(context.view.mark))
    }
  }

  private struct Mark: Sendable {
    var value: UInt32
    var mask: UInt32
    var isInverse: Bool

    init?(_ info: Octets) {
      guard let value = info.u32(0), let mask = info.u32(4), let inverse = info.u8(8) else { return nil }
      (self.value, self.mask, isInverse) = (value, mask, inverse != 0)
    }

    var words: String {
      (isInverse ? "! " : "") + "--mark \(value.hexadecimal)" + (mask == .max ? "" : "/\(mask.hexadecimal)")
    }

    func matches(_ mark: UInt128) -> Bool { (mark & UInt128(mask) == UInt128(value)) != isInverse }
  }

  /// `connlimit_mt` in xt_connlimit.c. A limit above two is not reached.
  @Sendable static func connectionLimit(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let limit = arguments.info.u32(16), let flags = arguments.info.u32(20) else { return nil }
    let isInverse = flags & 1 != 0
    let words = "-m connlimit --connlimit-\(isInverse ? "upto" : "above") \(limit)"
    return ExtensionMatch(words) { context in
      guard let exceeds = context.view.counts(over: limit) else {
        return .unknown("`\(words)` depends on which connections of the session it has counted")
      }
      return ExtensionMatch.Answer(exceeds != isInverse)
    }
  }

  /// `connlabel_mt` in xt_connlabel.c: no label is set.
  @Sendable static func connectionLabel(_ arguments: ExtensionArguments) -> ExtensionMatch? {
    guard let bit = arguments.info.u16(0), let options = arguments.info.u16(2) else { return nil }
    guard options & 2 == 0 else { return .never("-m connlabel --label \(bit) --set", notModelled) }
    return .always("-m connlabel \(options & 1 != 0 ? "! " : "")--label \(bit)", options & 1 != 0)
  }
}

extension UInt32 {
  /// As iptables writes marks.
  var hexadecimal: String { "0x" + String(self, radix: 16) }
}
