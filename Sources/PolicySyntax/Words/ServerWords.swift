/// The words of a `server` block, and of the block of a server that a publication gives in place.
package enum ServerWord: String, BlockWord {
  case address, software, site, certificate
  case maxClients = "max clients"

  package static let block = BlockKind.server

  package var facts: WordFacts {
    switch self {
    case .address:
      WordFacts(
        "where the server listens: an address, or one of each family; `local` is the firewall host itself",
        value: "an address or `local`", forms: ["ADDRESS[, ADDRESS]", "local"], [.list], isRequired: true,
        example: "address 10.10.20.200, 2001:db8:20::200", aspect: .machines)
    case .software:
      WordFacts(
        "the server program, with its version where it matters", value: "a server program",
        forms: ["SOFTWARE [VERSION]"], [.lowerCase],
        isRequired: true, synonyms: ["program", "daemon"], example: "software other", aspect: .machines)
    case .site:
      WordFacts(
        "the site that is configured, of a program that has several", value: "the name of a site",
        forms: ["\"SITE\""], [.strings],
        example: "site \"Default FTP Site\"", aspect: .machines)
    case .certificate:
      WordFacts(
        "the certificate that the server presents: paths on the server, or a certificate in the store of Windows",
        value: "the path of a certificate, or `thumbprint`", forms: ["\"PATH\" [key \"PATH\"]", "thumbprint HEX"],
        [.strings], synonyms: ["cert"],
        example: "certificate \"/etc/ssl/certs/ftp.pem\" key \"/etc/ssl/private/ftp.key\"", aspect: .encryption)
    case .maxClients:
      WordFacts(
        "how many sessions the server admits at the same time", value: "a number of sessions", forms: ["N"],
        synonyms: ["max sessions", "max connections", "maxclients"], example: "max clients 200", aspect: .limits)
    }
  }
}
