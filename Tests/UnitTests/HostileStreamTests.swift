import Diagnostics
import Foundation
import Testing

/// What names and texts of strangers may do to a terminal or to the log of GitHub Actions: nothing, whatever the
/// command, the format and the stream.
@Suite struct HostileStreamTests {
  /// Control characters of ASCII and of C1, directions of text, and both forms of a workflow command at the start of a
  /// line.
  private static let evil = "\u{1B}]0;x\u{7}\u{1B}[8mA\u{7F}\u{9B}31m\u{202E}\u{2066}\u{200F}##[error]x"
  private static let lines = "\n::error::x\n \u{3000}::add-mask::x\n##[error]x\n::stop-commands::x\n"
  private static let name = "::error file=a,line=1::\(evil)\(lines.replacing("\n", with: "\r\n"))b"

  private static let policies: [(name: String, text: String)] = [
    ("\(name).sally", published()),
    ("\(name)2.sally", published("tls \(evil)\n::error::x\nhelper on")),
    ("c.sally", "# \(evil)\n::error::x\n" + published("certificate \"\(evil)\"") + "\npublish {{\n"),
    ("d.sally", "  ::warning::x\n# ::x::\nclients a\(evil) = 1\ninclude \"\(name)\"\n" + published("tls requried")),
    ("e.sally", "publish ##[error]x {\n  ::error::x\n passive range 50399-50000\n\n}\n"),
  ]

  private static let commands: [[String]] =
    ["full", "concise", "json", "github", "sarif"].map { ["check", "--format", $0, "FILE"] }
    + [
      ["check", "--diff", "--unsafe-fixes", "FILE"], ["check", "--output", "json", "FILE"],
      ["fmt", "--check", "FILE"],
      ["fmt", "--diff", "FILE"], ["fmt", "--check", "--output", "json", "FILE"], ["fmt", "FILE"],
      ["compile", "FILE"],
      ["compile", "--output", "json", "FILE"], ["compile", "--format", "json", "FILE"],
      ["compile", "FILE", "--gateway", "NAME"], ["build", "FILE", "-o", "NAME"],
      ["build", "FILE", "-o", "out", "--output", "json"], ["emit", "FILE", "--server", "files"],
      ["emit", "FILE", "--server", "NAME"], ["emit", "FILE", "--server", "files", "--form", "NAME"],
      ["emit", "FILE", "--server", "files", "--output", "json"],
      ["emit", "FILE", "--server", "files", "--templates", "NAME"], ["diff", "FILE", "--against", "listing"],
      ["diff", "FILE", "--against", "listing", "--output", "json"], ["diff", "FILE", "--against", "FILE"],
      ["explain", "FILE", "files"], ["explain", "FILE", "NAME"], ["explain", "FILE", "files", "--output", "json"],
      ["explain", "FILE", "files", "--format", "html"], ["rules", "NAME"], ["NAME"], ["--NAME"], ["check", "--NAME"],
      ["check", "NAME"], ["import", "--server", "NAME", "--server-config", "FILE"],
      ["import", "--server-config", "FILE"],
    ]

  private static let serverFiles: [(name: String, text: String)] = [
    ("proftpd.conf", "ServerName \"\(evil)\"\nPort 21\nInclude \"/\(evil)\"\nMasqueradeAddress \(evil)\n\(lines)"),
    ("pure-ftpd.conf", "Bind \(evil),21\nForcePassiveIP \(evil)\n::error::x\n"),
    ("vsftpd.conf", "listen=YES\npasv_address=\(evil)\nrsa_cert_file=\(evil)\n::error::x=\(evil)\n"),
    ("applicationHost.config", "<configuration><site name=\"&#x202E;::error::&#x9B;\" id=\"1\"/></configuration>"),
    ("\(name).conf", "port 21\n\(lines)"),
  ]

  /// What of a run a terminal, or a log, would obey.
  private func offences(_ run: Run, isData: Bool, isGitHub: Bool) -> [String] {
    var found: [String] = []
    for text in [run.output, run.errors] {
      for bytes in text.utf8.split(separator: 0x0A) {
        // Windows ends lines in this way.
        let line = String(decoding: bytes.last == 0x0D ? bytes.dropLast() : bytes, as: UTF8.self)
        if line.unicodeScalars.contains(where: { $0 != "\t" && printable($0) != $0 && $0 != "\u{FFFD}" }) {
          found.append("control: \(line.debugDescription)")
        }
        if line.contains("##["), !isGitHub, !(isData && text == run.output) { found.append("command: \(line)") }
        guard line.firstMatch(of: /^\s*::[a-z-]+[^:]*::/) != nil else { continue }
        let isOurs = isGitHub && line.hasPrefix("::") && line.contains("title=sallyport")
        if !isOurs { found.append("command: \(line)") }
      }
    }
    return found
  }

  private func withHostileFolder(_ body: (URL) async throws -> Void) async throws {
    try await withFolder { folder in
      for (name, text) in Self.policies + Self.serverFiles {
        try Data(text.utf8).write(to: URL(filePath: folder.path + "/" + name))
      }
      let templates = folder.path + "/" + Self.name
      try FileManager.default.createDirectory(atPath: templates, withIntermediateDirectories: false)
      try Data("{{% CONTENT_TYPE: PROFTPD}}\n{{\(Self.evil)}}\n{{> \(Self.name)}}".utf8).write(
        to: URL(filePath: templates + "/proftpd.conf.mustache"))
      try Data("x".utf8).write(to: URL(filePath: templates + "/\(Self.name).mustache"))
      let text = String(decoding: try JSONEncoder().encode(Self.name), as: UTF8.self)
      let listing = #"""
        {"nftables": [{"table": {"family": "inet", "name": "sallyport", "handle": 1}},
        {"set": {"family": "inet", "table": "sallyport", "name": NAME, "type": "ipv4_addr", "comment": NAME,
        "elem": [{"elem": {"val": "10.0.0.1", "comment": NAME}}]}},
        {"chain": {"family": "inet", "table": "sallyport", "name": NAME, "comment": NAME}},
        {"rule": {"family": "inet", "table": "sallyport", "chain": NAME, "comment": NAME, "expr": [{"x": NAME}]}}]}
        """#.replacing("NAME", with: text)
      try Data(listing.utf8).write(to: folder.appending(path: "listing"))
      try await body(folder)
    }
  }

  @Test("16.12: no command sends a control character, a direction or a workflow command", arguments: commands)
  func policies(command: [String]) async throws {
    try await withHostileFolder { folder in
      let isGitHub = command.contains("github")
      let isData = ["emit", "compile", "import"].contains(command[0])
      for file in Self.policies.map(\.name) + (command.contains("FILE") ? ["-", "plain"] : []) {
        try Data(published().utf8).write(to: folder.appending(path: "plain"))
        let words = command.map { word in
          word == "FILE" ? "./\(file)".replacing("./-", with: "-") : word.replacing("NAME", with: Self.name)
        }
        for bare in [words, words.map { $0.hasPrefix("./:") ? String($0.dropFirst(2)) : $0 }] {
          let run = try await sallyport(bare, input: Self.policies[3].text, in: folder)
          let found = offences(run, isData: isData, isGitHub: isGitHub)
          #expect(run.status >= 0 && run.status < 78 && found.isEmpty, "\(command) \(file): \(found)")
        }
      }
    }
  }

  @Test(
    "16.12: nor does what a server's file holds",
    arguments: ["full", "concise", "json", "github", "sarif", "import", "import json"])
  func servers(format: String) async throws {
    try await withHostileFolder { folder in
      for (file, _) in Self.serverFiles {
        for software in ["proftpd", "pure-ftpd", "vsftpd", "iis", "filezilla"] {
          let policy = published(server: "server 10.10.20.200 \(software)")
          try Data(policy.utf8).write(to: folder.appending(path: "plain.sally"))
          let words =
            format.hasPrefix("import")
            ? ["import", "--server", software, "--server-config", file]
              + (format == "import" ? [] : ["--output", "json"])
            : ["audit", "--format", format, "plain.sally", "--server", "files", file]
          let run = try await sallyport(words, in: folder)
          let found = offences(run, isData: format == "import", isGitHub: format == "github")
          #expect(run.status >= 0 && run.status < 78 && found.isEmpty, "\(words) \(found)")
        }
      }
    }
  }

  @Test("16.12: JSON says what the text was, in characters that may be shown")
  func json() async throws {
    let run = try await sallyport(["check", "--format", "json", "-"], input: "certi\u{9B}\u{202E}ficate \"##[x]\"\n")
    let messages = (run.json?["diagnostics"] as? [[String: Any]] ?? []).compactMap { $0["message"] as? String }
    #expect(messages.contains { $0.unicodeScalars.contains("\u{202E}") }, "\(run)")
    #expect(!run.output.unicodeScalars.contains("\u{202E}") && run.output.contains(#"\u202e"#), "\(run.output)")
  }

  @Test(
    "16.12: what changes the direction of text is an error in a policy, so it stands in no file that is made of one")
  func directions() async throws {
    for text in ["certificate \"/etc/\u{202E}a\" key \"/etc/b\"", "# \u{2066}x", "# \u{9B}31m", "# \u{2028}x"] {
      let found = compile(published("tls explicit required\n    \(text)")).errorCodes
      #expect(found.contains("control-character"), "\(text.debugDescription) \(found)")
    }
    #expect(!compile(published("tls explicit required # עברית, naïve, 日本")).errorCodes.contains("control-character"))
  }

  @Test("16.12: colour stays, addresses that look like commands stay, and files stay byte for byte")
  func kept() {
    func shown(_ text: String, colored: Bool = false, data: Bool = false) -> String {
      String(decoding: streamText(Array(text.utf8), isColored: colored, isData: data), as: UTF8.self)
    }
    let red = Style(isColored: true).red("x")
    #expect(shown(red, colored: true) == red)
    #expect(shown(red) == "\u{FFFD}[1;31mx\u{FFFD}[0m")
    #expect(shown("\u{1B}[2Jx\u{1B}[8mx", colored: true) == "\u{FFFD}[2Jx\u{FFFD}[8mx")
    for text in ["::1, 2001:db8::/32\n", "  ::ffff:192.0.2.1 ::1", "a::b::c", "x\r\ny\r\n", "\tä\n", "::"] {
      #expect(shown(text) == text && shown(text, data: true) == text, "\(text)")
    }
    #expect(shown(" ::error::x") == " \u{FFFD}:error::x" && shown("::error::x", data: true) == "::error::x")
    #expect(shown("\(red)\n", colored: true) == "\(red)\n")
    let colored = Style(isColored: true).red("::error::x")
    #expect(shown(colored, colored: true) == colored.replacing("::error", with: "\u{FFFD}:error"))
    #expect(shown("a\rb") == "a\u{FFFD}b")
  }
}
