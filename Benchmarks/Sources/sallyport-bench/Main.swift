import Glibc

/// `sallyport-bench FOLDER [SECTION...]`: measures the programs in a folder; `--policy COUNT` prints what it measures
/// with. With `FULL=1` in the environment everything, else what ends within minutes; `PEERS` is a folder with other
/// programs.
@main
struct Main {
  static func main() {
    var words = CommandLine.arguments.dropFirst()
    if runsAsHelper(Array(words)) { return }
    if words.count == 2, words.first == "--policy", let count = words.last.flatMap({ Int($0) }) {
      return print(policyText(publications: count), terminator: "")
    }
    guard let folder = words.popFirst() else {
      print("usage: sallyport-bench FOLDER [\(Section.allCases.map(\.rawValue).joined(separator: "] ["))]")
      exit(64)
    }
    let sections = words.compactMap { Section(rawValue: $0) }
    let bench = Bench(
      folder: folder, isFull: environment("FULL") == "1", peers: environment("PEERS"))
    var failures = 0
    for section in sections.isEmpty ? Section.allCases : sections {
      do {
        try bench.run(section)
      } catch {
        failures += 1
        print("\n\(section.rawValue): \(error)")
      }
    }
    removeScratchFolder()
    exit(failures == 0 ? 0 : 1)
  }
}

/// What this program does in the namespaces that it makes for measuring packets.
private func runsAsHelper(_ words: [String]) -> Bool {
  if words.count == 2, words[0] == "--listen" {
    listen(on: words[1])
  } else if words.count == 4, words[0] == "--dial", let port = UInt16(words[2]), let time = Int(words[3]) {
    dial(words[1], port: port, milliseconds: time)
  } else {
    return false
  }
  return true
}

/// The parts of a run.
enum Section: String, CaseIterable {
  case instructions, cost, start, compile, editing, lsp, load, diff, apply, packets
}

/// What all parts share.
struct Bench {
  /// Where the programs are.
  var folder: String
  var isFull: Bool
  /// A folder with programs of other makers that were unpacked and not installed.
  var peers: String?

  var rounds: Int { isFull ? 7 : 3 }
  var isRoot: Bool { geteuid() == 0 }

  func sallyport(_ words: String...) -> [String] { ["\(folder)/sallyport"] + words }

  /// A policy of that many publications, as a file.
  func policy(_ count: Int, changed: Bool = false) throws -> String {
    try write(
      policyText(publications: count, changed: changed), to: "\(changed ? "changed" : "policy")-\(count).sally")
  }

  /// The ruleset of a policy, as a file.
  func ruleset(_ policy: String, _ name: String) throws -> String {
    let path = scratchFile("\(name).nft")
    try Command(sallyport("compile", policy), output: path).run()
    return path
  }

  func run(_ section: Section) throws {
    switch section {
    case .instructions: try instructions()
    case .cost: try cost()
    case .start: try start()
    case .compile: try compile()
    case .editing: try editing()
    case .lsp: try editors()
    case .load, .diff, .apply, .packets:
      guard isRoot else { throw BenchmarkFailure(description: "needs root, for network namespaces of its own") }
      switch section {
      case .load: try load()
      case .diff: try diff()
      case .apply: try apply()
      default: try packets()
      }
    }
  }
}

func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

private func removeScratchFolder() {
  _ = try? Command(["rm", "-rf", scratchFolder]).run()
}
