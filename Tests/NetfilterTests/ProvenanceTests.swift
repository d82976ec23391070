import Compilation
import Diagnostics
import Foundation
import Nftables
import Testing

@Suite("lines of a script know the statements that asked for them")
struct ProvenanceTests {
  private static let policy = """
    publish files {
      server         10.10.20.200 proftpd
      external ip    203.0.113.10
      passive range  50000-50399
      tls            explicit optional
      helper         on
      allow          198.51.100.0/24
      limit          5 sessions per client
    }
    """

  /// The statements of the first line that holds a text.
  private func statements(_ text: String) throws -> [String] {
    let compilation = compile(Self.policy)
    let script = compilation.table(gateway: nil).script(header: ["one", "two"])
    let lines = script.text.split(separator: "\n", omittingEmptySubsequences: false)
    let index = try #require(lines.firstIndex { $0.contains(text) }, "no line with \(text)")
    return script.provenance.spans(ofLine: index + 1).map { compilation.sources.text($0) }
  }

  @Test(
    "one by one",
    arguments: [
      ("ct helper published-ftp {", "helper         on"),
      ("type \"ftp\"", "helper         on"),
      ("203.0.113.10 . 50000-50399 comment", "198.51.100.0/24"),
      ("set sessions_per_client_5_state4", "limit          5 sessions per client"),
      ("size 65535", "limit          5 sessions per client"),
      ("ct helper set", "helper         on"),
      (": 10.10.20.200,", "50000-50399"),
    ])
  func lines(text: String, statement: String) throws {
    #expect(try statements(text) == [statement])
  }

  @Test(
    "but not the frame, which no statement asks for", arguments: ["# one", "delete table", "table inet sallyport {"])
  func frame(text: String) throws {
    #expect(try statements(text).isEmpty)
  }

  @Test("and so do all rules and elements of the sample policies")
  func everything() throws {
    let folder = repository.appending(path: "policies")
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name.hasSuffix(".sally") {
      let compilation = compile(try String(contentsOf: folder.appending(path: name), encoding: .utf8))
      for gateway in compilation.policy.gatewayPositions {
        let table = compilation.table(gateway: gateway)
        let script = table.script()
        let expected =
          table.sets.flatMap { $0.elements.map { [$0.provenance] } }
          + table.chains.flatMap { $0.rules.map(\.provenance) }
        let lines = script.text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        // Elements end with a comma, rules are all else that is indented by four and no property of a set or chain.
        let found = lines.filter { _, line in
          line.hasPrefix("      ")
            || line.hasPrefix("    ") && line != "    counter"
              && !Self.properties.contains { line.hasPrefix("    \($0)") }
        }.map { script.provenance.spans(ofLine: $0.offset + 1) }
        #expect(found == expected, "\(name)")
      }
    }
  }

  /// How lines of a block begin that are neither rule nor element.
  private static let properties = [
    "typeof ", "size ", "flags ", "timeout ", "elements = {", "}", "type filter ", "type nat ", "type \"",
  ]
}
