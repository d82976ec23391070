// SPDX-License-Identifier: GPL-2.0-only

import CNftables
import Glibc

/// The generation that the next transaction expects the ruleset of this network namespace to have.
///
/// Every transaction of any program adds one to it (`nf_tables_api.c`). The kernel refuses a batch whose first message
/// carries another number (`nfnetlink.c`, ERESTART), but libnftables never sends one. It makes that message by a call
/// of libnftnl, in whose place the function below stands: a symbol of the program comes before that of a library.
enum BatchGeneration {
  nonisolated(unsafe) static var expected: UInt32?
  /// Whether a batch has begun with the function below.
  nonisolated(unsafe) static var isAsked = false
}

/// The first message of a batch, as libnftnl writes it, with the expected generation after it.
///
/// - Parameter buffer: At least a page, zeroed or not.
@_cdecl("nftnl_batch_begin")
public func batchBegin(_ buffer: UnsafeMutableRawPointer, _ sequence: UInt32) -> UnsafeMutableRawPointer {
  BatchGeneration.isAsked = true
  var length = MemoryLayout<nlmsghdr>.size + MemoryLayout<nfgenmsg>.size
  if let generation = BatchGeneration.expected {
    let attribute = nlattr(nla_len: 8, nla_type: UInt16(NFNL_BATCH_GENID.rawValue))
    buffer.storeBytes(of: attribute, toByteOffset: length, as: nlattr.self)
    buffer.storeBytes(of: generation.bigEndian, toByteOffset: length + 4, as: UInt32.self)
    length += Int(attribute.nla_len)
  }
  buffer.storeBytes(
    of: nlmsghdr(
      nlmsg_len: UInt32(length), nlmsg_type: UInt16(NFNL_MSG_BATCH_BEGIN), nlmsg_flags: UInt16(NLM_F_REQUEST),
      nlmsg_seq: sequence, nlmsg_pid: 0), as: nlmsghdr.self)
  buffer.storeBytes(
    of: nfgenmsg(
      nfgen_family: UInt8(AF_UNSPEC), version: UInt8(NFNETLINK_V0), res_id: UInt16(NFNL_SUBSYS_NFTABLES).bigEndian),
    toByteOffset: MemoryLayout<nlmsghdr>.size, as: nfgenmsg.self)
  return buffer
}

/// The generation of the ruleset of this network namespace; `nil` when the kernel does not say.
func rulesetGeneration() -> UInt32? {
  let descriptor = socket(AF_NETLINK, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), NETLINK_NETFILTER)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  let length = MemoryLayout<nlmsghdr>.size + MemoryLayout<nfgenmsg>.size
  var request = [UInt8](repeating: 0, count: length)
  request.withUnsafeMutableBytes {
    $0.storeBytes(
      of: nlmsghdr(
        nlmsg_len: UInt32(length), nlmsg_type: UInt16(NFNL_SUBSYS_NFTABLES << 8) | UInt16(NFT_MSG_GETGEN.rawValue),
        nlmsg_flags: UInt16(NLM_F_REQUEST), nlmsg_seq: 1, nlmsg_pid: 0), as: nlmsghdr.self)
  }
  guard send(descriptor, request, length, 0) == length else { return nil }
  var reply = [UInt8](repeating: 0, count: 4096)
  let count = recv(descriptor, &reply, reply.count, 0)
  guard count > length else { return nil }
  return generation(inAttributes: reply[length..<count])
}

/// The attribute `NFTA_GEN_ID` among others, each of which is padded to four bytes.
private func generation(inAttributes bytes: ArraySlice<UInt8>) -> UInt32? {
  var rest = bytes
  while rest.count >= 8 {
    let head = Array(rest.prefix(8))
    let length = Int(head[0]) | Int(head[1]) << 8
    let type = Int(head[2]) | Int(head[3]) << 8
    if type == Int(NFTA_GEN_ID.rawValue), length == 8 {
      return head[4...].reduce(0) { $0 << 8 | UInt32($1) }
    }
    guard length >= 4 else { return nil }
    rest = rest.dropFirst((length + 3) & ~3)
  }
  return nil
}
