import Addressing
import Diagnostics
import Lowering
import Policy

/// What a gateway's kernel needs besides the ruleset, as fragments for `modules-load.d`, `modprobe.d` and `sysctl.d`.
struct KernelFiles {
  private let usesHelper: Bool
  private let translates: Bool
  private let families: [AddressFamily]

  init(_ services: [PublishedService]) {
    usesHelper = services.contains { $0.publication.helper.value }
    translates = services.contains { $0.endpoint.reach == .translated }
    families = AddressFamily.allCases.filter { family in
      services.contains { $0.family == family && $0.endpoint.reach != .local }
    }
  }

  /// `modules-load.d`: assigning a helper does not load it, and without `nf_nat_ftp` the 227 reply is not rewritten.
  var modulesLoad: String? {
    guard usesHelper else { return nil }
    let modules = ["nf_conntrack_ftp"] + (translates ? ["nf_nat_ftp"] : [])
    return """
      # Written by sallyport for /etc/modules-load.d: the conntrack FTP helper.
      \(modules.joined(separator: "\n"))

      """
  }

  /// `modprobe.d`: the helper expects data connections only to the address of the control connection.
  var modprobe: String? {
    guard usesHelper else { return nil }
    return """
      # Written by sallyport for /etc/modprobe.d: with loose=1 a 227 reply could open a path to any host.
      options nf_conntrack_ftp loose=0

      """
  }

  /// `sysctl.d`: forwarding, and on kernels before 6.0 no helper that nobody assigned. The `-` makes a key that the
  /// kernel does not have no error.
  var sysctl: String? {
    var lines = families.map {
      $0 == .ipv4 ? "net.ipv4.ip_forward = 1" : "net.ipv6.conf.all.forwarding = 1"
    }
    if usesHelper { lines.append("-net.netfilter.nf_conntrack_helper = 0") }
    guard !lines.isEmpty else { return nil }
    return """
      # Written by sallyport for /etc/sysctl.d: what the gateway needs to forward published connections.
      \(lines.joined(separator: "\n"))

      """
  }
}
