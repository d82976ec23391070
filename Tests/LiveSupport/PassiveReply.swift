/// What a server announced for a passive data connection.
package struct PassiveReply: Sendable, Equatable {
  /// The address of a 227 reply; nil for a 229 reply, which carries none.
  package var address: String?
  package var port: UInt16

  package init(address: String?, port: UInt16) {
    self.address = address
    self.port = port
  }

  /// Reads `227 ... h,h,h,h,p,p ...` or `229 ... (|||port|)`; nil for anything else.
  package init?(reply line: some StringProtocol) {
    if line.hasPrefix("227 "), let numbers = Self.sixNumbers(in: line.dropFirst(4)) {
      self.init(
        address: numbers.prefix(4).map(String.init).joined(separator: "."),
        port: UInt16(numbers[4]) * 256 + UInt16(numbers[5]))
    } else if line.hasPrefix("229 "), let port = Self.extendedPort(in: line.dropFirst(4)) {
      self.init(address: nil, port: port)
    } else {
      return nil
    }
  }

  /// The first run of six numbers with commas between them.
  private static func sixNumbers(in text: some StringProtocol) -> [UInt8]? {
    for run in text.split(whereSeparator: { !$0.isNumber && $0 != "," }) {
      let numbers = run.split(separator: ",", omittingEmptySubsequences: false).compactMap { UInt8($0) }
      if numbers.count == 6 { return numbers }
    }
    return nil
  }

  private static func extendedPort(in text: some StringProtocol) -> UInt16? {
    let fields = text.split(separator: "|", omittingEmptySubsequences: false)
    return fields.count >= 5 ? UInt16(fields[3]) : nil
  }
}
