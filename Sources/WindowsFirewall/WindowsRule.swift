/// One rule of Windows' own firewall, for TCP: it lets something in, or out.
package struct WindowsRule: Hashable, Sendable {
  /// What people see, and what netsh knows a rule by; several rules may have the same.
  package var title: String
  /// A name that no other rule of the machine has; `nil` leaves it to Windows. netsh has none.
  package var name: String?
  /// The group by which PowerShell finds rules again; `nil` for none. netsh has none.
  package var group: String?
  package var description: String?
  /// Whether it is about connections that the machine opens.
  package var isOutbound: Bool
  /// Ports of the machine: one, or two joined by a hyphen; `nil` for all.
  package var ports: String?
  /// Ports of the other end.
  package var remotePorts: String?
  /// The service to which alone it applies. A rule for a program would not do for one that shares a process with
  /// others (documented: Microsoft's notes on FTP services of Windows).
  package var service: String?
  /// The address of the machine; `nil` for all.
  package var localAddress: String?
  /// Addresses and prefixes of the other end; empty for all.
  package var remoteAddresses: [String]

  package init(
    _ title: String, name: String? = nil, group: String? = nil, description: String? = nil, isOutbound: Bool = false,
    ports: String? = nil, remotePorts: String? = nil, service: String? = nil, localAddress: String? = nil,
    remoteAddresses: [String] = []
  ) {
    self.title = title
    self.name = name
    self.group = group
    self.description = description
    self.isOutbound = isOutbound
    self.ports = ports
    self.remotePorts = remotePorts
    self.service = service
    self.localAddress = localAddress
    self.remoteAddresses = remoteAddresses
  }
}

/// The rules of one owner on a machine, together with Windows' inspection of FTP.
package struct WindowsRules: Hashable, Sendable {
  /// The inspection of FTP (StatefulFtp), which the whole machine has or has not. It reads clear text only and stands
  /// in the way of TLS (documented: dd421710).
  package enum Inspection: Hashable, Sendable {
    case asItIs, off, on
  }

  /// The title of all of them, by which those of an earlier run are found.
  package var title: String
  /// The group of all of them, by which PowerShell finds those of an earlier run; `nil` where the title has to do.
  package var group: String?
  package var rules: [WindowsRule]
  package var inspection: Inspection

  package init(title: String, group: String? = nil, rules: [WindowsRule], inspection: Inspection = .asItIs) {
    self.title = title
    self.group = group
    self.rules = rules
    self.inspection = inspection
  }
}
