import Glibc

/// A network namespace of this run, so that no rule ever reaches the machine's own.
struct Namespace {
  var name: String

  init(_ name: String) throws {
    self.name = "sallyport-bench-\(getpid())-\(name)"
    try Command(["ip", "netns", "add", self.name]).run()
  }

  func remove() { _ = try? Command(["ip", "netns", "del", name]).run() }

  /// A command that runs inside.
  func words(_ words: [String]) -> [String] { ["ip", "netns", "exec", name] + words }

  func command(_ words: String...) -> Command { Command(self.words(words)) }
}

/// Does something in a namespace that is gone afterwards.
func withNamespace<Result>(_ name: String, _ body: (Namespace) throws -> Result) throws -> Result {
  let namespace = try Namespace(name)
  defer { namespace.remove() }
  return try body(namespace)
}
