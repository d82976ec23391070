import Addressing
import Flows

extension PublishedService {
  /// An address from which a connection may be tried: one that is admitted, or one for documentation (RFC 5737, RFC
  /// 3849) where every client is.
  var sampleClient: String {
    guard let prefix = clientPrefixes?.first, prefix.length > 0 else {
      return family == .ipv4 ? "198.51.100.7" : "2001:db8::7"
    }
    let host = prefix.isHost ? nil : IPAddress(family: family, value: prefix.address.value | 1)
    return "\(host ?? prefix.address)"
  }
}

extension [PublishedService] {
  /// A sentence for each service that admits nobody, and so gets no permit.
  var withoutClients: [String] {
    filter { $0.clientPrefixes?.isEmpty == true }.map {
      "`\($0.name)` admits no client over \($0.family.title), so nothing is permitted there."
    }
  }
}
