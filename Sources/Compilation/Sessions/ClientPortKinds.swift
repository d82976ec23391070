import FTPSession

/// The ports that a client may have, of which one for each kind is tried that rules of others tell apart.
struct ClientPortKinds {
  /// What is said where there are more kinds than are tried.
  static let tooMany =
    "rules, sets and maps tell more ports of clients apart than are tried; the port that the client uses decides"
  /// Kinds that are tried at most.
  private static let most = 1000
  /// Ports that programs get without asking for one: 49152 and above by RFC 6335 section 6, as Windows has it; 32768 to
  /// 60999 on Linux (`ip_local_port_range`).
  static let usual: ClosedRange<UInt16> = 32768...65535
  /// Ports that whoever wants to get in can choose.
  static let any: ClosedRange<UInt16> = 1...65535

  /// All of them in parts that are alike; empty where no rule tells them apart.
  let parts: [PortBorders.Part]
  /// For each kind the ports of a client.
  private(set) var trials: [(kind: UInt64, ports: ClientPorts)] = []
  /// Whether there are more kinds than are tried.
  private(set) var isTooMany = false

  /// - Parameters:
  ///   - borders: `nil` to try one port alone.
  ///   - range: The ports that the client may have.
  init(_ borders: PortBorders?, of range: ClosedRange<UInt16> = usual) {
    let parts = borders?.parts(of: range) ?? []
    var kinds: Set<UInt64> = []
    guard parts.contains(where: { $0.kind != parts.first?.kind }) else {
      self.parts = []
      return
    }
    self.parts = parts
    for part in parts where kinds.insert(part.kind).inserted {
      guard trials.count < Self.most else {
        isTooMany = true
        return
      }
      trials.append((part.kind, ClientPorts(within: part.ports)))
    }
  }
}

extension ClientPorts {
  /// Ports of a range, each another one where it has as many.
  fileprivate init(within range: ClosedRange<UInt16>) {
    let (low, last) = (range.lowerBound, range.upperBound)
    let second = low < last ? low + 1 : low
    self.init(control: low, data: second, listening: second < last ? second + 1 : second)
  }
}

/// The logins of one kind of TLS, by the ports of the client.
struct PortLogins {
  private struct Key: Hashable {
    var ports: ClientPorts
    var clearsControl: Bool
  }

  let theatre: Theatre
  private var known: [Key: Theatre.Login] = [:]

  init(_ theatre: Theatre) { self.theatre = theatre }

  mutating func login(_ session: Session) -> Theatre.Login {
    let key = Key(ports: session.ports, clearsControl: session.clearsControl)
    if let login = known[key] { return login }
    let login = theatre.logIn(session)
    known[key] = login
    return login
  }
}

extension Scene {
  /// Sessions that are played at most to try the ports of the client together with passive ports.
  private static let mostPlayed = 4000

  /// How a client gets in that is to be kept out.
  struct Entry {
    var isUndecided: Bool
    /// From which ports, where that matters.
    var words = ""
  }

  /// A session that works, made worse by what happens on other ports of its client.
  func onClientPorts(
    _ played: Played, _ passive: @autoclosure () -> PassivePorts, _ logins: inout PortLogins
  ) -> Played {
    guard !clientPorts.trials.isEmpty, played.performance.ending == .works else { return played }
    let passive = passive()
    var result = played
    var session = played.performance.session
    let count = session.mode.isActive ? 1 : max(1, passive.parts.count)
    guard !clientPorts.isTooMany, clientPorts.trials.count * count <= Self.mostPlayed else {
      result.leavesPortsOpen = true
      return result
    }
    var known: [UInt64: Performance] = [:]
    for (kind, ports) in clientPorts.trials {
      session.ports = ports
      known[kind] = worst(session, passive, logins.login(session), logins.theatre).performance
    }
    guard known.values.contains(where: { $0.ending != .works }) else { return played }
    var trial = PassiveTrial()
    for part in clientPorts.parts {
      if let performance = known[part.kind] { trial.add(part.ports, performance) }
    }
    result.performance = trial.performance ?? played.performance
    result.clientParts = trial.parts
    return result
  }

  /// How the control connection of a client comes about that is to be kept out, on any of its ports; `nil` where it
  /// does not.
  func entry(_ login: Theatre.Login, _ session: Session, _ logins: inout PortLogins) -> Entry? {
    guard permission.exclusion(place) != nil else { return nil }
    if login.isConnected || login.isUndecided { return Entry(isUndecided: login.isUndecided) }
    var session = session
    for (kind, ports) in clientPorts.trials {
      session.ports = ports
      let login = logins.login(session)
      guard login.isConnected || login.isUndecided else { continue }
      let ranges = clientPorts.parts.filter { $0.kind == kind }.map(\.ports)
      return Entry(isUndecided: login.isUndecided, words: " from ports \(ranges.listed)")
    }
    return clientPorts.isTooMany ? Entry(isUndecided: true) : nil
  }
}

extension Scene.Played {
  /// On which ports of the client the session works, and on which it does not; `nil` where all fare alike.
  var clientSentence: String? {
    let sentence = clientParts.sentence
    if !clientParts.isEmpty, sentence.isEmpty { return "when both ports of the client are of one range" }
    return sentence.isEmpty ? nil : "ports of the client: \(sentence)"
  }
}
