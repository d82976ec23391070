package import Addressing

/// What is known of a kind of gateway, as far as the meaning of a policy depends on it.
///
/// Policy knows no platform. Those that there are come to `resolve` with their facts.
package struct GatewayFacts: Sendable {
  /// Whether its FTP helper is that of Linux.
  package var hasHelperOfLinux: Bool
  /// Whether it is the firewall of the machine on which its servers run, and nothing else: its rules let out what these
  /// open, and clients on every side meet them.
  package var isServerHost: Bool
  /// `nil` where nothing is known.
  package var outgoingPorts: OutgoingPorts?

  package init(hasHelperOfLinux: Bool, isServerHost: Bool, outgoingPorts: OutgoingPorts?) {
    self.hasHelperOfLinux = hasHelperOfLinux
    self.isServerHost = isServerHost
    self.outgoingPorts = outgoingPorts
  }

  /// What a gateway is that says nothing else.
  package static let linux = GatewayFacts(
    hasHelperOfLinux: true, isServerHost: false,
    // The default of `net.ipv4.ip_local_port_range`.
    outgoingPorts: OutgoingPorts(range: 32768...60999, reservation: "net.ipv4.ip_local_reserved_ports"))
}
