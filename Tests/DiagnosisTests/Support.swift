import Addressing
import Diagnosis
import Evidence
import Files
import Foundation
import Glibc
import Probing
import Servers
import Testing

let allReaders: [any LogReader] = clientReaders + ServerPrograms.logReaders + firewallReaders

/// Where the recorded sessions lie.
let recordings = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings").path

/// Whether captures can be read here; in continuous integration they have to.
let hasTshark = access("/usr/bin/tshark", X_OK) == 0

/// A log as one piece of evidence.
func log(_ text: String, name: String = "log", source: Int = 0) -> EvidenceFile {
  readLog(Array(text.utf8), name: name, source: source, readers: allReaders)
}

/// What logs come to.
func diagnose(_ logs: String..., publication: PublishedFacts? = nil) -> Diagnosis {
  let files = logs.enumerated().map { log($0.element, name: "log\($0.offset + 1)", source: $0.offset) }
  return Diagnosis(files, replies: ServerPrograms.knownReplies, publication: publication)
}

/// A file of any kind, as the command reads it.
func piece(_ path: String, source: Int) throws -> EvidenceFile {
  let bytes = try [UInt8](Data(contentsOf: URL(filePath: path)))
  let name = URL(filePath: path).lastPathComponent
  guard isCapture(Array(bytes.prefix(4))) else {
    return readLog(bytes, name: name, source: source, readers: allReaders)
  }
  let open = try #require(OpenFile(open(path, O_RDONLY | O_CLOEXEC)))
  let contents = try readLargeCapture(open, source: source).contents()
  var file = EvidenceFile(name: name)
  file.kind = "capture"
  file.dialogues = contents.dialogues
  file.viewpoint = contents.viewpoint
  return file
}

extension Diagnosis {
  /// `F61!` for a proven cause, `F48?` for a likely one, in their order.
  var marks: [String] { causes.map { "\($0.failure)\($0.certainty == .proven ? "!" : "?")" } }
  var proven: Set<String> { Set(causes.filter { $0.certainty == .proven }.map(\.failure)) }
}

/// A file of the repository.
func repositoryFile(_ path: String) -> String {
  URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: path).path
}

/// An address that a test writes down.
func knownAddress(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(IPv4Address(0)) }
