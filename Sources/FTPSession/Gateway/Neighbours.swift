import Addressing
import Nftables

/// What the machines around a gateway can be asked for, and by whom; the same question always has the same answer.
struct NeighbourQuestion: Hashable {
  var interface: String
  /// Who is on the wire: the one who wants to find the gateway, or who is looked for.
  var hop: IPAddress
  /// The gateway's own address that is asked for, or from which it asks; `nil` for its link-local one.
  var own: IPAddress?
  /// Whether the other one asks.
  var isArriving: Bool
}

extension Gateway {
  /// Why a packet cannot come in or go out: rules keep gateway and neighbour from finding each other's link address.
  /// `nil` where they find each other, and where nobody asks.
  ///
  /// - Parameters:
  ///   - other: Where the packet comes from or goes to.
  ///   - own: The address of the gateway that is dialled, or that sends; any other address counts for none.
  mutating func neighbourLoss(_ other: IPAddress, own: IPAddress, on interface: String, isArriving: Bool) -> Loss? {
    let link = network.link(of: interface)
    guard link?.isSilent != true else {
      return .unknown(
        reason:
          "ARP is off on \(interface) (`ip link`: NOARP), so machines find each other there by permanent entries alone "
          + "(`ip neighbour show nud permanent`), and those of the others are not known")
    }
    guard link?.asksForNeighbours == true else { return nil }
    let hop = network.nextHop(towards: other, on: interface)
    // Entries of the neighbours themselves nobody knows here.
    guard isArriving || !hop.isPermanent else { return nil }
    var question = NeighbourQuestion(interface: interface, hop: hop.address, own: nil, isArriving: isArriving)
    question.own = network.isLocal(own) && (!isArriving || network.isConnected(own, to: interface)) ? own : nil
    if question.own == nil, isArriving || other.family == .ipv4 {
      question.own = network.primaryAddress(of: interface, towards: hop.address)
    }
    if let known = neighbours[question] { return known }
    let loss = NeighbourPlay(premises, question).loss
    neighbours[question] = .some(loss)
    return loss
  }

  /// Runs a message between neighbours through everything that it meets. What becomes of it, `nil` when it gets
  /// through.
  fileprivate mutating func pass(_ packet: Packet, _ message: NeighbourMessage, in interface: String) -> Loss? {
    var transit = Transit(packet, input: interface)
    guard passDevice(.ingress, &transit) else { return transit.loss }
    if message.isARP {
      _ = runARP(.input, &transit)
    } else if run(.prerouting, &transit) {
      _ = run(.input, &transit)
    }
    return transit.loss ?? transit.view.discoveryLoss
  }

  fileprivate mutating func pass(_ packet: Packet, _ message: NeighbourMessage, out interface: String) -> Loss? {
    var transit = Transit(packet, input: nil)
    transit.view.output = interface
    let goesOn =
      message.isARP ? runARP(.output, &transit) : run(.output, &transit) && run(.postrouting, &transit)
    guard goesOn else { return transit.loss }
    _ = passDevice(.egress, &transit)
    return transit.loss ?? transit.view.discoveryLoss
  }

  private mutating func runARP(_ hook: BaseChain.Hook, _ transit: inout Transit) -> Bool {
    for entry in premises.program.arpChains where entry.base.hook == hook {
      var run = ChainRun(entry, premises, transit.view)
      let ruling = run.run()
      guard apply(ruling, &transit) else { return false }
    }
    return true
  }
}

extension Network {
  /// Whether neighbours on an interface may look for an address of the gateway there: it is one of a network there.
  fileprivate func isConnected(_ address: IPAddress, to interface: String) -> Bool {
    interfaces.contains { $0.name == interface && $0.addresses.contains(address) }
  }
}

/// Question and answer of two neighbours.
private struct NeighbourPlay {
  private let gateway: Gateway
  private let question: NeighbourQuestion

  init(_ premises: Premises, _ question: NeighbourQuestion) {
    gateway = Gateway(premises)
    self.question = question
  }

  private var family: AddressFamily { question.hop.family }

  /// The ends of one exchange; `nil` for a link-local address that nobody knows here.
  private struct Ends {
    var hop: IPAddress?
    var own: IPAddress?
  }

  /// Over IPv6 neighbours ask from the address of the packet that waits or from their link-local one, for any address
  /// of the gateway. The gateway asks from its link-local one for what it passes on (`ndisc_solicit` in ndisc.c).
  private var ways: [Ends] {
    guard family == .ipv6, question.isArriving else { return [Ends(hop: question.hop, own: question.own)] }
    let hops = question.hop.scope == .linkLocal ? [question.hop] : [question.hop, nil]
    return [question.own, nil].flatMap { own in hops.map { Ends(hop: $0, own: own) } }
  }

  var loss: Loss? {
    let all = ways.map { exchange($0) }
    guard let first = all.compactMap(\.self).first else { return nil }
    guard all.contains(nil), !first.isUndecided else { return first }
    let reason =
      "whether machines on \(question.interface) ask for an address of the gateway that rules let them ask for, from one that "
      + "rules let in, is not known; `tcpdump -ni \(question.interface) icmp6` shows it"
    return first.citation.map { .undecided($0, reason: reason) } ?? .unknown(reason: reason)
  }

  private func exchange(_ ends: Ends) -> Loss? {
    step(ends, isQuestion: true) ?? step(ends, isQuestion: false)
  }

  private func step(_ ends: Ends, isQuestion: Bool) -> Loss? {
    let comesIn = isQuestion == question.isArriving
    let asked = question.isArriving ? ends.own : ends.hop
    let (from, to) = comesIn ? (ends.hop, ends.own) : (ends.own, ends.hop)
    var message = NeighbourMessage(isQuestion: isQuestion, target: asked ?? .someLinkLocal)
    message.isFromLinkLocal = from == nil && family == .ipv6
    message.isToLinkLocal = to == nil && family == .ipv6
    let target = to ?? .someLinkLocal
    let destination = isQuestion && !message.isARP ? target.solicitedNode : target
    let unset = IPAddress(family: family, value: 0) ?? destination
    let source = from ?? (message.isARP ? unset : .someLinkLocal)
    let packet = Packet(
      Tuple(from: source, 0, to: message.isARP && to == nil ? unset : destination, 0), .neighbour(message))
    var gateway = gateway
    let loss =
      comesIn
      ? gateway.pass(packet, message, in: question.interface)
      : gateway.pass(packet, message, out: question.interface)
    guard let loss, !loss.isUndecided, let citation = loss.citation else { return loss }
    return .unresolved(citation, reason: reason(isQuestion))
  }

  private func reason(_ isQuestion: Bool) -> String {
    let name =
      family == .ipv4
      ? isQuestion ? "ARP requests" : "ARP replies"
      : isQuestion ? "neighbour solicitations (ICMPv6)" : "neighbour advertisements (ICMPv6)"
    return question.isArriving
      ? "machines on \(question.interface) cannot find the gateway, because \(isQuestion ? "their" : "its") \(name) are dropped"
      : "the gateway cannot find \(question.hop) on \(question.interface), because \(isQuestion ? "its" : "the") \(name) are dropped"
  }
}
