import Addressing
import Compilation
import Evidence
import FTPSession

/// A policy that fits what sessions with a server have shown, as far as they show it.
///
/// - Returns: `nil` where nothing worked far enough to say anything.
package func fittingPolicy(_ results: [TrialResult], name: String = "probed") -> String? {
  let greeted = results.filter { result in
    result.report?.events.contains { $0.kind == "received" && ($0.text ?? "").hasPrefix("2") } == true
  }
  guard let first = greeted.first else { return nil }
  var addresses: [IPAddress] = []
  // A publication has an address that others can dial.
  for result in greeted where !addresses.contains(result.trial.address) && isDialled(result.trial.address) {
    addresses.append(result.trial.address)
  }
  guard !addresses.isEmpty else { return nil }
  let announced = announcedAddresses(greeted)
  // A private address that is announced is the server's own: only what translates has the other.
  let own = addresses.map { address in
    announced.first { $0.family == address.family && $0 != address && $0.scope == .privateUse }
      ?? address
  }
  let isImplicit = greeted.contains { $0.trial.kind.encryption == .implicit && hasTLS($0) }
  var lines: [String] = ["# What sessions from here have shown. The server itself knows the rest."]
  lines.append("server \(name) {")
  lines.append("    address   \(own.map { "\($0)" }.joined(separator: ", "))")
  lines.append("    software  other                 # the program that the server really is")
  lines += ["}", "", "publish \(name) {", "    server         \(name)"]
  lines.append("    external ip    \(addresses.map { "\($0)" }.joined(separator: ", "))")
  let port = greeted.first { isImplicit == ($0.trial.kind.encryption == .implicit) }?.trial.port ?? first.trial.port
  if port != (isImplicit ? 990 : 21) { lines.append("    control port   \(port)") }
  lines += rangeLines(greeted)
  lines.append("    tls            \(encryption(greeted, isImplicit))")
  if worked(greeted, { $0.mode.isActive }) { lines.append("    active         on") }
  for address in announced where !addresses.contains(address) {
    lines.append("    # The server announces \(address): it has to announce the address that clients dial.")
  }
  return (lines + ["}"]).map { $0 + "\n" }.joined()
}

private func isDialled(_ address: IPAddress) -> Bool { address.scope == .global || address.scope == .privateUse }

private func announcedAddresses(_ results: [TrialResult]) -> [IPAddress] {
  var found: [IPAddress] = []
  for case .endpoint(let endpoint) in announcements(results) {
    if let address = endpoint.address, !found.contains(address) { found.append(address) }
  }
  return found
}

private func announcements(_ results: [TrialResult]) -> [Announcement] {
  results.flatMap { result in
    (result.report?.events ?? []).compactMap { event -> Announcement? in
      guard event.kind == "received", let text = event.text else { return nil }
      if text.hasPrefix("227 ") { return announcement(inPASVReply: String(text.dropFirst(4))) }
      return text.hasPrefix("229 ") ? announcement(inEPSVReply: String(text.dropFirst(4))) : nil
    }
  }
}

/// The ports that were seen are some of a range that only the server knows.
private func rangeLines(_ results: [TrialResult]) -> [String] {
  let ports = announcements(results).compactMap { $0.endpoint?.port }.sorted()
  guard let low = ports.first, let high = ports.last else {
    return [
      "    # passive range  LOW-HIGH     no port was announced; the range has to come from the server's settings"
    ]
  }
  let seen = Set(ports).sorted().prefix(8).map { "\($0)" }.joined(separator: ", ")
  // A range of one port serves one session at a time.
  let end = high > low ? high : high < 65_535 ? high + 1 : high
  let start = end > low ? low : low - 1
  return [
    "    # Ports seen: \(seen)\(Set(ports).count > 8 ? ", ..." : ""). The range has to come from the server's settings.",
    "    passive range  \(start)-\(end)",
  ]
}

private func hasTLS(_ result: TrialResult) -> Bool {
  result.report?.events.contains { $0.kind == "note" && CurlNote($0.text ?? "") == .secured } == true
}

private func worked(_ results: [TrialResult], _ isMeant: (TrialKind) -> Bool) -> Bool {
  results.contains { $0.outcome == .works && isMeant($0.trial.kind) }
}

private func encryption(_ results: [TrialResult], _ isImplicit: Bool) -> String {
  if isImplicit { return "implicit" }
  let takesTLS = results.contains { result in
    result.trial.kind.encryption == .explicit && (hasTLS(result) || result.report?.certificateProblem != nil)
  }
  let triedPlain = results.contains { $0.trial.kind.encryption == .plain }
  let takesPlain = results.contains { result in
    result.trial.kind.encryption == .plain && result.outcome != .refused
  }
  if takesTLS, !triedPlain { return "explicit required     # sessions in clear were not tried" }
  if takesTLS { return takesPlain ? "explicit optional" : "explicit required" }
  return "off  # allow: tls-off (as it was seen; anybody on the way reads the passwords)"
}
