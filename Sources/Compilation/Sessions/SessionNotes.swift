import Addressing
import Diagnostics
import FTPSession
import Flows
import Platforms
import Policy

extension Scenes {
  /// What is to be said of the clients of a scene although no session of theirs fails by it.
  func remarks(on cells: [SessionCell], of scene: Scene) -> [String] {
    switch scene.place {
    case .allowed: hiddenClients(cells).map { [$0] } ?? []
    case .stranger: openDataPorts(scene, isLetIn: cells.contains(where: \.isIntrusion)).map { [$0] } ?? []
    case .inside: []
    }
  }

  /// That a rule of others puts another address in the place of the clients', where the policy keeps these.
  private func hiddenClients(_ cells: [SessionCell]) -> String? {
    // Somebody has to translate the private addresses of users.
    guard publication.source.value == .keep, !study.policy.isOutbound else { return nil }
    for cell in cells where cell.outcome == .works && cell.isPermitted {
      for step in cell.performance?.steps ?? [] where step.from == .client && !step.isData {
        for case .sourceTranslated(let address, _, let citation?) in step.events where !citation.isOwn {
          return
            "the server sees \(address) in the place of \(cell.family == .ipv4 ? "IPv4" : "IPv6") clients, although the policy "
            + "has `source keep`: \(citation.text)"
        }
      }
    }
    return nil
  }

  /// That clients who are to be kept out reach the data ports, though they have no control connection. The passive
  /// ports are tried as for sessions, one of each kind.
  private func openDataPorts(_ scene: Scene, isLetIn: Bool) -> String? {
    // Of a server that is not ours a `reach` without range says nothing but the control port.
    if study.policy.isOutbound, publication.passiveRange == nil { return nil }
    guard !isLetIn, let refusal = scene.permission.exclusion(scene.place) else { return nil }
    let others = triesOthers(of: scene) ? strangers(besides: scene) : []
    var unknown: String?
    for address in [scene.clientAddress] + others {
      let found = self.scene(scene.place, address, scene.endpoint).openDataPorts
      if !found.reached.isEmpty {
        return
          "\(address) reaches the data ports \(found.reached.listed) of the server without a control connection, although "
          + "\(refusal); a server that does not compare addresses gives it the data of others"
      }
      guard let loss = found.doubt, unknown == nil else { continue }
      unknown =
        "whether \(address) reaches the data ports of the server is not known: the connection \(loss.sentence)"
    }
    return unknown
  }
}

extension Scene {
  /// The passive ports on which a connection without any session reaches the server, and why that cannot be told of
  /// others.
  fileprivate var openDataPorts: (reached: [ClosedRange<UInt16>], doubt: Loss?) {
    let theatre = theatre(keepsSteps: false)
    var session = session(.plain)
    var known: [UInt64: Loss?] = [:]
    var reached: [ClosedRange<UInt16>] = []
    var doubt: Loss?
    for part in passivePorts.parts {
      session.passivePort = part.ports.lowerBound
      let loss = known[part.kind] ?? theatre.lossOfLoneData(session)
      known[part.kind] = .some(loss)
      if loss == nil {
        if let last = reached.last, part.ports.lowerBound > 0, last.upperBound == part.ports.lowerBound - 1 {
          reached[reached.count - 1] = last.lowerBound...part.ports.upperBound
        } else {
          reached.append(part.ports)
        }
      }
      if let loss, loss.isUndecided { doubt = doubt ?? loss }
    }
    return (reached, doubt)
  }
}

extension Citation {
  /// Whether the rule is one of our table.
  fileprivate var isOwn: Bool { table == "inet \(Platforms.nftables.tableName)" }
}
