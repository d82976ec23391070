import Glibc

/// How many times the work four times the input may take: linear work takes four times as much.
private let mostGrowth = 6.0

extension Bench {
  /// What each reader and command takes for an input and for one four times as large: instructions under callgrind, or
  /// processor time where there is none.
  ///
  /// - Throws: When one of them takes more than six times as much.
  func cost() throws {
    let counts = find("valgrind") != nil && find("strip") != nil
    let program = counts ? scratchFile("stripped") : "\(folder)/sallyport"
    // valgrind 3.19 gives up on the debugging information of Swift.
    if counts { try Command(["strip", "-g", "-o", program, "\(folder)/sallyport"]).run() }
    let wanted = environment("SHAPES")?.split(separator: ";").map(String.init)
    var table = ResultTable(
      "What four times the input takes", columns: ["shape", counts ? "millions" : "ms", "four times", "ratio"])
    var exceeded: [String] = []
    // What `import` reads, `audit` reads in the same way.
    let isWanted = { (name: String) in wanted?.contains(where: name.contains) ?? (isFull || !name.hasPrefix("audit"))
    }
    for shape in costShapes where isWanted(shape.name) {
      let none = try measure(shape, 1, program, counts)
      let some = try measure(shape, shape.count, program, counts) - none
      let more = try measure(shape, shape.count * 4, program, counts) - none
      // What is over at once tells nothing.
      let growth = more / max(some, counts ? 1 : 5)
      if growth > mostGrowth { exceeded.append(shape.name) }
      table.add(shape.name, fixed(some, 1), fixed(more, 1), fixed(growth, 1))
    }
    table.show()
    guard exceeded.isEmpty else {
      throw BenchmarkFailure(
        description: "takes more than \(mostGrowth) times the work for four times the input: "
          + exceeded.joined(separator: "; "))
    }
  }

  /// Millions of instructions, or milliseconds of a processor.
  private func measure(_ shape: CostShape, _ count: Int, _ program: String, _ counts: Bool) throws -> Double {
    let place = try makeFolder("cost")
    defer { _ = try? Command(["rm", "-rf", place]).run() }
    for (name, text) in shape.files(count) {
      var parent = place
      for part in name.split(separator: "/").dropLast() {
        parent += "/\(part)"
        mkdir(parent, 0o700)
      }
      try writeText(text.replacing("DIR/", with: place + "/"), to: "\(place)/\(name)")
    }
    let words = [program] + shape.command.map { $0.replacing("DIR/", with: place + "/") }
    let accepted: Set<Int32> = [0, 1, 64, 66]
    guard counts else {
      return try (0..<3).map { _ in try Command(words).run(accepting: accepted).processor }.min() ?? 0
    }
    let profile = scratchFile("cost-profile")
    try Command(
      [
        "env", "SWIFT_DETERMINISTIC_HASHING=1", "taskset", "-c", "0", "valgrind", "--tool=callgrind",
        "--callgrind-out-file=\(profile)",
      ] + words
    ).run(accepting: accepted)
    let totals = try readText(profile).split(separator: "\n").last {
      $0.hasPrefix("totals: ") || $0.hasPrefix("summary: ")
    }
    guard let count = totals?.split(separator: " ").dropFirst().first.flatMap({ Double($0) }) else {
      throw BenchmarkFailure(description: "callgrind counted nothing for `\(shape.name)`")
    }
    return count / 1_000_000
  }
}
