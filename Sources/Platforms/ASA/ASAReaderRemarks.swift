import Addressing
import Diagnostics
import Nftables

/// What is to be said of lines whatever a policy says.
struct ASARemarks {
  private(set) var diagnostics: [Diagnostic] = []

  init(_ configuration: ASAConfiguration, _ context: GatewayContext, _ table: ASATable) {}
}
