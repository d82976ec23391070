import Foundation
import Testing

/// What comments, pages and messages name is there: files, tests, parts of pages, and members of our types.
@Suite struct ReferenceTests {
  /// One text of the repository.
  struct Page {
    /// From the root of the repository.
    var path: String
    var text: String

    init?(_ path: String) {
      guard let text = try? String(contentsOf: repository.appending(path: path), encoding: .utf8) else { return nil }
      self.path = path
      self.text = text
    }
  }

  private static let paths: Set<String> = {
    let roots = [
      "Sources", "Tests", "docs", "templates", "policies", "scripts", "Benchmarks", "packaging", "editors", ".ci",
    ]
    let files = roots.flatMap { root in
      ((try? FileManager.default.subpathsOfDirectory(atPath: repository.appending(path: root).path)) ?? [])
        .map { "\(root)/\($0)" }
    }
    let ofRoot = (try? FileManager.default.contentsOfDirectory(atPath: repository.path)) ?? []
    return Set((roots + files + ofRoot).filter { !$0.contains("/.build/") })
  }()

  /// Sources, pages and scripts; not the list of changes, which speaks of what was, and not what tests compile or read.
  private static let pages: [Page] = paths.filter { path in
    let isText = path.hasSuffix(".swift") || path.hasSuffix(".md") || path.hasPrefix("scripts/") || path == "Makefile"
    return isText && path != "CHANGELOG.md" && !path.hasPrefix("Tests/Extension/")
  }.sorted().compactMap { Page($0) }

  private static let sources = pages.filter { $0.path.hasSuffix(".swift") }

  private static func names(_ pattern: String) -> Set<String> {
    Set(sources.flatMap { found(pattern, in: $0.text).map { $0[1] } })
  }

  private static let types = names(#"\b(?:struct|class|enum|protocol|typealias|actor)\s+(\w+)"#)

  /// Members of types, and cases of enumerations.
  private static let members =
    names(#"\b(?:func|var|let)\s+`?(\w+)"#)
    .union(
      sources.flatMap { found(#"\bcase ([a-z][^\n:{]*)"#, in: $0.text) }
        .flatMap { $0[1].split { !$0.isLetter && !$0.isNumber }.map(String.init) })

  /// The whole match and its groups, for each match. Regular expressions of the language take minutes for all sources
  /// where nothing is optimised.
  private static func found(_ pattern: String, in text: String) -> [[String]] {
    guard let expression = try? NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines]) else {
      return []
    }
    let whole = text as NSString
    return expression.matches(in: text, range: NSRange(location: 0, length: whole.length)).map { match in
      (0..<match.numberOfRanges).map { group in
        let range = match.range(at: group)
        return range.location == NSNotFound ? "" : whole.substring(with: range)
      }
    }
  }

  @Test("every path that a text names leads somewhere") func pathsExist() {
    // Of the repository of SFTPGo.
    let known = Self.paths.union(["docs/full-configuration.md"])
    var count = 0
    for page in Self.pages {
      let named = Self.found(
        #"(?<![\w/.)-])((?:Sources|Tests|docs|templates|policies|scripts|Benchmarks|\.ci)/[\w./+-]*)([*\\$%{]?)"#,
        in: page.text)
      for match in named where !match[1].contains("/.build") {
        count += 1
        // Before a placeholder stands the folder.
        let parts = match[1].split(separator: "/", omittingEmptySubsequences: false).dropLast(
          match[2].isEmpty ? 0 : 1)
        let path = parts.joined(separator: "/").replacing(/[\/.-]+$/, with: "")
        // Files that firewalld gets, by their places below its folder.
        let isWritten = path.hasPrefix("policies/") && path.dropFirst(9).prefixMatch(of: /sallyport[-_]/) != nil
        let isThere = isWritten || known.contains(path) || path.contains("/CODE.") && known.contains("docs/rules")
        #expect(isThere, "\(page.path): \(match[0])")
      }
    }
    #expect(count > 100)
  }

  @Test("every source that a text names by its file is there") func sourcesExist() {
    let known = Set(Self.paths.map { $0.split(separator: "/").last.map(String.init) ?? "" })
    for page in Self.pages {
      for match in Self.found(#"`([\w+]+\.swift)`"#, in: page.text) {
        let isThere = known.contains(match[1])
        #expect(isThere, "\(page.path): \(match[1])")
      }
    }
  }

  @Test("every test that a text names is there") func testsExist() {
    // Suites with the functions of the files in which they stand.
    var tests: [String: Set<String>] = [:]
    for page in Self.sources where page.path.hasPrefix("Tests/") {
      let functions = Set(Self.found(#"\bfunc (\w+)\("#, in: page.text).map { $0[1] })
      for suite in Self.found(#"\b(?:struct|extension) (\w+Tests)\b"#, in: page.text) {
        tests[suite[1], default: []].formUnion(functions)
      }
    }
    var count = 0
    for page in Self.pages {
      for match in Self.found(#"`(\w+Tests)(?:\.(\w+))?`"#, in: page.text) {
        count += 1
        let isThere =
          match[2].isEmpty
          ? tests[match[1]] != nil || Self.paths.contains("Tests/\(match[1])")
          : tests[match[1]]?.contains(match[2]) == true
        #expect(isThere, "\(page.path): \(match[0])")
      }
    }
    #expect(count > 50)
  }

  @Test("every link leads to a file and to a heading of it") func linksLead() {
    let markdown = Self.pages.filter { $0.path.hasSuffix(".md") }
    let anchors = Dictionary(markdown.map { ($0.path, Self.anchors($0)) }) { first, _ in first }
    var count = 0
    for page in markdown {
      let folder = page.path.split(separator: "/").dropLast().map(String.init)
      for match in Self.found(#"\]\(([^)\s#:]*)(?:#([^)\s]+))?\)"#, in: page.text) {
        count += 1
        var parts = folder
        for part in match[1].split(separator: "/") {
          if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(String(part)) }
        }
        let target = match[1].isEmpty ? page.path : parts.joined(separator: "/")
        let isThere = Self.paths.contains(target) && (match[2].isEmpty || anchors[target]?.contains(match[2]) == true)
        #expect(isThere, "\(page.path): \(match[0])")
      }
    }
    #expect(count > 50)
    // A page with its part, as comments and messages name it.
    for page in Self.pages {
      for match in Self.found(#"(docs/[\w/-]+\.md)#([\w-]+)"#, in: page.text) {
        let isThere = anchors[match[1]]?.contains(match[2]) == true
        #expect(isThere, "\(page.path): \(match[0])")
      }
    }
  }

  /// Headings as renderers of Markdown name them, and what is named by hand.
  private static func anchors(_ page: Page) -> Set<String> {
    let titles = found(#"^#+ (.*)$"#, in: page.text).map { match in
      match[1].lowercased().filter { $0.isLetter || $0.isNumber || " -_".contains($0) }.replacing(" ", with: "-")
    }
    return Set(titles + found(#"id="([^"]+)""#, in: page.text).map { $0[1] })
  }

  @Test("every command, target of make and promise that a text names is there") func commandsExist() throws {
    let files = try FileManager.default.contentsOfDirectory(
      atPath: repository.appending(path: "Sources/SallyportCLI/Commands").path)
    let commands = Set(files.map { $0.replacing(".swift", with: "").lowercased() }).union(["help"])
    let targets = Set(Self.found("^([a-z-]+):", in: try #require(Page("Makefile")).text).map { $0[1] })
    let promises = Self.anchors(try #require(Page("docs/promises.md")))
    var count = 0
    for page in Self.pages {
      let named =
        Self.found("`sallyport ([a-z][a-z-]*)", in: page.text).map { ($0[0], commands.contains($0[1])) }
        + Self.found("`make ([a-z-]+)", in: page.text).map { ($0[0], targets.contains($0[1])) }
        + Self.found(#"\b[Pp]romise (\d+)\b"#, in: page.text).map { ($0[0], promises.contains("promise-\($0[1])")) }
      for (text, isThere) in named {
        count += 1
        #expect(isThere, "\(page.path): \(text)")
      }
    }
    #expect(count > 30)
  }

  @Test("a member of one of our types that a text names is declared") func membersExist() {
    var count = 0
    for page in Self.pages {
      for match in Self.found(#"`([A-Z]\w+)\.([a-z]\w*)(?:\([\w:]*\))?`"#, in: page.text)
      where match[2] != "swift" && Self.types.contains(match[1]) {
        count += 1
        let isThere = Self.members.contains(match[2])
        #expect(isThere, "\(page.path): \(match[0])")
      }
    }
    #expect(count > 20)
  }

  /// Modules, and what servers call their settings, are no types.
  @Test("the types that ARCHITECTURE.md and CONTRIBUTING.md name are declared") func typesExist() {
    let known = Self.types.union(ArchitectureTests.allowed.keys).union(["Include", "PassivePortRange"])
    for page in Self.pages where ["ARCHITECTURE.md", "CONTRIBUTING.md"].contains(page.path) {
      for match in Self.found(#"`([A-Z]\w*[a-z]\w*)`"#, in: page.text) {
        let isThere = known.contains(match[1])
        #expect(isThere, "\(page.path): \(match[1])")
      }
    }
  }

  @Test("the walk of two words names a file for each step") func walk() throws {
    let page = try #require(Page("ARCHITECTURE.md"))
    let section = try #require(page.text.components(separatedBy: "## Two words all the way\n").last)
    let rows = section.split(separator: "\n").drop { !$0.hasPrefix("| word |") }.prefix { $0.hasPrefix("|") }
    let steps = [
      "word", "reading", "model", "rule", "facts of the program", "emission", "audit", "flow", "lowering", "names",
      "difference", "session model",
    ]
    #expect(rows.map { $0.split(separator: "|").first?.trimmingCharacters(in: .whitespaces) } == steps)
    for row in rows {
      let cells = row.split(separator: "|").dropFirst().filter { !$0.allSatisfy(\.isWhitespace) }
      #expect(cells.count == 2, "\(row)")
      for cell in cells {
        let path = Self.found("`((?:Sources|templates)/[^`]+)`", in: String(cell)).first?[1]
        let isThere = path.map { Self.paths.contains($0) } ?? false
        #expect(isThere, "\(cell)")
      }
    }
  }
}
