import Evidence
import FTPSession
import PolicySyntax

/// F64: a data connection is there at both ends, and what one side sends does not reach the other. Looks alike: a
/// capture that ended before the session did.
struct LargePacketsLost: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for near in encounter.client where near.isCapture {
      for far in encounter.server where far.isCapture && near.isSameConnection(as: far) {
        for transfer in near.transfers where !transfer.works {
          guard let dial = transfer.dials.first(where: { $0.result == .connected }),
            let other = far.transfers.first(where: {
              $0.dials.contains { $0.sequence == dial.sequence && $0.result == .connected }
            }),
            dial.sequence != nil, other.bytes > 0 || transfer.bytes > 0, other.bytes == 0 || transfer.bytes == 0
          else { continue }
          let (sent, side) = other.bytes > 0 ? (other.bytes, "server") : (transfer.bytes, "client")
          return [
            Found(
              "F64", .likely, .path,
              "the data connection is there, and of \(sent) bytes that the \(side) sends none arrives: small packets pass and large ones do not",
              at: dial.marks + other.dials.flatMap(\.marks),
              remedy:
                "clamp the MSS at the firewall, or let the ICMP messages through that tell of a smaller MTU on the way",
              stage: .transfer)
          ]
        }
      }
    }
    return []
  }
}
