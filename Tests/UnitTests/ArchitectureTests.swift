import Foundation
import Testing

/// Holds the import directions of ARCHITECTURE.md: arrows point down only, and only the named modules know a library.
@Suite struct ArchitectureTests {
  /// What each module may import besides `Glibc`-free Swift.
  static let allowed: [String: Set<String>] = [
    "Addressing": [],
    "Diagnostics": ["FoundationEssentials"],
    "PolicySyntax": ["Diagnostics"],
    "Nftables": ["Addressing", "Diagnostics", "FoundationEssentials"],
    "Policy": ["Addressing", "Diagnostics", "PolicySyntax"],
    "Lowering": ["Addressing", "Diagnostics", "Nftables", "Policy"],
    "ServerConfig": ["Addressing", "Diagnostics", "Mustache", "Policy", "Templates"],
    "Compilation": ["Addressing", "Diagnostics", "Lowering", "Nftables", "Policy", "PolicySyntax", "ServerConfig"],
    "SallyportCLI": [
      "ArgumentParser", "Compilation", "Diagnostics", "FoundationEssentials", "Glibc", "Nftables", "Policy",
      "PolicySyntax", "ServerConfig",
    ],
    "sallyport": ["SallyportCLI"],
  ]

  private func swiftFiles(_ folder: URL) -> [URL] {
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
    return paths.filter { $0.hasSuffix(".swift") }.sorted().map { folder.appending(path: $0) }
  }

  @Test func everyModuleIsNamed() throws {
    let modules = try FileManager.default.contentsOfDirectory(atPath: repository.appending(path: "Sources").path)
    #expect(Set(modules) == Set(Self.allowed.keys))
    let page = try String(contentsOf: repository.appending(path: "ARCHITECTURE.md"), encoding: .utf8)
    for module in modules { #expect(page.contains(module), "ARCHITECTURE.md does not name \(module)") }
  }

  @Test(arguments: allowed.keys.sorted())
  func imports(of module: String) throws {
    let allowed = Self.allowed[module] ?? []
    for file in swiftFiles(repository.appending(path: "Sources/\(module)")) {
      let text = try String(contentsOf: file, encoding: .utf8)
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), position <= 1, let imported = words.last else {
          continue
        }
        #expect(allowed.contains(String(imported)), "\(module)/\(file.lastPathComponent) imports \(imported)")
      }
    }
  }

  /// A Swift trap in a release binary is silent: nothing in the product may ask for one.
  @Test func nothingTraps() throws {
    let forbidden = ["fatalError(", "preconditionFailure(", "try!", "as!", "unowned(unsafe)", ".unsafelyUnwrapped"]
    for file in swiftFiles(repository.appending(path: "Sources")) {
      let text = try String(contentsOf: file, encoding: .utf8)
      for word in forbidden { #expect(!text.contains(word), "\(file.lastPathComponent) holds \(word)") }
    }
  }

  /// The pure modules see no clock, file or environment.
  @Test func pureModulesArePure() throws {
    let forbidden = /\b(FileManager|FileHandle|getenv|ProcessInfo|ContinuousClock|contentsOfFile|(Date|fopen|open)\()/
    for module in Self.allowed.keys where module != "SallyportCLI" && module != "sallyport" {
      for file in swiftFiles(repository.appending(path: "Sources/\(module)")) {
        let text = try String(contentsOf: file, encoding: .utf8)
        let code = text.split(separator: "\n").filter { !$0.contains("///") }.joined(separator: "\n")
        let found = code.firstMatch(of: forbidden).map { String($0.output.0) }
        #expect(found == nil, "\(module)/\(file.lastPathComponent)")
      }
    }
  }
}
