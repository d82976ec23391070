/// The words of a `gateway` block.
package enum GatewayWord: String, BlockWord {
  case outside, inside, platform
  case externalIP = "external ip"

  package static let block = BlockKind.gateway

  package var facts: WordFacts {
    switch self {
    case .outside:
      WordFacts(
        "the interfaces where clients come from", value: "the name of an interface", forms: ["INTERFACE, ..."],
        [.list, .strings], standard: "any interface", example: "outside eth0", aspect: .machines)
    case .inside:
      WordFacts(
        "the interfaces where the servers are", value: "the name of an interface", forms: ["INTERFACE, ..."],
        [.list, .strings], standard: "any interface", example: "inside eth1, eth2", aspect: .machines)
    case .platform:
      WordFacts(
        "what kind of firewall it is, with its version where that matters", value: "the name of a platform",
        forms: ["nftables [VERSION]"], [.lowerCase], standard: "nftables", example: "platform nftables",
        aspect: .machines)
    case .externalIP:
      WordFacts(
        "the `external ip` of publications that have none of their own", value: "an external address",
        forms: PublishWord.externalIP.facts.forms, [.list], example: "external ip 203.0.113.10, 2001:db8::10",
        aspect: .machines)
    }
  }
}
