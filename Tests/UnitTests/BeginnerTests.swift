import Compilation
import Diagnostics
import Foundation
import Policy
import Servers
import Testing

/// A policy with one mistake: what of the base is written another way, and the one finding about it.
struct BeginnersRow: Sendable, CustomStringConvertible {
  /// What a fix is trusted to be.
  enum Fix: Sendable { case safe, unsafe, none }

  let right: String
  let wrong: String
  let code: String
  let line: Int
  /// What is underlined, up to the end of its line.
  let underlined: String
  let fix: Fix

  init(_ right: String, _ wrong: String, _ code: String, _ line: Int, _ underlined: String, _ fix: Fix) {
    (self.right, self.wrong, self.code, self.line) = (right, wrong, code, line)
    (self.underlined, self.fix) = (underlined, fix)
  }

  var description: String { wrong }

  /// The base with the mistake.
  var policy: String {
    guard let place = Self.base.range(of: right) else { return "" }
    return Self.base.replacingCharacters(in: place, with: wrong)
  }

  static let base = """
    clients partners = 198.51.100.0/24, 192.0.2.7

    gateway edge {
        outside  eth0
        inside   eth1
    }

    server store {
        address      10.10.20.200
        software     proftpd 1.3.8
        certificate  "/etc/ssl/certs/ftp.pem" key "/etc/ssl/private/ftp.key"
        max clients  100
    }

    publish files {
        gateway        edge
        server         store
        external ip    203.0.113.10
        control port   2121 -> 21
        passive range  50000-50399
        tls            explicit required
        helper         off
        allow          partners
        allow          203.0.113.64
        limit          10 sessions per client
        log            denied
    }

    """
}

@Suite("C3 and C4: one mistake, one finding, with its way out") struct BeginnerTests {
  @Test func theBaseIsClean() { #expect(compile(BeginnersRow.base).diagnostics == []) }

  @Test("C3: one mistake, one finding, at its place", arguments: BeginnersRow.shapes)
  func shape(row: BeginnersRow) { expectOneFinding(row) }

  @Test("C4: one mistake, one finding, at its place", arguments: BeginnersRow.values)
  func value(row: BeginnersRow) { expectOneFinding(row) }

  @Test("C3 and C4: more of them", arguments: BeginnersRow.more)
  func more(row: BeginnersRow) { expectOneFinding(row) }

  /// A policy with a server in place, and what stands for its lines 2 and 3.
  private static func inPlace(_ server: String) -> String {
    "publish files {\n    \(server)\n    external ip    203.0.113.10\n    passive range  50000-50399\n    tls            "
      + "explicit required\n}\n"
  }

  @Test(
    "C3: a server in place with its certificate",
    arguments: [
      ("server 10.10.20.200 pure-ftpd { certificate \"/a.pem }", "unterminated-string", true),
      ("server 10.10.20.200 pure-ftpd certificate \"/a.pem\"", "syntax-error", true),
      ("server 10.10.20.200 pure-ftpd 1.0.50 max clients 7", "syntax-error", false),
      ("server 10.10.20.200 pure-ftpd\n    certificate \"/a.pem\"", "unknown-statement", false),
    ])
  func serverInPlace(server: String, code: String, isMended: Bool) {
    let policy = Self.inPlace(server)
    let found = compile(policy).diagnostics.filter { $0.severity > .note }
    #expect(found.map(\.code) == [code] || !isMended && found.first?.code == code, "\(found.map(\.message))")
    guard isMended else { return }
    #expect(found.first?.fixes.first?.applicability == .safe)
    let mended = found.first?.fixes.first.map { apply($0, to: policy) } ?? ""
    #expect(!compile(mended).diagnostics.contains { $0.severity > .note }, "\(mended)")
  }

  @Test("C4: a path of Windows is one finding, whose fix doubles all backslashes") func backslashes() {
    let policy = BeginnersRow.base.replacing("/etc/ssl/certs/ftp.pem", with: #"C:\ssl\ftp.pem"#)
    let found = compile(policy).diagnostics.filter { $0.code == "invalid-escape" }
    #expect(found.count == 1)
    #expect(found.first?.fixes.first.map { apply($0, to: policy) }?.contains(#""C:\\ssl\\ftp.pem""#) == true)
  }

  @Test("C4: versions as packages have them", arguments: ["1.3.9~rc1", "1.3.8+dfsg-4+deb12u4", "1:1.3.8~dfsg-1"])
  func versions(version: String) {
    #expect(compile(BeginnersRow.base.replacing("1.3.8", with: version)).diagnostics == [])
  }

  @Test(
    "C5: what is no statement of a publication cannot be tried",
    arguments: [
      ("include \"x.sally\"", "declaration"), ("clients a = 192.0.2.1", "declaration"),
      ("max clients 5", "`server` block"),
      ("outside eth9", "`gateway` block"), ("certificate \"/a\"", "`server` block"),
    ])
  func whatIf(text: String, words: String) throws {
    let compilation = compile(BeginnersRow.base)
    let publication = try #require(compilation.policy.publications.first)
    do {
      _ = try compilation.changing(publication, WhatIf([text]))
      Issue.record("it was tried")
    } catch {
      #expect("\(error)".contains(words), "\(error)")
    }
    _ = try compilation.changing(publication, WhatIf(["helper on", "gateway edge"]))
  }

  private func expectOneFinding(_ row: BeginnersRow) {
    let compilation = compile(row.policy)
    let found = compilation.diagnostics.filter { $0.severity > .note }
    #expect(found.map(\.code) == [row.code], "\(found.map(\.message))")
    guard let first = found.first else { return }
    var lines = LineIndex(compilation.sources[first.primary.span.file])
    #expect(lines.position(of: first.primary.span.range.lowerBound).line == row.line)
    let text = compilation.sources.text(first.primary.span)
    #expect(String(text.prefix { !$0.isNewline }) == row.underlined)
    switch row.fix {
    case .none: #expect(first.fixes.isEmpty)
    case .safe: #expect(first.fixes.first?.applicability == .safe)
    case .unsafe: #expect(first.fixes.first?.applicability == .unsafe)
    }
    #expect(first.help != nil || !first.fixes.isEmpty || first.message.hasPrefix("expected"), "no way out")
    for fix in first.fixes { expectMended(row.policy, fix, first) }
  }

  /// A fix takes its finding away, brings no error of its own, and one that is safe leaves none.
  private func expectMended(_ policy: String, _ fix: FixIt, _ finding: Diagnostic) {
    let mended = apply(fix, to: policy)
    let left = compile(mended).diagnostics
    #expect(!left.contains { $0.code == finding.code && $0.message == finding.message }, "\(mended)")
    if fix.applicability == .safe { #expect(!left.hasErrors, "\(mended)\n\(left.map(\.message))") }
  }

  private func apply(_ fix: FixIt, to policy: String) -> String {
    var bytes = Array(policy.utf8)
    for edit in fix.edits.sorted(by: { $0.span > $1.span }) {
      bytes.replaceSubrange(edit.span.range, with: Array(edit.replacement.utf8))
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Each line of the base that begins with spaces, changed.
  private static func eachStatement(_ change: (_ keyword: String, _ value: String) -> String) -> String {
    BeginnersRow.base.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.hasPrefix("    ") else { return String(line) }
      let words = line.split(separator: " ").map(String.init)
      let isLong = ["external", "control", "passive", "max"].contains(words[0])
      let keyword = words.prefix(isLong ? 2 : 1).joined(separator: " ")
      return "    " + change(keyword, words.dropFirst(isLong ? 2 : 1).joined(separator: " "))
    }.joined(separator: "\n")
  }

  private static func underscored(_ keyword: String) -> String { keyword.replacing(" ", with: "_") }

  /// Whole files in the manner of other languages, with the code of the one finding; `true` where its fix mends all.
  static let styles: [(String, String, String, Bool)] = [
    ("a comma at the end of each line", eachStatement { "\($0) \($1)," }, "foreign-punctuation", true),
    ("colons", eachStatement { "\($0): \($1)" }, "foreign-punctuation", true),
    ("colons apart", eachStatement { "\($0) : \($1)" }, "foreign-punctuation", true),
    ("equals signs", eachStatement { "\($0) = \($1)" }, "foreign-punctuation", true),
    ("bullets", eachStatement { "- \($0) \($1)" }, "foreign-punctuation", true),
    (
      "HCL", eachStatement { "\(underscored($0)) = \($1)" }.replacing("publish files", with: "publish \"files\""),
      "foreign-punctuation", true
    ),
    (
      "quotes around everything", eachStatement { "\"\($0)\" \($1.contains("\"") ? $1 : "\"\($1)\"")" },
      "foreign-punctuation",
      true
    ),
    (
      "objects of JSON within blocks", eachStatement { "\"\($0)\": \($1.contains("\"") ? $1 : "\"\($1)\"")," },
      "foreign-punctuation", true
    ),
    ("capitals", eachStatement { "\($0.uppercased()) \($1)" }, "keyword-case", true),
    ("camels and underscores", eachStatement { "\(underscored($0)) \($1)" }, "unknown-statement", true),
    ("names with underscores", BeginnersRow.base.replacing("store", with: "my_store"), "invalid-name", true),
    ("names in capitals", BeginnersRow.base.replacing("store", with: "Store"), "keyword-case", true),
    (
      "comments of C", BeginnersRow.base.replacing("\n    helper", with: "  // one\n    // two\n    helper"),
      "foreign-comment", true
    ),
    (
      "a block without braces",
      "publish files\n" + "    server 10.10.20.200 pure-ftpd { certificate \"/a\" }\n"
        + "    external ip 203.0.113.10\n    passive range 50000-50399\n    tls explicit required\n", "missing-brace",
      true
    ),
    (
      "a block in a block that is never closed",
      "publish files {\n    server 10.10.20.200 pure-ftpd {\n        certificate \"/a\"\n    external ip 203.0.113.10\n"
        + "    passive range 50000-50399\n    tls explicit required\n}\n", "unclosed-block", true
    ),
    (
      "YAML",
      "publish files:\n  server: 10.10.20.200 pure-ftpd\n  external ip: 203.0.113.10\n  passive range: 50000-50399\n",
      "foreign-language", false
    ),
    ("YAML with lists", "---\npublish:\n  - name: files\n    server: 10.10.20.200\n", "foreign-language", false),
    (
      "JSON", "{\n  \"publish\": { \"files\": { \"server\": \"10.10.20.200 pure-ftpd\" } }\n}\n", "foreign-language",
      false
    ),
    ("XML", "<policy><publish name=\"files\"/></policy>\n", "foreign-language", false),
    ("TOML", "[publish.files]\nserver = \"10.10.20.200 pure-ftpd\"\n", "foreign-language", false),
    (
      "nftables", "table inet filter {\n  chain input { type filter hook input priority 0; }\n}\n",
      "foreign-language", false
    ),
    ("iptables", "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", "foreign-language", false),
  ]

  @Test("C3: the style of another language is one finding", arguments: styles)
  func style(name: String, policy: String, code: String, isMended: Bool) {
    let found = compile(policy).diagnostics.filter { $0.severity > .note }
    #expect(found.map(\.code) == [code], "\(policy)\n\(found.map(\.message))")
    guard isMended else { return }
    let fix = found.first?.fixes.first
    #expect(fix?.applicability == .safe)
    let mended = fix.map { apply($0, to: policy) } ?? ""
    #expect(compile(mended).diagnostics.filter { $0.severity > .note } == [], "\(mended)")
  }

  @Test("what is allowed stays allowed")
  func allowed() {
    let allowed = [
      BeginnersRow.base.replacing("\n", with: "\r\n"), BeginnersRow.base.replacing("    ", with: "\t"),
      "\u{FEFF}" + BeginnersRow.base,
      Self.eachStatement { "\($0) \($1);" }, BeginnersRow.base.replacing("2121 -> 21", with: "2121->21"),
      BeginnersRow.base.replacing(
        "203.0.113.64", with: "203.0.113.64,\n          203.0.113.65,\n          203.0.113.66"),
      // Quotation marks of another kind, and what looks like a comment, are text within a string.
      BeginnersRow.base.replacing("/etc/ssl/certs/ftp.pem", with: "/etc//ssl/it's “here” /* x */"),
    ]
    for policy in allowed { #expect(compile(policy).diagnostics == [], "\(policy)") }
  }

  @Test("two different mistakes are two findings, and what is left is true")
  func two() {
    let policy = BeginnersRow.base.replacing("helper         off", with: "helper: off")
      .replacing("203.0.113.64", with: "203.0.113.640")
    #expect(compile(policy).diagnostics.map(\.code) == ["foreign-punctuation", "invalid-address"])
    let both = BeginnersRow.base.replacing("helper         off", with: "helper = off").replacing(
      "2121 -> 21", with: "50021 -> 21")
    #expect(
      compile(both).diagnostics.map(\.code).sorted() == ["control-port-in-passive-range", "foreign-punctuation"])
  }

  @Test("an include without quotes is followed", arguments: [true, false])
  func include(exists: Bool) {
    let policy = BeginnersRow.base.replacing(
      "clients partners = 198.51.100.0/24, 192.0.2.7", with: "include clients.sally")
    let loaded = loadSources([SourceFile(name: "policy.sally", text: policy)]) { path in
      exists && path == "clients.sally" ? .success(Array("clients partners = 192.0.2.7\n".utf8)) : .failure(.missing)
    }
    #expect(Compilation(loaded).diagnostics.map(\.code) == ["syntax-error"])
  }

  @Test(
    "pages of these findings have samples that raise them",
    arguments: rulePages.filter { $0.origin == .meant }.map(\.code))
  func samples(code: String) {
    let page = rulePages.first { $0.code == code }
    #expect(compile(page?.bad ?? "").diagnostics.filter { $0.severity == .error }.map(\.code) == [code])
  }

  @Test("places of findings are those of the file, not of the mended text")
  func places() throws {
    let policy = BeginnersRow.base.replacing("gateway        edge", with: "\"gateway\": edge,")
      .replacing("203.0.113.64", with: "203.0.113.640")
    let compilation = compile(policy)
    let address = try #require(compilation.diagnostics.first { $0.code == "invalid-address" })
    #expect(compilation.sources.text(address.primary.span) == "203.0.113.640")
  }

  @Test("nothing traps, whatever the text, and findings stay within it")
  func anything() {
    var random = SystemRandomNumberGenerator()
    let pieces = [
      "publish", "server", " ", "\n", "{", "}", "=", ":", ",", "\"", "'", "“", "”", "//", "/*", "*/", "#", "- ", "[",
      "]", "–", "\u{A0}",
      "files", "10.10.20.200", "external ip", "external_ip", "clients", "a", "->", "=>", "\u{0}", "\u{7F}", "é",
      "2001:db8::", "include",
      "50000-50399", "passive range", ";", "\\", "tls", "on",
    ]
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }
        .joined()
      for finding in compile(text).diagnostics {
        #expect(finding.primary.span.range.upperBound <= text.utf8.count + 1, "\(text)")
      }
    }
  }

  @Test("C11: a file in another encoding is one finding")
  func encodings() {
    let text = BeginnersRow.base
    let wide = text.utf16.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let narrow = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    let four = text.unicodeScalars.flatMap { [UInt8($0.value & 255), UInt8($0.value >> 8 & 255), 0, 0] }
    let files: [(String, [UInt8])] = [
      ("UTF-16 with a mark", [0xFF, 0xFE] + wide), ("UTF-16BE with a mark", [0xFE, 0xFF] + narrow),
      ("UTF-16LE", wide),
      ("UTF-16BE", narrow), ("UTF-32", [0xFF, 0xFE, 0, 0] + four),
      ("Latin-1", Array("# caf".utf8) + [0xE9, 0x0A] + Array(text.utf8)),
      ("Latin-1 in many places", Array(text.utf8).flatMap { $0 == 0x0A ? [0x23, 0xE4, 0xF6, 0x0A] : [$0] }),
      ("a zero", Array("# a".utf8) + [0] + Array(text.utf8)),
      ("a program", [0x7F, 0x45, 0x4C, 0x46] + [UInt8](repeating: 0, count: 300)),
      ("noise", (0..<4000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) }),
    ]
    for (name, bytes) in files {
      let loaded = loadSources([SourceFile(name: "policy.sally", bytes: bytes)]) { _ in .failure(.missing) }
      let found = Compilation(loaded).diagnostics
      #expect(found.map(\.code) == ["invalid-utf8"], "\(name): \(found.map(\.message))")
      #expect(found.first?.help?.isEmpty == false)
    }
  }

  @Test("C11: findings beyond a number are counted")
  func cap() {
    let findings = (0..<250).map { index in
      let span = SourceSpan(file: SourceID(0), index..<index + 1)
      return index % 50 == 49 ? Diagnostic.error("b", "b", at: span) : .warning("a", "a", at: span)
    }
    let few = CappedFindings(findings, most: 10)
    #expect(few.shown.count == 10 && few.leftOut == 240)
    #expect(few.shown.count { $0.severity == .error } == 5, "errors come first")
    #expect(few.shown.map(\.primary.span) == few.shown.map(\.primary.span).sorted())
    #expect(CappedFindings(findings, most: 0).leftOut == 0)
    let sources = compile("").sources
    for format in DiagnosticFormat.allCases {
      let text = render(few, in: sources, as: format, style: .plain, version: "0")
      #expect(text.contains("240"), "\(format)")
      #expect(!render(findings, in: sources, as: format, style: .plain, version: "0").contains("max-findings"))
    }
    #expect(render(few, in: sources, as: .json, style: .plain, version: "0").contains("\"left_out\" : 240"))
  }

  @Test(
    "C8: a range without a limit of sessions suffices for one client at least",
    arguments: [
      ("50000-50001", "", true), ("50000-50018", "", true), ("50000-50019", "", false),
      ("50000-50001", "max clients 1", false),
      ("50000-50003", "max clients 2", false), ("50000-50003", "max clients 3", true), ("50000-50199", "", false),
    ])
  func smallRange(range: String, limit: String, isTooSmall: Bool) {
    let policy = BeginnersRow.base.replacing("50000-50399", with: range).replacing("max clients  100", with: limit)
    #expect(
      compile(policy).diagnostics.map(\.code) == (isTooSmall ? ["passive-range-too-small"] : []), "\(range) \(limit)")
  }
}

@Suite("C13 and C14: the first policy of the README") struct FirstPolicyTests {
  private static let readme = (try? String(contentsOfFile: "README.md", encoding: .utf8)) ?? ""

  @Test("is clean, and in the canonical layout")
  func isClean() throws {
    let start = try #require(Self.readme.range(of: "publish files {"))
    let end = try #require(Self.readme.range(of: "\n}\n", range: start.lowerBound..<Self.readme.endIndex))
    let policy = String(Self.readme[start.lowerBound..<end.upperBound])
    let compilation = compile(policy)
    #expect(compilation.diagnostics == [], "not even a note")
    #expect(inCanonicalLayout(policy) == policy)
    // What there is to note stands where the settings are written.
    let emission = try Emitters.emit(compilation.policy, server: 0) { _ in "" }
    #expect(emission.remarks.map(\.code) == ["clear-control-not-refused"])
  }

  @Test("every policy that comes along is in the canonical layout and raises nothing")
  func policies() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: "policies").filter { $0.hasSuffix(".sally") }
    #expect(names.count > 5)
    for name in names {
      let text = try String(contentsOfFile: "policies/\(name)", encoding: .utf8)
      #expect(inCanonicalLayout(text) == text, "\(name)")
    }
  }
}
