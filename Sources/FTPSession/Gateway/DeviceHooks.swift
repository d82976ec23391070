import Nftables

extension Gateway {
  /// Runs the chains of the device by which the packet comes or goes: ingress is before prerouting, egress after postrouting
  /// (`nf_ingress` and `nf_hook_egress` in the kernel's dev.c). Chains of family netdev and those of inet are in one list, by
  /// priority. Returns whether the packet goes on.
  mutating func passDevice(_ hook: BaseChain.Hook, _ transit: inout Transit) -> Bool {
    guard !premises.program.deviceChains.isEmpty,
      let device = hook == .ingress ? transit.view.input : transit.view.output
    else { return true }
    let isARP = transit.view.packet.neighbourMessage?.isARP == true
    for entry in premises.program.deviceChains where entry.base.hook == hook {
      // Chains of family inet see nothing but IP (`nft_do_chain_inet_ingress` in nft_chain_filter.c).
      if isARP, entry.table.family != .netdev { continue }
      switch entry.base.isCalled(for: device) {
      case false?: continue
      case true?: guard call(entry, &transit) else { return false }
      case nil: guard callPerhaps(entry, &transit) else { return false }
      }
    }
    return true
  }

  private mutating func call(_ entry: Program.BaseChainEntry, _ transit: inout Transit) -> Bool {
    apply(ruling(of: entry, &transit), &transit)
  }

  /// A chain of which the listing does not tell the devices: what it would do counts only when it would do nothing.
  private mutating func callPerhaps(_ entry: Program.BaseChainEntry, _ transit: inout Transit) -> Bool {
    let ruling = ruling(of: entry, &transit)
    guard ruling.outcome == .accept, ruling.effects.isEmpty else {
      transit.end = .lost(.undecided(ruling.citation, reason: "the listing does not tell the devices of the chain"))
      return false
    }
    return true
  }

  /// On the way out rules see no device by which the packet came.
  private func ruling(of entry: Program.BaseChainEntry, _ transit: inout Transit) -> Ruling {
    refresh(&transit)
    var view = transit.view
    if entry.base.hook == .egress { view.input = nil } else { view.output = nil }
    var run = ChainRun(entry, premises, view)
    return run.run()
  }
}

extension BaseChain {
  /// Whether the chain is called for packets of a device; `nil` when the listing does not tell.
  fileprivate func isCalled(for device: String) -> Bool? {
    devices?.contains { name in
      name.hasSuffix("*") ? device.hasPrefix(name.dropLast()) : name == device
    }
  }
}
