import Compilation
import Evidence
import Files
import Glibc
import Probing
import Servers

/// One word of the command line: a file, perhaps with the side that it is from in front.
struct EvidenceReading {
  private let path: String
  private let side: Viewpoint?
  private let source: Int
  private let console: Console

  /// A log may have that many bytes.
  private static let largestLog = 256 << 20

  init(_ word: String, _ source: Int, _ console: Console) {
    self.source = source
    self.console = console
    let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
    if parts.count == 2, let side = Viewpoint(rawValue: parts[0]), access(word, F_OK) != 0 {
      self.side = side
      path = parts[1]
    } else {
      side = nil
      path = word
    }
  }

  /// - Throws: `ExitStatus.inputMissing` when it cannot be read.
  func file() throws -> EvidenceFile {
    var file = try read()
    if let side {
      file.viewpoint = side
      for index in file.dialogues.indices { file.dialogues[index].viewpoint = side }
    }
    return file
  }

  private func read() throws -> EvidenceFile {
    if path != "-", let open = OpenFile(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)), open.isRegular {
      let head = (try? readHead(open)) ?? []
      if isCapture(head) { return try capture(open) }
    }
    if path != "-", isPipe {
      throw console.failure("\(path): it is a pipe; give a file, or `-` for the input", .inputMissing)
    }
    let bytes = try console.content(of: path, readInput(path, limit: Self.largestLog))
    guard !bytes.isEmpty else { throw console.failure("\(path): it is empty", .inputMissing) }
    guard !isCapture(bytes) else { throw console.failure("\(path): name a capture as a file", .inputMissing) }
    let readers = clientReaders + ServerPrograms.logReaders + firewallReaders
    return readLog(bytes, name: path == "-" ? standardInputName : path, source: source, readers: readers)
  }

  /// Whether it is a pipe with a name, of which nobody knows whether somebody will ever write to it.
  private var isPipe: Bool {
    var state = stat()
    return stat(path, &state) == 0 && state.st_mode & S_IFMT == S_IFIFO
  }

  private func readHead(_ file: OpenFile) throws -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 4)
    let count = head.withUnsafeMutableBytes { pread(file.descriptor, $0.baseAddress, $0.count, 0) }
    return Array(head.prefix(max(count, 0)))
  }

  private func capture(_ open: OpenFile) throws -> EvidenceFile {
    let reader: CaptureReader
    do throws(CaptureFailure) {
      reader = try readLargeCapture(open, source: source)
    } catch {
      switch error {
      case .noTshark:
        throw console.failure(
          "\(path): captures are read through tshark, which is not installed here; install it (Debian: `apt-get install tshark`), or give logs alone",
          .inputMissing)
      case .refused(let reason): throw console.failure("\(path): \(reason)", .inputMissing)
      }
    }
    let contents = reader.contents()
    var file = EvidenceFile(name: path)
    file.size = contents.packets
    file.dialogues = contents.dialogues
    file.viewpoint = contents.viewpoint
    file.understood = contents.dialogues.reduce(0) { $0 + $1.events.count }
    file.kind = "capture of \(contents.packets) packets of TCP"
    if contents.packets == 0 { file.remarks.append("there is no TCP in it") }
    if contents.packets > 0, contents.dialogues.isEmpty {
      file.remarks.append("there is no FTP in its \(contents.streams) connections")
      file.kind = "capture without FTP"
    }
    if contents.viewpoint == nil, !contents.dialogues.isEmpty {
      file.remarks.append("it does not tell from which side it was made: write client:FILE or server:FILE")
    }
    return file
  }
}
