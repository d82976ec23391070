import Diagnostics
import Policy

/// Why the program takes a line for an error.
struct ProftpdMistake: Error {
  var message: String
  var span: SourceSpan
  var help: String?
}

/// Reads `proftpd.conf` and what it includes, as the program does (measured: 1.3.8).
///
/// An error in the main file stops the program. An error in an included file does not: the rest of that file is read by
/// the file that includes it, and then the rest of the latter, and of those above it, is lost. A second error in that
/// rest counts one level further up. What is left open at the end stops the program as well.
struct ProftpdParser {
  /// One file that is being read. The program keeps these on a stack of its own, on which a file stays after an error
  /// in it.
  private struct Source {
    var lines: [ConfigurationLine]
    var next = 0
    var path: String
    var isClosed = false
    /// What asked for it.
    var include: SourceSpan?
    /// Which call began it.
    var call: Int
  }

  /// From here on an error in a file that a folder or a pattern brings in is one of the `Include` itself (measured:
  /// 1.3.9e; up to 1.3.8c it is not).
  private static let strictPatterns = Validity(from: SoftwareVersion(1, 3, 9))

  /// One call that reads until the end of the topmost source, with the files that its current directive has still to
  /// include.
  private struct Call {
    var number: Int
    var pending: ArraySlice<String> = []
    var include: SourceSpan?
    /// Whether these are the files of a folder or a pattern.
    var isPattern = false
    /// The path that its file was opened under.
    var path: String
  }

  var meaning: ProftpdConfiguration
  private var sources: [Source] = []
  private var calls: [Call] = []
  private var callNumber = 0
  private var isFatal = false
  /// Whether a module was loaded by a directive: then those that are not loaded are not there.
  private(set) var loadsModules = false

  init(meaning: ProftpdConfiguration) { self.meaning = meaning }

  /// Reads the main file and everything after it.
  mutating func parse(_ path: String, _ context: inout ReadingContext) {
    guard let file = context.load(path) else { return }
    meaning.begin(at: SourceSpan(file: file, 0..<0))
    push(path, file, askedFor: nil, context)
    while let call = calls.last, !isFatal {
      if let path = call.pending.first {
        calls[calls.count - 1].pending.removeFirst()
        enter(path, askedFor: call.include, &context)
      } else if let top = sources.last, top.isClosed {
        isFatal = true
        context.isUndefined = true
        let place = SourceSpan(file: SourceID(0), 0..<0)
        context.refuse(
          "ProFTPD may crash: after an error in a file that `\(top.path)` includes, it reads on in `\(top.path)`, which it has "
            + "closed by then", at: top.include ?? place, help: "mend the included file")
      } else if let line = nextLine() {
        do throws(ProftpdMistake) {
          if let line { try take(line, &context) }
        } catch {
          fail(error, &context)
        }
      } else {
        finish(call, &context)
      }
    }
    if !isFatal, let open = meaning.openSection {
      context.refuse("ProFTPD does not start: the section `\(open.name.value)>` is not closed", at: open.span)
    }
  }

  private mutating func push(
    _ path: String, _ file: SourceID, askedFor span: SourceSpan?, _ context: ReadingContext
  ) {
    callNumber += 1
    sources.append(
      Source(
        lines: ConfigurationLine.all(of: file, in: context.sources), path: path, include: span, call: callNumber))
    calls.append(Call(number: callNumber, path: path))
  }

  /// The next line of the topmost source; `.some(nil)` for one that says nothing, `nil` at its end.
  private mutating func nextLine() -> ProftpdLine?? {
    guard let top = sources.indices.last, sources[top].lines.indices.contains(sources[top].next)
    else { return nil }
    return .some(ProftpdLine.read(sources[top].lines, at: &sources[top].next))
  }

  /// The end of what a call reads: the topmost source goes, and the call's own file is closed, wherever it stands.
  private mutating func finish(_ call: Call, _ context: inout ReadingContext) {
    if sources.last?.call != call.number {
      // Some of what follows the include was never read: say so where it begins.
      for source in sources where source.call == call.number && !source.isClosed { reportLost(source, &context) }
    }
    if !sources.isEmpty { sources.removeLast() }
    for index in sources.indices where sources[index].call == call.number { sources[index].isClosed = true }
    calls.removeLast()
  }

  private func reportLost(_ source: Source, _ context: inout ReadingContext) {
    let rest = source.lines.dropFirst(source.next).filter {
      !$0.bytes.trimmed.isEmpty && $0.bytes.trimmed.first != 0x23
    }
    guard let first = rest.first else { return }
    context.ignore(
      "ProFTPD reads nothing of `\(source.path)` from this line on, because of the error in a file that it includes",
      at: first.span, help: "mend the included file")
  }

  /// An error ends the call, and leaves the source on the stack.
  private mutating func fail(_ mistake: ProftpdMistake, _ context: inout ReadingContext) {
    calls.removeLast()
    let isFromPattern = calls.last?.isPattern ?? false
    let isStrict = isFromPattern ? Self.strictPatterns.holds(for: context.build) : false
    while isStrict == true, let call = calls.last, call.isPattern { calls.removeLast() }
    if calls.isEmpty {
      isFatal = true
      context.refuse("ProFTPD does not start: \(mistake.message)", at: mistake.span, help: mistake.help)
    } else {
      context.diagnostics.append(
        .error(
          "server-file-error",
          "ProFTPD passes over this line, and reads nothing after the `Include` that led here: \(mistake.message)",
          at: mistake.span,
          notes: isStrict == nil
            ? ["ProFTPD 1.3.9 and later do not start: a folder or a pattern brings this file in"] : [],
          help: mistake.help))
    }
  }

  private mutating func enter(_ path: String, askedFor span: SourceSpan?, _ context: inout ReadingContext) {
    if calls.contains(where: { $0.path == path }) || calls.count > 60 {
      isFatal = true
      let place = span ?? SourceSpan(file: SourceID(0), 0..<0)
      return context.refuse(
        calls.count > 60
          ? "files include one another more than 60 levels deep" : "ProFTPD crashes: `\(path)` includes itself",
        at: place)
    }
    guard let file = context.load(path, askedFor: span) else { return }
    push(path, file, askedFor: span, context)
  }

  // MARK: Lines

  private mutating func take(_ line: ProftpdLine, _ context: inout ReadingContext) throws(ProftpdMistake) {
    var line = line
    for variable in line.replaceVariables(context.environment) { reportOpen(line, variable, &context) }
    switch (line.kind, line.key) {
    case (.open, "ifmodule"), (.open, "ifdefine"): try condition(line)
    case (.close, "ifmodule"), (.close, "ifdefine"): break
    case (.open, "ifversion") where meaning.has("mod_ifversion.c"): try condition(line)
    case (.close, "ifversion") where meaning.has("mod_ifversion.c"): break
    case (.directive, "include"): try include(line, &context)
    case (.directive, "loadmodule"):
      guard let module = line.arguments.first else { throw missing(line) }
      loadsModules = true
      meaning.load(module.value)
    case (.directive, "define"):
      guard let name = line.arguments.first else { throw missing(line) }
      meaning.define(name.value)
    default: try meaning.take(line, &context)
    }
  }

  /// Says that a value is not in the files, where it decides about sessions.
  private func reportOpen(_ line: ProftpdLine, _ variable: Located<String>, _ context: inout ReadingContext) {
    guard line.kind == .open || line.key == "include" || ProftpdValues.decides(line.key) else { return }
    context.leaveOpen(
      "`\(line.name.value)` takes a value from the environment of the program, the variable `\(variable.value)`",
      at: variable.span,
      notes: ["the files do not hold it, so what it decides is not compared; unset it is an empty text"],
      help: "say what the service sets it to: `--env \(variable.value)=VALUE`")
  }

  private func missing(_ line: ProftpdLine) -> ProftpdMistake {
    ProftpdMistake(message: "`\(line.name.value)` wants a value", span: line.span)
  }

  /// Goes on after the end of the block when the condition does not hold.
  private mutating func condition(_ line: ProftpdLine) throws(ProftpdMistake) {
    var setsTLS = false
    guard !line.arguments.isEmpty else { throw missing(line) }
    guard !meaning.holds(line), let top = sources.indices.last else { return }
    let opening = line.key
    var depth = 1
    while sources[top].lines.indices.contains(sources[top].next) {
      let text = String(decoding: sources[top].lines[sources[top].next].bytes.trimmed.prefix(12), as: UTF8.self)
        .lowercased()
      setsTLS = setsTLS || text.hasPrefix("tlsengine")
      sources[top].next += 1
      if text.hasPrefix("<\(opening)") { depth += 1 }
      if text.hasPrefix("</\(opening)") { depth -= 1 }
      if depth == 0 {
        if opening == "ifmodule", setsTLS, let module = line.arguments.first, !module.value.hasPrefix("!") {
          meaning.passOver(MissingModule(name: module.value, span: line.span))
        }
        return
      }
    }
    throw ProftpdMistake(message: "the block `\(line.name.value)>` is not closed", span: line.span)
  }

  // MARK: Includes

  /// A file, a folder, or a pattern; what is not there is passed over with a warning.
  private mutating func include(
    _ line: ProftpdLine, _ context: inout ReadingContext
  ) throws(ProftpdMistake) {
    guard let path = line.arguments.first else { throw missing(line) }
    if line.isOpen { return }
    guard path.value.hasPrefix("/") else {
      throw ProftpdMistake(message: "`\(path.value)` is not an absolute path", span: path.span)
    }
    let found = files(path.value, context.files)
    if found.isEmpty, let reason = context.files.closure(fixedPart(of: path.value)) {
      return context.report(path.value, reason, askedFor: path.span)
    }
    guard !found.isEmpty || context.files.kind(path.value) == .folder else {
      return context.missingInclude(path.value, at: path.span)
    }
    calls[calls.count - 1].pending = found[...]
    calls[calls.count - 1].include = path.span
    calls[calls.count - 1].isPattern =
      context.files.kind(path.value) == .folder || path.value.contains { "*?[".contains($0) }
  }

  /// The folder in which a pattern begins, or a path itself.
  private func fixedPart(of path: String) -> String {
    let parts = path.split(separator: "/").prefix { !$0.contains { "*?[".contains($0) } }
    return "/" + parts.joined(separator: "/")
  }

  /// The files that a path or a pattern stands for, sorted. Of a folder every file, hidden ones and copies of editors
  /// too.
  private func files(_ path: String, _ files: ServerFiles) -> [String] {
    let parts = path.split(separator: "/").map(String.init)
    var found = [""]
    for (index, part) in parts.enumerated() {
      let isLast = index == parts.count - 1
      if part.contains(where: { "*?[".contains($0) }) {
        found = found.flatMap { folder in
          (files.names(folder.isEmpty ? "/" : folder) ?? []).sorted()
            .filter { ($0.first != "." || part.first == ".") && matches($0, pattern: part) }.map { "\(folder)/\($0)" }
        }
        if !isLast { found = found.filter { files.kind($0) == .folder } }
      } else {
        found = found.map { "\($0)/\(part)" }
      }
      if found.count > ReadingContext.mostFiles { found = Array(found.prefix(ReadingContext.mostFiles)) }
    }
    return found.flatMap { path -> [String] in
      switch files.kind(path) {
      case .file: [path]
      case .folder: (files.names(path) ?? []).sorted().map { "\(path)/\($0)" }.filter { files.kind($0) == .file }
      case nil: []
      }
    }
  }
}

/// Whether a file name matches a pattern with `*`, `?` and sets in brackets (POSIX `fnmatch`).
func matches(_ name: String, pattern: String) -> Bool {
  let name = Array(name.unicodeScalars)
  let pattern = Array(pattern.unicodeScalars)
  var (n, p) = (0, 0)
  // Where to go on when the last star has to take one character more.
  var retry: (name: Int, pattern: Int)?
  while n < name.count {
    if p < pattern.count, pattern[p] == "*" {
      retry = (n, p)
      p += 1
    } else if p < pattern.count, let length = oneMatches(name[n], pattern, at: p) {
      n += 1
      p += length
    } else if let last = retry {
      retry = (last.name + 1, last.pattern)
      n = last.name + 1
      p = last.pattern + 1
    } else {
      return false
    }
  }
  return pattern[min(p, pattern.count)...].allSatisfy { $0 == "*" }
}

/// How many characters of the pattern stand for this one; `nil` when they do not.
private func oneMatches(_ scalar: Unicode.Scalar, _ pattern: [Unicode.Scalar], at index: Int) -> Int? {
  guard pattern[index] == "[", let end = pattern[(index + 1)...].dropFirst().firstIndex(of: "]") else {
    return pattern[index] == "?" || pattern[index] == scalar ? 1 : nil
  }
  var set = pattern[(index + 1)..<end]
  let isNegated = set.first == "!" || set.first == "^"
  if isNegated { set = set.dropFirst() }
  var isIn = false
  var position = set.startIndex
  while position < set.endIndex {
    if position + 2 < set.endIndex, set[position + 1] == "-" {
      isIn = isIn || (set[position] <= scalar && scalar <= set[position + 2])
      position += 3
    } else {
      isIn = isIn || set[position] == scalar
      position += 1
    }
  }
  return isIn != isNegated ? end - index + 1 : nil
}
