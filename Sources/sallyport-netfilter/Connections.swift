// SPDX-License-Identifier: GPL-2.0-only

import CNftables
import Glibc

/// Every TCP connection that the kernel tracks in this network namespace, a line each as `conntrack -L` prints it;
/// `nil` when they cannot be listed.
func trackedConnections() -> [UInt8]? {
  guard let handle = nfct_open(UInt8(NFNL_SUBSYS_CTNETLINK), 0) else { return nil }
  defer { nfct_close(handle) }
  let lines = Lines()
  let register = nfct_callback_register(
    handle, NFCT_T_ALL,
    { _, connection, lines in
      guard let connection, let lines else { return Int32(NFCT_CB_CONTINUE) }
      Unmanaged<Lines>.fromOpaque(lines).takeUnretainedValue().append(connection)
      return Int32(NFCT_CB_CONTINUE)
    }, Unmanaged.passUnretained(lines).toOpaque())
  guard register == 0 else { return nil }
  for family in [AF_INET, AF_INET6] {
    var number = UInt32(family)
    guard nfct_query(handle, NFCT_Q_DUMP, &number) == 0 else { return nil }
  }
  return withExtendedLifetime(lines) { lines.bytes }
}

private final class Lines {
  private(set) var bytes: [UInt8] = []
  private var line = [CChar](repeating: 0, count: 4096)

  func append(_ connection: OpaquePointer) {
    guard nfct_get_attr_u8(connection, ATTR_L4PROTO) == UInt8(IPPROTO_TCP) else { return }
    let count = Int(
      nfct_snprintf(&line, UInt32(line.count), connection, UInt32(NFCT_T_UNKNOWN.rawValue), UInt32(NFCT_O_DEFAULT), 0)
    )
    guard count > 0 else { return }
    bytes += line.prefix(min(count, line.count - 1)).map { UInt8(bitPattern: $0) }
    bytes.append(0x0A)
  }
}
