import Glibc

extension Bench {
  /// How long the kernel takes to load what was compiled, against the same publications in other shapes and by
  /// other programs.
  func load() throws {
    var table = ResultTable(
      "Load, in a network namespace of its own",
      columns: ["publications", "ruleset", "time", "to ours", "peak memory"])
    for count in isFull ? [100, 1000, 5000, 20_000] : [1000, 5000] {
      let ours = try ruleset(try policy(count), "ours-\(count)")
      let linear = try write(linearRules(publications: count), to: "linear-\(count).nft")
      let loadLinear = { try Command(["unshare", "-n", "nft", "-f", linear]).run() }
      // 20,000 linear rules take minutes, so once is enough.
      let isOnce = count > 5000
      var results = try measure(
        rounds: rounds,
        [
          { try Command(sallyport("compile", try policy(count))).run() },
          { try Command(["unshare", "-n", "nft", "-f", ours]).run() },
        ] + (isOnce ? [] : [loadLinear]))
      if isOnce { results.append(try loadLinear()) }
      for (name, run) in zip(["compile", "nft -f, ours", "nft -f, linear rules"], results) {
        table.add("\(count)", name, time(run.wall), ratio(run.wall, to: results[1].wall), megabytes(run.peak))
      }
    }
    table.show()
    try loadPeers()
  }

  /// The difference of what runs and what should, where there is none.
  func diff() throws {
    var table = ResultTable(
      "Diff of unchanged rules", columns: ["publications", "command", "time", "to the listing", "peak memory"])
    for count in isFull ? [1000, 20_000] : [20_000] {
      let policy = try policy(count)
      let ours = try ruleset(policy, "ours-\(count)")
      try withNamespace("diff") { namespace in
        try namespace.command("nft", "-f", ours).run()
        let listing = scratchFile("listing.json")
        try Command(namespace.words(listWords), output: listing).run()
        let results = try measure(
          rounds: rounds,
          [
            { try Command(namespace.words(listWords)).run() },
            { try Command(namespace.words(sallyport("diff", policy))).run() },
            { try Command(sallyport("diff", policy, "--against", listing)).run() },
          ])
        for (name, run) in zip(["nft -j list table", "diff", "diff --against FILE"], results) {
          table.add("\(count)", name, time(run.wall), ratio(run.wall, to: results[0].wall), megabytes(run.peak))
        }
      }
    }
    table.show()
  }

  /// A change of one publication among many.
  func apply() throws {
    var table = ResultTable(
      "Apply a change of one publication", columns: ["publications", "command", "time", "to the listing"])
    let count = 20_000
    let policies = [try policy(count, changed: true), try policy(count)]
    let state = scratchFile("state")
    try withNamespace("apply") { namespace in
      // `apply` wants the interfaces that the policy names.
      for name in ["eth0", "eth1"] { try namespace.command("ip", "link", "add", name, "type", "dummy").run() }
      try namespace.command("nft", "-f", try ruleset(policies[1], "ours-\(count)")).run()
      try Command(namespace.words(sallyport("apply", policies[1], "--state-dir", state))).run()
      let dryRun = sallyport("apply", policies[0], "--state-dir", state, "--dry-run")
      let sent = try Command(namespace.words(dryRun)).text().utf8.count
      var turn = 0
      let results = try measure(
        rounds: rounds,
        [
          { try Command(namespace.words(listWords)).run() },
          {
            defer { turn += 1 }
            return try Command(namespace.words(sallyport("apply", policies[turn % 2], "--state-dir", state))).run()
          },
        ])
      for (name, run) in zip(["nft -j list table", "apply"], results) {
        table.add("\(count)", name, time(run.wall), ratio(run.wall, to: results[0].wall))
      }
      table.show()
      print("  the transaction has \(sent) bytes")
    }
  }

  private var listWords: [String] { ["nft", "-j", "list", "table", "inet", "sallyport"] }
}
