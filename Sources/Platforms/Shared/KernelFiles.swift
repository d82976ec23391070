import Addressing
import Flows

/// What a gateway's kernel needs besides the ruleset, as fragments for `modules-load.d`, `modprobe.d` and `sysctl.d`.
struct KernelFiles {
  private let kernel: LinuxKernel
  private let usesHelper: Bool
  private let translates: Bool
  private let families: [AddressFamily]
  /// The ports at which the kernel assigns the helper by itself; empty where rules assign it.
  private let ports: [UInt16]

  /// - Parameter kernel: What is known of the gateway's kernel.
  init(_ plan: FlowPlan, _ kernel: LinuxKernel = .current) {
    self.kernel = kernel
    ports = kernel.helpsByRule ? [] : plan.helperPorts
    let plans = [plan] + (plan.outbound.map { [$0] } ?? [])
    usesHelper = plans.contains { $0.help != nil }
    // Users leave with other addresses, ours or those of somebody else's rules.
    translates = plan.families.contains(where: \.translatesAddresses) || plan.outbound?.help != nil
    families = AddressFamily.allCases.filter { family in
      plans.contains { $0.families.contains { $0.family == family && $0.forwards } }
    }
  }

  /// The fragments that are needed.
  var artifacts: [Artifact] {
    let texts: [(name: String, text: String?, destination: String, purpose: String)] = [
      ("modules-load.conf", modulesLoad, "/etc/modules-load.d/sallyport.conf", "kernel modules to load"),
      ("modprobe.conf", modprobe, "/etc/modprobe.d/sallyport.conf", "options of the FTP helper"),
      ("sysctl.conf", sysctl, "/etc/sysctl.d/60-sallyport.conf", "kernel settings"),
    ]
    return texts.compactMap { file in
      file.text.map {
        Artifact(
          name: file.name, pieces: [Array($0.utf8)], destination: file.destination, purpose: file.purpose)
      }
    }
  }

  /// `modules-load.d`: assigning a helper does not load it, and without `nf_nat_ftp` the 227 reply is not rewritten.
  private var modulesLoad: String? {
    guard usesHelper else { return nil }
    let (tracking, translation) = kernel.helperModules
    let modules = [tracking] + (translates ? [translation] : [])
    let place = kernel.helpsByRule ? "/etc/modules-load.d" : "/etc/modules, or what loads modules at boot"
    return """
      # Written by sallyport for \(place): the conntrack FTP helper.
      \(modules.joined(separator: "\n"))

      """
  }

  /// `modprobe.d`: the helper expects data connections only to the address of the control connection. Where the kernel
  /// assigns it by itself, it does so at the server's port: translation has been chosen by then
  /// (`nf_conntrack_alter_reply`).
  private var modprobe: String? {
    guard usesHelper else { return nil }
    let (tracking, translation) = kernel.helperModules
    let list = ports.isEmpty || ports == [21] ? "" : " ports=\(ports.map { "\($0)" }.joined(separator: ","))"
    var lines = ["options \(tracking) loose=0\(list)"]
    if !list.isEmpty, translates, kernel.tellsPortsTwice { lines.append("options \(translation)\(list)") }
    return """
      # Written by sallyport for /etc/modprobe.d: with loose=1 a 227 reply could open a path to any host.
      \(lines.joined(separator: "\n"))

      """
  }

  /// `sysctl.d`: forwarding, and on kernels from 3.5 to 5.x no helper that nobody assigned. The `-` makes a key that
  /// the kernel does not have no error.
  private var sysctl: String? {
    var lines = families.map {
      $0 == .ipv4 ? "net.ipv4.ip_forward = 1" : "net.ipv6.conf.all.forwarding = 1"
    }
    if usesHelper, kernel.helpsByRule { lines.append("-net.netfilter.nf_conntrack_helper = 0") }
    guard !lines.isEmpty else { return nil }
    return """
      # Written by sallyport for /etc/sysctl.d: what the gateway needs to forward published connections.
      \(lines.joined(separator: "\n"))

      """
  }
}

extension FlowPlan {
  /// The ports at which servers with `helper on` take control connections, those of others that users reach among
  /// them, in ascending order.
  var helperPorts: [UInt16] { Set(helpedServices.map(\.serverControlPort)).sorted() }

  /// The services with `helper on`, of publications and of `reach` blocks.
  var helpedServices: [PublishedService] { (services + (outbound?.services ?? [])).filter(\.wantsHelper) }
}
