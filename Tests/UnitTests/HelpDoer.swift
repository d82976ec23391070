import Policy
import Servers

/// Does to the files of a server what the help of a finding says, as a person would who knows how such files are
/// written and nothing of the program.
struct HelpDoer {
  private enum Verb { case write, remove, into, within }

  /// What stands between backticks, with what is to be done with it.
  private var steps: [(verb: Verb, text: String)] = []

  init(help: String) {
    var verb: Verb?
    for (index, part) in help.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
      if index.isMultiple(of: 2) {
        if part.hasSuffix("write ") {
          verb = .write
        } else if part.hasSuffix("remove ") {
          verb = .remove
        } else if part.hasSuffix(" into the file ") {
          verb = .into
        } else if part.hasSuffix(" in ") || part.hasSuffix(" in the ") || part.hasSuffix(" of ") {
          verb = .within
        } else if part != " and ", part != ", " {
          verb = nil
        }
      } else if let verb {
        steps.append((verb, String(part)))
      }
    }
  }

  func apply(to files: ServerPropertyTests.Files) -> ServerPropertyTests.Files {
    var files = files
    for (index, step) in steps.enumerated() {
      let next = index + 1 < steps.count ? steps[index + 1] : nil
      if case (.write, .into?) = (step.verb, next?.verb), let file = next?.text {
        files.texts.removeAll { $0.name.hasSuffix("/\(file)") }
        files.texts.append(("/server/conf/\(file)", step.text + "\n"))
        continue
      }
      if step.verb == .remove, files.texts.contains(where: { $0.name.hasSuffix("/conf/\(step.text)") }) {
        files.texts.removeAll { $0.name.hasSuffix("/conf/\(step.text)") }
        continue
      }
      guard step.verb == .write || step.verb == .remove, let last = files.texts.indices.last else { continue }
      let places = steps[index...].drop { $0.verb != .within }.prefix { $0.verb == .within }.map(\.text)
      // The lines of a block stand together.
      if step.verb == .write, step.text.hasPrefix("<Limit"),
        let end = steps.firstIndex(where: { $0.text == "</Limit>" })
      {
        files.texts[last].text = ConfigurationText(files.texts[last].text).adding(steps[index...end].map(\.text))
        break
      }
      var text = ConfigurationText(files.texts[last].text)
      if step.verb == .write { text.write(step.text, in: places) } else { text.remove(step.text) }
      files.texts[last].text = text.text
    }
    return files
  }
}

/// A configuration in any of the ways in which programs have them.
private struct ConfigurationText {
  var text: String

  init(_ text: String) { self.text = text.replacing(/<!--[\s\S]*?-->/, with: "") }

  private var lines: [Substring] {
    get { text.split(separator: "\n", omittingEmptySubsequences: false) }
    set { text = newValue.joined(separator: "\n") }
  }

  mutating func write(_ setting: String, in places: [String]) {
    if text.hasPrefix("{") {
      writeMember(setting, in: places.first)
    } else if setting.hasPrefix("<"), setting.contains("/") {
      writeElement(setting, in: places)
    } else if setting.hasPrefix("-") {
      writeFlag(setting)
    } else {
      writeLine(setting)
    }
  }

  mutating func remove(_ setting: String) {
    if setting.hasPrefix("<"), setting.hasSuffix("/>") {
      text = text.replacing(setting, with: "")
    } else if setting.hasPrefix("<") {
      removeBlock(setting)
    } else if setting.hasPrefix("-") {
      lines.removeAll { $0.split(separator: " ").first.map(String.init) == setting }
    } else if text.contains("<\(setting)>") || text.contains("\(setting)=\"") {
      text = text.replacing(regex("<\(setting)>[^<]*</\(setting)>"), with: "")
      text = text.replacing(regex(" \(setting)=\"[^\"]*\""), with: "")
    } else if text.contains("\"\(setting)\": ") {
      text = text.replacing(regex("\"\(setting)\": \"[^\"]*\""), with: "\"\(setting)\": \"\"")
    } else {
      let name = setting.uppercased()
      lines.removeAll {
        Self.key(of: $0) == setting || Self.key(of: $0)?.hasSuffix("__\(name)=") ?? false
          || Self.key(of: $0) == setting + "="
      }
    }
  }

  // MARK: Lines

  /// With more lines, at the end or before that of the block that holds everything.
  func adding(_ more: [String]) -> String {
    var lines = lines
    let end = lines.lastIndex { $0.hasPrefix("</VirtualHost") } ?? lines.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
    lines.insert(contentsOf: more.map { Substring($0) }, at: end)
    return lines.joined(separator: "\n")
  }

  /// What names the setting of a line: `key=`, or the first word.
  private static func key(of line: Substring) -> String? {
    let line = line.drop { $0 == " " }
    guard let first = line.first, first != "#" else { return nil }
    let word = line.prefix { $0 != " " }
    return word.firstIndex(of: "=").map { String(word[...$0]) } ?? String(word)
  }

  private mutating func writeLine(_ setting: String) {
    let key = Self.key(of: Substring(setting))
    var lines = lines
    guard let first = lines.lastIndex(where: { Self.key(of: $0) == key }) else {
      text = adding([setting])
      return
    }
    lines[first] = Substring(setting)
    self.lines = lines.enumerated().filter { $0 == first || Self.key(of: $1) != key || $1.hasPrefix("Port 0") }
      .map(\.element)
  }

  /// `<Limit ...>` and what it holds.
  private mutating func removeBlock(_ start: String) {
    var lines = lines
    guard let first = lines.firstIndex(where: { $0.drop { $0 == " " } == start }),
      let last = lines[first...].firstIndex(where: { $0.drop { $0 == " " }.hasPrefix("</") })
    else { return }
    lines.removeSubrange(first...last)
    self.lines = lines
  }

  /// A flag of a command whose lines end in a backslash.
  private mutating func writeFlag(_ flag: String) {
    let name = flag.prefix { $0 != " " }
    var lines = lines.filter { $0.split(separator: " ").first != name }
    let start = lines.firstIndex { $0.hasPrefix("exec ") } ?? 0
    lines.insert(Substring(flag + " \\"), at: start + 1)
    self.lines = lines
  }

  // MARK: JSON

  private mutating func writeMember(_ member: String, in place: String?) {
    guard let name = member.split(separator: ":").first else { return }
    let pattern = regex("\(name): (\"[^\"]*\"|[0-9a-z]+)")
    if text.firstMatch(of: pattern) != nil {
      text = text.replacing(pattern, with: member)
    } else if let place {
      text = "{\n  \"\(place)\": { \(member) }," + text.dropFirst()
    }
  }

  // MARK: XML

  private mutating func writeElement(_ element: String, in places: [String]) {
    let name = String(element.dropFirst().prefix { $0.isLetter || $0 == "_" })
    if name == "Item" { return writeItem(element) }
    let attributes = element.matches(of: /([A-Za-z0-9]+)="([^"]*)"/).map { (String($0.1), String($0.2)) }
    if name == "add" {
      // One of several.
    } else if !attributes.isEmpty, element.hasSuffix("/>") {
      for tag in text.matches(of: regex("<\(name)( [^>]*)?/?>")).map({ $0.range }).reversed() {
        var changed = String(text[tag])
        guard attributes.contains(where: { changed.contains(" \($0.0)=") }) else { continue }
        for (key, value) in attributes {
          let old = regex(" \(key)=\"[^\"]*\"")
          if changed.firstMatch(of: old) != nil {
            changed = changed.replacing(old, with: " \(key)=\"\(value)\"")
          } else {
            changed = "<\(name) \(key)=\"\(value)\"" + changed.dropFirst(name.count + 1)
          }
        }
        return text.replaceSubrange(tag, with: changed)
      }
    } else {
      let old = regex("<\(name)( [^>]*)?(/>|>[\\s\\S]*?</\(name)>)")
      if text.firstMatch(of: old) != nil { return text = text.replacing(old, with: element) }
    }
    // What is to hold it may be missing, too.
    var element = element
    for place in places {
      if let start = text.firstMatch(of: regex("<\(place)( [^>]*)?>"))?.range.upperBound {
        return text.insert(contentsOf: element, at: start)
      }
      element = "<\(place)>\(element)</\(place)>"
    }
  }

  private mutating func writeItem(_ item: String) {
    guard let name = item.firstMatch(of: /name="([^"]*)"/)?.1 else { return }
    let old = regex("<Item name=\"\(name)\"[^>]*>[^<]*</Item>")
    if text.firstMatch(of: old) != nil {
      text = text.replacing(old, with: item)
    } else {
      text = text.replacing("<Settings>", with: "<Settings>\n" + item)
    }
  }
}

/// A pattern that is put together; one that is none matches nothing.
private func regex(_ pattern: String) -> Regex<AnyRegexOutput> {
  (try? Regex(pattern)) ?? Regex(/\b\B/)
}
