import Compilation
import Diagnostics
import Editing

/// Kinds of code actions. Whoever asks for `quickfix` gets both of its kinds.
enum CodeActionKind {
  /// Keeps the meaning, or is certainly what was meant.
  static let safe = "quickfix"
  /// Most likely what was meant; a person decides.
  static let unsafe = "quickfix.unsafe"
  /// All safe fixes of a file, as `check --fix` does in one round.
  static let all = ["quickfix", "quickfix.unsafe", "source.fixAll", "source.fixAll.sallyport"]
  static let fixAll = "source.fixAll.sallyport"

  /// Whether a kind is asked for.
  static func isWanted(_ kind: String, _ only: [String]?) -> Bool {
    only.map { $0.contains { kind == $0 || kind.hasPrefix($0 + ".") || $0.isEmpty } } ?? true
  }
}

struct CodeActionParams: Decodable {
  struct Context: Decodable { var only: [String]? }

  var textDocument: TextDocumentIdentifier
  var range: LSPRange
  var context: Context
}

struct CodeAction: Encodable {
  var title: String
  var kind: String
  var diagnostics: [LSPDiagnostic]?
  var isPreferred: Bool?
  var edit: WorkspaceEdit
}

/// Fixes of what was found in a part of a file.
enum CodeActionRequest: Request {
  static let method = "textDocument/codeAction"
  static let needsPolicy = true
  /// Fixes that are offered at most; nobody chooses from more.
  static let most = 100

  static func answer(_ params: CodeActionParams, in session: Session) throws(RequestFailure) -> [CodeAction]? {
    let document = try session.document(params.textDocument.uri)
    let range = document.positions(session.encoding).offsets(params.range)
    let only = params.context.only
    var actions: [CodeAction] = []
    for policy in session.analysis.policies {
      guard let position = policy.position(of: document.text.source.name) else { continue }
      let fixes = PolicyFixes(policy, session)
      let file = SourceID(position)
      for diagnostic in policy.compilation.diagnostics where diagnostic.primary.span.file == file {
        let span = diagnostic.primary.span.range
        guard span.lowerBound <= range.upperBound, range.lowerBound <= span.upperBound else { continue }
        for fix in diagnostic.fixes where fix.applicability != .displayOnly && actions.count < most {
          guard let action = fixes.action(fix, of: diagnostic), CodeActionKind.isWanted(action.kind, only) else {
            continue
          }
          actions.append(action)
        }
      }
      if CodeActionKind.isWanted(CodeActionKind.fixAll, only), let all = fixes.all(in: file) { actions.append(all) }
    }
    // What certainly was meant comes first.
    return actions.filter { $0.isPreferred == true } + actions.filter { $0.isPreferred != true }
  }
}

/// The fixes of one policy as edits of the protocol.
private final class PolicyFixes {
  private let policy: AnalyzedPolicy
  private var teller: FindingTeller

  init(_ policy: AnalyzedPolicy, _ session: Session) {
    self.policy = policy
    teller = FindingTeller(session.input)
  }

  func action(_ fix: FixIt, of diagnostic: Diagnostic) -> CodeAction? {
    guard fix.edits.contains(where: { policy.compilation.sources.text($0.span) != $0.replacement }) else {
      return nil
    }
    let isSafe = fix.applicability == .safe
    return CodeAction(
      title: printable(fix.message) + (isSafe ? "" : " (unsafe: look at it)"),
      kind: isSafe ? CodeActionKind.safe : CodeActionKind.unsafe,
      diagnostics: [teller.finding(diagnostic, policy.compilation.sources)], isPreferred: isSafe ? true : nil,
      edit: edit(fix.edits))
  }

  /// Every safe fix of a file that does not touch one before it.
  func all(in file: SourceID) -> CodeAction? {
    var chosen = ChosenEdits()
    for fix in policy.compilation.diagnostics.lazy.flatMap(\.fixes) where fix.applicability == .safe {
      guard fix.edits.allSatisfy({ $0.span.file == file && chosen.hasRoom(for: $0.span) }) else { continue }
      for edit in fix.edits { chosen.add(edit) }
    }
    guard !chosen.edits.isEmpty else { return nil }
    return CodeAction(
      title: "apply all safe fixes of this file", kind: CodeActionKind.fixAll, edit: edit(chosen.edits))
  }

  private func edit(_ edits: [TextEdit]) -> WorkspaceEdit {
    var changes: [String: [Edit]] = [:]
    let sources = policy.compilation.sources
    for edit in edits.sorted(by: { $0.span < $1.span }) {
      changes[teller.uri(of: edit.span.file, sources), default: []].append(
        Edit(range: teller.range(of: edit.span, sources), newText: edit.replacement))
    }
    return WorkspaceEdit(changes: changes)
  }
}
