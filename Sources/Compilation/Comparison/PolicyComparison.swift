import Addressing
import Diagnostics
import FTPSession
import Platforms
import Policy
import PolicySyntax
import Servers

/// What changes from one policy to another, in their words.
package struct PolicyComparison: Sendable {
  /// What becomes of a publication or a `reach`.
  package struct Change: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
      case added, removed, changed
    }

    package var kind: Kind
    package var name: String
    /// The name that it had, where it has another one now.
    package var formerName: String?
    /// Whether it is a `reach`.
    package var isReach: Bool
    /// What it is where it is neither a publication nor a `reach`: a gateway or a server that says something else of
    /// itself.
    package var machine: BuildMachine.Kind?
    /// Statements that differ, for example `tls off -> explicit required`.
    package var statements: [String] = []
    /// Networks of clients who may connect from now on, and who may not any more.
    package var admitted: [String] = []
    package var shutOut: [String] = []
    /// Kinds of sessions whose outcome changes, for example `plain PASV over IPv4: works -> refused`.
    package var sessions: [String] = []
  }

  /// A machine whose files differ.
  package struct Machine: Hashable, Sendable {
    package var kind: BuildMachine.Kind
    /// Empty for the gateway of a policy that declares none.
    package var name: String
    /// The files of `build` that differ, are new or are gone.
    package var files: [String] = []

    package var title: String { name.isEmpty ? "the \(kind.rawValue)" : "\(kind.rawValue) `\(name)`" }
  }

  package let changes: [Change]
  /// The machines to be touched; in `order` where there is one, else by kind and name.
  package let machines: [Machine]
  /// What breaks between two steps, whichever comes first, or is not known; empty where the order of `machines` keeps
  /// every session that works before and after.
  package let breaks: [String]

  package var isSame: Bool { changes.isEmpty && machines.isEmpty }

  /// - Parameters:
  ///   - old: A policy without errors.
  ///   - new: Another one.
  ///   - version: Of the program, as the files say it.
  /// - Throws: `EmitError` when a built-in template is wrong.
  package init(from old: Compilation, to new: Compilation, version: String) throws {
    let touched = try Self.machines(old, new, version: version)
    let publications = SubjectPairs(from: old, to: new, \.publications, SessionSubject.publication)
    let reaches = SubjectPairs(from: old, to: new, \.reaches, SessionSubject.reach)
    let ofMachines = Self.changes(of: touched, from: old.policy, to: new.policy)
    let concern = Concern(old, new, touched, ofMachines, [publications, reaches])
    let parts = (PolicyParts(old), PolicyParts(new))
    changes =
      Self.changes(publications, parts, concern) + Self.changes(reaches, parts, concern) + ofMachines
    let order = RolloutOrder(from: parts.0, to: parts.1, publications, reaches, touched)
    machines = order.machines
    breaks = order.breaks
  }

  /// The machines for which `build` writes other files.
  private static func machines(_ old: Compilation, _ new: Compilation, version: String) throws -> [Machine] {
    func files(_ compilation: Compilation) throws -> [String: [UInt8]] {
      // Where a statement stands is no difference.
      let bundle = try compilation.bundle(version: version) { _ in "the policy" }
      return Dictionary(
        bundle.files.filter { $0.path != BuildManifest.fileName }.map { ($0.path, $0.bytes) },
        uniquingKeysWith: { first, _ in first })
    }
    let (before, after) = (try files(old), try files(new))
    var machines: [Machine: [String]] = [:]
    for path in Set(before.keys).union(after.keys) where before[path] != after[path] {
      let parts = path.split(separator: "/")
      let kind: BuildMachine.Kind = parts.first == "servers" ? .server : .gateway
      let name = parts.first == "gateway" ? "" : parts.dropFirst().first.map(String.init) ?? ""
      machines[Machine(kind: kind, name: name), default: []].append(path)
    }
    return machines.map { machine, files in
      var machine = machine
      machine.files = files.sorted()
      return machine
    }.sorted { ($0.kind.rawValue, $0.name) < ($1.kind.rawValue, $1.name) }
  }

  /// What becomes of publications, or of `reach` blocks: those of the new policy in the order of its text, then those
  /// that are gone.
  private static func changes(
    _ pairs: SubjectPairs, _ parts: (old: PolicyParts, new: PolicyParts), _ concern: Concern
  ) -> [Change] {
    let (old, new) = (parts.old.whole, parts.new.whole)
    let kept = pairs.ofPresent.compactMap { former, subject -> Change? in
      guard let earlier = former else {
        return Change(
          kind: .added, name: subject.name, isReach: subject.isReach,
          statements: new.policy.statements(of: subject).map { "\($0.word) \($0.value)" },
          admitted: new.admittedClients(of: subject).networks)
      }
      return concern.isConcerned(earlier, subject) ? change(from: earlier, to: subject, parts) : nil
    }
    let gone = pairs.gone.map {
      Change(
        kind: .removed, name: $0.name, isReach: $0.isReach, shutOut: old.admittedClients(of: $0).networks)
    }
    return kept + gone
  }

  /// What gateways and servers say of themselves, where their files differ: interfaces decide who gets in, as well.
  private static func changes(of touched: [Machine], from old: Policy, to new: Policy) -> [Change] {
    func statements(_ policy: Policy) -> [Machine: [StatementText]] {
      let gateways = policy.gateways.map { (Machine(kind: .gateway, name: $0.name.value), policy.statements(of: $0)) }
      let servers = policy.servers.filter { !$0.isGateway }.map {
        (Machine(kind: .server, name: $0.name.value), policy.statements(of: $0))
      }
      return Dictionary(gateways + servers, uniquingKeysWith: { first, _ in first })
    }
    let (former, present) = (statements(old), statements(new))
    return touched.compactMap { machine in
      let key = Machine(kind: machine.kind, name: machine.name)
      guard let before = former[key], let after = present[key] else { return nil }
      let found = differences(before, after)
      guard !found.isEmpty else { return nil }
      return Change(
        kind: .changed, name: machine.name, isReach: false, machine: machine.kind, statements: found)
    }
  }

  /// - Returns: `nil` where nothing is different.
  private static func change(
    from earlier: SessionSubject, to later: SessionSubject, _ parts: (old: PolicyParts, new: PolicyParts)
  ) -> Change? {
    let (old, new) = (parts.old.part(of: earlier), parts.new.part(of: later))
    var change = Change(kind: .changed, name: later.name, isReach: later.isReach)
    if earlier.name != later.name { change.formerName = earlier.name }
    change.statements = differences(
      parts.old.whole.policy.statements(of: earlier), parts.new.whole.policy.statements(of: later))
    let admitted = (old.admittedClients(of: earlier), new.admittedClients(of: later))
    change.admitted = admitted.1.subtracting(admitted.0).networks
    change.shutOut = admitted.0.subtracting(admitted.1).networks
    let play = { (client: IPAddress?) in
      (old.sessions(of: earlier, client: client), new.sessions(of: later, client: client))
    }
    let (before, after) = play(nil)
    change.sessions = SessionChange(before: before, after: after, admitted: admitted, play: play).changeLines
    return change == Change(kind: .changed, name: later.name, isReach: later.isReach) ? nil : change
  }

  /// Statements that stand in one of two blocks alone, or have another value.
  private static func differences(_ before: [StatementText], _ after: [StatementText]) -> [String] {
    let (old, new) = (Dictionary(grouping: before, by: \.word), Dictionary(grouping: after, by: \.word))
    var seen: Set<String> = []
    let words = (after + before).map(\.word).filter { seen.insert($0).inserted }
    return words.compactMap { word in
      let (was, isNow) = (old[word]?.map(\.value) ?? [], new[word]?.map(\.value) ?? [])
      guard was != isNow else { return nil }
      func text(_ values: [String]) -> String { values.isEmpty ? "none" : values.joined(separator: "; ") }
      return "\(word) \(text(was)) -> \(text(isNow))"
    }
  }
}

/// A statement as a policy means it, whether it stands there or is a default.
package struct StatementText: Hashable, Sendable {
  package var word: String
  package var value: String
}

extension Policy {
  func statements(of subject: SessionSubject) -> [StatementText] {
    switch subject {
    case .publication(let publication): statements(of: publication)
    case .reach(let reach): statements(of: reach)
    }
  }

  /// What a publication says, defaults included, but for lists of clients, which are compared as sets.
  fileprivate func statements(of publication: Publication) -> [StatementText] {
    let server = server(of: publication)
    let machine = server.map { server in
      let place = server.isLocal ? "local" : server.addresses.map { "\($0.value)" }.joined(separator: ", ")
      let program = server.software.map { " \($0.value.kind.name)\($0.value.version.map { " \($0)" } ?? "")" } ?? ""
      return "\(server.name.value) (\(place)\(program))"
    }
    let port = publication.controlPort.value
    var found: [(PublishWord, String?)] = [
      (.server, machine), (.gateway, gateway(of: publication)?.name.value),
      (.externalIP, publication.externalAddresses.map { "\($0)" }.joined(separator: ", ")),
      (.controlPort, port.isTranslated ? "\(port.external) -> \(port.server)" : "\(port.external)"),
      (.passiveRange, publication.passiveRange.map { "\($0.value)" }),
      (.tls, publication.tls.value.rawValue + (publication.clearControl == nil ? "" : " clear-control")),
      (.helper, publication.helper.value ? "on" : "off"), (.active, publication.active.value ? "on" : "off"),
      (.hairpin, publication.hairpin.value ? "on" : "off"), (.source, publication.source.value.rawValue),
      (.log, publication.log.value.rawValue),
    ]
    found += publication.limits.map { limit in
      switch limit.value {
      case .sessions(let count): (.limit, "\(count) sessions")
      case .sessionsPerClient(let count): (.limit, "\(count) sessions per client")
      case .newPerMinutePerClient(let count): (.limit, "\(count) new per minute per client")
      }
    }
    return found.compactMap { word, value in value.map { StatementText(word: word.spelling, value: $0) } }
  }

  /// What a gateway says of itself.
  fileprivate func statements(of gateway: Gateway) -> [StatementText] {
    let found: [(GatewayWord, String)] = [
      (.outside, gateway.outside.map(\.value).joined(separator: ", ")),
      (.inside, gateway.inside.map(\.value).joined(separator: ", ")),
      (.platform, gateway.platform.map { "\($0.name.value) \($0.version?.value ?? "")" } ?? ""),
      (.externalIP, gateway.externalAddresses.map { "\($0)" }.joined(separator: ", ")),
      (.behind, gateway.behind.flatMap { self.gateway(at: $0.value)?.name.value } ?? ""),
      (.mark, gateway.mark.map { "0x" + String($0.value, radix: 16) } ?? ""),
    ]
    return found.compactMap { $1.isEmpty ? nil : StatementText(word: $0.spelling, value: $1) }
  }

  /// What a server says of itself that its publications do not show.
  fileprivate func statements(of server: Server) -> [StatementText] {
    let certificate =
      switch server.certificate?.value {
      case .files(let certificate, let key)?: certificate + (key.map { " key \($0)" } ?? "")
      case .thumbprint(let thumbprint)?: thumbprint
      case nil: ""
      }
    let found: [(ServerWord, String)] = [
      (.certificate, certificate), (.maxClients, server.maxClients.map { "\($0.value)" } ?? ""),
      (.site, server.site?.value ?? ""),
    ]
    return found.compactMap { $1.isEmpty ? nil : StatementText(word: $0.spelling, value: $1) }
  }

  /// What a `reach` says, likewise.
  fileprivate func statements(of reach: Outreach) -> [StatementText] {
    guard let access = reach.accesses.first else { return [] }
    let addresses = reach.accesses.flatMap(\.externalAddresses).map { "\($0.dialled.value)" }
    let found: [(ReachWord, String?)] = [
      (.gateway, gateway(at: reach.gateway)?.name.value), (.server, addresses.joined(separator: ", ")),
      (.controlPort, "\(access.controlPort.value.external)"),
      (.passiveRange, access.passiveRange.map { "\($0.value)" }),
      (.tls, access.tls.value.rawValue + (access.clearControl == nil ? "" : " clear-control")),
      (.helper, access.helper.value ? "on" : "off"), (.active, access.active.value ? "on" : "off"),
      (.source, access.source.value.rawValue), (.log, access.log.value.rawValue),
    ]
    return found.compactMap { word, value in value.map { StatementText(word: word.spelling, value: $0) } }
  }
}

extension AddressSet {
  /// The ranges, the first of many, as a person would write them.
  fileprivate var networks: [String] {
    let most = 10
    let ranges = AddressFamily.allCases.flatMap { self.ranges($0) }
    if self == .any { return ["any"] }
    let shown = ranges.prefix(most).map { range -> String in
      guard range.lowerBound != range.upperBound else { return "\(range.lowerBound)" }
      let size = range.upperBound.value - range.lowerBound.value
      let bits = (size &+ 1).trailingZeroBitCount
      let width = range.lowerBound.family == .ipv4 ? 32 : 128
      if size & (size &+ 1) == 0, let prefix = Prefix(range.lowerBound, length: width - bits), prefix.isCanonical {
        return "\(prefix)"
      }
      return "\(range.lowerBound)-\(range.upperBound)"
    }
    return shown + (ranges.count > most ? ["and \(ranges.count - most) more"] : [])
  }
}
