extension Ruleset {
  /// Completes chains whose devices a listing in JSON does not tell (nft before 1.0.8), from what the kernel tells: in
  /// the text of nft a comment of somebody else's can look like another chain.
  ///
  /// - Parameter messages: `NFT_MSG_NEWCHAIN` one after the other; attributes as in `linux/netfilter/nf_tables.h`.
  package mutating func readDevices(inMessages messages: [UInt8]) {
    guard tables.contains(where: { $0.chains.contains { $0.base?.lacksDevices == true } }) else { return }
    var found: [RuleName: [String: [String]]] = [:]
    for (family, body) in Octets(messages).netfilterMessages {
      guard let family = TableFamily(number: family), let table = body.attribute(1)?.name,
        let chain = body.attribute(3)?.name, let hook = body.attribute(4)
      else { continue }
      let several = hook.attribute(4)?.attributes.compactMap(\.device)
      let devices = several ?? hook.attribute(3)?.name.map { [$0] }
      found[RuleName(family: family, table: table), default: [:]][chain] = devices
    }
    for table in tables.indices {
      let devices = found[RuleName(tables[table])] ?? [:]
      for chain in tables[table].chains.indices where tables[table].chains[chain].base?.lacksDevices == true {
        let name = tables[table].chains[chain].name
        tables[table].chains[chain].base?.devices = devices[name]
      }
    }
  }
}

extension BaseChain {
  fileprivate var lacksDevices: Bool { hook.isOfDevices && devices == nil }
}

extension Octets {
  fileprivate var name: String? { text(0, count) }
}

extension Octets.Attribute {
  /// `NFTA_DEVICE_NAME`, or `NFTA_DEVICE_PREFIX`, with the `*` that nft writes for it.
  fileprivate var device: String? {
    switch type {
    case 1: value.name
    case 2: value.name.map { "\($0)*" }
    default: nil
    }
  }
}
