import Addressing
import Diagnostics
import Policy

/// A program that listens for a server, and starts a process of it for each session: inetd, xinetd, or systemd with a
/// socket unit.
struct Spawner {
  /// As in "xinetd starts it for each session".
  var title: String
  var span: SourceSpan
  /// `nil` when it is not known.
  var port: Setting<UInt16>?
  var addresses: Setting<[String]> = Setting(default: [])
  var families: Setting<Set<AddressFamily>> = Setting(default: [.ipv4, .ipv6])
  /// Whether its socket is one of IPv6, which takes IPv4 as well; `nil` when that is not known.
  var isIPv6: Bool?
  /// Sessions at once; `nil` for no limit.
  var maxClients: Setting<Int?> = Setting(default: nil)
  var maxPerClient: Setting<Int?> = Setting(default: nil)
  /// The clients that it lets in; `nil` for all.
  var admits: Setting<AddressSet>?
  /// Why it does not listen.
  var stopped: Refusal?
  /// Why the server has no connection to answer.
  var nobody: Refusal?

  init(_ title: String, _ span: SourceSpan) { (self.title, self.span) = (title, span) }
}

extension EffectiveService {
  /// What holds of a service where another program listens for it. Where it goes on counting its sessions the lower
  /// limit holds.
  mutating func place(under spawner: Spawner, of software: SoftwareKind) {
    isSpawned = spawner.port == nil
    if let port = spawner.port { self.port = port }
    addresses = spawner.addresses
    families = spawner.families
    takesOtherAddresses = false
    if software.program.leavesLimitsToSpawner {
      (maxClients, maxPerClient) = (spawner.maxClients, spawner.maxPerClient)
    } else {
      maxClients = maxClients.lower(than: spawner.maxClients)
      maxPerClient = maxPerClient.lower(than: spawner.maxPerClient)
    }
    admits = spawner.admits ?? admits
    stopped = spawner.stopped ?? stopped
    nobody = spawner.nobody ?? nobody
  }
}

extension Setting<Int?> {
  /// The lower of two limits; `nil` is no limit.
  fileprivate func lower(than other: Setting<Int?>) -> Setting<Int?> {
    (other.value ?? .max) < (value ?? .max) ? other : self
  }
}

/// Ports by the names of `/etc/services` that FTP has.
func namedPort(_ text: String) -> UInt16? {
  UInt16(text) ?? ["ftp-data": 20, "ftp": 21, "ftps-data": 989, "ftps": 990][text]
}
