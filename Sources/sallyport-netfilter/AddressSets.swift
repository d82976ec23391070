// SPDX-License-Identifier: GPL-2.0-only

import CNftables
import Glibc

/// The sets of `ipset` in this network namespace, with their elements, as the kernel's ip_set_core.c lists them.
///
/// - Returns: `nil` where the kernel has no sets, or does not list them.
func addressSets() -> [UInt8]? {
  // IPSET_ATTR_PROTOCOL with version 6, which every kernel since 2.6.39 speaks.
  netlinkList(subsystem: UInt32(NFNL_SUBSYS_IPSET), message: ipsetCommandList, attributes: attribute(1, [6]))
}

/// `INDEX NAME`, a line for each set: rules name sets by an index.
func addressSetNames() -> [UInt8] {
  let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  guard descriptor >= 0 else { return [] }
  defer { close(descriptor) }
  var lines: [UInt8] = []
  for index in 0..<mostSets {
    // struct ip_set_req_get_set: operation, version, and a name of 32 bytes or an index in its place.
    var request = [UInt8](repeating: 0, count: 40)
    request.withUnsafeMutableBytes {
      $0.storeBytes(of: operationByIndex, as: UInt32.self)
      $0.storeBytes(of: 6, toByteOffset: 4, as: UInt32.self)
      $0.storeBytes(of: UInt16(index), toByteOffset: 8, as: UInt16.self)
    }
    var length = socklen_t(request.count)
    guard getsockopt(descriptor, SOL_IP, socketOptionSets, &request, &length) == 0 else { continue }
    let name = request[8...].prefix { $0 != 0 }
    if !name.isEmpty { lines += Array("\(index) ".utf8) + name + [0x0A] }
  }
  return lines
}

/// IPSET_CMD_LIST, SO_IP_SET and IP_SET_OP_GET_BYINDEX of `linux/netfilter/ipset/ip_set.h`.
private let ipsetCommandList: UInt32 = 7
private let socketOptionSets: Int32 = 83
private let operationByIndex: UInt32 = 7
/// A kernel makes room for 256 unless it was built or asked for more.
private let mostSets = 2048
