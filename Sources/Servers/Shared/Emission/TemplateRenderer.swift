import Mustache

/// The templates of one emitter, parsed, with those of the user in place of the built-in ones.
package struct TemplateRenderer {
  private let library: MustacheLibrary

  /// - Parameters:
  ///   - templates: those in use, and how each must escape values.
  ///   - overrides: texts by file name.
  /// - Throws: `EmitError.unusableTemplate` when a text is not Mustache, does not begin by choosing the format,
  ///   or goes around it.
  init(_ templates: [EmitterTemplate], overrides: [String: String]) throws(EmitError) {
    Formats.register()
    var library = MustacheLibrary()
    let texts = Dictionary(
      templates.map { ($0.name, overrides[$0.name] ?? $0.text) }, uniquingKeysWith: { first, _ in first })
    if let circle = TemplateCheck.circle(in: texts), let first = circle.first {
      throw .unusableTemplate(first, reason: "it includes itself: \(circle.joined(separator: " -> "))")
    }
    for template in templates {
      let name = template.name
      let text = overrides[name] ?? template.text
      if let reason = Self.obstacle(in: text, format: template.format) {
        throw .unusableTemplate(name, reason: reason)
      }
      do {
        try library.register(text, named: name)
      } catch let error as MustacheTemplate.ParserError {
        throw .unusableTemplate(name, reason: "line \(error.context.lineNumber): \(error.error)")
      } catch {
        throw .unusableTemplate(name, reason: "\(error)")
      }
    }
    self.library = library
  }

  /// The template filled in with the properties of a value; a name that the value lacks leaves nothing.
  func render(_ name: String, _ view: some Any) -> String {
    library.render(view, withTemplate: name) ?? ""
  }

  /// Why a template would let text through unescaped.
  private static func obstacle(in text: String, format: any DocumentFormat) -> String? {
    let pragma = "{{% CONTENT_TYPE: \(format.name)}}"
    guard text.hasPrefix(pragma) else { return "its first line is not \(pragma)" }
    let unsafe = ["{{{", "{{&", "{{=", "{{<", "{{$"].first { text.contains($0) }
    return unsafe.map { "tags that begin with \($0) are not allowed" }
  }
}
