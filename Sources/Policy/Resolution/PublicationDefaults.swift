import Diagnostics
import PolicySyntax

/// What `defaults` blocks say for the publications of each file.
struct PublicationDefaults: Sendable {
  private let treeOfFile: [SourceID: PolicyFileSyntax]
  /// The blocks that hold in a file: its own first, then those of the files that include it, from the nearest on.
  private var blocks: [SourceID: [DeclarationSyntax]] = [:]

  /// None.
  init() { treeOfFile = [:] }

  /// - Parameters:
  ///   - ofFile: The block of each file that has one.
  ///   - files: All files.
  ///   - includers: Which file included a file, by position; `nil` for none.
  init(
    _ ofFile: [SourceID: DeclarationSyntax], treeOfFile: [SourceID: PolicyFileSyntax], files: [SourceID],
    includers: [Int?]
  ) {
    self.treeOfFile = treeOfFile
    for (position, file) in files.enumerated() {
      var (found, seen): ([DeclarationSyntax], Set<Int>) = ([], [])
      var next: Int? = position
      while let index = next, files.indices.contains(index), seen.insert(index).inserted {
        if let block = ofFile[files[index]] { found.append(block) }
        next = includers.indices.contains(index) ? includers[index] : nil
      }
      if !found.isEmpty { blocks[file] = found }
    }
  }

  /// Whether other defaults held in a file if one more of those that include it decided: a block that holds, and one
  /// that would.
  func difference(
    _ file: SourceID, includedBy includer: SourceID
  ) -> (held: DeclarationSyntax?, other: DeclarationSyntax?)? {
    let own = (blocks[file] ?? []).filter { $0.header.file != file }
    let others = blocks[includer] ?? []
    guard own.map(\.header) != others.map(\.header) else { return nil }
    return (
      own.first { block in !others.contains { $0.header == block.header } },
      others.first { block in !own.contains { $0.header == block.header } }
    )
  }

  /// Reads into a publication what its own block does not say.
  ///
  /// - Parameter words: Those of its own block; what the defaults say is added.
  func add(
    to block: inout PublicationBlock, of declaration: DeclarationSyntax, _ words: inout StatementWords<PublishWord>,
    with reader: inout StatementReader
  ) {
    guard !blocks.isEmpty else { return }
    for defaults in blocks[declaration.header.file] ?? [] {
      let taken = words.named.union(Self.ofOneAlone)
      reader.turn(to: defaults.header.file, of: treeOfFile)
      let read = reader.readAgain {
        publicationForms.read(defaults.block, with: &$0, into: &block, except: taken)
      }
      words.add(read)
    }
    reader.turn(to: declaration.header.file, of: treeOfFile)
  }

  /// What no block of defaults may say.
  private static let ofOneAlone = PublishWord.allCases.filter { !$0.blocks.contains(.defaults) }.reduce(
    into: [] as StatementSet
  ) { $0.formUnion(publicationForms.statement($1)) }
}
