import Diagnostics
import Policy

/// One line of a Compose file: how deep it stands, its key, and the place of its value.
private struct ComposeLine {
  var indent: Int
  /// Whether it is an entry of a list.
  var isItem = false
  /// `nil` for an entry that is a value by itself.
  var key: String?
  /// Without blanks and quotation marks at its ends, and without a comment.
  var value: Range<Int>
  /// Whether quotation marks stood around the value.
  var isQuoted = false
}

extension InvocationText {
  /// The servers among the services of a Compose file. Of YAML that is read which such files are written in: maps and
  /// lists by indentation, lists in brackets, quoted, folded and literal values; no anchors.
  func compose() -> [Invocation] {
    let lines = composeLines()
    guard let top = lines.firstIndex(where: { $0.key == "services" && !$0.isItem }) else { return [] }
    var found: [Invocation] = []
    let services = block(of: top, in: lines)
    guard let depth = services.first.map({ lines[$0].indent }) else { return [] }
    for index in services where lines[index].indent == depth && lines[index].key != nil {
      if let invocation = service(block(of: index, in: lines), in: lines) { found.append(invocation) }
    }
    return found
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
  private func span(_ range: Range<Int>) -> SourceSpan { SourceSpan(file: file, range) }

  /// The lines below one: those that stand deeper, and entries of a list beside their key.
  private func block(of index: Int, in lines: [ComposeLine]) -> Range<Int> {
    let indent = lines[index].indent
    var end = index + 1
    while end < lines.count,
      lines[end].indent > indent || lines[end].isItem && lines[end].indent == indent && !lines[index].isItem
    {
      end += 1
    }
    return index + 1..<end
  }

  private func service(_ body: Range<Int>, in lines: [ComposeLine]) -> Invocation? {
    guard let depth = body.first.map({ lines[$0].indent }) else { return nil }
    var container = Container(image: "")
    var place: Range<Int>?
    var environment: [String: Located<String>] = [:]
    var entry: [ShellWord] = []
    var command: [ShellWord] = []
    var missing: [Located<String>] = []
    for index in body where lines[index].indent == depth && !lines[index].isItem {
      let below = block(of: index, in: lines)
      switch lines[index].key {
      case "image":
        container.image = text(lines[index].value)
        place = lines[index].value
      case "network_mode": container.joins(Located(text(lines[index].value), span(lines[index].value)))
      case "command": command = words(lines[index], below, in: lines)
      case "entrypoint": entry = words(lines[index], below, in: lines)
      case "environment": environment.merge(variables(below, in: lines)) { $1 }
      case "env_file":
        var named: [String: Located<String>] = [:]
        let single = lines[index].value.isEmpty ? [] : [lines[index].value]
        let list = items(lines[index], below, in: lines)
        for file in list.isEmpty ? single : list {
          take(environmentFile: Located(text(file), span(file)), &named, &missing)
        }
        environment.merge(named) { own, _ in own }
      case "<<", "extends": container.inherits = span(lines[index].value)
      case "ports": ports(lines[index], below, in: lines, &container)
      default: break
      }
    }
    let image = span(place ?? lines[body.lowerBound].value)
    var start = self.container(container, image, entry + command, environment, outer)
    start?.missingEnvironment = missing
    return start
  }

  /// A command as a list of words, or as a text of a shell.
  private func words(_ line: ComposeLine, _ below: Range<Int>, in lines: [ComposeLine]) -> [ShellWord] {
    let items = items(line, below, in: lines)
    if !items.isEmpty { return items.map { ShellWord(Located(text($0), span($0))) } }
    let first = bytes[line.value].first
    if first == UInt8(ascii: ">") || first == UInt8(ascii: "|"), !line.isQuoted {
      guard let begin = below.first.map({ lines[$0].value.lowerBound }),
        let end = below.last.map({ lines[$0].value.upperBound })
      else { return [] }
      return ShellWords.commands(in: bytes[start(of: begin)..<end], of: file, in: .yaml).first ?? []
    }
    return ShellWords.commands(in: bytes[line.value], of: file, in: .yaml).first ?? []
  }

  /// The beginning of the line that holds an offset.
  private func start(of offset: Int) -> Int { bytes[..<offset].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0 }

  /// The entries of a list, below its key or in brackets after it.
  private func items(_ line: ComposeLine, _ below: Range<Int>, in lines: [ComposeLine]) -> [Range<Int>] {
    if bytes[line.value].first == UInt8(ascii: "["), !line.isQuoted {
      // Such a list may go on in the next lines.
      let isClosed = bytes[line.value].last == UInt8(ascii: "]")
      let end = isClosed ? line.value.upperBound : below.last.map { lines[$0].value.upperBound }
      return Self.listEntries(bytes[line.value.lowerBound..<(end ?? line.value.upperBound)])
    }
    return below.compactMap { lines[$0].isItem && lines[$0].key == nil ? lines[$0].value : nil }
  }

  /// `NAME: VALUE`, or entries `NAME=VALUE`.
  private func variables(_ below: Range<Int>, in lines: [ComposeLine]) -> [String: Located<String>] {
    var found: [String: Located<String>] = [:]
    for index in below {
      let line = lines[index]
      if let key = line.key, !line.isItem {
        found[key] = Located(substituted(line.value), span(line.value))
      } else if let (name, value) = Self.assignment(line.key.map { "\($0):" } ?? text(line.value)) {
        found[name] = Located(value, span(line.value))
      }
    }
    return found
  }

  /// A value in which Compose has replaced variables that are known.
  private func substituted(_ range: Range<Int>) -> String {
    let words = ShellWords.commands(in: bytes[range], of: file, in: .yaml).flatMap(\.self)
    return words.map { $0.text(outer).text }.joined(separator: " ")
  }

  private func ports(_ line: ComposeLine, _ below: Range<Int>, in lines: [ComposeLine], _ container: inout Container)
  {
    for item in items(line, below, in: lines) { container.publish(Located(text(item), span(item))) }
    // The long form: `target:`, `published:` and perhaps `host_ip:` and `protocol:` of one entry.
    var entry: [String: Located<String>] = [:]
    for index in below {
      if lines[index].isItem { publish(&entry, &container) }
      if let key = lines[index].key { entry[key] = Located(text(lines[index].value), span(lines[index].value)) }
    }
    publish(&entry, &container)
  }

  private func publish(_ entry: inout [String: Located<String>], _ container: inout Container) {
    defer { entry = [:] }
    guard let inside = entry["target"], let outside = entry["published"] else { return }
    let address = entry["host_ip"].map { "\($0.value):" } ?? ""
    let kind = entry["protocol"]?.value ?? "tcp"
    container.publish(Located("\(address)\(outside.value):\(inside.value)/\(kind)", outside.span))
  }

  // MARK: Lines

  private func composeLines() -> [ComposeLine] {
    bytes.split(separator: 0x0A, omittingEmptySubsequences: false).compactMap { line in
      let content = line.trimmed
      guard let first = content.first, first != UInt8(ascii: "#") else { return nil }
      let indent = content.startIndex - line.startIndex
      var rest = content
      var isItem = false
      if first == UInt8(ascii: "-"), rest.dropFirst().first.map(\.isBlank) ?? true {
        isItem = true
        rest = rest.dropFirst().trimmed
      }
      return Self.line(rest, indent: indent, isItem: isItem)
    }
  }

  private static func line(_ content: ArraySlice<UInt8>, indent: Int, isItem: Bool) -> ComposeLine {
    let bare = withoutComment(content)
    // A key ends at a colon with a blank after it, or at the end of the line.
    let isQuoted = bare.first == UInt8(ascii: "\"") || bare.first == UInt8(ascii: "'")
    let colon =
      isQuoted || bare.first == UInt8(ascii: "[")
      ? nil
      : bare.indices.first { index in
        bare[index] == UInt8(ascii: ":") && (index + 1 == bare.endIndex || bare[index + 1].isBlank)
      }
    guard let colon else {
      let (range, isQuoted) = unquoted(bare)
      return ComposeLine(indent: indent, isItem: isItem, key: nil, value: range, isQuoted: isQuoted)
    }
    let (range, isValueQuoted) = unquoted(bare[(colon + 1)...].trimmed)
    let key = String(decoding: bare[..<colon].trimmed, as: UTF8.self)
    return ComposeLine(indent: indent, isItem: isItem, key: key, value: range, isQuoted: isValueQuoted)
  }

  private static func withoutComment(_ content: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var quote: UInt8?
    for index in content.indices {
      let byte = content[index]
      if let open = quote {
        if byte == open { quote = nil }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: "#"), index > content.startIndex, content[index - 1].isBlank {
        return content[..<index].trimmed
      }
    }
    return content
  }
}
