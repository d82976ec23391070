/// The words of a `gateway` block.
package enum GatewayWord: String, BlockWord {
  case outside, inside, platform
  case externalIP = "external ip"
  case behind, mark
  case accessList = "access list"
  case externalIs = "external is"
  case unitOutside = "unit outside"
  case unitInside = "unit inside"
  case before, numbers
  case helperScope = "helper scope"

  package static let block = BlockKind.gateway

  package var facts: WordFacts {
    switch self {
    case .outside:
      WordFacts(
        "the interfaces where clients come from, or what the platform has in their place: a zone, a network",
        value: "the name of an interface", forms: ["INTERFACE, ..."],
        [.list, .strings], standard: "any interface", example: "outside eth0", aspect: .machines)
    case .inside:
      WordFacts(
        "the interfaces where the servers are, or what the platform has in their place",
        value: "the name of an interface", forms: ["INTERFACE, ..."],
        [.list, .strings], standard: "any interface", example: "inside eth1, eth2", aspect: .machines)
    case .platform:
      WordFacts(
        "what kind of firewall it is, with its version where that matters", value: "the name of a platform",
        forms: ["PLATFORM [VERSION]"], [.lowerCase], standard: "nftables", example: "platform nftables",
        aspect: .machines)
    case .externalIP:
      WordFacts(
        "the `external ip` of publications that have none of their own", value: "an external address",
        forms: PublishWord.externalIP.facts.forms, [.list], example: "external ip 203.0.113.10, 2001:db8::10",
        aspect: .machines)
    case .behind:
      WordFacts(
        "the next gateway further out, on the way to the clients; publications on this one pass both",
        value: "the name of a gateway", forms: ["NAME"], [.names, .lowerCase], example: "behind front",
        aspect: .machines)
    case .mark:
      WordFacts(
        "one bit of the connection mark, set on every connection that the policy admits, so that one rule lets all of "
          + "them through somebody else's firewall on the same machine",
        value: "one bit of a mark", forms: ["BIT"], example: "mark 0x10000", aspect: .clients)
    case .accessList:
      WordFacts(
        "the access list that is bound inbound where clients come from; what we permit is added to it",
        value: "the name of an access list", forms: ["\"NAME\""], [.strings],
        example: "access list \"outside_access_in\"", aspect: .machines)
    case .externalIs:
      WordFacts(
        "that the external address is the one of the interface where clients come from", value: "`interface`",
        forms: ["interface"], [.lowerCase], example: "external is interface", aspect: .machines)
    case .unitOutside:
      WordFacts(
        "the interface where clients come from, where `outside` names a zone", value: "the name of an interface",
        forms: ["\"INTERFACE\""], [.strings], example: "unit outside \"ge-0/0/0.0\"", aspect: .machines)
    case .unitInside:
      WordFacts(
        "the interface where the servers are, where `inside` names a zone", value: "the name of an interface",
        forms: ["\"INTERFACE\""], [.strings], example: "unit inside \"ethernet0/1\"", aspect: .machines)
    case .before:
      WordFacts(
        "the rule of others that our permits have to precede: its comment, its name or its number",
        value: "what names a rule", forms: ["\"TEXT\""], [.strings], example: "before \"deny-all\"",
        aspect: .machines)
    case .numbers:
      WordFacts(
        "the numbers that our rules may have", value: "a range of numbers", forms: ["LOW-HIGH"],
        example: "numbers 9001-9010", aspect: .machines)
    case .helperScope:
      WordFacts(
        "whether a switch of the FTP helper may be written that holds for the whole device",
        value: "`connection` or `device`", forms: ["connection", "device"], [.lowerCase], standard: "`connection`",
        example: "helper scope device", aspect: .helper)
    }
  }
}
