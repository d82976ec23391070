import Diagnostics
import Editing

struct CompletionList: Encodable {
  struct Item: Encodable {
    var label: String
    var kind: Int
    var detail: String?
    var documentation: MarkupContent?
    var sortText: String
    var filterText: String
    var textEdit: Edit
  }

  var isIncomplete: Bool
  var items: [Item]
}

/// What may stand at a place.
enum CompletionRequest: Request {
  static let method = "textDocument/completion"

  static func answer(_ params: PlaceParams, in session: Session) throws(RequestFailure) -> CompletionList? {
    let (document, offset) = try session.place(params)
    let files = FileScope(session, document)
    let positions = document.positions(session.encoding)
    let warnings = (session.analysis.findings[document.text.source.name] ?? [])
      .filter { $0.range.start.line == params.position.line && $0.severity > 1 }.map(\.code)
    let completion = files.scope.completion(
      at: offset, in: files.own, warnings: warnings, files: session.includable(from: document))
    let items = completion.items.enumerated().map { index, item in
      CompletionList.Item(
        label: item.label, kind: kind(of: item.kind), detail: item.detail.isEmpty ? nil : item.detail,
        documentation: item.documentation.isEmpty ? nil : MarkupContent(kind: "markdown", value: item.documentation),
        sortText: String(10_000 + index), filterText: item.text,
        textEdit: Edit(range: positions.range(item.range), newText: item.text))
    }
    return CompletionList(isIncomplete: completion.isIncomplete, items: items)
  }

  /// The numbers of the protocol.
  private static func kind(of kind: CompletionItem.Kind) -> Int {
    switch kind {
    case .statement: 14  // keyword
    case .value: 20  // member of an enumeration
    case .name: 6  // variable
    case .code: 21  // constant
    case .file: 17  // file
    }
  }
}

extension Session {
  /// The policy files beside an open one, by their names, those left out that cannot stand in a string as they are.
  fileprivate func includable(from document: Document) -> [String] {
    let path = document.text.source.name
    guard path.hasPrefix("/") else { return [] }
    let place = folder(of: path)
    return world.contents(place).policies.filter { name in
      join(place, name) != path && printable(name) == name && !name.contains { $0 == "\"" || $0 == "\\" }
    }
  }
}
