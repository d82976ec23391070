/// A stage of the pipeline, and how the name of its function begins in the program.
private let stages = [
  ("parse", "$s12PolicySyntax5parse"),
  ("resolve", "$s6Policy7resolve"),
  ("validate", "$s6Policy8validate"),
  ("findings", "$s7Servers8EmittersO8findings"),
  ("sessions", "$s11Compilation12SessionCheckV8findings"),
  ("flows", "$s5Flows8FlowPlanV_7gateway"),
  ("lower", "$s9Platforms5lower_15longestRepeated"),
  ("script", "$s8Nftables5TableV6script"),
]

/// Publications of the policy that is counted with.
private let countedPublications = 1000

/// How much more than its threshold a stage may take; what is left of chance is the order in hash tables.
private let tolerance = 1.03

extension Bench {
  /// Instructions that `compile` takes under callgrind, stage by stage, against the thresholds in the repository. They
  /// do not depend on what else the machine does.
  ///
  /// - Throws: When a stage takes more than its threshold.
  func instructions() throws {
    guard find("valgrind") != nil, find("callgrind_annotate") != nil, find("strip") != nil else {
      throw BenchmarkFailure(description: "needs valgrind and binutils")
    }
    let counts = try countInstructions()
    let path = "Benchmarks/instructions.txt"
    if environment("UPDATE_EXPECTED") == "1" { return try update(path, counts) }
    let thresholds = try readThresholds(path)
    var table = ResultTable(
      "Instructions of compile, \(countedPublications) publications",
      columns: ["stage", "millions", "threshold", "ratio"])
    var exceeded: [String] = []
    for (stage, count) in counts {
      let threshold = thresholds[stage] ?? 0
      if count > threshold * tolerance { exceeded.append(stage) }
      table.add(stage, fixed(count, 1), fixed(threshold, 1), ratio(count, to: threshold))
    }
    table.show()
    guard exceeded.isEmpty else {
      throw BenchmarkFailure(
        description:
          "above the threshold in \(path): \(exceeded.joined(separator: ", ")); make it faster, or say in the "
          + "commit why it has to be, and write the file with UPDATE_EXPECTED=1")
    }
  }

  /// Millions of instructions of the whole process and of each stage.
  private func countInstructions() throws -> [(stage: String, count: Double)] {
    // valgrind 3.19 gives up on the debugging information of Swift.
    let program = scratchFile("sallyport")
    try Command(["strip", "-g", "-o", program, "\(folder)/sallyport"]).run()
    let policy = try policy(countedPublications)
    let profile = scratchFile("profile")
    try Command([
      "env", "SWIFT_DETERMINISTIC_HASHING=1", "taskset", "-c", "0", "valgrind", "--tool=callgrind",
      "--callgrind-out-file=\(profile)",
      program,
      "compile", policy,
    ]).run()
    let report = try Command(["callgrind_annotate", "--inclusive=yes", "--threshold=100", profile]).text()
    var counts: [(stage: String, count: Double)] = []
    for (stage, symbol) in [("whole process", "PROGRAM TOTALS")] + stages {
      let line = report.split(separator: "\n").first { line in
        line.split(separator: " ").contains { $0.hasPrefix(symbol) || $0.hasPrefix("???:" + symbol) }
          || line.hasSuffix(symbol)
      }
      let number = line?.split(separator: " ").first.flatMap { Double($0.filter { $0 != "," }) }
      guard let number else { throw BenchmarkFailure(description: "the profile does not show `\(stage)`") }
      counts.append((stage, number / 1_000_000))
    }
    return counts
  }

  private func readThresholds(_ path: String) throws -> [String: Double] {
    var thresholds: [String: Double] = [:]
    for line in try readText(path).split(separator: "\n") where !line.hasPrefix("#") {
      let parts = line.split(separator: ":")
      guard parts.count == 2, let count = Double(parts[1].filter { $0 != " " }) else { continue }
      thresholds[String(parts[0])] = count
    }
    return thresholds
  }

  private func update(_ path: String, _ counts: [(stage: String, count: Double)]) throws {
    let header = "# Millions of instructions, as `make bench` counts them; written with UPDATE_EXPECTED=1.\n"
    let text = header + counts.map { "\($0.stage): \(fixed($0.count, 1))\n" }.joined()
    try writeText(text, to: path)
    print("\n\(path) is written; read the difference before it is committed")
  }
}
