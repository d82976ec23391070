import Evidence
import FTPSession

/// F66: the server ends transfers below a rate.
struct RateFloor: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    let said = encounter.stories.flatMap(\.findings).first { $0.finding == .rateFloor }?.event.mark
    let answer = encounter.replies.first { entry in
      context.replies.contains { $0.meaning == .rateFloor && $0.matches(entry.reply) }
    }?.event.mark
    guard let mark = said ?? answer else { return [] }
    return [
      Found(
        "F66", .proven, .server,
        "the server ended the transfer, because it was slower than it demands: the data connection was open",
        at: [mark], remedy: "lower the minimum rate in the server's settings; this is no firewall's fault",
        stage: .transfer)
    ]
  }
}
