import Compilation
import Diagnostics
import Policy
import Servers
import Testing

/// The samples of pages whose codes come after validation are taken through the step that raises them.
@Suite struct RulePageTests {
  private static let origins: [RulePage.Origin] = [.compilation, .includes, .emission]
  static let pages = rulePages.filter { origins.contains($0.origin) }

  @Test(arguments: pages.map(\.code))
  func badSampleOfPage(code: String) throws {
    let page = try #require(Self.pages.first { $0.code == code })
    let found = try diagnostics(page.bad, page.origin).filter { $0.code == code }
    #expect(!found.isEmpty)
    #expect(found.allSatisfy { $0.severity == page.severity })
    for diagnostic in found {
      #expect(!diagnostic.message.hasSuffix(".") && diagnostic.message.filter { $0 == "`" }.count.isMultiple(of: 2))
      #expect(diagnostic.help?.hasSuffix(".") != true)
    }
  }

  @Test(arguments: pages.map(\.code))
  func goodSampleOfPage(code: String) throws {
    let page = try #require(Self.pages.first { $0.code == code })
    let found = try diagnostics(page.good, page.origin)
    #expect(!found.contains { $0.code == code })
    #expect(!found.hasErrors, "\(found.map(\.code))")
  }

  @Test func everyOriginHasPages() {
    for origin in Self.origins { #expect(Self.pages.contains { $0.origin == origin }, "\(origin)") }
  }

  /// All that is said on the way: by the compilation, and where settings are written in each of their forms.
  private func diagnostics(_ text: String, _ origin: RulePage.Origin) throws -> [Diagnostic] {
    let customer = "publish one { server 10.10.20.201 other; external ip 203.0.113.11 }\n"
    let compilation = compile(
      text,
      including: [
        "policy.sally": text, "shared/customer.sally": customer,
        "strict.sally": "defaults { allow 198.51.100.0/24 }\ninclude \"shared/customer.sally\"\n",
      ])
    guard origin == .emission, compilation.isAccepted else { return compilation.diagnostics }
    let bundle = try compilation.bundle(version: "test")
    var found = compilation.diagnostics + bundle.diagnostics + bundle.remarks
    for (index, server) in compilation.policy.servers.enumerated() {
      guard let software = server.software?.value.kind else { continue }
      for form in Emitters.forms(of: software) {
        let emission = try Emitters.emit(
          compilation.policy, server: index, form: form, locate: compilation.locator())
        found += emission.diagnostics + emission.remarks
      }
    }
    return found
  }
}
