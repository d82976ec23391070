import Diagnostics
package import Policy
import Templates

/// Writes one file to include in `proftpd.conf` in which every control port is a `<VirtualHost>`, beside a main server
/// that serves something else.
package struct ProftpdVirtualHostEmitter: ServerEmitter {
  package let software = SoftwareKind.proftpd
  package let form = "virtualhost"
  package let format: any DocumentFormat = ProftpdFormat()
  package let templates = [Template.proftpdVirtualHost, .proftpdService].map { EmitterTemplate($0, ProftpdFormat()) }

  package var capabilities: Capabilities { ProftpdConfEmitter().capabilities }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let text = renderer.render(
      "proftpd-virtualhost.conf.mustache", ProftpdView(plan, allVirtual: true))
    return Emission(
      documents: [ServerDocument(name: "proftpd-virtualhost.conf", text: text)],
      diagnostics: mainServer(plan) + proftpdUnguardedRanges(plan))
  }

  /// A virtual host on the address and port of the main server crashes the daemon, in `-t` too (measured: 1.3.8), and a
  /// main server without `Port` listens on 21.
  private func mainServer(_ plan: ServerPlan) -> [Diagnostic] {
    guard let service = plan.services.first(where: { $0.port == 21 }), let publication = service.publications.first
    else { return [] }
    return [
      Diagnostic(
        .note, "proftpd-main-server",
        "ProFTPD crashes when its main server has the address and port of a virtual host, so proftpd.conf must not "
          + "say `Port 21`",
        at: publication.controlPort.span ?? publication.header,
        help: "write `Port 0` in proftpd.conf, or another port")
    ]
  }
}
