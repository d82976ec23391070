import Addressing
import Diagnostics
import Flows

/// Passive ranges that a device translates, cut where publications share ports: each port of an external address once,
/// because devices refuse rules that overlap, or let the first of them win.
struct PassivePieces {
  /// Ports that get the server's address and keep their number.
  struct Piece {
    var ports: PortRange
    var provenance: SourceSpan
  }

  private var pieces: [ObjectIdentifier: [Piece]] = [:]
  private var shared: [ObjectIdentifier: [Owned]] = [:]

  /// A piece, and the service whose name its objects have.
  struct Owned {
    var owner: PublishedService
    var piece: Piece
  }

  init(_ plan: FlowPlan) {
    for family in plan.families {
      let translations = family.passiveTranslations
      for flow in translations.flows {
        let services = translations.allServices(flow)
        guard let owner = services.first else { continue }
        let piece = Piece(ports: flow.ports, provenance: translations.provenance(flow))
        pieces[ObjectIdentifier(owner), default: []].append(piece)
        for service in services {
          shared[ObjectIdentifier(service), default: []].append(Owned(owner: owner, piece: piece))
        }
      }
    }
  }

  /// The pieces for which a service has the objects, by port.
  func owned(by service: PublishedService) -> [Piece] { pieces[ObjectIdentifier(service)] ?? [] }

  /// The pieces that together are the range of a service, by port.
  func all(of service: PublishedService) -> [Owned] { shared[ObjectIdentifier(service)] ?? [] }
}
