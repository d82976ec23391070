// SPDX-License-Identifier: GPL-2.0-only

import CNftables

/// What the worker gives up, so that a script in which somebody else's text has become commands, or a fault of the
/// library, reaches no more than rules: capabilities(7), landlock(7), seccomp(2).
enum Confinement {
  /// Gives up every capability but CAP_NET_ADMIN, before anything is read.
  ///
  /// - Returns: Whether that worked.
  static func giveUpPrivileges() -> Bool { keep_net_admin_alone() == 0 }

  /// Gives up files and calls, as far as the kernel knows how. The library must be ready: it reads names for numbers
  /// from files when it begins.
  ///
  /// - Parameter prints: Whether rules are to be printed; a script needs no file at all.
  /// - Returns: Whether nothing failed that the kernel knows; a kernel or a container without Landlock or filters is no
  ///   failure.
  static func enter(prints: Bool) -> Bool { confine_files(prints ? 1 : 0) >= 0 && confine_calls() >= 0 }
}
