/// A log as lines with their numbers.
package struct LogText: Sendable {
  package struct Line: Sendable {
    /// From 1.
    package var number: Int
    package var text: String
  }

  package var source: Int
  package var lines: [Line]

  /// - Parameter bytes: UTF-8, or UTF-16 with a byte order mark, as the shell of Windows writes files. Lines end with
  ///   LF, CR LF or CR: meters of progress are overwritten by CR.
  package init(_ bytes: [UInt8], source: Int) {
    self.source = source
    var text = bytes
    if bytes.starts(with: [0xFF, 0xFE]) {
      text = Self.fromUTF16(bytes.dropFirst(2), low: 0)
    } else if bytes.starts(with: [0xFE, 0xFF]) {
      text = Self.fromUTF16(bytes.dropFirst(2), low: 1)
    } else if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
      text = Array(bytes.dropFirst(3))
    }
    lines = []
    var number = 0
    for line in text.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      for part in line.split(separator: 0x0D) {
        lines.append(Line(number: number, text: String(decoding: part, as: UTF8.self)))
      }
    }
  }

  private static func fromUTF16(_ bytes: ArraySlice<UInt8>, low: Int) -> [UInt8] {
    var units: [UInt16] = []
    units.reserveCapacity(bytes.count / 2)
    var position = bytes.startIndex
    while position + 1 < bytes.endIndex {
      let (first, second) = (UInt16(bytes[position]), UInt16(bytes[position + 1]))
      units.append(low == 0 ? first | second << 8 : second | first << 8)
      position += 2
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }
}

/// What reads the log of one program. Readers never fail: what they do not understand they pass over.
///
/// A reader of a server's log stands in the folder of that program and is named by its `ServerProgram`; those of
/// clients and of firewalls stand here.
package protocol LogReader: Sendable {
  /// For people: `curl -v`.
  var title: String { get }
  var viewpoint: Viewpoint { get }
  /// How surely a line is of that program: 0 not at all, 1 perhaps, up to 10 for a line that no other program writes.
  func weight(of line: String) -> Int
  func read(_ log: LogText) -> LogContents
}

/// What a log holds.
package struct LogContents: Sendable {
  package var dialogues: [Dialogue]
  package var records: [FirewallRecord]
  package var understood: Int
  package var remarks: [String] = []

  package init(dialogues: [Dialogue] = [], records: [FirewallRecord] = [], understood: Int = 0) {
    self.dialogues = dialogues
    self.records = records
    self.understood = understood
  }
}

/// Recognises a log by its content and reads it.
///
/// - Parameter readers: Of ties the first wins.
package func readLog(_ bytes: [UInt8], name: String, source: Int, readers: [any LogReader]) -> EvidenceFile {
  var file = EvidenceFile(name: name)
  let log = LogText(bytes, source: source)
  file.size = log.lines.count
  // Enough to know what it is: dialogues begin with what is theirs alone.
  let sample = log.lines.prefix(2000)
  var best: (reader: any LogReader, weight: Int)?
  for reader in readers {
    var weight = 0
    for line in sample { weight += reader.weight(of: line.text) }
    if weight >= 3, weight > best?.weight ?? 0 { best = (reader, weight) }
  }
  guard let reader = best?.reader else { return file }
  let contents = reader.read(log)
  file.kind = reader.title
  file.viewpoint = reader.viewpoint
  file.dialogues = contents.dialogues
  file.records = contents.records
  file.understood = contents.understood
  file.remarks = contents.remarks
  return file
}
