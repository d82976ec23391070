import Compilation
import Diagnostics
import Nftables
import Platforms
import Policy
import PolicySyntax
import Servers

/// The pipeline of a policy. Promises: findings stay within the text and show nothing that a terminal obeys; the
/// formatter is idempotent and keeps the meaning; what compiles has no difference from itself, and no emitted text
/// obeys.
enum FuzzPolicy: FuzzTarget {
  static let name = "policy"

  static func run(_ input: [UInt8]) -> Bool {
    let source = SourceFile(name: "policy.sally", bytes: input)
    let loaded = loadSources([source]) { _ in .failure(.missing) }
    let compilation = Compilation(loaded)
    for diagnostic in compilation.diagnostics {
      let span = diagnostic.primary.span
      if span.range.upperBound > compilation.sources[span.file].bytes.count {
        broken("a finding lies beyond the text")
      }
    }
    let shown = render(
      compilation.diagnostics, in: compilation.sources, as: .full, style: .plain, version: "0")
    if obeysTerminal(shown) { broken("a finding shows what a terminal obeys") }
    checkFormatter(source)
    guard compilation.isAccepted else { return false }
    for gateway in compilation.policy.gatewayPositions {
      let table = compilation.table(gateway: gateway)
      if obeysTerminal(table.script().text) { broken("a script holds what a terminal obeys") }
      if !PolicyDifference(running: table, wanted: table).isSame { broken("a table differs from itself") }
    }
    if let forms = try? Emitters.emitAll(compilation.policy, locate: compilation.locator()) {
      for document in forms.flatMap(\.emission.documents) where obeysTerminal(document.text) {
        broken("\(document.name) holds what a terminal obeys")
      }
    }
    // Every seed ends its last line.
    return input.last != UInt8(ascii: "\n")
  }

  private static func checkFormatter(_ source: SourceFile) {
    let tree = parse(source, as: SourceID(0))
    guard let text = format(tree) else { return }
    let again = parse(SourceFile(name: source.name, text: text), as: SourceID(0))
    if !again.diagnostics.isEmpty { broken("formatting makes mistakes") }
    if !haveSameMeaning(tree, again) { broken("formatting changes the meaning") }
    if format(again) != text { broken("formatting twice is not formatting once") }
  }
}
