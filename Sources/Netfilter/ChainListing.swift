import FoundationEssentials

/// The base chains in the JSON of `nft -j list chains`; `nil` when it is no such listing. Chains without a hook are
/// left out.
func installedBaseChains(inListing json: [UInt8]) -> [InstalledChain]? {
  guard let listing = try? JSONDecoder().decode(Listing.self, from: Data(json)) else { return nil }
  return listing.nftables.compactMap(\.chain).compactMap { chain in
    guard let type = chain.type, let hook = chain.hook, let priority = chain.prio else { return nil }
    return InstalledChain(
      family: chain.family, table: chain.table, name: chain.name, type: type, hook: hook, priority: priority,
      dropsByPolicy: chain.policy == "drop")
  }
}

private struct Listing: Decodable {
  struct Object: Decodable {
    var chain: Chain?
  }

  struct Chain: Decodable {
    var family: String
    var table: String
    var name: String
    var type: String?
    var hook: String?
    var prio: Int?
    var policy: String?
  }

  var nftables: [Object]
}
