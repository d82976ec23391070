import Addressing
import Diagnostics
import PolicySyntax

/// The statements of a `reach` block.
let reachForms = StatementForms<ReachWord, Outreach.Parts> { word in
  switch word {
  case .gateway:
    StatementForm {
      $0.reference(.gateway)
    } set: {
      $0.gateway = $1.value
    }
  case .server:
    StatementForm {
      $0.reachedServers()
    } set: {
      ($0.servers, $0.serverSpan) = ($1.value, $1.span)
    }
  case .publication:
    StatementForm {
      $0.reference(.publish)
    } set: {
      $0.publication = $1
    }
  case .controlPort:
    StatementForm {
      $0.reachedPort()
    } set: {
      $0.controlPort = $1
    }
  case .passiveRange:
    StatementForm {
      $0.reachedRange()
    } set: {
      $0.range = $1
    }
  case .tls:
    StatementForm {
      $0.tls()
    } set: {
      $0.tls = Setting($1.value.mode, $1.span)
      $0.clearControl = $1.value.clearControl
    }
  case .helper:
    StatementForm {
      $0.toggle()
    } set: {
      $0.helper = Setting($1)
    }
  case .active:
    StatementForm {
      $0.toggle()
    } set: {
      $0.active = Setting($1)
    }
  case .allow:
    StatementForm {
      $0.clientTerms()
    } set: {
      $0.allow += $1.value
    }
  case .deny:
    StatementForm {
      $0.clientTerms()
    } set: {
      $0.deny = $1.value
    }
  case .source:
    StatementForm {
      $0.choice(sourceModes)?.value
    } set: {
      $0.source = Setting($1)
    }
  case .log:
    StatementForm {
      $0.choice(logModes)?.value
    } set: {
      $0.log = Setting($1)
    }
  }
}

extension StatementReader {
  /// Addresses, none of them twice.
  fileprivate mutating func reachedServers() -> [Located<IPAddress>]? {
    guard let addresses = list({ $0.address($0.wanted) }) else { return nil }
    for (position, address) in addresses.enumerated() {
      if let first = addresses[..<position].first(where: { $0.value == address.value }) {
        fail(
          "`\(address.value)` stands here twice", at: address.span, related: [Label(first.span, "the first")],
          help: "take one of the two out")
        return nil
      }
    }
    return addresses
  }

  /// One port: nobody here translates that of somebody else's server.
  fileprivate mutating func reachedPort() -> UInt16? {
    guard let port = controlPort() else { return nil }
    guard port.isTranslated else { return port.external }
    fail(
      "the control port of a `reach` is one number, the one that users dial", at: span,
      help: "write `control port \(port.external)`")
    return nil
  }

  /// `LOW-HIGH` or `any`.
  fileprivate mutating func reachedRange() -> ReachedRange? {
    if accept("any") != nil { return .any }
    return passiveRange().map { .ports($0.value) }
  }
}
