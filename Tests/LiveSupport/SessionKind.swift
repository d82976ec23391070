/// How a client protects the control connection. Raw values as in the output of `explain`.
package enum Encryption: String, CaseIterable, Sendable {
  case plain
  case explicit
  case implicit
}

/// How a client asks for a data connection. Raw values as in the output of `explain`.
package enum DataMode: String, CaseIterable, Sendable {
  case pasv
  case epsv
  case port
  case eprt
}

/// An address as a part of a URL.
func urlHost(_ address: String) -> String { address.contains(":") ? "[\(address)]" : address }
