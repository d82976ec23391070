/// The words of a `publish` block.
package enum PublishWord: String, BlockWord {
  case server, gateway
  case externalIP = "external ip"
  case controlPort = "control port"
  case passiveRange = "passive range"
  case tls, helper, active, allow, deny, limit, hairpin, source, log

  package static let block = BlockKind.publish

  /// What belongs to one publication alone has no default.
  package var blocks: [BlockKind] {
    switch self {
    case .server, .externalIP: [.publish]
    default: [.publish, .defaults]
    }
  }

  package var facts: WordFacts {
    switch self {
    case .server:
      WordFacts(
        "which server: one that is declared, or one in place, with a block of the other statements of a server where it "
          + "needs them",
        value: "the name of a server",
        forms: ["NAME", "ADDRESS[, ADDRESS] SOFTWARE [VERSION]", "local SOFTWARE [VERSION]"], [.names, .lowerCase],
        isRequired: true, example: "server 10.10.20.200 other", aspect: .machines)
    case .gateway:
      WordFacts(
        "which firewall", value: "the name of a gateway", forms: ["NAME"], [.names, .lowerCase],
        standard: "the only one", example: "gateway edge", aspect: .machines)
    case .externalIP:
      WordFacts(
        "the address that clients dial and the server announces, or one of each family; where a box before the gateway "
          + "translates it, `at` and the address for which packets arrive",
        value: "an external address", forms: ["ADDRESS [at ADDRESS][, ADDRESS [at ADDRESS]]"], [.list],
        standard: "the gateway's",
        synonyms: [
          "publicip", "public ip", "external address", "public address", "externalip", "wan ip", "external", "ip",
        ],
        example: "external ip 203.0.113.10", aspect: .machines)
    case .controlPort:
      WordFacts(
        "the port of the control connection as clients dial it, and after `->` as the server listens on it, where they "
          + "differ",
        value: "a control port", forms: ["PORT [-> PORT]"], standard: "21; 990 with `tls implicit`",
        synonyms: ["port", "listen port", "ftp port"], example: "control port 2121 -> 21", aspect: .control)
    case .passiveRange:
      WordFacts(
        "the ports of data connections in passive mode, with the same numbers on both sides",
        value: "a passive range",
        forms: ["LOW-HIGH"],
        synonyms: [
          "passive", "passive ports", "passive port", "port range", "pasv", "pasv ports", "pasv range",
          "passive port range", "data ports", "data port",
        ],
        example: "passive range 50000-50399", aspect: .passive)
    case .tls:
      WordFacts(
        "what clients may or must do about TLS; with `clear-control` they may return to a clear control connection "
          + "after login (CCC)",
        value: "a TLS mode",
        forms: ["off", "explicit optional [clear-control]", "explicit required [clear-control]", "implicit"],
        [.lowerCase], standard: "`off`, with a warning", synonyms: ["ssl", "ftps"], example: "tls explicit required",
        aspect: .encryption)
    case .helper:
      WordFacts(
        "whether the gateway's FTP helper reads the control connection; it reads none that is encrypted",
        value: "`on` or `off`", forms: WordFacts.toggle, [.lowerCase], standard: "`off`", example: "helper on",
        aspect: .helper)
    case .active:
      WordFacts(
        "whether active mode (PORT, EPRT) is meant to work", value: "`on` or `off`", forms: WordFacts.toggle,
        [.lowerCase], standard: "`off`", example: "active on", aspect: .active)
    case .allow:
      WordFacts(
        "the clients that may connect", value: clients, forms: clientForms, [.list, .names, .lowerCase],
        standard: "`any`", isRepeatable: true, synonyms: ["permit"], example: "allow partners, 192.0.2.7",
        aspect: .clients)
    case .deny:
      WordFacts(
        "the clients that may not, whatever `allow` says", value: clients, forms: clientForms,
        [.list, .names, .lowerCase], synonyms: ["block"], example: "deny 198.51.100.66", aspect: .clients)
    case .limit:
      WordFacts(
        "how many control connections there may be at the same time, or each minute", value: "a number",
        forms: ["N sessions", "N sessions per client", "N new per minute per client"], [.lowerCase],
        isRepeatable: true,
        synonyms: ["rate"], example: "limit 10 sessions per client", aspect: .limits)
    case .hairpin:
      WordFacts(
        "whether clients inside of the gateway may dial the external address", value: "`on` or `off`",
        forms: WordFacts.toggle, [.lowerCase], standard: "`off`", example: "hairpin on", aspect: .hairpin)
    case .source:
      WordFacts(
        "whose address the server sees, on control and data connections alike: the client's, or the gateway's",
        value: "a source mode", forms: ["keep", "gateway"], [.lowerCase], standard: "`keep`",
        example: "source gateway",
        aspect: .source)
    case .log:
      WordFacts(
        "which new control connections are logged", value: "a log mode", forms: ["off", "new", "denied", "all"],
        [.lowerCase], standard: "`off`", example: "log denied", aspect: .log)
    }
  }
}

private let clients = "a client name, an address or a prefix"
private let clientForms = ["any", "CLIENT, ..."]
