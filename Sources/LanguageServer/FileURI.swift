import Diagnostics

/// `file:` URIs (RFC 8089) and the paths that they stand for.
enum FileURI {
  /// The path of a URI; `nil` when it is that of no file on this machine.
  static func path(of uri: String) -> String? {
    let scheme = "file://"
    guard uri.lowercased().hasPrefix(scheme) else { return nil }
    let rest = uri.dropFirst(scheme.count).prefix { $0 != "?" && $0 != "#" }
    guard let slash = rest.firstIndex(of: "/") else { return nil }
    let host = rest[..<slash].lowercased()
    guard host.isEmpty || host == "localhost" else { return nil }
    var bytes: [UInt8] = []
    var text = Substring(rest[slash...]).utf8
    while let byte = text.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard text.count >= 2, let value = UInt8(String(Substring(text.prefix(2))), radix: 16) else { return nil }
      bytes.append(value)
      text = text.dropFirst(2)
    }
    guard !bytes.contains(0), let path = String(validating: bytes, as: UTF8.self) else { return nil }
    return path
  }

  /// The URI of an absolute path.
  static func uri(of path: String) -> String { "file://" + percentEncoded(path) }
}
