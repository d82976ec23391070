import Foundation
import Testing

/// Holds the import directions of ARCHITECTURE.md: arrows point down only, and only the named modules know a library.
@Suite struct ArchitectureTests {
  /// What each module may import besides `Glibc`-free Swift.
  static let allowed: [String: Set<String>] = [
    "Addressing": [],
    "Diagnostics": ["FoundationEssentials"],
    "PolicySyntax": ["Diagnostics", "Parallel"],
    "Nftables": ["Addressing", "Diagnostics", "FoundationEssentials", "Parallel"],
    "Parallel": ["CLinux", "Dispatch", "Synchronization"],
    "Policy": ["Addressing", "Diagnostics", "Parallel", "PolicySyntax", "RuleDocuments"],
    "Flows": ["Addressing", "Diagnostics", "Parallel", "Policy", "PolicySyntax"],
    "Platforms": ["Addressing", "Diagnostics", "Flows", "Nftables", "Parallel", "WindowsFirewall"],
    "Servers": ["Addressing", "Diagnostics", "Evidence", "Mustache", "Policy", "Templates", "WindowsFirewall"],
    "Evidence": ["Addressing", "Diagnostics"],
    "Editing": ["Compilation", "Diagnostics", "Policy", "PolicySyntax"],
    "LanguageServer": [
      "Compilation", "Diagnostics", "Dispatch", "Editing", "FoundationEssentials", "Glibc", "Policy", "PolicySyntax",
      "Synchronization",
    ],
    "Diagnosis": ["Addressing", "Diagnostics", "Evidence", "FTPSession", "PolicySyntax"],
    "Probing": ["Addressing", "CLinux", "Diagnostics", "Evidence", "Files", "Glibc", "Netfilter", "Trials"],
    "Trials": ["Addressing", "Compilation", "Diagnosis", "Diagnostics", "Evidence", "FTPSession"],
    "WindowsFirewall": ["Diagnostics"],
    "FTPSession": ["Addressing", "Diagnostics", "Nftables"],
    "Compilation": [
      "Addressing", "Diagnostics", "FTPSession", "Flows", "Nftables", "Parallel", "Platforms", "Policy",
      "PolicySyntax", "Servers",
    ],
    "CNftables": [],
    "CLibcurl": [],
    "sallyport-probe": ["CLibcurl", "FoundationEssentials", "Glibc", "Synchronization"],
    "sallyport-netfilter": ["CNftables", "Glibc"],
    "Files": ["CLinux", "Glibc"],
    "Netfilter": [
      "Addressing", "CLinux", "Compilation", "Diagnostics", "FTPSession", "Files", "Flows", "FoundationEssentials",
      "Glibc", "Nftables", "Platforms", "Policy", "Synchronization", "SystemPackage",
    ],
    "SallyportCLI": [
      "Addressing", "ArgumentParser", "Compilation", "Diagnosis", "Diagnostics", "Evidence", "FTPSession", "Files",
      "FoundationEssentials", "Flows", "Glibc", "LanguageServer", "Netfilter", "Nftables", "Parallel", "Platforms",
      "Policy", "PolicySyntax", "Probing", "Servers", "Trials",
    ],
    "CLinux": [],
    "sallyport": ["CLinux", "SallyportCLI"],
  ]

  /// The modules that may see clocks, files and the environment.
  static let world: Set<String> = [
    "SallyportCLI", "sallyport", "Files", "LanguageServer", "Netfilter", "Parallel", "Probing", "sallyport-netfilter",
    "sallyport-probe",
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
        guard let position = words.firstIndex(of: "import"), let imported = words.last,
          position == 0 || position == 1 && ["package", "public", "internal", "private"].contains(words[0])
        else { continue }
        #expect(allowed.contains(String(imported)), "\(module)/\(file.lastPathComponent) imports \(imported)")
      }
    }
  }

  /// libnftables is GPL-2.0-only, and so is the one program that links it.
  @Test func theWorkerIsLicensedLikeItsLibrary() throws {
    for module in ["CNftables", "sallyport-netfilter"] {
      let folder = repository.appending(path: "Sources/\(module)")
      for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name != "LICENSE" {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        #expect(text.hasPrefix("// SPDX-License-Identifier: GPL-2.0-only\n"), "\(module)/\(name)")
      }
    }
    let licence = repository.appending(path: "Sources/sallyport-netfilter/LICENSE")
    #expect(try String(contentsOf: licence, encoding: .utf8).contains("Version 2, June 1991"))
  }

  /// The formatter leaves comments as they are, so their length is held here.
  @Test func commentsWrap() throws {
    for folder in ["Sources", "Tests", "Benchmarks/Sources"] {
      for file in swiftFiles(repository.appending(path: folder)) where !file.path.contains("/.build/") {
        let text = try String(contentsOf: file, encoding: .utf8)
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
          guard line.trimmingPrefix(while: { $0 == " " }).hasPrefix("//") else { continue }
          #expect(line.count <= 120, "\(file.path):\(index + 1): a comment is longer than 120 columns")
        }
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
    for module in Set(Self.allowed.keys).subtracting(Self.world) {
      for file in swiftFiles(repository.appending(path: "Sources/\(module)")) {
        let text = try String(contentsOf: file, encoding: .utf8)
        let code = text.split(separator: "\n").filter { !$0.contains("///") }.joined(separator: "\n")
        let found = code.firstMatch(of: forbidden).map { String($0.output.0) }
        #expect(found == nil, "\(module)/\(file.lastPathComponent)")
      }
    }
  }

  /// Server programs are values of `Servers`; nothing else of the product names one, and nothing that builds it.
  @Test func programsAreNamedByServersAlone() throws {
    let names = /(?i)(\biis|pure[-_ ]?ftpd|proftpd|vsftpd|filezilla|sftpgo)/
    let modules = Set(Self.allowed.keys).subtracting(["Servers"])
    let sources = modules.flatMap { swiftFiles(repository.appending(path: "Sources/\($0)")) }
      // One client is named like a server of the same makers; its log is read with those of the other clients.
      .filter { !$0.path.contains("/Sources/Evidence/Clients/") }
    let recipes = ["Package.swift", "Makefile"].map { repository.appending(path: $0) }
    for file in sources + recipes {
      let found = try String(contentsOf: file, encoding: .utf8).firstMatch(of: names).map { String($0.output.0) }
      #expect(found == nil, "\(file.path) names \(found ?? "")")
    }
  }
}
