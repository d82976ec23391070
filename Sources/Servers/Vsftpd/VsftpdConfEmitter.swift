import Addressing
import Diagnostics
package import Policy
import Templates

/// Writes `vsftpd.conf`, one for each process: the program has one socket, one range and one address in a process.
package struct VsftpdConfEmitter: ServerEmitter {
  package let software = SoftwareKind.vsftpd
  package let form = "conf"
  package let format: any DocumentFormat = VsftpdFormat()
  package let templates = [EmitterTemplate(.vsftpd, VsftpdFormat())]

  package var capabilities: Capabilities {
    var capabilities = Capabilities()
    capabilities.splitsFamilies = true
    return capabilities
  }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let sockets = plan.services.flatMap { VsftpdSocket.all($0, plan) }
    return Emission(
      documents: sockets.map { socket in
        ServerDocument(
          name: socket.fileName,
          text: renderer.render("vsftpd.conf.mustache", VsftpdView(plan, socket, isAlone: sockets.count == 1))
        )
      })
  }
}

/// A value of `vsftpd.conf`: everything after `=` up to the end of the line, without quotation marks or escapes.
struct VsftpdFormat: DocumentFormat {
  let name = "VSFTPD"

  func escapeText(_ text: String) -> String { text.replacingScalars { $0.breaksLine ? "" : nil } }
}

/// The one listening socket of a process.
struct VsftpdSocket {
  var service: Service
  /// The value of `listen` is YES, and that of `listen_ipv6` is NO; the other way round when false.
  var isIPv4: Bool
  /// `nil` for every address.
  var address: String?
  var fileName: String

  /// One socket for a service, or one for each family where one for both would announce 0.0.0.0, or listen on more
  /// addresses of the firewall host than it should.
  static func all(_ service: Service, _ plan: ServerPlan) -> [VsftpdSocket] {
    let isAlone = plan.services.count == 1
    let name = isAlone ? "vsftpd.conf" : "vsftpd-\(service.name).conf"
    guard service.addresses.count > 1 else {
      return [
        VsftpdSocket(
          service: service, isIPv4: !service.listensOnly(.ipv6),
          address: service.addresses.first.map { "\($0)" },
          fileName: name)
      ]
    }
    guard service.needsTwoSockets(plan.server) else {
      return [VsftpdSocket(service: service, isIPv4: false, address: nil, fileName: name)]
    }
    return service.addresses.map { address in
      let second = isAlone ? "vsftpd-ipv6.conf" : "vsftpd-\(service.name).ipv6.conf"
      let isIPv4 = address.family == .ipv4
      return VsftpdSocket(
        service: service, isIPv4: isIPv4, address: "\(address)", fileName: isIPv4 ? name : second)
    }
  }
}

/// What the template `vsftpd.conf.mustache` can name.
struct VsftpdView {
  var heading: [String]
  var isAlone: Bool
  var isIPv4: Bool
  var address: String?
  /// One IPv6 socket that serves both families.
  var isDual: Bool
  var port: UInt16
  var range: RangeView?
  var announced: String?
  var allowsActive: Bool
  /// 0 for no limit.
  var maxClients: Int
  var usesTLS: Bool
  var isRequired: Bool
  var isImplicit: Bool
  var certificate: CertificateView

  init(_ plan: ServerPlan, _ socket: VsftpdSocket, isAlone: Bool) {
    let service = socket.service
    heading = plan.heading([service])
    self.isAlone = isAlone
    isIPv4 = socket.isIPv4
    address = socket.address
    isDual = service.addresses.count > 1 && socket.address == nil
    port = service.port
    range = service.passiveRange.map(RangeView.init)
    announced = socket.isIPv4 ? service.announced.map { "\($0)" } : nil
    allowsActive = service.allowsActive
    maxClients = plan.server.maxClients?.value ?? 0
    usesTLS = service.tls.allowsTLS
    isRequired = service.tls == .explicitRequired || service.tls == .implicit
    isImplicit = service.tls == .implicit
    certificate = CertificateView(plan.server.certificate?.value, usesTLS: usesTLS)
  }
}
