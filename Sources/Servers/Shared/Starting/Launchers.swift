import Diagnostics
import Policy

/// Programs that only start another one, which their arguments name.
struct Launcher {
  /// Options with a value of their own after them.
  var valued: Set<String> = []
  /// Words before the program that are no options, such as a priority or a user.
  var positional = 0

  /// As their manual pages have them.
  private static let all: [String: Launcher] = [
    "exec": Launcher(valued: ["-a"]), "nohup": Launcher(), "setsid": Launcher(), "command": Launcher(),
    "time": Launcher(), "daemon": Launcher(), "authbind": Launcher(), "linux32": Launcher(), "linux64": Launcher(),
    "sudo": Launcher(valued: ["-u", "-g", "-h", "-p", "-C", "-D", "-r", "-t", "-T", "-U", "--user", "--group"]),
    "doas": Launcher(valued: ["-u", "-C"]), "env": Launcher(valued: ["-u", "-C", "--unset", "--chdir"]),
    "nice": Launcher(valued: ["-n", "--adjustment"]),
    "ionice": Launcher(valued: ["-c", "-n", "--class", "--classdata"]),
    "chrt": Launcher(valued: ["-T", "-P", "-D"], positional: 1), "taskset": Launcher(positional: 1),
    "timeout": Launcher(valued: ["-s", "-k", "--signal", "--kill-after"], positional: 1),
    "envdir": Launcher(positional: 1), "envuidgid": Launcher(positional: 1), "cgexec": Launcher(valued: ["-g"]),
    "softlimit": Launcher(valued: ["-a", "-c", "-d", "-f", "-l", "-m", "-o", "-p", "-r", "-s", "-t"]),
    "gosu": Launcher(positional: 1), "su-exec": Launcher(positional: 1), "setuidgid": Launcher(positional: 1),
    "setpriv": Launcher(valued: [
      "--reuid", "--regid", "--ruid", "--rgid", "--euid", "--egid", "--groups", "--inh-caps", "--ambient-caps",
      "--bounding-set", "--securebits", "--pdeathsig", "--ptracer", "--selinux-label", "--apparmor-profile",
      "--landlock-access", "--landlock-rule", "--seccomp-filter",
    ]),
    "chpst": Launcher(valued: [
      "-u", "-U", "-b", "-e", "-/", "-C", "-n", "-l", "-L", "-m", "-a", "-d", "-o", "-p", "-f", "-c", "-r", "-t",
      "-s",
    ]),
    "stdbuf": Launcher(valued: ["-i", "-o", "-e"]), "prlimit": Launcher(), "tini": Launcher(valued: ["-p", "-e"]),
    "dumb-init": Launcher(valued: ["-r", "--rewrite"]), "catatonit": Launcher(),
    "s6-setuidgid": Launcher(positional: 1),
    "runuser": Launcher(valued: ["-u", "-g", "-G"]), "numactl": Launcher(), "tcpd": Launcher(),
  ]

  static let shells: Set = ["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"]
  /// Words of a shell that a command follows.
  static let keywords: Set = ["--", "then", "do", "else", "{", "(", "!", "if", "elif", "while", "until"]

  /// What is left after a program that only starts another one, and its options; `nil` for any other program. The
  /// script of an image counts as one: by custom it ends by starting what stands after it.
  static func rest(
    after name: String, _ words: ArraySlice<ShellWord>, _ variables: [String: String]
  ) -> ArraySlice<ShellWord>? {
    if name.hasSuffix(".sh") || name == "docker-entrypoint" || name == "entrypoint" { return words }
    guard let launcher = all[name] else { return nil }
    var rest = words
    while let word = rest.first {
      let text = word.text(variables).text
      guard text.hasPrefix("-") else { break }
      rest = rest.dropFirst(launcher.takesNext(text) ? 2 : 1)
      if text == "--" { break }
    }
    return rest.dropFirst(launcher.positional)
  }

  /// Whether the value of an option is the next word. Of several letters after one `-` the first that has a value
  /// takes what is left of the word.
  private func takesNext(_ option: String) -> Bool {
    guard !option.hasPrefix("--") else { return valued.contains(option) }
    let letters = option.dropFirst()
    return letters.firstIndex { valued.contains("-\($0)") }.map { letters.index(after: $0) == letters.endIndex }
      ?? false
  }

  /// The variables that a program leaves of those that it has, by its options: `env -i`, `env -u NAME`.
  static func environment<Value>(
    of name: String, _ words: ArraySlice<ShellWord>, _ variables: [String: String], _ environment: [String: Value]
  ) -> [String: Value] {
    guard name == "env" else { return environment }
    var left = environment
    var words = words
    while let text = words.popFirst()?.text(variables).text, text.hasPrefix("-"), text != "--" {
      if text.hasPrefix("--") {
        if text == "--ignore-environment" { left = [:] }
        if text.hasPrefix("--unset=") { left[String(text.dropFirst(8))] = nil }
        if text == "--unset" { left[words.popFirst()?.text(variables).text ?? ""] = nil }
        if text == "--chdir" { words = words.dropFirst() }
        continue
      }
      // The first letter that has a value takes what is left of the word, or the next word.
      let flags = text.dropFirst().prefix { !"uCS".contains($0) }
      if text == "-" || flags.contains("i") { left = [:] }
      let value = text.dropFirst(1 + flags.count)
      guard let letter = value.first else { continue }
      let word = value.count > 1 ? String(value.dropFirst()) : words.popFirst()?.text(variables).text ?? ""
      if letter == "u" { left[word] = nil }
    }
    return left
  }

  /// The text that a shell is told to run with `-c`, and what is left after its options without it.
  static func shell(
    _ words: ArraySlice<ShellWord>, _ variables: [String: String]
  ) -> (script: ShellWord?, rest: ArraySlice<ShellWord>) {
    var rest = words
    while let word = rest.first {
      let text = word.text(variables).text
      // `busybox sh`.
      if shells.contains(InvocationText.name(text)) {
        rest = rest.dropFirst()
        continue
      }
      guard text.hasPrefix("-") || text.hasPrefix("+") else { break }
      rest = rest.dropFirst(["-o", "+o", "-O"].contains(text) ? 2 : 1)
      if !text.hasPrefix("--"), text.contains("c") { return (rest.first, rest.dropFirst()) }
    }
    return (nil, rest)
  }

  /// What `start-stop-daemon` starts: the program of `--startas` or `--exec`, with what stands after `--`; `nil` where
  /// it stops one.
  static func daemon(_ words: ArraySlice<ShellWord>, _ variables: [String: String]) -> [ShellWord]? {
    var program: ShellWord?
    var isNamed = false
    var isStart = false
    var rest = words
    while let word = rest.first {
      rest = rest.dropFirst()
      let text = word.text(variables).text
      if text == "--" { break }
      if text == "--start" || text == "-S" { isStart = true }
      for (option, isFirst) in [("--startas", true), ("-a", true), ("--exec", false), ("-x", false)] {
        var named: ShellWord?
        if text == option {
          named = rest.first
          rest = rest.dropFirst()
        } else if option.hasPrefix("--"), text.hasPrefix(option + "=") {
          named = ShellWord(Located(String(text.dropFirst(option.count + 1)), word.span))
        }
        guard let named, isFirst || !isNamed else { continue }
        program = named
        isNamed = isFirst
      }
    }
    guard isStart, let program else { return nil }
    return [program] + rest
  }
}
