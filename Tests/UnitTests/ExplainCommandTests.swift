import Foundation
import Testing

/// `sallyport explain`, as a user runs it.
@Suite struct ExplainCommandTests {
  private func explain(
    _ arguments: [String], policy: String = published("tls explicit required")
  ) async throws -> Run {
    try await withFolder(["office.sally": policy]) { folder in
      try await sallyport(["explain", "office.sally"] + arguments, in: folder)
    }
  }

  private struct Output: Decodable {
    struct Entry: Decodable, Hashable {
      var client: String
      var tls: String
      var mode: String
      var family: String
      var outcome: String
      var reason: String
    }

    struct WhatIf: Decodable {
      var statement: String
      var accepted: Bool
      var sessions: [Entry]
    }

    var formatVersion: Int
    var publication: String
    var sessions: [Entry]
    var whatIf: WhatIf?
  }

  private func output(_ run: Run) throws -> Output {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Output.self, from: Data(run.output.utf8))
  }

  @Test func table() async throws {
    let run = try await explain(["files"])
    #expect(run.status == 0)
    let lines = run.output.split(separator: "\n")
    #expect(
      lines.contains("  PASV                                    refused        works          refused"),
      "\(run.output)")
    #expect(
      lines.contains("  `active` is off: explicit TLS PORT, IPv4, an allowed client, and 1 more"), "\(run.output)")
  }

  @Test func machineOutput() async throws {
    let run = try await explain(["files", "--output", "json"])
    let output = try output(run)
    #expect(run.status == 0 && output.formatVersion == 1 && output.publication == "files")
    // An allowed client and one inside over IPv4, and over IPv6 what is not published; everybody is allowed.
    #expect(output.sessions.count == 36)
    #expect(Set(output.sessions.map(\.outcome)) == ["works", "refused"])
    let works = output.sessions.filter { $0.outcome == "works" }
    #expect(
      works.map { "\($0.client) \($0.tls) \($0.mode) \($0.family)" } == [
        "allowed explicit pasv ipv4", "allowed explicit epsv ipv4",
      ])
    #expect(try await explain(["files", "--output", "json"]).output == run.output)
  }

  @Test func brokenSessionsAreFindings() async throws {
    let policy = published("tls explicit required", range: "allow 198.51.100.0/24")
    let run = try await explain(["files"], policy: policy)
    #expect(run.status == 1)
    #expect(run.errors.contains("error[no-data-path]"))
    #expect(run.output.contains("  PASV                                    refused        broken         refused"))
    #expect(run.output.contains("no rule leads 203.0.113.10:50005 to the server"), "\(run.output)")
    let stranger = try await explain(["files", "--output", "json", "--client", "192.0.2.1"], policy: policy)
    #expect(try output(stranger).sessions.allSatisfy { $0.outcome == "refused" })
    #expect(Set(try output(stranger).sessions.map(\.client)) == ["stranger"])
  }

  @Test func oneKindOfSession() async throws {
    let run = try await explain(["files", "--mode", "tls-pasv-ipv4", "--client", "198.51.100.7"])
    #expect(run.status == 0)
    #expect(run.output.contains("\nexplicit TLS PASV, IPv4, an allowed client\n"))
    #expect(!run.output.contains("\nexplicit TLS EPSV, IPv4, an allowed client\n"))
    #expect(run.output.contains("destination becomes 10.10.20.200:50399 - office.sally:4:"), "\(run.output)")
  }

  @Test func changedStatements() async throws {
    let run = try await explain(["files", "--what-if", "passive range 50000-50399"], policy: published(range: ""))
    #expect(run.status == 0)
    #expect(
      run.output.hasSuffix(
        """
        what `passive range 50000-50399` changes
          explicit TLS PASV, IPv4, an allowed client: broken -> works
          explicit TLS EPSV, IPv4, an allowed client: broken -> works

        """), "\(run.output)")
    let json = try output(try await explain(["files", "--what-if", "no passive range", "--output", "json"]))
    #expect(json.whatIf?.accepted == false)
    #expect(json.whatIf?.sessions.filter { $0.outcome == "broken" }.map(\.mode) == ["pasv", "epsv"])
    #expect(json.sessions.allSatisfy { $0.outcome != "broken" })
    let replaced = try await explain(["files", "--what-if", "tls off"])
    #expect(
      replaced.output.contains("  plain PASV, IPv4, an allowed client: refused -> works\n"), "\(replaced.output)")
    let nothing = try await explain(["files", "--what-if", "log all"])
    #expect(nothing.output.contains("\n`log all` changes no outcome\n"))
  }

  @Test(
    "what a statement about clients does is told of the same client",
    arguments: [
      (["--what-if", "deny any"], "198.51.100.10: works -> refused"),
      (["--what-if", "deny 198.51.100.0/24"], "198.51.100.10: works -> refused"),
      (["--what-if", "allow 192.0.2.0/24"], "198.51.100.10: works -> refused"),
      (["--what-if", "deny 100.64.0.0/25"], "100.64.0.63: works -> refused"),
      (["--client", "192.0.2.5", "--what-if", "deny 192.0.2.0/25"], "192.0.2.5: works -> refused"),
    ])
  func clientsShutOut(words: [String], change: String) async throws {
    let run = try await explain(["files"] + words)
    #expect(run.output.contains("explicit TLS PASV, IPv4, \(change)\n"), "\(run.output)")
    #expect(!run.output.contains("changes no outcome"))
  }

  @Test(arguments: [
    ["files", "--what-if", "no helper"], ["files", "--what-if", "helper on; helper off"],
    ["files", "--what-if", "helper on", "--what-if", "no helper"], ["files", "--what-if", ";"],
    ["files", "--what-if", "no"], ["files", "--mode", "epsv-ipv6", "--format", "svg"],
    ["files", "--what-if", "server x { }"], ["files", "--what-if", ""], ["file"], [],
    ["files", "--client", "nobody"],
    ["files", "--mode", "tls-sftp"], ["files", "--format", "png"],
  ])
  func usage(arguments: [String]) async throws {
    let run = try await explain(arguments)
    #expect(run.status == 64 && run.output.isEmpty && !run.errors.isEmpty, "\(run)")
  }

  @Test(
    "C5: several statements hold together, in one text or in several",
    arguments: [
      ["helper on", "active on", "tls off"], ["helper on; active on", "tls off"], ["helper on;active on;  tls off;"],
    ])
  func severalStatements(statements: [String]) async throws {
    let options = statements.flatMap { ["--what-if", $0] }
    let run = try await explain(["files"] + options)
    #expect(run.output.contains("\nwith `helper on; active on; tls off`\n"), "\(run)")
    #expect(run.output.contains("  plain PASV, IPv4, an allowed client: refused -> works\n"), "\(run.output)")
    #expect(run.output.contains("  plain PORT, IPv4, an allowed client: refused -> works\n"), "\(run.output)")
    let json = try output(try await explain(["files", "--output", "json"] + options))
    #expect(json.whatIf?.statement == "helper on; active on; tls off")
  }

  @Test("C5: what may be repeated is added, and may be taken away first; contradictions are named")
  func repeatedStatements() async throws {
    let policy = published("tls explicit required; allow 198.51.100.0/24")
    let both = try await explain(
      ["files", "--client", "192.0.2.7", "--what-if", "allow 192.0.2.0/24", "--what-if", "limit 3 sessions"],
      policy: policy)
    #expect(both.output.contains("explicit TLS PASV, IPv4, an allowed client: ") || both.output.contains("works"))
    let replaced = try await explain(
      ["files", "--client", "198.51.100.7", "--what-if", "no allow; allow 192.0.2.0/24"], policy: policy)
    #expect(
      !replaced.output.components(separatedBy: "with `").dropFirst().joined().contains("  works"), "\(replaced)")
    let conflict = try await explain(["files", "--what-if", "tls off", "--what-if", "tls implicit"], policy: policy)
    #expect(conflict.status == 64 && conflict.errors.contains("`tls off` and `tls implicit` cannot both hold"))
  }

  /// Policies whose tables have something to say in every section.
  private static let telling = [
    published("helper on", range: "tls explicit required clear-control").replacing("proftpd", with: "pure-ftpd"),
    published("allow 198.51.100.0/24; active on", range: ""), published("hairpin on"),
    published("tls off; helper on; active on"),
  ]

  @Test(
    "C6: html holds all that the text holds, also with --what-if", arguments: telling,
    [[], ["--what-if", "helper off; active on"]])
  func pageHoldsTheText(policy: String, options: [String]) async throws {
    let text = try await explain(["files"] + options, policy: policy)
    let page = try await explain(["files", "--format", "html"] + options, policy: policy)
    #expect(page.status == text.status)
    let shown = page.output.replacing(/<style>[^$]*?<\/style>/, with: "").replacing(/<[^>]*>/, with: " ")
      .replacing("&gt;", with: ">").replacing("&lt;", with: "<").replacing("&#39;", with: "'").replacing(
        "&quot;", with: "\""
      )
      .replacing("&amp;", with: "&")
    for heading in ["refused by design", "works, but", "broken", "undecided"]
    where text.output.contains("\n\(heading)\n") {
      #expect(shown.lowercased().contains(heading), "\(heading)")
    }
    // Reasons stand before a colon, changes around an arrow.
    for line in text.output.split(separator: "\n")
    where line.hasPrefix("  ") && !line.hasPrefix("   ") && line.contains(": ") {
      let said =
        line.contains(" -> ") ? String(line.dropFirst(2)) : String(line.dropFirst(2).split(separator: ": ")[0])
      #expect(shown.contains(said), "\(said)")
    }
    for line in text.output.split(separator: "\n") where line.hasPrefix("IPv6: ") { #expect(shown.contains(line)) }
    #expect(page.output.matches(of: /<table>/).count == page.output.matches(of: /<caption>/).count)
    #expect(
      page.output.matches(of: /<th>/).isEmpty && page.output.contains("scope=\"col\"")
        && page.output.contains("scope=\"row\""))
    #expect(!page.output.contains("title=\""), "what is told in a tooltip only")
    #expect(unbalancedTags(page.output) == [])
  }

  @Test("C6: svg draws the first session that breaks, else one that works; what is said about it is visible")
  func picture() async throws {
    let broken = try await explain(["files", "--format", "svg"], policy: published("active on", range: ""))
    #expect(broken.output.contains("class=\"death\"") && broken.output.contains("<title id=\"title\">"), "\(broken)")
    let works = try await explain(["files", "--format", "svg"])
    #expect(works.output.contains("<text class=\"works\""), "\(works.output)")
    #expect(
      works.output.contains("<desc id=\"description\">Client to server: SYN 203.0.113.10:21"), "\(works.output)")
    let conditional = try await explain(["files", "--format", "svg"], policy: Self.telling[0])
    #expect(conditional.output.contains(">works, but: only after CCC"), "\(conditional.output)")
    let tried = try await explain(["files", "--format", "svg", "--what-if", "no passive range"])
    #expect(tried.output.contains("with `no passive range`</text>") && tried.output.contains("class=\"death\""))
  }

  @Test func picturesAreWellFormed() async throws {
    // A name of a file that would break markup.
    let policy = published(range: "")
    for format in ["svg", "html"] {
      let run = try await withFolder(["<b>&\".sally": policy]) { folder in
        try await sallyport(["explain", "<b>&\".sally", "files", "--mode", "tls", "--format", format], in: folder)
      }
      #expect(!run.output.contains("<b>"))
      #expect(run.output.contains("&lt;b&gt;&amp;&quot;.sally:"), "\(run.output)")
      #expect(unbalancedTags(run.output) == [])
      let links = run.output.matches(of: /https?:[^"]*/).map { String($0.output) }
      #expect(links.allSatisfy { $0 == "http://www.w3.org/2000/svg" }, "nothing is fetched: \(links)")
      #expect(run.output.contains("prefers-color-scheme: dark"))
    }
  }
}

/// The tags that are not closed in their order, those apart that HTML never closes.
private func unbalancedTags(_ text: String) -> [String] {
  var open: [String] = []
  for match in text.matches(of: /<(\/?)([a-zA-Z0-9]+)([^>]*)>/) {
    let name = String(match.2)
    if name == "meta" || match.3.hasSuffix("/") { continue }
    if match.1.isEmpty {
      open.append(name)
    } else if open.popLast() != name {
      return ["</\(name)>"]
    }
  }
  return open
}
