import Nftables

/// The base chains in the JSON of `nft -j list chains`; `nil` when it is no such listing. Chains without a hook are
/// left out.
func installedBaseChains(inListing json: [UInt8]) -> [InstalledChain]? {
  guard case .array(let objects)? = (try? JSONValue.parse(json))?["nftables"] else { return nil }
  var chains: [InstalledChain] = []
  for chain in objects.compactMap({ $0["chain"] }) {
    guard let family = chain["family"]?.string, let table = chain["table"]?.string, let name = chain["name"]?.string
    else { return nil }
    guard let type = chain["type"]?.string, let hook = chain["hook"]?.string,
      let priority = chain["prio"]?.number.flatMap({ Int(exactly: $0) })
    else { continue }
    chains.append(
      InstalledChain(
        family: family, table: table, name: name, type: type, hook: hook, priority: priority,
        dropsByPolicy: chain["policy"]?.string == "drop"))
  }
  return chains
}
