import Addressing
import Diagnostics
import Nftables

/// What the device keeps for itself: packets for its own addresses that no rule translates.
enum SRXHost {
  /// - Parameters:
  ///   - translated: Addresses that rules of NAT translate, each with a rule, in their order.
  ///   - place: Where rules of NAT stand, or would.
  static func chain(_ translated: [(prefix: Prefix, span: SourceSpan)], at place: SourceSpan?) -> SRXChain {
    var chain = SRXChain("host", BaseChain(.filter, .input, priority: 0, dropsByPolicy: true))
    chain.add([.isKnown, .verdict(.accept)], "sessions that the device knows", at: nil)
    // The last rule about an address is where a further one would stand.
    var known: Set<Prefix> = []
    for (prefix, span) in translated.reversed() where known.insert(prefix).inserted {
      chain.add(
        [.match(.destination(prefix.family), .equal, .value(Value(prefix))), .verdict(.drop)],
        "no rule of NAT leads this port of \(prefix) to a server", at: span)
    }
    chain.add([.verdict(.drop)], "no rule of NAT leads it to a server", at: place)
    return chain
  }
}
