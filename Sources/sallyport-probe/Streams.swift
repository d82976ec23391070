import FoundationEssentials
import Glibc

/// Reads all of standard input, up to that many bytes; `nil` for more, or when it cannot be read.
func readRequest(limit: Int) -> [UInt8]? {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 14)
  while bytes.count <= limit {
    let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count == 0 { return bytes }
    if count > 0 { bytes += chunk.prefix(count) } else if errno != EINTR { return nil }
  }
  return nil
}

/// Writes the report on standard output; whether that worked.
func send(_ report: Report) -> Bool {
  let encoder = JSONEncoder()
  encoder.keyEncodingStrategy = .convertToSnakeCase
  encoder.outputFormatting = [.sortedKeys]
  guard let data = try? encoder.encode(report) else { return false }
  return writeAll(Array(data) + [0x0A], to: STDOUT_FILENO)
}

func decode(_ bytes: [UInt8]) -> Request? {
  let decoder = JSONDecoder()
  decoder.keyDecodingStrategy = .convertFromSnakeCase
  return try? decoder.decode(Request.self, from: Data(bytes))
}

func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
  var rest = bytes[...]
  while !rest.isEmpty {
    let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
  }
  return true
}
