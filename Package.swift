// swift-tools-version: 6.2

import PackageDescription

/// Settings of every Swift target: explicit existentials, imports that name what they use, and no warnings.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Tests may use what their imports import.
let forTests: [SwiftSetting] = [.enableUpcomingFeature("ExistentialAny")]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let mustache: Target.Dependency = .product(name: "Mustache", package: "swift-mustache")
let subprocess: Target.Dependency = .product(name: "Subprocess", package: "swift-subprocess")
let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// Programs that cannot be led elsewhere by what an attacker writes over memory: every address that the linker fills in
/// is filled in at the start, and cannot be written from then on.
let hardened: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "-z", "-Xlinker", "relro", "-Xlinker", "-z", "-Xlinker", "now"])
]

let package = Package(
  name: "sallyport",
  products: [
    .executable(name: "sallyport", targets: ["sallyport"]),
    .executable(name: "sallyport-netfilter", targets: ["sallyport-netfilter"]),
    .executable(name: "sallyport-probe", targets: ["sallyport-probe"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .executableTarget(
      name: "sallyport", dependencies: ["CLinux", "SallyportCLI"], swiftSettings: strict, linkerSettings: hardened),
    .systemLibrary(name: "CLinux"),
    .target(
      name: "SallyportCLI",
      dependencies: [
        "Addressing", "Compilation", "Diagnosis", "Diagnostics", "Evidence", "FTPSession", "Files", "Flows",
        "LanguageServer", "Netfilter",
        "Nftables", "Parallel", "Platforms", "Policy", "PolicySyntax", "Probing", "Servers", "Trials",
        argumentParser,
      ],
      swiftSettings: strict),
    .target(
      name: "LanguageServer",
      dependencies: ["Compilation", "Diagnostics", "Editing", "Policy", "PolicySyntax"],
      swiftSettings: strict),
    .target(
      name: "Netfilter",
      dependencies: [
        "Addressing", "CLinux", "Compilation", "Diagnostics", "FTPSession", "Files", "Flows", "Nftables", "Platforms",
        "Policy", systemPackage,
      ],
      swiftSettings: strict),
    .target(name: "Files", dependencies: ["CLinux"], swiftSettings: strict),
    // GPL-2.0-only, like libnftables: the worker has no other dependency, and nothing else links it. libnftables has to
    // find the worker's own beginning of a batch, which is a symbol that a program does not export by itself.
    .executableTarget(
      name: "sallyport-netfilter", dependencies: ["CNftables"], exclude: ["LICENSE"], swiftSettings: strict,
      linkerSettings: hardened + [.unsafeFlags(["-Xlinker", "--export-dynamic-symbol=nftnl_batch_begin"])]),
    .systemLibrary(
      name: "CNftables", pkgConfig: "libnftables",
      providers: [.apt(["libnftables-dev", "libnetfilter-conntrack-dev"])]),
    // Alone in linking libcurl, which brings TLS and a resolver.
    .executableTarget(
      name: "sallyport-probe", dependencies: ["CLibcurl"], swiftSettings: strict, linkerSettings: hardened),
    .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .target(
      name: "Compilation",
      dependencies: [
        "Addressing", "Diagnostics", "FTPSession", "Flows", "Nftables", "Parallel", "Platforms", "Policy",
        "PolicySyntax", "Servers",
      ],
      swiftSettings: strict),
    .target(
      name: "Editing",
      dependencies: ["Compilation", "Diagnostics", "Policy", "PolicySyntax"], swiftSettings: strict),
    .target(
      name: "Diagnosis",
      dependencies: ["Addressing", "Diagnostics", "Evidence", "FTPSession", "PolicySyntax"], swiftSettings: strict),
    .target(
      name: "Probing",
      dependencies: ["Addressing", "CLinux", "Diagnostics", "Evidence", "Files", "Netfilter", "Trials"],
      swiftSettings: strict),
    .target(
      name: "Trials",
      dependencies: ["Addressing", "Compilation", "Diagnosis", "Diagnostics", "Evidence", "FTPSession"],
      swiftSettings: strict),
    .target(
      name: "FTPSession", dependencies: ["Addressing", "Diagnostics", "Nftables"], swiftSettings: strict),
    .target(
      name: "Servers",
      dependencies: ["Addressing", "Diagnostics", "Evidence", "Policy", "Templates", "WindowsFirewall", mustache],
      swiftSettings: strict),
    .target(
      name: "Platforms",
      dependencies: ["Addressing", "Diagnostics", "Flows", "Nftables", "Parallel", "WindowsFirewall"],
      swiftSettings: strict),
    .target(
      name: "Flows", dependencies: ["Addressing", "Diagnostics", "Parallel", "Policy", "PolicySyntax"],
      swiftSettings: strict),
    .target(
      name: "Policy", dependencies: ["Addressing", "Diagnostics", "Parallel", "PolicySyntax", "RuleDocuments"],
      swiftSettings: strict),
    .target(name: "Nftables", dependencies: ["Addressing", "Diagnostics", "Parallel"], swiftSettings: strict),
    .target(
      name: "Evidence", dependencies: ["Addressing", "Diagnostics"], resources: [.embedInCode("messages")],
      swiftSettings: strict),
    .target(name: "PolicySyntax", dependencies: ["Diagnostics", "Parallel"], swiftSettings: strict),
    .target(name: "WindowsFirewall", dependencies: ["Diagnostics"], swiftSettings: strict),
    .target(name: "Addressing", swiftSettings: strict),
    .target(name: "Parallel", dependencies: ["CLinux"], swiftSettings: strict),
    .target(name: "Diagnostics", swiftSettings: strict),
    .target(
      name: "Templates", path: "templates", resources: [.embedInCode("programs")], swiftSettings: strict),
    .target(
      name: "RuleDocuments", path: "docs",
      exclude: [
        "book", "editors", "failures.md", "index.md", "json.md", "language.md", "lsp.md", "migrate.md", "mkdocs.yml",
        "platforms.md", "promises.md", "schemas", "security.md", "start",
      ],
      resources: [.embedInCode("rules")], swiftSettings: strict),

    // Tests. LiveSupport is the bench of network namespaces, daemons and clients.
    .target(
      name: "LiveSupport", dependencies: [subprocess], path: "Tests/LiveSupport", exclude: ["parse-powershell.py"],
      swiftSettings: strict),
    .executableTarget(
      name: "sallyport-demo", dependencies: ["LiveSupport"], path: "Tests/Demo", swiftSettings: strict),
    .testTarget(
      name: "LiveTests",
      dependencies: ["Addressing", "Diagnostics", "LiveSupport", "Policy", "Servers", "sallyport"],
      swiftSettings: forTests),
    .testTarget(
      name: "NetfilterTests",
      dependencies: [
        "Addressing", "Compilation", "Diagnostics", "FTPSession", "LiveSupport", "Netfilter", "Nftables", "Policy",
        "sallyport", subprocess,
      ],
      swiftSettings: forTests),
    .testTarget(
      name: "ServersTests",
      dependencies: ["Addressing", "Diagnostics", "LiveSupport", "Policy", "Servers", subprocess],
      exclude: ["Schemas"],
      swiftSettings: forTests),
    .testTarget(
      name: "PolicyTests",
      dependencies: ["Addressing", "Diagnostics", "Parallel", "Policy", "PolicySyntax", "RuleDocuments", "Servers"],
      swiftSettings: forTests),
    .testTarget(
      name: "CorpusTests",
      dependencies: [
        "Compilation", "Diagnosis", "Diagnostics", "Evidence", "FTPSession", "Nftables", "Platforms", "Policy",
        "PolicySyntax", "Servers", "Trials",
      ],
      swiftSettings: forTests),
    .testTarget(
      name: "PlatformTests",
      dependencies: [
        "Addressing", "Compilation", "Diagnostics", "FTPSession", "Flows", "LiveSupport", "Nftables", "Platforms",
        "Policy", "sallyport", subprocess,
      ],
      exclude: ["compare-firewalls.py", "fpc-model.js"],
      swiftSettings: forTests),
    .testTarget(
      name: "SessionTests",
      dependencies: [
        "Addressing", "Compilation", "Diagnostics", "FTPSession", "Flows", "LiveSupport", "Nftables", "Platforms",
        "Policy", "sallyport",
      ],
      swiftSettings: forTests),
    .testTarget(
      name: "DiagnosisTests",
      dependencies: [
        "Addressing", "Compilation", "Diagnosis", "Diagnostics", "Evidence", "FTPSession", "Files", "LiveSupport",
        "Policy", "Probing", "Servers", "Trials", "sallyport",
      ],
      exclude: ["ProbeReports", "Recordings"],
      swiftSettings: forTests),
    .testTarget(
      name: "EditingTests",
      dependencies: [
        "Compilation", "Diagnostics", "Editing", "LanguageServer", "LiveSupport", "Policy", "PolicySyntax",
        "sallyport",
      ],
      exclude: ["Clients"],
      swiftSettings: forTests),
    .testTarget(
      name: "UnitTests",
      dependencies: [
        "Addressing", "Compilation", "Diagnostics", "Flows", "LiveSupport", "Nftables", "Parallel", "Platforms",
        "Policy", "PolicySyntax", "Servers", "sallyport", subprocess, systemPackage,
      ],
      swiftSettings: forTests),
  ]
)

// The fuzzer is built by `make fuzz` alone: it has libFuzzer's main, and every module is instrumented for it.
if Context.environment["SALLYPORT_FUZZ"] != nil {
  package.products.append(.executable(name: "sallyport-fuzz", targets: ["sallyport-fuzz"]))
  package.targets.append(
    .executableTarget(
      name: "sallyport-fuzz",
      dependencies: [
        "Compilation", "Diagnosis", "Diagnostics", "Evidence", "Netfilter", "Nftables", "Platforms", "Policy",
        "PolicySyntax", "Servers",
      ],
      path: "Tests/Fuzz", exclude: ["Seeds"],
      swiftSettings: forTests + [.unsafeFlags(["-parse-as-library"])]))
}
