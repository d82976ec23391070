package import Addressing
package import Compilation
package import FTPSession

/// A kind of session.
package struct TrialKind: Hashable, Sendable {
  package var encryption: Encryption
  package var mode: DataMode
  package var family: AddressFamily

  package init(_ encryption: Encryption, _ mode: DataMode, _ family: AddressFamily) {
    (self.encryption, self.mode, self.family) = (encryption, mode, family)
  }

  /// For example `explicit TLS PASV, IPv4`.
  package var title: String { "\(encryption.title) \(mode.command), \(family == .ipv4 ? "IPv4" : "IPv6")" }
}

/// One real session, as it is asked for.
package struct Trial: Hashable, Sendable {
  /// What the rules that a policy compiles to make of such a session.
  package struct Promise: Hashable, Sendable {
    package var outcome: SessionOutcome
    /// Empty for what simply works.
    package var reason: String
    /// Whether the policy wants such sessions.
    package var isPermitted: Bool

    /// - Parameter isPermitted: `nil` for what the outcome tells.
    package init(_ outcome: SessionOutcome, _ reason: String = "", isPermitted: Bool? = nil) {
      (self.outcome, self.reason) = (outcome, reason)
      self.isPermitted = isPermitted ?? (outcome != .refused)
    }
  }

  package var kind: TrialKind
  /// What is dialled.
  package var address: IPAddress
  package var port: UInt16
  /// `nil` without a policy.
  package var promise: Promise?
  /// Whether it logs in with the account that was given. Where the policy wants no such session a password would go
  /// where it should not, so a made-up one is used.
  package var usesAccount = true
  /// Whether it stands for all modes of its kind of TLS, which the policy refuses as a whole.
  package var standsForAllModes = false

  package init(_ kind: TrialKind, at address: IPAddress, port: UInt16, promise: Promise? = nil) {
    (self.kind, self.address, self.port, self.promise) = (kind, address, port, promise)
  }

  package var title: String {
    standsForAllModes
      ? "\(kind.encryption.title), \(kind.family == .ipv4 ? "IPv4" : "IPv6")" : kind.title
  }
}

/// Which kinds of sessions were chosen; what is empty is not limited.
package struct TrialChoice: Hashable, Sendable {
  package var encryptions: Set<Encryption>
  package var modes: Set<DataMode>
  package var families: Set<AddressFamily>

  package init(encryptions: Set<Encryption> = [], modes: Set<DataMode> = [], families: Set<AddressFamily> = []) {
    (self.encryptions, self.modes, self.families) = (encryptions, modes, families)
  }

  func has(_ kind: TrialKind) -> Bool {
    (encryptions.isEmpty || encryptions.contains(kind.encryption)) && (modes.isEmpty || modes.contains(kind.mode))
      && (families.isEmpty || families.contains(kind.family))
  }
}

/// The sessions that show whether what a policy promises holds: every kind that is permitted, every mode that is not,
/// and of a kind of TLS that is refused one.
///
/// - Parameters:
///   - table: What the compiled rules make of each kind of session.
///   - addresses: What clients dial.
///   - place: Which client this is.
package func plannedTrials(
  of table: SessionTable, at addresses: [IPAddress], port: UInt16, _ choice: TrialChoice = TrialChoice(),
  from place: ClientPlace = .allowed
) -> [Trial] {
  var trials: [Trial] = []
  for family in AddressFamily.allCases {
    guard let address = addresses.first(where: { $0.family == family }) else { continue }
    for encryption in Encryption.allCases {
      let cells = table.cells.filter { cell in
        cell.place == place && cell.family == family && cell.encryption == encryption
          && (family == .ipv4 || cell.mode.hasIPv6Form)
          && choice.has(TrialKind(encryption, cell.mode, family))
      }
      let all = cells.map { cell in
        Trial(
          TrialKind(encryption, cell.mode, family), at: address, port: port,
          promise: Trial.Promise(cell.outcome, cell.reason, isPermitted: cell.isPermitted))
      }
      let isRefused = cells.allSatisfy { !$0.isPermitted && $0.outcome == .refused }
      let isOneReason = Set(cells.map(\.reason)).count == 1
      guard isRefused, isOneReason, table.refusesWhole(encryption, family, place), var first = all.first else {
        trials += all
        continue
      }
      first.usesAccount = false
      first.standsForAllModes = true
      trials.append(first)
    }
  }
  return trials
}

extension SessionTable {
  /// Whether a kind of TLS is refused whatever the mode.
  fileprivate func refusesWhole(
    _ encryption: Encryption, _ family: AddressFamily, _ place: ClientPlace
  ) -> Bool {
    cells.allSatisfy { cell in
      cell.place != place || cell.encryption != encryption || cell.family != family || !cell.isPermitted
    }
  }
}

/// The sessions with a server of which no policy says anything.
///
/// - Parameter port: `nil` for the usual one of each kind of TLS.
package func askedTrials(at addresses: [IPAddress], port: UInt16?, _ choice: TrialChoice) -> [Trial] {
  var choice = choice
  if choice.encryptions.isEmpty { choice.encryptions = [.plain, .explicit] }
  if choice.modes.isEmpty { choice.modes = [.pasv, .epsv] }
  return AddressFamily.allCases.flatMap { family -> [Trial] in
    guard let address = addresses.first(where: { $0.family == family }) else { return [] }
    return Encryption.allCases.flatMap { encryption in
      DataMode.allCases.compactMap { mode in
        let kind = TrialKind(encryption, mode, family)
        guard choice.has(kind), family == .ipv4 || mode.hasIPv6Form else { return nil }
        return Trial(kind, at: address, port: port ?? (encryption == .implicit ? 990 : 21))
      }
    }
  }
}
