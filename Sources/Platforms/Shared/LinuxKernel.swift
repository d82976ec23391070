/// A version of the Linux kernel, as far as rules of iptables depend on it.
struct LinuxKernel: Comparable, Sendable {
  private var parts: [UInt16]

  /// A kernel that can do whatever is written here.
  static let current = LinuxKernel(7)

  init(_ parts: UInt16...) { self.parts = parts }

  /// Reads a version as a policy writes it: `2.4`, `2.6.32`, `6.1`. What is left out counts as 0, so `2.6` is the
  /// oldest of its line.
  ///
  /// - Returns: `nil` for what is no version of a kernel that has iptables, which came with 2.4.
  init?(_ text: String) {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    let parts = words.compactMap { word in word.allSatisfy(\.isNumber) ? UInt16(word) : nil }
    guard (1...3).contains(parts.count), parts.count == words.count else { return nil }
    self.parts = parts
    guard self >= LinuxKernel(2, 4), parts.first != 2 || [4, 6].contains(parts.dropFirst().first) else { return nil }
  }

  static func < (left: Self, right: Self) -> Bool {
    for index in 0..<max(left.parts.count, right.parts.count) {
      let (one, other) = (left.part(index), right.part(index))
      if one != other { return one < other }
    }
    return false
  }

  static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }

  private func part(_ index: Int) -> UInt16 { parts.indices.contains(index) ? parts[index] : 0 }
}

extension LinuxKernel {
  /// Whether ports of the first packet can be matched (`xt_conntrack` revision 1), IPv6 connections by their state,
  /// marks by single bits, and connections counted (`xt_connlimit`, `--hashlimit-above`), and whether rules have
  /// comments and `goto`. Each came with 2.6.25 or earlier.
  var hasRevisions: Bool { self >= LinuxKernel(2, 6, 25) }

  /// Whether a rule can give the FTP helper to one connection, and no other one gets it by itself. The target `CT`
  /// came with 2.6.34, the switch `nf_conntrack_helper` against automatic assignment with 3.5.
  var helpsByRule: Bool { self >= LinuxKernel(3, 5) }

  /// Whether ip6tables has a table `nat`.
  var translatesIPv6: Bool { self >= LinuxKernel(3, 7) }

  /// Whether `ipset` is a part of the kernel.
  var hasSets: Bool { self >= LinuxKernel(2, 6, 39) }

  /// The modules of the FTP helper: the one that reads, and the one that translates what it reads. Named anew with
  /// `nf_conntrack` in 2.6.20.
  var helperModules: (tracking: String, translation: String) {
    self < LinuxKernel(2, 6, 20) ? ("ip_conntrack_ftp", "ip_nat_ftp") : ("nf_conntrack_ftp", "nf_nat_ftp")
  }

  /// Whether the module that translates has to be told the ports as well (`ip_nat_ftp.c` before 2.6.11).
  var tellsPortsTwice: Bool { self < LinuxKernel(2, 6, 11) }

  /// How many ports the helper takes (`MAX_PORTS` in `nf_conntrack_ftp.c`).
  static let mostHelperPorts = 8
}
