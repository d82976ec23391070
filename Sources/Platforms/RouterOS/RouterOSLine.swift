import Addressing

/// A menu of the firewall in which we have entries.
enum RouterOSMenu: String, CaseIterable {
  // In the order in which they refer to each other.
  case addressList = "address-list"
  case mangle, nat, filter

  /// As it stands at the beginning of a line.
  func path(_ family: AddressFamily) -> String { "/\(family == .ipv4 ? "ip" : "ipv6") firewall \(rawValue)" }
}

/// What a line of a script says: parameters with their values, as `add` takes them.
struct RouterOSLine {
  private(set) var text = "add"

  /// - Parameter parameters: Names and values that need no quotes; what is `nil` is left out.
  init(_ parameters: KeyValuePairs<String, String?>) { add(parameters) }

  mutating func add(_ parameters: KeyValuePairs<String, String?>) {
    for (name, value) in parameters {
      if let value { text += " \(name)=\(value)" }
    }
  }
}

/// A text between quotation marks, so that it is nothing but itself to the console.
///
/// The manual's page of scripting has the escapes: `\"`, `\\`, `\$`, and two hexadecimal digits in capital letters for
/// any byte. Whatever is not known to be harmless becomes one of the last kind: `?` asks for help in 6, and control
/// characters are taken for keys.
func routerOSQuoted(_ text: String) -> String {
  var quoted = "\""
  for byte in text.utf8 {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"): quoted += "\\" + ascii(byte)
    case UInt8(ascii: "?"), ..<0x20, 0x7F...:
      let digits = String(byte, radix: 16, uppercase: true)
      quoted += "\\" + (digits.count < 2 ? "0" : "") + digits
    default: quoted += ascii(byte)
    }
  }
  return quoted + "\""
}

private func ascii(_ byte: UInt8) -> String { String(UnicodeScalar(byte)) }

extension IPAddress {
  /// As parameters of the firewall take one address: those of IPv6 are prefixes there.
  var routerOS: String { family == .ipv4 ? "\(self)" : "\(self)/128" }
}

extension Prefix {
  var routerOS: String { isHost ? address.routerOS : "\(self)" }
}
