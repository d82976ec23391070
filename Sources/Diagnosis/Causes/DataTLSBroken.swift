import Evidence
import FTPSession

/// F21 and F59: TLS of the data connection does not come about.
struct DataTLSBroken: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    // A server that dies writes clear text as well, and one that misses a resumed session breaks the handshake.
    let isDying = encounter.replies.contains { $0.reply.text.hasPrefix("OOPS") }
    for story in encounter.stories where !isDying {
      if let found = story.findings.first(where: { $0.finding == .clearTextInTLS }) {
        return [
          Found(
            "F21", .likely, .server, "clear text arrives where TLS is expected", at: [found.event.mark],
            remedy:
              "make the kind of TLS and the level of protection agree; a proxy, or a server that dies, looks the same",
            stage: .dataSecurity)
        ]
      }
    }
    if let found = helloLost(encounter) { return [found] }
    let isRefused = encounter.stories.contains { $0.findings.contains { $0.finding == .sessionNotReused } }
    for story in encounter.server where !isRefused {
      guard let failed = story.findings.first(where: { $0.finding == .dataHandshakeFailed }) else { continue }
      let begun = story.findings.first { $0.finding == .dataHandshakeBegan }
      return [
        Found(
          "F59", .likely, .path, "the data connection reaches the server, and its TLS handshake does not end",
          at: [failed.event.mark] + [begun?.event.mark].compactMap(\.self),
          remedy:
            "the range is open; look for what loses or changes large packets on the way, and for clients without TLS on data",
          stage: .dataSecurity)
      ]
    }
    return []
  }

  /// Both ends have the data connection, and the first packet of TLS only the client's.
  private func helloLost(_ encounter: Encounter) -> Found? {
    for (near, far, dial) in encounter.seenAtBothEnds {
      guard let hello = near.findings.first(where: { $0.finding == .dataHandshakeBegan })?.event,
        far.dials.contains(where: { $0.result == .connected || $0.result == .reset }), far.bytes == 0,
        !far.findings.contains(where: { $0.finding == .dataHandshakeBegan })
      else { continue }
      return Found(
        "F59", .likely, .path,
        "the data connection reaches the server, and the client's first packet of TLS does not",
        at: [hello.mark] + dial.marks + far.dials.flatMap(\.marks),
        remedy: "the range is open; look for what on the way ends or changes connections that speak TLS",
        stage: .dataSecurity)
    }
    return nil
  }
}
