import Addressing
import Diagnostics
import Flows
import Policy

/// `forwarding-off`: publications on other machines, on a host that forwards nothing, or nothing of an interface that
/// they pass.
func forwardingFindings(
  _ view: GatewayView, _ settings: ForwardingSettings, _ machine: Machine?
) -> [Diagnostic] {
  let whole = AddressFamily.allCases.compactMap { family in
    settings[family] == false
      ? finding(ForwardingSettings.name(family), family, view, help: "; `sallyport build` writes it for sysctl.d")
      : nil
  }
  guard settings[.ipv4] != false, let machine, let gateway = view.gateway else { return whole }
  // IPv4 alone: over IPv6 one setting is for all interfaces (`ip6_forward` in ip6_output.c).
  let parts = (gateway.outside + gateway.inside).filter { machine.link(named: $0.value)?.forwardsIPv4 == false }
  return whole
    + parts.compactMap { name in
      finding("net.ipv4.conf.\(name.value.replacing(".", with: "/")).forwarding", .ipv4, view, at: name.span)
    }
}

private func finding(
  _ name: String, _ family: AddressFamily, _ view: GatewayView, at span: SourceSpan? = nil, help: String = ""
) -> Diagnostic? {
  let forwarded = (view.services + view.reached).filter { $0.family == family && $0.endpoint.reach != .local }
  guard let anchor = view.anchor(forwarded) else { return nil }
  return .warning(
    "forwarding-off",
    "`\(name)` is 0 on this machine, which forwards no connection \(span == nil ? "to a server" : "from there") then",
    at: span ?? anchor, help: "set `\(name) = 1`\(help)")
}
