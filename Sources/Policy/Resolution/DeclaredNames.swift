import Diagnostics
import PolicySyntax

/// The kinds of declarations. Each kind of things that a policy names has a name space of its own.
enum DeclarationKind: CaseIterable, Sendable {
  case clients, gateway, server, publish, reach, defaults, expect

  /// - Returns: `nil` for a word that declares nothing.
  init?(_ word: FileWord) {
    switch word {
    case .clients: self = .clients
    case .gateway: self = .gateway
    case .server: self = .server
    case .publish: self = .publish
    case .reach: self = .reach
    case .defaults: self = .defaults
    case .expect: self = .expect
    case .include: return nil
    }
  }

  /// The word that declares one.
  var word: FileWord {
    switch self {
    case .clients: .clients
    case .gateway: .gateway
    case .server: .server
    case .publish: .publish
    case .reach: .reach
    case .defaults: .defaults
    case .expect: .expect
    }
  }

  /// Position in `allCases`.
  var index: Int {
    switch self {
    case .clients: 0
    case .gateway: 1
    case .server: 2
    case .publish: 3
    case .reach: 4
    case .defaults: 5
    case .expect: 6
    }
  }

  /// As in "a second client list `partners`".
  var title: String {
    switch self {
    case .clients: "client list"
    case .gateway: "gateway"
    case .server: "server"
    case .publish: "publication"
    case .reach: "reach"
    case .defaults: "block of defaults"
    case .expect: "expectation"
    }
  }
}

/// What a name of one kind stands for: where it was declared, and its position among its kind.
struct Declaration {
  var span: SourceSpan
  var position: Int
}

/// Every name that a policy declares, known before any block is read, so that order carries no meaning.
struct DeclaredNames {
  /// By `DeclarationKind.index`.
  private var byKind = [[String: Declaration]](repeating: [:], count: DeclarationKind.allCases.count)

  /// Words of declarations that were not understood, which was reported: nothing is said about them where they are
  /// used.
  private var unread: Set<String> = []

  mutating func addUnread(_ words: Set<String>) { unread.formUnion(words) }

  /// Whether a declaration that was not understood may have that name.
  func isUnread(_ name: String) -> Bool { !unread.isEmpty && (unread.contains(name) || unread.contains(Self.every)) }

  /// Stands for a name that is missing: any that is used may be it.
  static let every = "*"

  /// For headers, in which no name is used.
  static let none = DeclaredNames()

  /// Makes room for that many names of a kind.
  mutating func reserve(_ count: Int, _ kind: DeclarationKind) { byKind[kind.index].reserveCapacity(count) }

  /// Adds a name; the earlier declaration when the name is taken.
  mutating func add(_ name: Located<String>, _ kind: DeclarationKind, position: Int) -> Declaration? {
    let declaration = Declaration(span: name.span, position: position)
    let earlier = byKind[kind.index].updateValue(declaration, forKey: name.value)
    if let earlier { byKind[kind.index][name.value] = earlier }
    return earlier
  }

  /// Takes the names of one kind from elsewhere.
  mutating func merge(_ other: DeclaredNames, _ kind: DeclarationKind) {
    byKind[kind.index] = other.byKind[kind.index]
  }

  func find(_ name: String, _ kind: DeclarationKind) -> Declaration? { byKind[kind.index][name] }

  /// Every name of a kind, sorted.
  func all(_ kind: DeclarationKind) -> [String] { byKind[kind.index].keys.sorted() }

  /// The error about a name that nobody declared.
  ///
  /// - Parameter suggesting: Whether to look for the nearest name, which takes a look at all of them.
  func unknown(_ name: Located<String>, _ kind: DeclarationKind, suggesting: Bool) -> Diagnostic {
    let suggestion = suggesting ? nearest(to: name.value, among: all(kind)) : nil
    let help =
      suggestion.map { "did you mean `\($0)`?" } ?? "declare it with `\(kind.word.declaration(of: name.value))`"
    return .error(
      "unknown-name", "there is no \(kind.title) `\(name.value)`", at: name.span, help: help,
      fixes: suggestion.map { [.replace(name.span, with: $0, "write `\($0)`", .unsafe)] } ?? []
    ).from(.undeclaredName)
  }
}

extension StatementReader {
  /// A name that must be declared; its position among its kind.
  mutating func reference(_ kind: DeclarationKind) -> Int? {
    guard let name = name(kind.word.facts.value) else { return nil }
    if let found = names.find(name.value, kind) { return found.position }
    if names.isUnread(name.value) {
      failSilently()
      return nil
    }
    failUnknown(UnknownName(name: name, kind: kind))
    return nil
  }
}

/// A name that nobody declared.
struct UnknownName {
  var name: Located<String>
  var kind: DeclarationKind
}

/// What readers reported, with the nearest names for the first of those that nobody declared: of a large policy without
/// one of its files thousands are unknown, and each look takes in all names.
struct ReadingReports {
  private(set) var diagnostics: [Diagnostic] = []
  private var suggestionsLeft = 20

  mutating func add(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

  mutating func add(_ more: [Diagnostic]) { diagnostics += more }

  mutating func add(_ unknown: UnknownName, _ names: DeclaredNames) {
    diagnostics.append(names.unknown(unknown.name, unknown.kind, suggesting: suggestionsLeft > 0))
    suggestionsLeft -= 1
  }

  /// What a reader reported, in its order.
  mutating func add(_ reader: StatementReader) {
    diagnostics += reader.diagnostics
    for unknown in reader.unknownNames { add(unknown, reader.names) }
  }
}
