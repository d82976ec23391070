import Compilation
import Diagnostics
import Editing
import Policy
import PolicySyntax

/// What is to be looked at as a whole.
struct AnalysisInput: Sendable {
  /// Which state of the open files it is; a later one has a larger number.
  var state: Int
  var open: [String: OpenText]
  /// Folders of the workspace, as absolute paths.
  var workspace: [String]
  var encoding: PositionEncoding
  var world: PolicyWorld
  /// What the last analysis made; of use where nothing changed.
  var previous: [AnalyzedPolicy] = []
}

/// A policy of which an open file is part.
struct AnalyzedPolicy: Sendable {
  /// The paths of its roots.
  var roots: [String]
  var compilation: Compilation
  /// Roots that cannot be read, with the reason.
  var unreadable: [(path: String, reason: String)] = []

  /// Whether it is what reading some files again would come to. One that includes others may find other ones.
  func isStill(_ roots: [String], _ sources: [SourceFile]) -> Bool {
    let known = compilation.sources.files
    return self.roots == roots && unreadable.isEmpty && known.count == sources.count
      && compilation.trees.allSatisfy { includes(of: $0).isEmpty }
      && zip(known, sources).allSatisfy { $0.name == $1.name && $0.bytes == $1.bytes }
  }

  /// The position of a file among those of the policy.
  func position(of name: String) -> Int? { compilation.sources.files.firstIndex { $0.name == name } }
}

/// Everything that a whole reading of the open files comes to.
struct Analysis: Sendable {
  var state: Int
  var policies: [AnalyzedPolicy] = []
  /// What is to be said about files, by path.
  var findings: [String: [LSPDiagnostic]] = [:]

  /// Findings about one file that are told at most, errors first.
  static let mostFindings = 1000

  init(state: Int) { self.state = state }

  /// Reads the policies of all open files, and judges them as `check` does.
  init(_ input: AnalysisInput) {
    state = input.state
    let disk = OverlaidWorld(world: input.world, open: input.open)
    var finder = PolicyFinder(disk, workspace: input.workspace)
    var known: Set<[String]> = []
    for path in input.open.keys.sorted() {
      for roots in finder.policies(of: path) where known.insert(roots).inserted {
        policies.append(Self.read(roots, disk, input.previous))
      }
    }
    var teller = FindingTeller(input)
    for policy in policies { teller.add(policy) }
    findings = teller.findings
  }

  private static func read(
    _ roots: [String], _ disk: OverlaidWorld, _ previous: [AnalyzedPolicy]
  ) -> AnalyzedPolicy {
    var sources: [SourceFile] = []
    var unreadable: [(path: String, reason: String)] = []
    for path in roots {
      switch disk.source(path) {
      case .success(let source): sources.append(source)
      case .failure(.missing): break
      case .failure(.unreadable(let reason)): unreadable.append((path, reason))
      case .failure(.outside): unreadable.append((path, "it leads out of its folder"))
      }
    }
    if unreadable.isEmpty, let known = previous.first(where: { $0.isStill(roots, sources) }) { return known }
    return AnalyzedPolicy(roots: roots, compilation: Compilation(disk.load(sources)), unreadable: unreadable)
  }
}

/// Puts findings into the structures of the protocol.
struct FindingTeller {
  private let input: AnalysisInput
  private(set) var findings: [String: [LSPDiagnostic]] = [:]
  private var positions: [String: Positions] = [:]

  init(_ input: AnalysisInput) { self.input = input }

  mutating func add(_ policy: AnalyzedPolicy) {
    let sources = policy.compilation.sources
    for source in sources.files { findings[source.name] = findings[source.name] ?? [] }
    let byFile = Dictionary(grouping: policy.compilation.diagnostics) { $0.primary.span.file }
    for (file, diagnostics) in byFile.sorted(by: { $0.key < $1.key }) {
      let capped = CappedFindings(diagnostics, most: Analysis.mostFindings)
      var told = capped.shown.map { finding($0, sources) }
      if capped.leftOut > 0, let first = told.first {
        told.append(
          LSPDiagnostic(
            range: first.range, severity: 3, code: "more-findings",
            message: "\(capped.leftOut) more findings are not shown; `sallyport check --max-findings 0` shows all"))
      }
      var all = findings[sources[file].name] ?? []
      let there = Set(all)
      all += told.filter { !there.contains($0) }
      findings[sources[file].name] = all
    }
    for (path, reason) in policy.unreadable {
      let start = Position(line: 0, character: 0)
      let finding = LSPDiagnostic(
        range: LSPRange(start: start, end: start), severity: 1, code: "unreadable-file",
        message: "the file cannot be read, and is part of the policy: \(reason)")
      if findings[path]?.contains(finding) != true { findings[path, default: []].append(finding) }
    }
  }

  mutating func finding(_ diagnostic: Diagnostic, _ sources: SourceSet) -> LSPDiagnostic {
    var message = diagnostic.message
    if !diagnostic.primary.message.isEmpty { message += "\n\(diagnostic.primary.message)" }
    for note in diagnostic.notes { message += "\nnote: \(note)" }
    if let help = diagnostic.help { message += "\nhelp: \(help)" }
    let related = diagnostic.related.map { label in
      RelatedInformation(
        location: Location(uri: uri(of: label.span.file, sources), range: range(of: label.span, sources)),
        message: printable(label.message.isEmpty ? "this takes part" : label.message))
    }
    return LSPDiagnostic(
      range: range(of: diagnostic.primary.span, sources),
      severity: diagnostic.severity == .error ? 1 : diagnostic.severity == .warning ? 2 : 3,
      code: diagnostic.code, codeDescription: input.world.page(diagnostic.code).map { .init(href: $0) },
      message: message.split(separator: "\n").map { printable(String($0)) }.joined(separator: "\n"),
      tags: diagnostic.origin == .unusedName ? [1] : nil, relatedInformation: related.isEmpty ? nil : related)
  }

  func uri(of file: SourceID, _ sources: SourceSet) -> String {
    let name = sources[file].name
    return input.open[name]?.uri ?? FileURI.uri(of: name)
  }

  mutating func range(of span: SourceSpan, _ sources: SourceSet) -> LSPRange {
    let source = sources[span.file]
    if let known = positions[source.name] { return known.range(span.range) }
    let lines = input.open[source.name]?.lines ?? TextLines(source.bytes)
    let new = Positions(bytes: source.bytes, lines: lines, encoding: input.encoding)
    positions[source.name] = new
    return new.range(span.range)
  }
}
