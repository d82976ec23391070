// swift-tools-version: 6.2

import PackageDescription

/// Measures the programs of the product as their users run them: as processes. So it depends on nothing of the product,
/// and the product not on it.
let package = Package(
  name: "sallyport-benchmarks",
  targets: [
    .executableTarget(
      name: "sallyport-bench",
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
      ])
  ]
)
