import Compilation
import Diagnostics
import Policy
import Testing

/// `defaults` blocks, and includes of many files.
@Suite struct DefaultsTests {
  private func load(_ roots: [String], _ files: [String: String]) -> Compilation {
    func read(_ path: String) -> Result<[UInt8], ReadFailure> {
      files[path].map { .success(Array($0.utf8)) } ?? .failure(.missing)
    }
    return Compilation(
      loadSources(
        roots.map { SourceFile(name: $0, text: files[$0] ?? "") }, read: read, list: namesInFolders(of: files.keys)))
  }

  private func publication(_ name: String, _ more: String = "") -> String {
    """
    publish \(name) {
        server       10.10.20.\(name.utf8.reduce(10) { ($0 &+ Int($1)) % 200 }) proftpd  # allow: certificate-missing
        external ip  203.0.113.\(name.utf8.reduce(20) { ($0 &+ Int($1)) % 200 })
        \(more)
    }

    """
  }

  private let defaults = "defaults {\n    passive range  50000-50399\n    tls            explicit required\n}\n"

  @Test("they hold in the file and in those that it includes, however deep, and nowhere else") func places() throws {
    let compilation = load(
      ["main.sally", "other.sally"],
      [
        "main.sally": defaults + publication("one") + "include \"more/two.sally\"\n",
        "more/two.sally": publication("two") + "include \"three.sally\"\n",
        "more/three.sally": publication("three"), "other.sally": publication("four"),
      ])
    let modes = Dictionary(
      compilation.policy.publications.map { ($0.name.value, $0.tls.value) }, uniquingKeysWith: { first, _ in first })
    #expect(modes == ["one": .explicitRequired, "two": .explicitRequired, "three": .explicitRequired, "four": .off])
  }

  @Test("what a publication says itself counts, then the nearest file") func precedence() {
    let compilation = load(
      ["main.sally"],
      [
        "main.sally": defaults + "include \"near.sally\"\n",
        "near.sally": "defaults { tls explicit optional; log all }\n" + publication("one")
          + publication("two", "tls implicit"),
      ])
    let publications = compilation.policy.publications
    #expect(publications.map(\.tls.value) == [.explicitOptional, .implicit])
    #expect(publications.allSatisfy { $0.passiveRange?.value.low == 50000 && $0.log.value == .all })
    // The default of the port follows what the publication says.
    #expect(publications.map(\.controlPort.value.external) == [21, 990])
  }

  @Test("a list of a publication takes the place of the default, and is not added to it") func lists() {
    let compilation = load(
      ["main.sally"],
      [
        "main.sally": "defaults { passive range 50000-50399; tls explicit required; allow 198.51.100.0/24 }\n"
          + publication("one") + publication("two", "allow 192.0.2.7")
      ])
    #expect(compilation.policy.publications.map { $0.allow.count } == [1, 1])
    #expect(
      compilation.policy.publications[1].allow.first?.span != compilation.policy.publications[0].allow.first?.span)
  }

  @Test("a file that is named and included as well has the defaults of who includes it") func namedTwice() {
    let files = ["a.sally": defaults + "include \"b.sally\"\n", "b.sally": publication("one")]
    for roots in [["a.sally"], ["a.sally", "b.sally"], ["b.sally", "a.sally"]] {
      #expect(load(roots, files).policy.publications.map(\.tls.value) == [.explicitRequired], "\(roots)")
    }
  }

  @Test("what is wrong in them is told once, and what is wrong for one publication at both places") func findings() {
    let wrong = load(
      ["main.sally"],
      [
        "main.sally": "defaults { tls maybe; server x; passive range 50000-50399 }\n" + publication("one")
          + publication("two")
      ])
    #expect(
      wrong.diagnostics.filter { $0.severity == .error }.map(\.code).sorted() == [
        "unknown-statement", "unknown-value",
      ])
    let open = load(
      ["main.sally"],
      ["main.sally": "defaults { tls off; passive range 50000-50399 }\n" + publication("one") + publication("two")])
    let found = open.diagnostics.filter { $0.code == "tls-off" }
    #expect(found.count == 2)
    #expect(found.allSatisfy { $0.fixes.isEmpty && !$0.related.isEmpty })
    #expect(Set(found.flatMap(\.related).map(\.span)) == Set(open.policy.publications.map(\.header)))
    let twice = load(["main.sally"], ["main.sally": defaults + defaults + publication("one")])
    #expect(twice.diagnostics.map(\.code).contains("duplicate-statement"))
    let named = load(["main.sally"], ["main.sally": "defaults all { tls off }\n" + publication("one")])
    #expect(named.diagnostics.contains { $0.message.hasPrefix("`defaults` has no name") })
  }

  @Test("patterns name files in the order of their names") func patterns() {
    let files = [
      "main.sally": defaults + "include \"c*/[a-y]?.sally\"\n", "customers/b1.sally": publication("beta"),
      "customers/a1.sally": publication("alpha"), "customers/z1.sally": publication("zeta"),
      "customers/.a.sally": publication("hidden"), "customers/a1.sally.old": "what is this",
      "other/a1.sally": publication("elsewhere"),
    ]
    let compilation = load(["main.sally"], files)
    #expect(compilation.policy.publications.map(\.name.value) == ["alpha", "beta"])
    #expect(compilation.isAccepted)
    // One that names the file in which it stands goes on without it.
    let own = load(["a.sally"], ["a.sally": defaults + "include \"*.sally\"\n", "b.sally": publication("beta")])
    #expect(own.isAccepted && own.policy.publications.count == 1)
    let circle = load(
      ["a.sally"],
      ["a.sally": defaults + "include \"*.sally\"\n", "b.sally": publication("beta") + "include \"a.sally\"\n"])
    #expect(circle.diagnostics.map(\.code) == ["include-cycle"])
  }

  @Test("a folder that is missing is an error, one further on is not; what a shell would pass over is passed over")
  func folders() {
    let files = [
      "c/one/site.sally": publication("one"), "c/two/other": "", "c/README": "", "c/[x].sally": publication("two"),
    ]
    func codes(_ include: String) -> ([String], [String]) {
      let compilation = load(["main.sally"], files.merging(["main.sally": defaults + include]) { $1 })
      return (
        compilation.diagnostics.map(\.code).filter { $0.hasPrefix("include") },
        compilation.policy.publications.map(\.name.value)
      )
    }
    #expect(codes("include \"c/*/site.sally\"\n") == ([], ["one"]))
    #expect(codes("include \"c/[x].sally\"\n") == ([], ["two"]))
    #expect(codes("include \"d/*.sally\"\n") == (["include-not-found"], []))
    #expect(codes("include \"d*/site.sally\"\n") == (["include-matches-nothing"], []))
  }

  @Test("a file that others include with other defaults is an error; with the same it is not") func ambiguous() {
    let files = [
      "x.sally": publication("x"), "mid.sally": "defaults { allow 198.51.100.0/24 }\ninclude \"x.sally\"\n",
      "plain.sally": "include \"x.sally\"\n",
    ]
    for (main, codes) in [
      ("include \"x.sally\"\ninclude \"mid.sally\"\n", ["defaults-ambiguous"]),
      ("include \"mid.sally\"\ninclude \"x.sally\"\n", ["defaults-ambiguous"]),
      ("include \"plain.sally\"\ninclude \"x.sally\"\n", []),
    ] {
      let compilation = load(["main.sally"], files.merging(["main.sally": defaults + main]) { $1 })
      #expect(compilation.diagnostics.filter { $0.severity == .error }.map(\.code) == codes, "\(main)")
    }
    // A file of defaults alone is a policy.
    let alone = load(["main.sally"], ["main.sally": "include \"d.sally\"\n", "d.sally": defaults])
    #expect(alone.isAccepted)
  }

  @Test(
    "names fit patterns as in a shell",
    arguments: [
      ("a.sally", "*.sally", true), (".a.sally", "*.sally", false), (".a.sally", ".*", true), ("abc", "a?c", true),
      ("abc", "a[!b]c", false), ("abc", "a[a-c]c", true), ("a[c", "a[c", true), ("abc", "***", true), ("", "*", true),
      ("aaaaaaaaaaaaaaaaaaaaaaaaab", "*a*a*a*a*a*a*a*c", false), ("ab", "[a]", false), ("a]c", "a[]]c", true),
    ])
  func names(name: String, pattern: String, fits: Bool) {
    #expect(Self.fits(name, pattern) == fits)
  }

  private static func fits(_ name: String, _ pattern: String) -> Bool {
    let loaded = loadSources([SourceFile(name: "m", text: "include \"x/\(pattern)\"\n")]) { _ in
      .success(Array("clients a = 192.0.2.1\n".utf8))
    } list: { _ in
      .success([name])
    }
    return loaded.trees.count == 2
  }
}
