import Addressing
import Nftables

extension Gateway {
  /// Runs the chains of the device by which the packet comes or goes: ingress is before prerouting, egress after
  /// postrouting (`nf_ingress` and `nf_hook_egress` in the kernel's dev.c). Chains of family netdev and those of inet
  /// are in one list, by priority. A packet comes in on a port of a bridge before it comes in on the bridge, and leaves
  /// by one after it. Returns whether the packet goes on.
  mutating func passDevice(_ hook: BaseChain.Hook, _ transit: inout Transit) -> Bool {
    let program = premises.program
    guard !program.deviceChains.isEmpty || !program.bridgeChains.isEmpty,
      let device = hook == .ingress ? transit.view.input : transit.view.output
    else { return true }
    if hook == .ingress { return passLowers(of: device, hook, &transit) && passChains(of: device, hook, &transit) }
    return passChains(of: device, hook, &transit) && passLowers(of: device, hook, &transit)
  }

  /// The chains of one device.
  private mutating func passChains(
    of device: String, _ hook: BaseChain.Hook, _ transit: inout Transit
  ) -> Bool {
    let isARP = transit.view.packet.neighbourMessage?.isARP == true
    for entry in premises.program.deviceChains where entry.base.hook == hook {
      // Chains of family inet see nothing but IP (`nft_do_chain_inet_ingress` in nft_chain_filter.c).
      if isARP, entry.table.family != .netdev { continue }
      switch entry.base.isCalled(for: device) {
      case false?: continue
      case true?: guard apply(ruling(of: entry, on: device, transit), &transit) else { return false }
      case nil: guard callPerhaps(entry, device, &transit) else { return false }
      }
    }
    return true
  }

  /// A chain of which the listing does not tell the devices: what it would do counts only when it would do nothing.
  private mutating func callPerhaps(
    _ entry: Program.BaseChainEntry, _ device: String, _ transit: inout Transit
  ) -> Bool {
    pass(
      ruling(of: entry, on: device, transit), &transit, unless: "the listing does not tell the devices of the chain")
  }

  /// Goes on where a chain does nothing; else it cannot be told what becomes of the packet.
  private func pass(_ ruling: Ruling, _ transit: inout Transit, unless reason: String) -> Bool {
    guard ruling.outcome == .accept, ruling.effects.isEmpty else {
      transit.end = .lost(.undecided(ruling.citation, reason: reason))
      return false
    }
    return true
  }

  /// On the way out rules see no device by which the packet came.
  private func ruling(of entry: Program.BaseChainEntry, on device: String, _ transit: Transit) -> Ruling {
    var transit = transit
    refresh(&transit)
    transit.view.input = entry.base.hook.isBeforeRouting ? device : nil
    transit.view.output = entry.base.hook.isBeforeRouting ? nil : device
    transit.view.isBridged = entry.table.family == .bridge
    var run = ChainRun(entry, premises, transit.view)
    return run.run()
  }

  /// Why neighbours may not reach each other without the gateway: it is the bridge between them, and has rules for
  /// that.
  func doubt(aboutBridged packet: Packet, on interface: String) -> String? {
    guard let link = network.link(of: interface), link.isBridge, link.lowers.count > 1 else { return nil }
    let program = premises.program
    let family = packet.tuple.family
    let isFiltered =
      !program.bridgeChains.isEmpty
      || program.deviceChains.contains { entry in
        link.lowers.contains { entry.base.isCalled(for: $0) != false }
      } || link.filtersBridged.contains(family) && !program.isEmpty(family)
    guard isFiltered else { return nil }
    return
      "packets from \(packet.tuple.source) to \(packet.tuple.destination) pass between ports of the bridge \(interface), where "
      + "rules see them (tables of family bridge, chains of its ports, or bridge-nf-call-iptables), which is not played; "
      + "`nft monitor trace` shows what becomes of them"
  }

  // MARK: Devices below others

  /// The devices by which a packet reaches its interface, or leaves it for the wire.
  private mutating func passLowers(of device: String, _ hook: BaseChain.Hook, _ transit: inout Transit) -> Bool {
    guard let link = network.link(of: device), !link.lowers.isEmpty else { return true }
    if link.isTagged { return link.lowers.allSatisfy { passTagged(on: $0, under: device, hook, &transit) } }
    var results: [Transit] = []
    for lower in link.lowers {
      var trial = transit
      _ = pass(by: lower, of: link, hook, &trial)
      results.append(trial)
    }
    guard let first = results.first else { return true }
    guard results.allSatisfy({ $0.hasSameFate(as: first) }) else {
      let citation = results.compactMap { $0.loss?.citation }.first
      let reason =
        "which of \(link.lowers.joined(separator: ", ")) below \(device) it passes is not known, and chains there differ; "
        + "`bridge fdb show` and `ip link` tell"
      transit.end = .lost(citation.map { .undecided($0, reason: reason) } ?? .unknown(reason: reason))
      return false
    }
    transit = first
    return first.loss == nil
  }

  /// Through one device below, and the chains of the bridge that it is a port of. Measured on Linux 6.18.
  private mutating func pass(
    by lower: String, of link: Link, _ hook: BaseChain.Hook, _ transit: inout Transit
  ) -> Bool {
    let hooks: [BaseChain.Hook] =
      !link.isBridge ? [] : hook == .ingress ? [.prerouting, .input] : [.output, .postrouting]
    if hook == .ingress {
      guard passLowers(of: lower, hook, &transit), passChains(of: lower, hook, &transit) else { return false }
    }
    for bridgeHook in hooks {
      for entry in premises.program.bridgeChains where entry.base.hook == bridgeHook {
        guard apply(ruling(of: entry, on: lower, transit), &transit) else { return false }
      }
    }
    return hook == .ingress || passChains(of: lower, hook, &transit) && passLowers(of: lower, hook, &transit)
  }

  /// Below the interface of a VLAN packets have a tag. What chains do with these was not measured: only those count
  /// that let the packet through with and without seeing what is in it.
  private mutating func passTagged(
    on lower: String, under device: String, _ hook: BaseChain.Hook, _ transit: inout Transit
  ) -> Bool {
    var opaque = transit
    let tuple = transit.view.packet.tuple
    let message = NeighbourMessage(isQuestion: false, target: tuple.source.family == .ipv4 ? tuple.source : .unset)
    opaque.view.packet = Packet(tuple, .neighbour(message))
    opaque.view.connection = nil
    for view in [transit, opaque] {
      for entry in premises.program.deviceChains where entry.base.hook == hook {
        guard entry.base.isCalled(for: lower) != false else { continue }
        let reason =
          "packets of the VLAN \(device) pass \(lower) with a tag, and which rules see them there is not known; a counter in the "
          + "chain tells"
        guard pass(ruling(of: entry, on: lower, view), &transit, unless: reason) else { return false }
      }
    }
    return passLowers(of: lower, hook, &transit)
  }
}

extension Transit {
  /// Why the packet was lost on its way; `nil` while it goes on.
  var loss: Loss? {
    guard case .lost(let loss) = end else { return nil }
    return loss
  }

  fileprivate func hasSameFate(as other: Transit) -> Bool {
    if let loss, let others = other.loss { return !loss.isUndecided && !others.isUndecided }
    return loss == nil && other.loss == nil && view == other.view
  }
}

extension BaseChain.Hook {
  fileprivate var isBeforeRouting: Bool { self == .ingress || self == .prerouting || self == .input }
}

extension BaseChain {
  /// Whether the chain is called for packets of a device; `nil` when the listing does not tell.
  fileprivate func isCalled(for device: String) -> Bool? {
    devices?.contains { name in
      name.hasSuffix("*") ? device.hasPrefix(name.dropLast()) : name == device
    }
  }
}
