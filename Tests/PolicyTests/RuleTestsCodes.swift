import Foundation
import Policy
import Testing

@Suite("Codes")
struct RuleTestsCodes {
  /// Words of the sources that look like codes and are none.
  static let others: Set<String> = [
    "clear-control", "display-only", "legacy-unread", "link-local", "list-chains", "list-connections", "list-ruleset",
    "list-table",
    "print-table", "pure-ftpd", "proftpd-conf", "sallyport-netfilter", "set-names",
    // Names of programs on command lines.
    "dumb-init", "su-exec", "docker-compose", "docker-entrypoint", "start-stop-daemon", "pure-ftpd-ldap",
    "pure-ftpd-mysql", "pure-ftpd-postgresql",
    // What the system says of its own end, and a watchdog of its change.
    "is-system-running", "systemd-shutdow", "taken-back",
    // Names of services.
    "ftp-data", "ftps-data",
    // Fields of logs in the extended format of the W3C.
    "c-ip", "s-ip", "cs-method", "cs-uri-stem", "sc-status", "sc-substatus", "sc-win32-status", "x-session",
  ]

  /// Modules that raise diagnostics, by their folder below `Sources`.
  static let modules = ["PolicySyntax", "Policy", "Compilation", "Servers", "Netfilter"]

  @Test("every code in the sources has a page", arguments: modules)
  func pages(module: String) throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources").appending(path: module)
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
    let known = Set(rulePages.map(\.code)).union(Self.others)
    var count = 0
    while let file = files?.nextObject() as? URL {
      guard file.pathExtension == "swift" else { continue }
      let text = try String(contentsOf: file, encoding: .utf8)
      // Codes are written out: a literal of lower-case words joined by hyphens and nothing else.
      for match in text.matches(of: /"([a-z]+(?:-[a-z0-9]+)+)"/) {
        count += 1
        #expect(
          known.contains(String(match.1)), "\(file.lastPathComponent) raises \(match.1), which has no page")
      }
    }
    #expect(count > 0)
  }
}
