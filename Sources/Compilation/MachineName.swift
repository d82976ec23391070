import Policy

/// A gateway or a server of a policy, by its name.
struct MachineName: Hashable {
  var kind: BuildMachine.Kind
  /// Empty for the gateway of a policy that declares none.
  var name: String

  init(_ kind: BuildMachine.Kind, _ name: String) { (self.kind, self.name) = (kind, name) }

  /// Where its files lie in the folder that `build` writes.
  var folder: String {
    switch kind {
    case .gateway: name.isEmpty ? "gateway" : "gateways/\(name)"
    case .server: "servers/\(name)"
    }
  }
}

extension Policy {
  func machineName(ofGateway position: Int?) -> MachineName {
    MachineName(.gateway, gateway(at: position)?.name.value ?? "")
  }

  /// The machines that sessions of a publication pass: its gateway, those further out, its server.
  func machines(passedBy publication: Publication) -> [MachineName] {
    ([publication.gateway] + publication.hops.map { $0.gateway }).map(machineName(ofGateway:))
      + (server(of: publication).map { [MachineName(.server, $0.name.value)] } ?? [])
  }

  /// The same of a `reach`: gateways of the users, and of what they reach where it is in this policy.
  func machines(passedBy reach: Outreach) -> [MachineName] {
    (reach.gateway.map(path) ?? []).map(machineName(ofGateway:))
      + (publication(of: reach).map { machines(passedBy: $0) } ?? [])
  }
}
