import Addressing
import Diagnostics
import PolicySyntax

/// Resolves `clients NAME = LIST`, where a list may name others, in any order.
struct ClientListResolver {
  let declarations: [DeclarationSyntax]
  let treeOfFile: [SourceID: PolicyFileSyntax]
  let names: DeclaredNames
  private var diagnostics: [Diagnostic] = []
  /// How many ranges the lists have so far.
  private var rangeCount = 0
  /// How many they may have together: lists that name lists could ask for far more than stands in the text.
  private static let mostRanges = 4_000_000
  /// Lists of a circle that are shown.
  private static let mostLabels = 20

  init(declarations: [DeclarationSyntax], treeOfFile: [SourceID: PolicyFileSyntax], names: DeclaredNames) {
    self.declarations = declarations
    self.treeOfFile = treeOfFile
    self.names = names
  }

  mutating func run(_ reports: inout ReadingReports) -> [ClientList] {
    var terms: [[ClientTerm]] = []
    if let first = declarations.first.flatMap({ treeOfFile[$0.header.file] }) {
      var reader = StatementReader(tree: first, names: names, programs: .none)
      terms = declarations.map { read($0, &reader) }
      reports.add(reader)
    }
    var addresses = [AddressSet?](repeating: nil, count: terms.count)
    var places = [Int?](repeating: nil, count: terms.count)
    for start in terms.indices { resolve(start, terms, &addresses, &places) }
    reports.add(diagnostics)
    return declarations.indices.map { index in
      ClientList(name: declarations[index].name, terms: terms[index], addresses: addresses[index] ?? AddressSet())
    }
  }

  private mutating func read(_ declaration: DeclarationSyntax, _ reader: inout StatementReader) -> [ClientTerm] {
    reader.turn(to: declaration.header.file, of: treeOfFile)
    reader.begin(declaration.arguments, keyword: FileWord.clients.spelling, words: 0)
    if declaration.name.value == "any" {
      diagnostics.append(
        .error(
          "duplicate-name", "`any` is built in and stands for every client", at: declaration.name.span,
          help: "give the list another name"
        ).from(.duplicateName))
    }
    guard reader.accept(.equals) != nil else {
      let isValue = reader.next?.kind == .word
      reader.fail(
        "expected `=` after the name\(reader.foundText)",
        help: "write `clients \(declaration.name.value) = ADDRESS, ...`",
        fixes: isValue ? [FixIt("write `=`", .safe, [TextEdit(reader.insertionPoint, "= ")])] : [])
      return []
    }
    let terms = reader.clientTerms() ?? []
    return reader.finish() ? terms : []
  }

  /// Depth first without recursion: the path holds the lists whose members are being resolved, each with its first term
  /// that is not looked at yet.
  ///
  /// - Parameter places: The place of each list on the path; all `nil` before and after.
  private mutating func resolve(
    _ start: Int, _ terms: [[ClientTerm]], _ addresses: inout [AddressSet?], _ places: inout [Int?]
  ) {
    guard addresses[start] == nil else { return }
    var path = [(list: start, next: 0)]
    places[start] = 0
    while let (current, next) = path.last {
      guard addresses[current] == nil, next < terms[current].count else {
        if addresses[current] == nil { addresses[current] = union(current, terms[current], addresses) }
        places[current] = nil
        path.removeLast()
        continue
      }
      path[path.count - 1].next += 1
      let term = terms[current][next]
      guard case .list(let index) = term.kind, addresses[index] == nil else { continue }
      if let loop = places[index] {
        report(path[loop...].map(\.list), at: term)
        addresses[index] = AddressSet()
      } else {
        places[index] = path.count
        path.append((index, 0))
      }
    }
  }

  /// The addresses of a list; none beyond the limit, which is reported once.
  private mutating func union(_ list: Int, _ terms: [ClientTerm], _ addresses: [AddressSet?]) -> AddressSet {
    guard rangeCount <= Self.mostRanges else { return AddressSet() }
    let union = AddressSet(unionOf: terms.map { value(of: $0, addresses) })
    rangeCount += union.rangeCount
    if rangeCount > Self.mostRanges {
      diagnostics.append(
        .error(
          "too-many-clients",
          "with `\(declarations[list].name.value)` the client lists are more than \(Self.mostRanges) ranges of addresses",
          at: declarations[list].name.span,
          help: "lists that name lists repeat what these hold; name the lists in `allow` instead"))
    }
    return union
  }

  private func value(of term: ClientTerm, _ addresses: [AddressSet?]) -> AddressSet {
    switch term.kind {
    case .any: .any
    case .prefix(let prefix): AddressSet([prefix])
    case .list(let index): addresses[index] ?? AddressSet()
    }
  }

  private mutating func report(_ loop: [Int], at term: ClientTerm) {
    var names = (loop + loop.prefix(1)).map { "`\(declarations[$0].name.value)`" }
    if names.count > 8 { names.replaceSubrange(4..<names.count - 3, with: ["and \(names.count - 7) more"]) }
    diagnostics.append(
      .error(
        "clients-cycle", "client lists contain one another: \(names.joined(separator: " -> "))",
        at: term.span, related: loop.dropFirst().prefix(Self.mostLabels).map { Label(declarations[$0].name.span) },
        help: "take one name out of its list"))
  }
}
