import Addressing
import Diagnostics
import PolicySyntax

/// What one publication wants of its server.
enum ServerWish: Hashable {
  case program(SoftwareKind)
  case range(PortRange)
  case masquerade(plain: IPAddress?, encrypted: IPAddress?)
  case tls(TLSMode, clearControl: Bool)
  case active(Bool)
  case addresses([IPAddress])
}

extension Published {
  /// What the publication wants; `nil` when it does not care, or when the program has no such setting.
  func wish(_ subject: ServerSubject, in policy: Policy) -> ServerWish? {
    switch subject {
    case .program:
      return software.map { .program($0) }
    case .range:
      return publication.passiveRange.map { .range($0.value) }
    case .masquerade:
      guard endpoints.contains(where: { $0.family == .ipv4 }) else { return nil }
      guard !publication.cannotTell(.passiveRange, .helper, .externalIP) else { return nil }
      let masquerade = policy.masquerade(of: publication)
      return .masquerade(plain: masquerade.plain, encrypted: masquerade.encrypted)
    case .tls:
      guard !publication.cannotTell(.tls) else { return nil }
      // Who allows CCC to everybody does so whatever the policy says.
      let isClear = publication.clearControl != nil && software?.facts.clearControl != .always
      return .tls(publication.tls.value, clearControl: isClear)
    case .active:
      guard let facts = software?.facts, facts.canRefuseActive,
        publication.active.span != nil || facts.hasOneActiveSwitch && !publication.cannotTell(.active)
      else { return nil }
      return .active(publication.active.value)
    case .addresses:
      // Behind a gateway they are those of the server, whatever the publication.
      guard server.isLocal, !publication.cannotTell(.externalIP) else { return nil }
      return .addresses(publication.externalAddresses.map(\.arrival.value).sorted())
    }
  }

  /// The statement that says so.
  func span(of subject: ServerSubject) -> SourceSpan {
    switch subject {
    case .program: server.software?.span ?? server.header
    case .range: publication.passiveRange?.span ?? publication.header
    case .masquerade: publication.external(.ipv4)?.dialled.span ?? publication.header
    case .tls: publication.tlsSpan
    case .active: publication.activeSpan
    case .addresses: publication.externalAddresses.first?.arrival.span ?? publication.header
    }
  }
}

/// What several publications share.
enum ServerScope: Hashable {
  /// One control port of one host: one socket.
  case socket(GatewayAddress, port: UInt16)
  /// One control port of one declared server.
  case port(declaration: Int, UInt16)
  /// One daemon, or one site of a program that has several.
  case daemon(declaration: Int)
  /// One installation of such a program.
  case machine(Int)

  /// The scopes of a publication, the narrowest first.
  static func all(of published: Published) -> [ServerScope] {
    let port = published.publication.controlPort.value.server
    let gateway = published.publication.gateway
    var scopes: [ServerScope] = []
    if published.server.isLocal {
      scopes = published.publication.externalAddresses.map {
        .socket(GatewayAddress(gateway: gateway, address: $0.arrival.value), port: port)
      }
    } else {
      scopes = [.port(declaration: published.declaration, port)]
      scopes += published.server.addresses.map {
        .socket(GatewayAddress(gateway: gateway, address: $0.value), port: port)
      }
    }
    scopes.append(.daemon(declaration: published.declaration))
    if published.software?.facts.hasSites == true { scopes.append(.machine(published.machine)) }
    return scopes
  }

  /// What publications in such a scope have in common, by the program.
  func shares(_ subject: ServerSubject, _ software: SoftwareKind?) -> Bool {
    switch self {
    case .socket, .port: true
    case .daemon: software?.facts.isOfServer(subject) ?? false
    case .machine: software?.facts.isOfMachine(subject) ?? false
    }
  }
}
