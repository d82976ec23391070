/// The sessions of a log in which they lie across each other.
package struct LogSessions: Sendable {
  private var keys: [String] = []
  private var writers: [DialogueWriter] = []
  private var latest: [String: Int] = [:]
  private let blank: Dialogue

  /// - Parameter blank: What every dialogue of the log begins as.
  package init(_ blank: Dialogue) { self.blank = blank }

  /// Begins a session under a key, which stands for it from now on.
  package mutating func begin(_ key: String) {
    latest[key] = writers.count
    keys.append(key)
    writers.append(DialogueWriter(blank))
  }

  /// Lets another key stand for the session of the first.
  package mutating func alias(_ key: String, for known: String) { latest[key] = latest[known] }

  package func isKnown(_ key: String) -> Bool { latest[key] != nil }

  /// Works on the session of a key, which begins where there is none.
  package mutating func with(_ key: String, _ body: (inout DialogueWriter) -> Void) {
    if latest[key] == nil { begin(key) }
    guard let index = latest[key] else { return }
    body(&writers[index])
  }

  /// - Parameter complete: What the log turned out to write of every session.
  package mutating func contents(writes complete: Dialogue.Contents) -> LogContents {
    var contents = LogContents()
    for index in writers.indices {
      var dialogue = writers[index].finish()
      contents.understood += writers[index].understood
      dialogue.writes.formUnion(complete)
      if !dialogue.events.isEmpty { contents.dialogues.append(dialogue) }
    }
    return contents
  }
}
