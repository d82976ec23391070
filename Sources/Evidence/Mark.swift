package import Addressing
import Diagnostics

/// A place in a piece of evidence: what a person looks up to see it with their own eyes.
package struct Mark: Hashable, Sendable {
  /// Which piece of evidence, counted from 0 in the order of the command line.
  package var source: Int
  /// The line of a log, from 1; `nil` in a capture.
  package var line: Int?
  /// The packet of a capture, from 1, as other programs number them; `nil` in a log.
  package var packet: Int?
  /// What stands there, without passwords, at most 200 characters.
  package var text: String

  package init(source: Int, line: Int? = nil, packet: Int? = nil, text: String) {
    self.source = source
    self.line = line
    self.packet = packet
    self.text = excerpt(text)
  }
}

/// From where a piece of evidence saw the session.
package enum Viewpoint: String, Hashable, Sendable {
  case client, server, firewall
}

/// An address with a port; either may be unknown.
package struct Endpoint: Hashable, Sendable {
  package var address: IPAddress?
  package var port: UInt16?

  package init(_ address: IPAddress? = nil, _ port: UInt16? = nil) {
    self.address = address
    self.port = port
  }

  /// `ADDRESS:PORT`, IPv6 in brackets; `?` for what is not known.
  package var text: String {
    let host: String =
      switch address {
      case .v4(let address): address.description
      case .v6(let address): "[\(address)]"
      case nil: "?"
      }
    return port.map { "\(host):\($0)" } ?? host
  }
}

/// A text that may be shown: without passwords and signs that a terminal obeys, in one line of at most 200 characters.
func excerpt(_ text: String) -> String {
  let clean = printable(redacted(text).replacing("\t", with: " "))
  guard clean.unicodeScalars.count > 200 else { return clean }
  return String(String.UnicodeScalarView(clean.unicodeScalars.prefix(199))) + "…"
}
