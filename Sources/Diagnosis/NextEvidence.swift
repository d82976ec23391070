import Addressing
import Evidence
import FTPSession

/// What to fetch next, with the command, where something failed and nothing about it is certain.
func nextEvidence(_ diagnosis: Diagnosis) -> [String] {
  guard !diagnosis.causes.prefix(diagnosis.leading).contains(where: { $0.certainty == .proven }) else { return [] }
  guard diagnosis.isUnderstood else {
    return [
      "a client's log of one session that fails: `curl -v ftp://SERVER/` on the client, everything that it prints"
    ]
  }
  let stories = diagnosis.encounters.flatMap(\.stories)
  let hasFailed = diagnosis.sessions.contains { $0.outcome != "works" } || !diagnosis.causes.isEmpty
  guard hasFailed else { return [] }
  let port = stories.compactMap(\.dialogue.server.port).first ?? 21
  let hasClientCapture = stories.contains { $0.isOfClient && $0.isCapture }
  let hasServerCapture = stories.contains { $0.isOfServer && $0.isCapture }
  var steps: [String] = []
  if !stories.contains(where: \.isOfClient) {
    steps.append("the client's side: `curl -v ftp://SERVER:\(port)/`, everything that it prints")
  }
  if !hasServerCapture {
    steps.append("a capture at the server while it fails: `tcpdump -i any -w server.pcap`")
  }
  if !hasClientCapture, hasServerCapture || steps.isEmpty {
    steps.append("a capture at the client of the same session: `tcpdump -i any -w client.pcap`")
  }
  if hasClientCapture, hasServerCapture,
    stories.contains(where: { $0.isOfServer && $0.isCapture && !$0.isUnfiltered })
  {
    steps.append(
      "the captures once more, without a filter for ports: what is missing in these may have been filtered out: `tcpdump -i any -w server.pcap`"
    )
  }
  if hasClientCapture, hasServerCapture {
    steps.append("the log of each firewall between, with a rule that logs connections to the passive range")
  }
  return Array(steps.prefix(2))
}
