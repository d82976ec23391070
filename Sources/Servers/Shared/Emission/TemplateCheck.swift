import Diagnostics

/// What is wrong with a text that is to replace a built-in template, and where.
package struct TemplateFault: Hashable, Sendable {
  /// From 1.
  package var line: Int
  /// One sentence, with the way out.
  package var message: String
}

/// Finds in a template what the template language would pass over in silence: names that nothing fills in, and what
/// never ends.
package enum TemplateCheck {
  /// The names of the built-in templates, sorted.
  package static let names = Set(Emitters.all.flatMap(\.templates).map(\.name)).sorted()

  /// Why a text cannot stand in the place of the built-in template of that name; empty when it can.
  package static func faults(in text: String, as name: String) -> [TemplateFault] {
    let owners = Emitters.all.filter { $0.templates.contains { $0.name == name } }
    let known = Set(
      owners.flatMap(\.templates).flatMap { TemplateScan($0.text).names })
    var scan = TemplateScan(text)
    for tag in scan.tags {
      switch tag.kind {
      case .partial where !names.contains(tag.name):
        scan.note(tag.line, "there is no template `\(tag.shown)`\(wayOut(tag.name, TemplateCheck.names))")
      case .value, .section, .inverted:
        guard tag.name != ".", !known.contains(tag.name) else { continue }
        scan.note(tag.line, "nothing fills in `{{\(tag.shown)}}` here\(wayOut(tag.name, known.sorted()))")
      default: continue
      }
    }
    return scan.faults.sorted { $0.line < $1.line }
  }

  /// The templates through which one of these texts includes itself, in their order; `nil` when none does.
  static func circle(in texts: [String: String]) -> [String]? {
    let partials = texts.mapValues { TemplateScan($0).partials.filter { texts[$0] != nil } }
    var done: Set<String> = []
    for root in texts.keys.sorted() {
      // The way to where we are, each with what it has still to show.
      var path: [(name: String, left: ArraySlice<String>)] = [(root, (partials[root] ?? [])[...])]
      while let last = path.indices.last {
        guard let next = path[last].left.popFirst() else {
          done.insert(path.removeLast().name)
          continue
        }
        if let start = path.firstIndex(where: { $0.name == next }) { return path[start...].map(\.name) + [next] }
        if !done.contains(next) { path.append((next, (partials[next] ?? [])[...])) }
      }
    }
    return nil
  }

  private static func wayOut(_ name: String, _ known: [String]) -> String {
    nearest(to: name, among: known).map { "; did you mean `\($0)`?" } ?? "; there is \(known.joined(separator: ", "))"
  }
}

/// The tags of a template in their order.
private struct TemplateScan {
  enum Kind { case value, section, inverted, end, partial, other }

  struct Tag {
    var kind: Kind
    var name: String
    var line: Int

    /// The name as far as it is told.
    var shown: String { name.utf8.count > 80 ? name.prefix(60) + "…" : name }
  }

  /// Levels of sections at most.
  private static let deepest = 100

  private(set) var tags: [Tag] = []
  private(set) var faults: [TemplateFault] = []

  init(_ text: String) {
    var open: [Tag] = []
    var line = 1
    var rest = Substring(text)
    while let start = rest.firstRange(of: "{{") {
      line += rest[..<start.lowerBound].lineEnds
      rest = rest[start.upperBound...]
      guard let end = rest.firstRange(of: "}}") else {
        note(line, "`{{` is never closed; add `}}`")
        break
      }
      let tag = Self.tag(rest[..<end.lowerBound], line)
      line += rest[..<end.lowerBound].lineEnds
      rest = rest[end.upperBound...]
      tags.append(tag)
      switch tag.kind {
      case .section, .inverted:
        open.append(tag)
        // Who fills in a template goes as deep as its sections.
        if open.count == Self.deepest + 1 { note(tag.line, "sections go more than \(Self.deepest) levels deep here") }
      case .end:
        guard let last = open.popLast() else {
          note(tag.line, "`{{/\(tag.shown)}}` ends a section that never began; remove it")
          continue
        }
        if last.name != tag.name {
          note(
            tag.line,
            "`{{/\(tag.shown)}}` stands where `{{/\(last.shown)}}` has to end the section of line \(last.line)")
          // Which of both is wrong is not known, and neither is what follows.
          open = []
        }
      default: break
      }
    }
    for tag in open { note(tag.line, "the section `\(tag.shown)` is never closed; add `{{/\(tag.shown)}}`") }
  }

  mutating func note(_ line: Int, _ message: String) { faults.append(TemplateFault(line: line, message: message)) }

  /// The templates that are put in its place.
  var partials: [String] { tags.filter { $0.kind == .partial }.map(\.name) }

  /// What is filled in, as it is written.
  var names: [String] {
    tags.filter { $0.kind == .value || $0.kind == .section || $0.kind == .inverted }.map(\.name)
  }

  private static func tag(_ content: Substring, _ line: Int) -> Tag {
    let kind: Kind =
      switch content.first {
      case "#": .section
      case "^": .inverted
      case "/": .end
      case ">": .partial
      case "!", "%", "{", "&", "=", "<", "$": .other
      default: .value
      }
    let text = kind == .value ? content : content.dropFirst()
    return Tag(kind: kind, name: argument(text), line: line)
  }

  /// The name in a tag: what stands innermost where functions are applied to it, as in `count(items)`.
  private static func argument(_ text: Substring) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).joined()
    let inner = words.split(separator: "(").last ?? ""
    return String(words.contains("(") ? inner.prefix { $0 != ")" } : inner)
  }
}

extension Substring {
  fileprivate var lineEnds: Int { utf8.count { $0 == 0x0A } }
}
