import Diagnostics
import Flows
import Foundation
import Platforms
import Policy
import Testing

/// `docs/platforms.md` is written from what the platforms say of themselves.
@Suite struct PlatformPageTests {
  @Test func thePageIsThatOfTheList() throws {
    let file = repository.appending(path: "docs/platforms.md")
    let wanted = PlatformPage().text
    let page = try? String(contentsOf: file, encoding: .utf8)
    if wanted != page, ProcessInfo.processInfo.environment["UPDATE_EXPECTED"] == "1" {
      try wanted.write(to: file, atomically: true, encoding: .utf8)
    }
    #expect(wanted == page, "UPDATE_EXPECTED=1 swift test --filter PlatformPageTests writes docs/platforms.md anew")
  }

  @Test func everyPlatformHasOneNameAndAForm() {
    #expect(Set(Platforms.all.map(\.name)).count == Platforms.all.count)
    #expect(Platforms.all.allSatisfy { $0.forms.contains($0.defaultForm) && !$0.knows(version: "") })
  }
}

/// The page about platforms.
private struct PlatformPage {
  /// A gateway of which nothing is known.
  private let plan = FlowPlan(
    of: Gateway(
      name: Located("edge", SourceSpan(file: SourceID(0), 0..<0)), header: SourceSpan(file: SourceID(0), 0..<0)))

  var text: String {
    """
    # Platforms

    What a gateway can be: `platform NAME [VERSION]` in its block. This page is written from what the platforms say of
    themselves; [language.md](language.md) has the statements. What is not written for a platform is an error at the statement
    that asks for it (`platform-unsupported`), a version that it has not, one at the version (`unknown-platform`), what it has
    to be told and is not, or is told and has no use for, one at the gateway (`platform-input`).

    | platform | versions | forms | has to be told | may be told | sessions |
    |---|---|---|---|---|---|
    \(Platforms.all.map(row).joined(separator: "\n"))

    ## What is not written for them

    Because they cannot do it, or because nobody knows how they do. A dot is something that works, a dash something that is refused.

    | asked for | \(Platforms.all.map(\.name).joined(separator: " | ")) |
    |---|\(Platforms.all.map { _ in "---|" }.joined())
    \(FlowFeature.allCases.map(row).joined(separator: "\n"))

    With `helper scope device` some can do more.

    ## Why some cannot do it for users of a `reach`

    \(Platforms.all.compactMap(reasons).joined(separator: "\n"))

    """
  }

  /// Why a platform refuses what only a `reach` asks for.
  private func reasons(_ platform: any Platform) -> String? {
    let capabilities = platform.capabilities
    let lacking = FlowFeature.allCases.filter {
      FlowFeature.reaching.contains($0) && !capabilities.contains($0)
    }
    let told = lacking.contains(.reach) ? [.reach] : lacking
    let sentences = told.compactMap { feature in platform.advice(on: feature).map { "\(feature.words): \($0)." } }
    return sentences.isEmpty ? nil : "- `\(platform.name)`: " + sentences.joined(separator: " ")
  }

  private func row(_ platform: any Platform) -> String {
    func inputs(_ need: InputNeed) -> String {
      GatewayInput.allCases.filter { platform.need(of: $0, for: plan) == need }.map { "`\($0.spelling)`" }
        .joined(separator: ", ")
    }
    let sessions =
      switch platform {
      case let known as any SessionPlatform: known.wasRun ? "played" : "played as documented"
      default: "undecided"
      }
    return
      "| `\(platform.name)` | \(platform.versions ?? "none") | \(platform.forms.map { "`\($0)`" }.joined(separator: ", ")) | \(inputs(.required)) "
      + "| \(inputs(.optional)) | \(sessions) |"
  }

  private func row(_ feature: FlowFeature) -> String {
    let cells = Platforms.all.map { $0.capabilities.contains(feature) ? "·" : "-" }
    return "| \(feature.title) | \(cells.joined(separator: " | ")) |"
  }
}

extension FlowFeature {
  /// What is asked for; the two kinds of active mode without helper apart.
  fileprivate var title: String {
    switch self {
    case .activeRouted: "\(words), at the server's own address"
    case .activeTranslation: "\(words), translated"
    default: words
    }
  }
}
