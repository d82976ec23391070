import Glibc

/// Why nothing could be measured.
struct BenchmarkFailure: Error, CustomStringConvertible {
  var description: String
}

/// What one process took from start to end.
struct ProcessRun {
  /// Milliseconds on the clock.
  var wall: Double
  /// Milliseconds on a processor, in the program and in the kernel for it.
  var processor: Double
  /// The most memory that it had, in megabytes.
  var peak: Double
  var status: Int32
}

/// A program with its arguments, run without a shell.
struct Command {
  var words: [String]
  /// Read as standard input; nothing when `nil`.
  var input: String?
  /// Written with standard output; thrown away when `nil`.
  var output: String?

  init(_ words: [String], input: String? = nil, output: String? = nil) {
    self.words = words
    self.input = input
    self.output = output
  }

  /// Runs it to its end.
  ///
  /// - Parameter accepted: Exit statuses that are no failure.
  @discardableResult
  func run(accepting accepted: Set<Int32> = [0]) throws -> ProcessRun {
    let begin = now()
    let child = try start()
    var status: Int32 = 0
    var usage = rusage()
    while wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
    let wall = now() - begin
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    guard accepted.contains(code) else {
      throw BenchmarkFailure(description: "`\(words.joined(separator: " "))` ended with status \(code)")
    }
    return ProcessRun(
      wall: wall, processor: milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime),
      peak: Double(usage.ru_maxrss) / 1024, status: code)
  }

  /// Starts it and does not wait.
  func start() throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input ?? "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output ?? "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let failure = posix_spawnp(&child, words.first ?? "", &actions, nil, &arguments, environ)
    guard failure == 0 else {
      throw BenchmarkFailure(
        description: "`\(words.first ?? "")` cannot be started: \(String(cString: strerror(failure)))")
    }
    return child
  }

  /// What it writes.
  func text() throws -> String {
    let path = scratchFile("output")
    var command = self
    command.output = path
    try command.run()
    defer { unlink(path) }
    return try readText(path)
  }
}

/// Milliseconds of a clock that only goes forward.
func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
}

private func milliseconds(_ time: timeval) -> Double { Double(time.tv_sec) * 1000 + Double(time.tv_usec) / 1000 }

/// A file of this run in its folder for temporary files.
func scratchFile(_ name: String) -> String { "\(scratchFolder)/\(name)" }

let scratchFolder: String = {
  let path = "/tmp/sallyport-bench-\(getpid())"
  mkdir(path, 0o700)
  return path
}()

/// Makes a folder of this run; returns its path.
func makeFolder(_ name: String) throws -> String {
  let path = scratchFile(name)
  guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
    throw BenchmarkFailure(description: "\(path) cannot be made")
  }
  return path
}

/// Writes a file of this run; returns its path.
func write(_ text: String, to name: String) throws -> String {
  let path = scratchFile(name)
  try writeText(text, to: path)
  return path
}

func writeText(_ text: String, to path: String) throws {
  guard let file = fopen(path, "w") else { throw BenchmarkFailure(description: "\(path) cannot be written") }
  defer { fclose(file) }
  guard fputs(text, file) >= 0 else { throw BenchmarkFailure(description: "\(path) cannot be written") }
}

func readText(_ path: String) throws -> String {
  guard let file = fopen(path, "r") else { throw BenchmarkFailure(description: "\(path) cannot be read") }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { break }
    bytes += buffer.prefix(count)
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Whether a program of that name is installed.
func find(_ program: String, in folders: [String] = []) -> String? {
  (folders + ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]).map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
}
