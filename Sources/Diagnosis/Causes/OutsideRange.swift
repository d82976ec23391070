import Addressing
import Evidence
import FTPSession
import PolicySyntax

/// F46, F52, and F29 under load: announced ports that the policy does not publish.
struct OutsideRange: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    guard let range = context.publication?.passiveRange else { return [] }
    let stories = encounter.server + encounter.client
    for story in stories {
      let announced = story.passive.compactMap { transfer in
        transfer.announced?.endpoint?.port.flatMap { port in transfer.announcedMark.map { (port, $0, transfer) } }
      }
      let outside = announced.filter { !range.contains($0.0) }
      guard let first = outside.first, outside.contains(where: { !$0.2.works }) else { continue }
      let isAlways = outside.count == announced.count
      // What the client reads, a box between may have written.
      let isProven = story.isOfServer || first.2.isEncrypted
      return [
        Found(
          isAlways ? "F46" : "F29", isProven && isAlways ? .proven : .likely, .server,
          "the server announces port \(first.0), outside the published range \(range)",
          at: outside.map { $0.1 },
          remedy: isAlways
            ? "give the server the range of the policy, and restart it; another file or a default may be in force"
            : "make the range larger: the server leaves it when no port is free", word: .passiveRange,
          stage: .announcement)
      ]
    }
    return []
  }
}
