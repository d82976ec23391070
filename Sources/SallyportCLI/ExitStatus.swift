import ArgumentParser

/// Exit status of every command; from 64 on the numbers of BSD's `sysexits.h`.
enum ExitStatus: Int32 {
  case fine = 0
  /// Errors in the policy, a difference, an audit mismatch, a session that fails.
  case findings = 1
  case usage = 64
  case inputMissing = 66
  /// A fault of the program or of its installation, not of the policy; or what it cannot tell of the rules that run.
  case internalFault = 70
  case inputOutput = 74
  /// A change of the rules was made and taken back.
  case takenBack = 75
  case privilegeMissing = 77

  /// What a command throws to end with this status, its message already printed.
  var code: ExitCode { ExitCode(rawValue) }

  /// The table for `--help`.
  static let help = """
    EXIT STATUS:
      0   fine
      1   findings: errors in the policy, a difference, a text that is not in
          canonical layout, a change that the kernel refuses or that waits,
          a session that fails, a cause that is named
      64  usage: the command line is wrong
      66  an input file is missing or cannot be read, or a name has no address
      70  internal fault, a part of the installation that is missing, or
          what cannot be told: whether a change of the rules stays
      74  input/output: a file or folder cannot be written, or other programs
          keep changing the rules
      75  the rules were changed, and changed back
      77  privilege missing: the kernel's rules need root or CAP_NET_ADMIN
    """
}
