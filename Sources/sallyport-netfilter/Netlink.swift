// SPDX-License-Identifier: GPL-2.0-only

import CNftables
import Glibc

/// Everything that the kernel lists on a request of nfnetlink, message after message as it sends them.
///
/// - Parameters:
///   - family: Of the objects; 0 for every one.
///   - attributes: What follows the header, in the form of netlink attributes.
/// - Returns: `nil` when the kernel refuses, or says that the list changed while it was read.
func netlinkList(subsystem: UInt32, message: UInt32, family: UInt8 = 0, attributes: [UInt8] = []) -> [UInt8]? {
  let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_NETFILTER)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  let headLength = MemoryLayout<nlmsghdr>.size + MemoryLayout<nfgenmsg>.size
  var request = [UInt8](repeating: 0, count: headLength) + attributes
  request.withUnsafeMutableBytes {
    $0.storeBytes(
      of: nlmsghdr(
        nlmsg_len: UInt32($0.count), nlmsg_type: UInt16(subsystem << 8 | message),
        nlmsg_flags: UInt16(NLM_F_REQUEST) | UInt16(dumpFlags), nlmsg_seq: 1, nlmsg_pid: 0), as: nlmsghdr.self)
    $0.storeBytes(of: family, toByteOffset: MemoryLayout<nlmsghdr>.size, as: UInt8.self)
  }
  guard send(descriptor, request, request.count, 0) == request.count else { return nil }
  var answer: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    switch end(of: buffer[..<count]) {
    case .goesOn: answer += buffer[..<count]
    case .done(let rest): return answer + buffer[..<rest]
    case .failed: return nil
    }
  }
}

/// One attribute, padded to four bytes.
func attribute(_ type: Int, _ value: [UInt8]) -> [UInt8] {
  let head = nlattr(nla_len: UInt16(clamping: 4 + value.count), nla_type: UInt16(clamping: type))
  return withUnsafeBytes(of: head) { Array($0) } + value + [UInt8](repeating: 0, count: -value.count & 3)
}

/// `NLM_F_ROOT | NLM_F_MATCH`, a macro that Swift does not read.
private let dumpFlags = 0x300

private enum ListEnd {
  case goesOn
  /// The last message stands at this offset.
  case done(Int)
  case failed
}

/// Looks through the messages of one datagram, each padded to four bytes.
private func end(of datagram: ArraySlice<UInt8>) -> ListEnd {
  var offset = 0
  while offset + MemoryLayout<nlmsghdr>.size <= datagram.count {
    let head = datagram.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: nlmsghdr.self) }
    guard head.nlmsg_len >= MemoryLayout<nlmsghdr>.size else { return .failed }
    if head.nlmsg_flags & UInt16(NLM_F_DUMP_INTR) != 0 || head.nlmsg_type == UInt16(NLMSG_ERROR) { return .failed }
    if head.nlmsg_type == UInt16(NLMSG_DONE) { return .done(offset) }
    offset += (Int(head.nlmsg_len) + 3) & ~3
  }
  return .goesOn
}
