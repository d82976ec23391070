import Addressing
import CLinux
package import Evidence
package import Files
import Glibc
import Netfilter

/// Why a capture could not be read.
package enum CaptureFailure: Error, Hashable, Sendable {
  /// tshark is not there.
  case noTshark
  /// What it says.
  case refused(String)
}

/// Whether these are the first bytes of a capture: pcap of any byte order and resolution, or pcapng.
package func isCapture(_ head: [UInt8]) -> Bool {
  let magics: [[UInt8]] = [
    [0xD4, 0xC3, 0xB2, 0xA1], [0xA1, 0xB2, 0xC3, 0xD4], [0x4D, 0x3C, 0xB2, 0xA1], [0xA1, 0xB2, 0x3C, 0x4D],
    [0x0A, 0x0D, 0x0D, 0x0A],
  ]
  return magics.contains { head.starts(with: $0) }
}

/// Reads a capture through tshark, which knows every link type; it only takes packets apart, and what is FTP in them is
/// read by `CaptureReader`.
///
/// - Parameters:
///   - file: Open for reading. Its name does not reach tshark, which would take one such as `-x` for an option.
///   - numbers: What the packets are called, where the file is a part of another one.
package func readCapture(
  _ file: OpenFile, source: Int, numbers: [Int32]? = nil
) throws(CaptureFailure) -> CaptureReader {
  guard let program = findProgram("tshark") else { throw .noTshark }
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0, let reading = ends.first.flatMap(OpenFile.init),
    let writing = ends.last.flatMap(OpenFile.init)
  else { throw .refused(systemError()) }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  guard let errors = OpenFile(memory_file("tshark")) else { throw .refused(systemError()) }
  let child: ChildProcess
  do throws(ChildProcess.Failure) {
    child = try ChildProcess(
      program, ["tshark"] + arguments,
      environment: ["PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/nonexistent", "WIRESHARK_QUIT_AFTER_CAPTURE=1"],
      ChildProcess.Streams(input: file.descriptor, output: writing.descriptor, errors: errors.descriptor), .group)
  } catch {
    throw .refused(systemError(error.number))
  }
  // The end for writing is the child's alone from now on, so that reading ends with it.
  _ = dup2(reading.descriptor, writing.descriptor)
  var reader = CaptureReader(source: source)
  var lines = LineBuffer()
  var count = 0
  while let chunk = readChunk(reading.descriptor) {
    lines.append(chunk)
    while let line = lines.next() {
      guard var packet = packet(line) else { continue }
      if let numbers {
        guard numbers.indices.contains(packet.number - 1) else { continue }
        packet.number = Int(numbers[packet.number - 1])
      }
      count += 1
      reader.add(packet)
    }
  }
  guard let ending = child.wait(milliseconds: 60_000) else {
    child.kill(.group)
    throw .refused("it does not end")
  }
  // A capture that was cut in the middle of a packet is read as far as it goes.
  if ending != .exited(0), count == 0 { throw .refused(words(errors)) }
  return reader
}

private let fields = [
  "frame.number", "frame.time_epoch", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.ttl", "ipv6.hlim",
  "tcp.srcport",
  "tcp.dstport", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.payload", "icmp.type", "icmp.code",
  "icmpv6.type", "icmpv6.code",
]

/// Only what is below FTP is taken apart, and nothing is put together again.
private let arguments: [String] =
  [
    "-n", "-r", "-", "-o", "tcp.relative_sequence_numbers:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE", "-o",
    "tcp.analyze_sequence_numbers:FALSE", "--disable-protocol", "ftp", "--disable-protocol", "ftp-data",
    "--disable-protocol", "tls", "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E",
    "aggregator=~",
  ] + fields.flatMap { ["-e", $0] }

/// One line of what was asked for. Of an ICMP error the fields are there twice: its own, and those of the packet that
/// it quotes (measured).
private func packet(_ line: Substring) -> CapturedPacket? {
  let values = line.split(separator: "\t", omittingEmptySubsequences: false)
  guard values.count == fields.count, let number = Int(values[0]), let time = Double(values[1]) else { return nil }
  func all(_ index: Int) -> [Substring] { values[index].split(separator: "~") }
  let sources = (all(2) + all(4)).compactMap { IPAddress(String($0)) }
  let destinations = (all(3) + all(5)).compactMap { IPAddress(String($0)) }
  let lives = (all(6) + all(7)).compactMap { Int($0) }
  guard let source = sources.last, let destination = destinations.last,
    let sourcePort = all(8).last.flatMap({ UInt16($0) }),
    let destinationPort = all(9).last.flatMap({ UInt16($0) })
  else { return nil }
  let flags = all(10).last.flatMap { Int($0.dropFirst(2), radix: 16) } ?? 0
  var packet = CapturedPacket(
    number: number, time: time, source: source, destination: destination, sourcePort: sourcePort,
    destinationPort: destinationPort, timeToLive: lives.first ?? 0, flags: CapturedPacket.Flags(rawValue: flags),
    sequence: all(11).last.flatMap { UInt32($0) } ?? 0, acknowledged: all(12).last.flatMap { UInt32($0) } ?? 0,
    length: all(13).last.flatMap { Int($0) } ?? 0, payload: hexadecimal(all(14).last ?? ""))
  let isError = all(15).contains("3") || all(17).contains("1")
  if isError, let by = sources.first {
    packet.refusal = (by, (all(16) + all(18)).first.flatMap { Int($0) } ?? 0)
  } else if !all(15).isEmpty || !all(17).isEmpty {
    return nil
  }
  return packet
}

private func hexadecimal(_ text: Substring) -> [UInt8] {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(text.utf8.count / 2)
  var high: UInt8?
  for byte in text.utf8 {
    let digit: UInt8
    switch byte {
    case 0x30...0x39: digit = byte - 0x30
    case 0x61...0x66: digit = byte - 0x61 + 10
    case 0x41...0x46: digit = byte - 0x41 + 10
    default: continue
    }
    if let first = high {
      bytes.append(first << 4 | digit)
      high = nil
    } else {
      high = digit
    }
  }
  return bytes
}

/// Bytes in lines. What has been taken out is dropped now and then, so that it does not grow.
private struct LineBuffer {
  private var bytes: [UInt8] = []
  private var start = 0

  mutating func append(_ more: [UInt8]) {
    if start > 1 << 16 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += more
  }

  mutating func next() -> Substring? {
    guard start < bytes.count, let end = bytes[start...].firstIndex(of: 0x0A) else { return nil }
    defer { start = end + 1 }
    return Substring(decoding: bytes[start..<end], as: UTF8.self)
  }
}

private func readChunk(_ descriptor: Int32) -> [UInt8]? {
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      chunk.removeLast(chunk.count - count)
      return chunk
    }
    if count == 0 || errno != EINTR { return nil }
  }
}

/// The last line that a program wrote about its failure.
private func words(_ file: OpenFile) -> String {
  guard file.rewind(), let bytes = try? readAll(file.descriptor, limit: 1 << 20) else { return "tshark failed" }
  let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.contains("Running as user") }
  return lines.last.map(String.init) ?? "tshark failed"
}

/// The path of a program of the system.
private func findProgram(_ name: String) -> String? {
  ["/usr/bin", "/usr/local/bin", "/bin", "/usr/sbin", "/opt/homebrew/bin"].map { "\($0)/\(name)" }.first {
    access($0, X_OK) == 0
  }
}
