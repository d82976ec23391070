import Addressing
import Diagnostics
import Policy

/// Everything that files of SFTPGo set, by the path of the member: `ftpd.bindings.0.port`, in lower case. A variable
/// of the environment stands for a member: `SFTPGO_FTPD__BINDINGS__0__PORT`.
struct SFTPGoSettings {
  static let prefix = "SFTPGO_"
  /// Bindings that variables can set, those with the lowest numbers (source).
  static let mostVariableBindings = 10

  private(set) var values: [String: Located<String>] = [:]
  /// The positions that the list of bindings has.
  private(set) var bindings: Set<Int> = []
  /// Whether any of them comes from a variable.
  private(set) var hasVariables = false

  subscript(path: String) -> Located<String>? { values[path] }

  private mutating func set(_ path: String, _ value: Located<String>) {
    values[path] = value
    let parts = path.split(separator: ".")
    if parts.count > 3, parts[0] == "ftpd", parts[1] == "bindings", let position = Int(parts[2]), position < 1000 {
      bindings.insert(position)
    }
  }

  /// An address as a binding has it, which joins the port to it (source).
  static func text(_ address: IPAddress) -> String { address.family == .ipv6 ? "[\(address)]" : "\(address)" }

  // MARK: The file

  /// Takes in `sftpgo.json`; what is wrong with it is reported.
  mutating func read(json file: SourceID, _ context: inout ReadingContext) {
    var text = JSONText(file: file, bytes: context.sources[file].bytes)
    do throws(JSONMistake) {
      try text.readAll { path, value in set(path.lowercased(), value) }
    } catch {
      context.refuse("SFTPGo does not take this file: \(error.message)", at: error.span)
    }
  }

  // MARK: Variables

  /// Takes in a file of variables, as those in `env.d` (gotenv): `NAME=VALUE`, where quotes may stand around the value.
  mutating func read(variables file: SourceID, _ context: inout ReadingContext) {
    for line in ConfigurationLine.all(of: file, in: context.sources) {
      var rest = line.bytes.trimmed
      if rest.starts(with: "export ".utf8) { rest = rest.dropFirst("export ".utf8.count).trimmed }
      guard rest.first != UInt8(ascii: "#"), let equals = rest.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = String(decoding: rest[..<equals].trimmed, as: UTF8.self)
      guard name.hasPrefix(Self.prefix) else { continue }
      hasVariables = true
      let path = name.dropFirst(Self.prefix.count).lowercased().replacing("__", with: ".")
      let value = rest[(equals + 1)...].trimmed
      // An empty variable counts in a binding alone (source).
      if Self.unquoted(value).isEmpty, !path.hasPrefix("ftpd.bindings.") { continue }
      set(path, Located(Self.unquoted(value), line.span(value.isEmpty ? rest : value)))
    }
  }

  private static func unquoted(_ value: ArraySlice<UInt8>) -> String {
    guard let first = value.first, first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") else {
      // A comment stands after a blank.
      let text = String(decoding: value, as: UTF8.self)
      return text.firstRange(of: " #").map { String(text[..<$0.lowerBound]) } ?? text
    }
    let inside = value.dropFirst()
    return String(decoding: inside[..<(inside.firstIndex(of: first) ?? inside.endIndex)], as: UTF8.self)
  }
}
