import Addressing

/// What a 227, a 229, a PORT or an EPRT says.
package enum Announcement: Hashable, Sendable {
  case endpoint(Endpoint)
  /// It should say something, and cannot be read.
  case malformed

  package var endpoint: Endpoint? { if case .endpoint(let endpoint) = self { endpoint } else { nil } }
}

/// The endpoint in a reply to PASV (RFC 959: six numbers).
///
/// Clients differ in what they take; one of the most used wants a blank or a parenthesis before the six numbers
/// (source of that client).
package func announcement(inPASVReply text: String) -> Announcement {
  let scalars = Array(text.utf8)
  // An IPv4 address written as an IPv6 one, as servers on IPv6 sockets have done, is none: what is written that way is
  // the address itself, before the numbers.
  if let colons = text.firstRange(of: "::"), !text[..<colons.lowerBound].contains(",") { return .malformed }
  var position = 0
  while position < scalars.count {
    guard (0x30...0x39).contains(scalars[position]) else {
      position += 1
      continue
    }
    if let found = sixNumbers(scalars, from: position) { return .endpoint(found) }
    while position < scalars.count, (0x30...0x39).contains(scalars[position]) { position += 1 }
  }
  return .malformed
}

private func sixNumbers(_ bytes: [UInt8], from start: Int) -> Endpoint? {
  var numbers: [UInt16] = []
  var position = start
  while numbers.count < 6 {
    var value = 0
    var digits = 0
    while position < bytes.count, (0x30...0x39).contains(bytes[position]), digits < 4 {
      value = value * 10 + Int(bytes[position] - 0x30)
      digits += 1
      position += 1
    }
    guard digits > 0, value < 256 else { return nil }
    numbers.append(UInt16(value))
    guard numbers.count < 6 else { break }
    guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { return nil }
    position += 1
    while position < bytes.count, bytes[position] == 0x20 { position += 1 }
  }
  let value = numbers.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
  return Endpoint(.v4(IPv4Address(value)), numbers[4] << 8 | numbers[5])
}

/// The port in a reply to EPSV (RFC 2428): `(|||PORT|)`, with any sign for `|`.
package func announcement(inEPSVReply text: String) -> Announcement {
  guard let open = text.lastIndex(of: "(") else { return .malformed }
  let inner = text[text.index(after: open)...].prefix { $0 != ")" }
  guard let sign = inner.first, !sign.isNumber else { return .malformed }
  let parts = inner.split(separator: sign, omittingEmptySubsequences: false)
  guard parts.count >= 4, let port = UInt16(parts[3]), port > 0 else { return .malformed }
  return .endpoint(Endpoint(nil, port))
}

/// The endpoint in the argument of PORT or EPRT.
package func announcement(in command: FTPCommand) -> Announcement? {
  switch command.verb {
  case "PORT": return sixNumbers(Array(command.argument.utf8), from: 0).map { .endpoint($0) } ?? .malformed
  case "EPRT":
    guard let sign = command.argument.first else { return .malformed }
    let parts = command.argument.split(separator: sign, omittingEmptySubsequences: false)
    guard parts.count >= 4, let address = IPAddress(String(parts[2])), let port = UInt16(parts[3]) else {
      return .malformed
    }
    return .endpoint(Endpoint(address, port))
  default: return nil
  }
}
