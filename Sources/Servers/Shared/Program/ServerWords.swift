package import Addressing
package import Policy

/// The names of settings, as a person looks for them.
package enum SettingName: Sendable {
  case port, range, announced, tlsControl, tlsData, maxClients, foreign
}

/// How a program is told things, for the help of findings. Each is what follows "help: ".
package protocol ServerWords: Sendable {
  /// As in "nothing here sets ...".
  func name(_ setting: SettingName) -> String
  /// As in `write X and Y`.
  func write(_ lines: [String], then more: String) -> String
  /// One line that replaces the one in the file, where one line is the whole setting.
  func line(range: PortRange) -> String?
  /// The same for the announced address.
  func line(announced address: IPAddress) -> String?

  func range(_ range: PortRange) -> String
  func announced(_ address: IPAddress) -> String
  /// - Parameter certificate: the one that the policy names.
  func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String
  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String
  func maxClients(_ count: Int) -> String
  /// What lets one address have that many sessions; `nil` for any number.
  func maxPerClient(_ count: Int?) -> String
  func active(_ isOn: Bool) -> String
  /// What lets PASV and EPSV be answered.
  var passiveOn: String { get }
  /// What lets EPSV be answered.
  var extendedOn: String { get }
  /// What lets private peers be told the announced address too.
  var privatePeers: String { get }
  /// What makes data connections resume the TLS session; `nil` for a program without a setting for it.
  var sessionReuse: String? { get }
  /// What gives data connections of active mode a fixed source port; `nil` for a program without a setting for it.
  var pinnedDataPort: String? { get }
  /// What keeps other hosts out of PORT, or of passive ports; `nil` for a program without a setting for it.
  func foreign(port: Bool) -> String?
  /// How the server comes to listen on an address.
  var listen: String { get }
  /// What happens when passive ports run out, with the number of the failure catalogue.
  var exhaustion: String { get }
  /// What happens when the program has no passive range, with the number of the failure catalogue.
  func withoutRange(_ range: PortRange) -> String
}

extension ServerWords {
  package func name(_ setting: SettingName) -> String { "it" }
  package func write(_ lines: [String], then more: String) -> String {
    "write " + lines.map { "`\($0)`" }.joined(separator: " and ") + more
  }
  package func write(_ lines: [String]) -> String { write(lines, then: "") }
  package func line(range: PortRange) -> String? { nil }
  package func line(announced address: IPAddress) -> String? { nil }
  package func range(_ range: PortRange) -> String { "set the range to \(range)" }
  package func announced(_ address: IPAddress) -> String { "announce \(address)" }
  package func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String {
    "set TLS to `\(mode.rawValue)`"
  }
  package func port(_ port: UInt16, _ addresses: [IPAddress]) -> String { "listen on port \(port)" }
  package func maxClients(_ count: Int) -> String { "limit the sessions to \(count)" }
  package func maxPerClient(_ count: Int?) -> String {
    "let one address have \(count.map { "\($0)" } ?? "any number of") sessions"
  }
  package func active(_ isOn: Bool) -> String { "" }
  package var passiveOn: String { "let the server answer PASV and EPSV" }
  package var extendedOn: String { passiveOn }
  package var privatePeers: String { "announce the external address to peers with private addresses too" }
  package var sessionReuse: String? { nil }
  package var pinnedDataPort: String? { nil }
  package func foreign(port: Bool) -> String? { nil }
  package var listen: String { "give it that address" }
  package var exhaustion: String { "F30: when they run out, transfers fail in bursts" }
  package func withoutRange(_ range: PortRange) -> String {
    "F35: the gateway drops data connections to ports outside \(range), and transfers hang"
  }

  /// What lets the server announce its own address.
  package var announcedOwn: String { "remove \(name(.announced)): the server then announces its own address" }
}
