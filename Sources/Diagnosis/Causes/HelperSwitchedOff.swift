import Evidence
import FTPSession
import PolicySyntax

/// F05: an inspection that does not take the address in the reply or in PORT, as its own log says.
struct HelperSwitchedOff: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    guard
      encounter.stories.contains(where: { story in story.transfers.contains(where: \.fails) })
        || encounter.stories.allSatisfy({ story in !story.transfers.contains(where: \.works) }),
      let record = encounter.records.first(where: { $0.reason == .otherAddress })
    else { return [] }
    return [
      Found(
        "F05", .proven, .firewall,
        "the firewall's FTP inspection ends the session, because the announced address is not the sender's own",
        at: [record.mark],
        remedy:
          "either the inspection and the server's own address, or a published range, the external address and no inspection",
        word: .helper, stage: .announcement)
    ]
  }
}
