import Compilation
import Diagnostics
import Flows
import Platforms
import Testing

/// What gateways say for the sake of their platforms.
@Suite struct InputTests {
  @Test(
    "an input that the platform has no use for is an error at its statement",
    arguments: [
      ("access list \"x\"", "access list"), ("external is interface", "external is"),
      ("unit outside \"x\"", "unit outside"),
      ("unit inside \"x\"", "unit inside"), ("before \"x\"", "before"), ("numbers 1-2", "numbers"),
      ("helper scope device", "helper scope"),
    ])
  func useless(statement: String, keyword: String) {
    for gateway in ["outside eth0", "platform nftables", "platform sheet"] {
      let errors = compile(workedCase("\(gateway); \(statement)")).errors
      let platform = gateway.contains("sheet") ? "sheet" : "nftables"
      #expect(errors == ["platform-input: \(platform) has no use for `\(keyword)`"], "\(gateway)")
    }
  }

  @Test(
    "names of interfaces are judged by the platform",
    arguments: [
      ("outside \"a b\"", "invalid-interface"), ("platform nftables; outside \"a b\"", "platform-input"),
      ("outside interface-of-twenty", "invalid-interface"), ("outside \"\"", "invalid-interface"),

      ("platform nftabels; outside \"a b\"", "unknown-platform"),
    ])
  func names(gateway: String, code: String) {
    let errors = compile(workedCase(gateway)).errors
    #expect(errors.count == 1 && errors.allSatisfy { $0.hasPrefix(code + ":") }, "\(errors)")
  }

  @Test func aSheetTakesAnyName() throws {
    let compilation = compile(workedCase("platform sheet; outside \"the wire to the provider\""))
    #expect(compilation.errors.isEmpty)
    #expect(try compilation.configuration().contains("From:         \"the wire to the provider\""))
  }

  @Test(
    "statements of a gateway that are wrong in themselves",
    arguments: [
      ("numbers 5-1", "range-reversed"), ("numbers x", "invalid-number"), ("numbers 1-2-3", "invalid-number"),
      ("numbers 0-4", "invalid-number"), ("helper scope all", "unknown-value"),
      ("external is 203.0.113.10", "unknown-value"),
      ("access list", "syntax-error"), ("before", "syntax-error"), ("unit", "unknown-statement"),
    ])
  func wrong(statement: String, code: String) {
    let errors = compile(workedCase("outside eth0; \(statement)")).errors
    #expect(errors.first?.hasPrefix(code + ":") == true && errors.count == 1, "\(errors)")
  }

  @Test func sessionsThatAreNotPlayedAreUndecided() {
    let compilation = compile(workedCase("platform sheet"))
    #expect(compilation.diagnostics.map(\.code).contains("sessions-not-played"))
    let table = compilation.sessions(of: compilation.policy.publications[0])
    #expect(table.cells.count == 12 && table.cells.count { $0.outcome == .undecided } == 4 && table.fails)
    #expect(table.cells.count { $0.isPermitted } == 2)
  }
}
