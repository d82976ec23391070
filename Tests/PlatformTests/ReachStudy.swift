import Addressing
import Compilation
import Diagnostics
import FTPSession
import Nftables
import Platforms
import Testing

/// The sessions of users of a policy with one gateway, under rules that were read back.
struct ReachStudy {
  /// What is not as the policy says; empty when everything is.
  private(set) var faults: [String] = []

  /// - Parameter ruleset: The rules of the gateway; what the policy compiles to where there are none.
  init(_ compilation: Compilation, _ ruleset: Ruleset? = nil) {
    guard compilation.isAccepted, let rules = ruleset ?? compilation.ruleset(gateway: 0) else {
      faults = compilation.errors + ["no rules"]
      return
    }
    let outbound = compilation.policy.outbound
    let study = SessionStudy(outbound, gateway: 0, ruleset: rules)
    for access in outbound.publications {
      let cells = study.table(of: access).cells.filter { $0.performance != nil }
      let permitted = cells.filter(\.isPermitted)
      let strangers = access.admitsEveryone ? [] : cells.filter { $0.place == .stranger }
      if permitted.isEmpty || strangers.isEmpty && !access.admitsEveryone { faults.append("nothing is played") }
      for cell in permitted where cell.outcome != .works { add(access.name.value, cell) }
      for cell in strangers where cell.outcome != .refused { add(access.name.value, cell) }
      guard access.source.value == .gateway else { continue }
      for cell in permitted where !Self.hides(cell, compilation) {
        faults.append("\(access.name.value), \(cell.title): the server sees the user")
      }
    }
  }

  private mutating func add(_ name: String, _ cell: SessionCell) {
    faults.append("\(name), \(cell.title): \(cell.outcome), \(cell.reason)")
  }

  /// Whether every connection that the user opens leaves with the address of the gateway.
  private static func hides(_ cell: SessionCell, _ compilation: Compilation) -> Bool {
    let own = Set(compilation.policy.gateways[0].externalAddresses.map(\.arrival.value))
    let dials = (cell.performance?.steps ?? []).filter {
      $0.from == .client && $0.text.wholeMatch(of: /SYN [0-9a-f].*/) != nil
    }
    return dials.allSatisfy { step in
      step.loss != nil
        || step.events.contains {
          if case .sourceTranslated(let address, _, _) = $0 { own.contains(address) } else { false }
        }
    }
  }

  /// What a reader makes of a text.
  static func read(_ text: String, _ compilation: Compilation) throws -> Ruleset {
    var sources = compilation.sources
    let bytes = Array(text.utf8)
    let file = sources.add(SourceFile(name: "gateway.cfg", bytes: bytes))
    let saved = GatewayText(name: "gateway.cfg", bytes: bytes, file: file)
    let reader = try #require(Platforms.reader(of: saved), "no reader knows it")
    #expect(reader.platform == compilation.platform(of: 0).name)
    let read = reader.read(saved, GatewayContext(compilation.policy, gateway: 0))
    #expect(!read.diagnostics.hasErrors, "\(read.diagnostics.map(\.message))")
    return read.ruleset
  }
}
