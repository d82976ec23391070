import Glibc

/// Questions to the kernel about links, addresses, routes, rules and neighbours (rtnetlink(7)), in the network
/// namespace of this process. They change nothing and need no privilege; those about IPsec do.
enum Netlink {
  /// Types of messages and of what answers them (`linux/rtnetlink.h`).
  enum Kind: UInt16 {
    case getLink = 18, getAddress = 22, getRoute = 26, getNeighbour = 30, getRule = 34
    /// `XFRM_MSG_GETPOLICY` (`linux/xfrm.h`), which needs CAP_NET_ADMIN.
    case getTransform = 21

    /// `NETLINK_ROUTE` or `NETLINK_XFRM`.
    fileprivate var family: Int32 { self == .getTransform ? 6 : 0 }
  }

  /// What the kernel says, or its error number.
  enum Reply {
    case messages([NetlinkMessage])
    case error(Int32)
  }

  private static let headerLength = 16
  /// `NLM_F_REQUEST`, and `NLM_F_ROOT | NLM_F_MATCH`, which asks for all there is (`linux/netlink.h`).
  private static let request: UInt16 = 1
  private static let everything: UInt16 = 0x300
  /// `NLMSG_ERROR` and `NLMSG_DONE`.
  private static let (error, done): (UInt16, UInt16) = (2, 3)
  /// Seconds that the kernel has for an answer.
  private static let patience = 5

  /// Everything of a kind; `nil` when the kernel does not say.
  static func list(_ kind: Kind, _ body: [UInt8]) -> [NetlinkMessage]? {
    guard case .messages(let messages) = ask(kind, body, flags: request | everything) else { return nil }
    return messages
  }

  /// The answer to a request for one object.
  static func ask(_ kind: Kind, _ body: [UInt8]) -> Reply { ask(kind, body, flags: request) }

  private static func ask(_ kind: Kind, _ body: [UInt8], flags: UInt16) -> Reply {
    let socket = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), kind.family)
    guard socket >= 0 else { return .error(errno) }
    defer { close(socket) }
    var wait = timeval(tv_sec: patience, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
    var bytes = NetlinkBytes()
    bytes.append(UInt32(headerLength + body.count))
    bytes.append(kind.rawValue)
    bytes.append(flags)
    bytes.append(UInt32(1))
    bytes.append(UInt32(0))
    let message = bytes.bytes + body
    guard send(socket, message, message.count, 0) == message.count else { return .error(errno) }
    return receive(from: socket, isList: flags & everything != 0)
  }

  private static func receive(from socket: Int32, isList: Bool) -> Reply {
    var messages: [NetlinkMessage] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(socket, &buffer, buffer.count, 0)
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        return .error(count == 0 ? EIO : errno)
      }
      var rest = buffer[..<count]
      while rest.count >= headerLength {
        let length = Int(rest.number(at: 0, as: UInt32.self))
        let kind = rest.number(at: 4, as: UInt16.self)
        guard length >= headerLength, length <= rest.count else { return .error(EBADMSG) }
        let body = rest.dropFirst(headerLength).prefix(length - headerLength)
        switch kind {
        case done: return .messages(messages)
        case error:
          let number = Int32(bitPattern: body.number(at: 0, as: UInt32.self))
          return number == 0 ? .messages(messages) : .error(-number)
        default: messages.append(NetlinkMessage(body: Array(body)))
        }
        rest = rest.dropFirst((length + 3) & ~3)
      }
      if !isList { return .messages(messages) }
    }
  }
}

/// What a message says after its header.
struct NetlinkMessage {
  let body: [UInt8]

  /// A number of the fixed part; 0 where the message ends before it.
  func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number {
    body[...].number(at: offset, as: type)
  }

  /// The attributes after a fixed part, by number. Of several with one number the last counts.
  func attributes(after length: Int) -> [UInt16: ArraySlice<UInt8>] {
    NetlinkMessage.list(body.dropFirst((length + 3) & ~3)).reduce(into: [:]) { $0[$1.number] = $1.content }
  }

  /// Attributes one after the other, each padded to four bytes (`linux/netlink.h`, `struct nlattr`).
  static func list(_ bytes: ArraySlice<UInt8>) -> [(number: UInt16, content: ArraySlice<UInt8>)] {
    var found: [(number: UInt16, content: ArraySlice<UInt8>)] = []
    var rest = bytes
    while rest.count >= 4 {
      let length = Int(rest.number(at: 0, as: UInt16.self))
      guard length >= 4, length <= rest.count else { return found }
      // The upper two bits are flags.
      found.append((rest.number(at: 2, as: UInt16.self) & 0x3FFF, rest.dropFirst(4).prefix(length - 4)))
      rest = rest.dropFirst((length + 3) & ~3)
    }
    return found
  }
}

extension ArraySlice<UInt8> {
  /// A number in the order of the machine, counted from the beginning of the slice; 0 where the slice ends before it.
  func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number {
    let bytes = dropFirst(offset).prefix(MemoryLayout<Number>.size)
    guard bytes.count == MemoryLayout<Number>.size else { return 0 }
    return bytes.reversed().reduce(Number(0)) { $0 << 8 | Number(truncatingIfNeeded: $1) }.littleEndian
  }

  /// Six bytes as the address of an Ethernet card, as nft and ip write it; `nil` for any other number of them.
  var linkAddress: String? {
    guard count == 6 else { return nil }
    return map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }

  /// The text before the first zero.
  var text: String { String(decoding: prefix { $0 != 0 }, as: UTF8.self) }
}

/// A message that is being written: numbers in the order of the machine.
struct NetlinkBytes {
  private(set) var bytes: [UInt8] = []

  mutating func append(_ number: some FixedWidthInteger) { bytes += Swift.withUnsafeBytes(of: number) { Array($0) } }

  mutating func attribute(_ number: UInt16, _ content: [UInt8]) {
    append(UInt16(4 + content.count))
    append(number)
    bytes += content
    while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
  }

  mutating func attribute(_ number: UInt16, _ value: some FixedWidthInteger) {
    attribute(number, Swift.withUnsafeBytes(of: value) { Array($0) })
  }
}
