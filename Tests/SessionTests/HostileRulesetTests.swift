import Addressing
import FTPSession
import Foundation
import LiveSupport
import Nftables
import Testing

/// Statements as nft never lists them: each is read, printed and made ready to run, whatever stands in it.
@Suite struct HostileRulesetTests {
  private static let wrong = [
    "null", "7", "-9223372036854775808", "9223372036854775807", "\"x\"", "\"@\"", "\"\"", "[]", "{}", "[[]]", "true",
    "{\"set\": []}", "{\"concat\": []}", "{\"range\": [9, 1]}", "{\"prefix\": {\"addr\": \"::\", \"len\": 129}}",
    "{\"prefix\": {\"addr\": 1, \"len\": 99}}", "{\"|\": []}", "{\"<<\": [1, 999]}",
    "{\"&\": [{\"meta\": {\"key\": \"mark\"}}]}",
  ]

  private static func listing(_ statement: String) -> [UInt8] {
    Array(
      """
      {"nftables": [{"table": {"family": "inet", "name": "t"}}, {"chain": {"family": "inet", "table": "t", "name": "c", \
      "type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}}, {"rule": {"family": "inet", "table": "t", \
      "chain": "c", "expr": [\(statement), {"accept": null}]}}]}
      """.utf8)
  }

  @Test("other values in every place of every statement of others", arguments: ["1.0.6", "1.1.7", "by-hand"])
  func wrongValues(version: String) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fuzz/Seeds/sessions/others-\(version).json")
    let ruleset = try Ruleset.read(listing: Array(try Data(contentsOf: file)))
    let statements = Set(ruleset.tables.flatMap(\.chains).flatMap(\.rules).flatMap(\.statements).map(\.json.text))
    #expect(statements.count > 20)
    let patterns: [Regex<Substring>] = [#/"[A-Za-z0-9.:@_ -]*"/#, #/\b\d+/#, #/\[[^\[\]]*\]/#, #/\{[^{}]*\}/#]
    var random = SeededGenerator(state: 5)
    var count = 0
    for statement in statements.sorted() {
      for range in patterns.flatMap({ statement.ranges(of: $0) }) {
        let value = Self.wrong.randomElement(using: &random) ?? "null"
        let text = statement.replacingCharacters(in: range, with: value)
        guard let ruleset = try? Ruleset.read(listing: Self.listing(text)) else { continue }
        let rules = ruleset.tables.flatMap(\.chains).flatMap(\.rules)
        // What was read is read again from what it prints.
        let printed = rules.flatMap(\.statements).map(\.json.text).joined(separator: ", ")
        let again = try Ruleset.read(listing: Self.listing(printed))
        #expect(
          again.tables.flatMap(\.chains).flatMap(\.rules).flatMap(\.statements).dropLast()
            == rules.flatMap(\.statements)[...],
          "\(text)")
        #expect(!rules.contains { $0.text.isEmpty })
        let program = Program(ruleset)
        #expect(!PortBorders(program).parts(of: 0...65535).isEmpty)
        #expect(!AddressBorders(program).parts(.ipv4).isEmpty)
        count += 1
      }
    }
    #expect(count > 100)
  }
}
