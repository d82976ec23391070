/// Publications beside those that a test is about: so many that what all of them have in common is kept in sets of its
/// own.
package enum Crowd {
  /// What the names of all of them begin with.
  package static let prefix = "crowd-"

  /// The text of their declarations, at addresses that no test uses.
  ///
  /// - Parameters:
  ///   - range: The passive range that they have in common.
  ///   - clients: Whom each of them allows.
  ///   - hasIPv6: Whether they are published in both families.
  package static func text(_ count: Int = 100, range: String, clients: String, hasIPv6: Bool = false) -> String {
    (1...count).map { number in
      let external = "198.18.0.\(number)" + (hasIPv6 ? ", 2001:db8:c0::\(number)" : "")
      let inner = "10.99.0.\(number)" + (hasIPv6 ? ", 2001:db8:c1::\(number)" : "")
      return """
        server \(prefix)\(number) {
            address   \(inner)
            software  vsftpd
        }
        publish \(prefix)\(number) {
            server         \(prefix)\(number)
            external ip    \(external)
            passive range  \(range)
            tls            off
            allow          \(clients)
        }

        """
    }.joined()
  }
}
