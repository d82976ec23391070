import Addressing
import Diagnostics
import FTPSession
import Policy

/// What a policy says about a kind of session.
struct SessionPermission {
  let publication: Publication
  let endpoint: Endpoint
  /// Whether the client that stands for a place inside is on the list of `deny`.
  let deniesInside: Bool

  /// Why the policy does not want it; `nil` when it does.
  func refusal(_ place: ClientPlace, _ encryption: Encryption, _ mode: DataMode) -> String? {
    refusal(of: place) ?? publication.refusal(of: encryption) ?? refusal(of: mode)
      ?? (place == .inside && mode.isActive ? refusalOfHiddenClient(encryption) : nil)
  }

  /// Why a client is to be kept out altogether; `nil` when nobody says so.
  func exclusion(_ place: ClientPlace) -> String? {
    switch place {
    case .allowed: nil
    case .stranger: refusal(of: .stranger)
    case .inside: deniesInside && endpoint.reach != .routed ? "`deny` lists this client" : nil
    }
  }

  /// With `hairpin` the server sees the gateway, and refuses commands that name the client, unless the helper rewrites
  /// them.
  private func refusalOfHiddenClient(_ encryption: Encryption) -> String? {
    let isReadable = encryption == .plain || publication.clearControl != nil
    let isHidden =
      publication.insideEndpoint(endpoint) == nil ? endpoint.reach == .translated : endpoint.reach != .local
    guard isHidden, !publication.helper.value || !isReadable else { return nil }
    return "`hairpin` hides clients inside from the server, which refuses their PORT and EPRT"
  }

  private func refusal(of place: ClientPlace) -> String? {
    switch place {
    case .allowed: return nil
    case .stranger: return "`allow` and `deny` do not admit this client"
    case .inside:
      if endpoint.reach == .routed, endpoint.external.at == nil {
        return publication.controlPort.value.isTranslated
          ? "clients inside reach the server without the gateway, on its own port" : nil
      }
      guard publication.hairpin.value else { return "`hairpin` is off, so clients inside have no promise" }
      return deniesInside ? "`deny` lists this client" : nil
    }
  }

  private func refusal(of mode: DataMode) -> String? {
    if endpoint.family == .ipv6, !mode.hasIPv6Form {
      return "\(mode.command) has no form for IPv6, where clients use \(mode.isActive ? "EPRT" : "EPSV")"
    }
    return mode.isActive && !publication.active.value ? "`active` is off" : nil
  }
}

extension Publication {
  /// Why its `tls` does not permit such sessions; `nil` when it does.
  func refusal(of encryption: Encryption) -> String? {
    let tls = tls.value
    switch encryption {
    case .plain where !tls.allowsPlain: return "`tls \(tls.rawValue)` does not permit clear sessions"
    case .explicit where tls == .off: return "`tls off`"
    case .explicit where tls == .implicit: return "`tls implicit` begins every session with TLS"
    case .implicit where tls != .implicit: return "`tls \(tls.rawValue)` is not implicit TLS"
    default: return nil
    }
  }
}
