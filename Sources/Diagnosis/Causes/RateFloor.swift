import Evidence
import FTPSession

/// F66: the server ends transfers below a rate.
struct RateFloor: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    guard let mark = encounter.place(of: .rateFloor) ?? context.reply(telling: .rateFloor, in: encounter) else {
      return []
    }
    return [
      Found(
        "F66", .proven, .server,
        "the server ended the transfer, because it was slower than it demands: the data connection was open",
        at: [mark], remedy: "lower the minimum rate in the server's settings; this is no firewall's fault",
        stage: .transfer)
    ]
  }
}
