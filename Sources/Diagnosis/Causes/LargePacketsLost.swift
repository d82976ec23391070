import Evidence
import FTPSession
import PolicySyntax

/// F64: a data connection is there at both ends, and what one side sends does not reach the other. Looks alike: a
/// capture that ended before the session did.
struct LargePacketsLost: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for (near, far, dial) in encounter.seenAtBothEnds where !near.works && dial.result == .connected {
      guard far.dials.contains(where: { $0.sequence == dial.sequence && $0.result == .connected }),
        far.bytes > 0 || near.bytes > 0, far.bytes == 0 || near.bytes == 0
      else { continue }
      let (sent, side) = far.bytes > 0 ? (far.bytes, "server") : (near.bytes, "client")
      return [
        Found(
          "F64", .likely, .path,
          "the data connection is there, and of \(sent) bytes that the \(side) sends none arrives: small packets pass and large ones do not",
          at: dial.marks + far.dials.flatMap(\.marks),
          remedy:
            "clamp the MSS at the firewall, or let the ICMP messages through that tell of a smaller MTU on the way",
          stage: .transfer)
      ]
    }
    return []
  }
}
