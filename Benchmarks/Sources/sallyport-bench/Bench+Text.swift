import Glibc

extension Bench {
  /// The start of the program against an empty one.
  func start() throws {
    guard let compiler = find("cc") ?? find("clang") ?? find("gcc") else {
      throw BenchmarkFailure(description: "needs a C compiler for the empty program")
    }
    let source = try write("int main(void) { return 0; }\n", to: "empty.c")
    let empty = scratchFile("empty")
    try Command([compiler, "-O2", "-o", empty, source]).run()
    let results = try measure(
      rounds: 10 * rounds, [{ try Command([empty]).run() }, { try Command(sallyport("--version")).run() }])
    var table = ResultTable("Start", columns: ["program", "time", "processor", "beyond the empty one"])
    for (name, run) in zip(["empty C program", "sallyport --version"], results) {
      table.add(name, time(run.wall), time(run.processor), time(run.wall - results[0].wall))
    }
    table.show()
  }

  /// From text to ruleset, and how that grows.
  func compile() throws {
    var table = ResultTable(
      "Compile", columns: ["publications", "time", "processor", "per publication", "peak memory", "ruleset"])
    for count in isFull ? [1, 100, 1000, 10_000, 20_000, 100_000] : [1, 100, 1000, 20_000, 100_000] {
      let policy = try policy(count)
      let output = scratchFile("compiled.nft")
      let command = Command(sallyport("compile", policy), output: output)
      let run = try measure(rounds: 3 * rounds, [{ try command.run() }])[0]
      var status = stat()
      stat(output, &status)
      table.add(
        "\(count)", time(run.wall), time(run.processor), "\(fixed(run.processor * 1000 / Double(count), 1)) us",
        megabytes(run.peak), "\(Int(status.st_size) / 1000) kB")
    }
    table.show()
  }

  /// What an editor and a hook of git wait for.
  func editing() throws {
    var table = ResultTable("Editing", columns: ["20000 publications", "time", "processor", "peak memory"])
    let policy = try policy(20_000)
    let results = try measure(
      rounds: 3 * rounds,
      [
        { try Command(sallyport("check", policy)).run() },
        { try Command(sallyport("fmt", "--check", policy)).run(accepting: [0, 1]) },
      ])
    for (name, run) in zip(["check", "fmt --check"], results) {
      table.add(name, time(run.wall), time(run.processor), megabytes(run.peak))
    }
    table.show()
  }
}
