import Diagnostics
import Nftables
import Parallel
import PolicySyntax
import Testing

/// What is done in parts must come out as if it were done in one.
@Suite struct ParallelTests {
  /// As many processors as this machine may not have.
  static let processors = [1, 2, 3, 7]

  @Test(arguments: [0, 1, 2, 3, 7, 1000], processors)
  func partsAreInOrderAndComplete(count: Int, processors: Int) {
    for least in [1, 2, 400, 2000] {
      let parts = Processors.$count.withValue(processors) { inParallel(count, least: least) { Array($0) } }
      #expect(parts.flatMap(\.self) == Array(0..<count))
      #expect(parts.count == 1 || parts.allSatisfy { $0.count >= least })
      #expect(parts.count == max(1, min(processors, count / least)))
    }
  }

  @Test(arguments: [true, false], processors)
  func bothResultsComeBack(worthIt: Bool, processors: Int) {
    let (one, other) = Processors.$count.withValue(processors) { together(worthIt: worthIt, { 1 }, { "two" }) }
    #expect(one == 1 && other == "two")
  }

  /// Long enough for several parts, whose borders fall anywhere into a line.
  @Test(arguments: ["\n", ""], processors)
  func largeFilesAreReadAsSmallOnes(end: String, processors: Int) {
    Processors.$count.withValue(processors) { expectLargeFileAsSmallOne(end: end) }
  }

  private func expectLargeFileAsSmallOne(end: String) {
    let line = "publish a { allow 192.0.2.0/24, \"x y\" ; } # `publish` -> \"\n}\n$ { control port 21->2121\n"
    let count = (3 << 20) / line.utf8.count
    let one = lex(SourceFile(name: "one", text: line), as: SourceID(0))
    let all = lex(SourceFile(name: "all", text: String(repeating: line, count: count) + "}" + end), as: SourceID(0))
    let tokens = one.tokens.dropLast()
    #expect(all.tokens.count == tokens.count * count + 2)
    #expect(all.comments.count == one.comments.count * count)
    #expect(all.diagnostics.count == one.diagnostics.count * count)
    let size = line.utf8.count
    let differing = all.tokens.dropLast(2).enumerated().first { index, token in
      let expected = tokens[index % tokens.count]
      let offset = index / tokens.count * size
      return token.kind != expected.kind || token.startsLine != expected.startsLine
        || token.range != expected.range.lowerBound + offset..<expected.range.upperBound + offset
    }
    #expect(differing == nil)
    #expect(all.tokens.last?.kind == .endOfFile && all.tokens.last?.startsLine == !end.isEmpty)
  }

  /// One line without an end is one part, however long it is.
  @Test func oneLongLineIsOnePart() {
    let text = String(repeating: "publish ", count: 400_000)
    let lexed = lex(SourceFile(name: "line", text: text), as: SourceID(0))
    #expect(lexed.tokens.count == 400_001)
    #expect(lexed.tokens.filter(\.startsLine).count == 1)
  }

  /// Long enough for several parts, which begin among declarations that are in order and others that are not.
  @Test(arguments: processors) func largeFilesAreParsedAsSmallOnes(processors: Int) {
    Processors.$count.withValue(processors) { expectLargeFileParsedAsSmallOnes() }
  }

  private func expectLargeFileParsedAsSmallOnes() {
    let text = """
      publish a {
        server b
      }
      }
      { x }
      server c {
        address 10.0.0.1
      publish d { allow e,
          f; deny g
      }
      clients h = i,
      gateway j {
        outside { publish k { } }
      }

      """
    let count = 4000
    let one = parse(SourceFile(name: "one", text: text), as: SourceID(0))
    let all = parse(SourceFile(name: "all", text: String(repeating: text, count: count)), as: SourceID(0))
    #expect(one.statements.count == 5 && one.diagnostics.count == 4)
    #expect(all.tokens.count > 2 << 16 && all.statements.count == 5 * count)
    let expected = one.statements.map { texts(of: $0, in: one) }
    let differing = all.statements.indices.first { texts(of: all.statements[$0], in: all) != expected[$0 % 5] }
    #expect(differing == nil)
    let size = text.utf8.count
    let spans = all.diagnostics.enumerated().map { index, diagnostic in
      (diagnostic.code, diagnostic.primary.span.range.lowerBound - index / 4 * size)
    }
    let first = one.diagnostics.map { ($0.code, $0.primary.span.range.lowerBound) }
    #expect(all.diagnostics.count == 4 * count)
    #expect(spans.indices.allSatisfy { spans[$0] == first[$0 % 4] })
  }

  /// What looks like a declaration can lie in a block that began in the part before.
  @Test(arguments: processors) func aBlockOverSeveralPartsIsOne(processors: Int) {
    Processors.$count.withValue(processors) { expectOneBlock() }
  }

  private func expectOneBlock() {
    let inner = String(repeating: "publish a {\n}\n", count: 60_000)
    let text = "gateway g {\noutside {\ninside {\n\(inner)}\n}\n}\nserver s {\naddress 10.0.0.1\n}\n"
    let tree = parse(SourceFile(name: "block", text: text), as: SourceID(0))
    let statements = tree.statements.map { texts(of: $0, in: tree) }
    #expect(statements == [["gateway g", "outside"], ["server s", "address 10.0.0.1"]])
    #expect(tree.diagnostics.map(\.code) == ["unexpected-block"])
  }

  /// A statement and those in its block.
  private func texts(of statement: StatementSyntax, in tree: PolicyFileSyntax) -> [String] {
    let inner = statement.block.map { Array(tree.statements(of: $0)) } ?? []
    return ([statement] + inner).map { tree.source.text(tree.span($0.tokens).range) }
  }

  @Test(arguments: processors) func linesOfLargeSetsKnowTheirStatements(processors: Int) {
    Processors.$count.withValue(processors) { expectLinesKnowTheirStatements() }
  }

  private func expectLinesKnowTheirStatements() {
    var elements = ElementList()
    for number in 0..<9000 {
      elements.append(key: [.port(UInt16(number))], provenance: SourceSpan(file: SourceID(0), number..<number + 1))
    }
    let small = Table("t", sets: [NamedSet("a", key: [.destinationPort], elements: ElementList(elements.prefix(9)))])
    let large = Table(
      "t", sets: ["a", "b"].map { NamedSet($0, key: [.destinationPort], elements: elements) })
    let script = large.script()
    let lines = script.text.split(separator: "\n", omittingEmptySubsequences: false)
    let beginning = small.script().text.split(separator: "\n", omittingEmptySubsequences: false).prefix(10)
    #expect(lines.starts(with: beginning))
    for (index, line) in lines.enumerated() {
      guard let number = Int(line.drop { $0 == " " }.prefix { $0 != "," }) else { continue }
      let spans = script.provenance.spans(ofLine: index + 1)
      guard spans == [SourceSpan(file: SourceID(0), number..<number + 1)] else {
        Issue.record("line \(index + 1) is not traced to its statement: \(spans)")
        break
      }
    }
    #expect(lines.count { $0.hasSuffix(",") } == 18_000)
  }
}
