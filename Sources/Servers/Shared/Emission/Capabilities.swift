/// What one form of a program can be told, beside what its program can at all (`ServerFacts`, `ServerProgram`); each
/// form's values stand in the file of its emitter.
package struct Capabilities: Sendable {
  /// The addresses that one process can be kept to.
  package enum Binding: Sendable {
    /// One of each family.
    case bothFamilies
    /// One, of either family.
    case oneAddress
    /// One IPv4 address.
    case ipv4Address
  }

  /// Whether there is only one process, so only one control port.
  package var isOneProcess = false
  /// To which addresses such a process can be bound; it listens on all of them when that is not enough.
  package var binding = Binding.bothFamilies
  /// Whether a service with both families needs a process for each when it announces another address, or has
  /// to be kept to its own addresses.
  package var splitsFamilies = false
  /// The first version that is configured like this; `nil` when all are.
  package var oldestVersion: SoftwareVersion?

  package init() {}
}
