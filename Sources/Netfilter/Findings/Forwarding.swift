import Addressing
import Diagnostics
import Lowering
import Policy

/// `forwarding-off`: publications on other machines, on a host that forwards nothing.
func forwardingFindings(_ view: GatewayView, _ settings: ForwardingSettings) -> [Diagnostic] {
  AddressFamily.allCases.compactMap { family in
    let forwarded = view.services.filter { $0.family == family && $0.endpoint.reach != .local }
    guard settings[family] == false, let anchor = view.anchor(forwarded) else { return nil }
    let name = ForwardingSettings.name(family)
    return .warning(
      "forwarding-off", "`\(name)` is 0 on this machine, which forwards no connection to a server then", at: anchor,
      help: "set `\(name) = 1`; `sallyport build` writes it for sysctl.d")
  }
}
