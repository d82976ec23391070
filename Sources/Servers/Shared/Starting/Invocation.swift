import Addressing
import Diagnostics
import Policy

/// One start of a server program, as a command line, a unit of systemd, a container or a Compose file has it.
struct Invocation {
  var software: SoftwareKind
  /// What stands after the name of the program.
  var arguments: [Located<String>]
  /// Variables of its environment.
  var variables: [String: Located<String>] = [:]
  /// The container that it runs in.
  var container: Container?
  /// The name of the program, or of the image.
  var span: SourceSpan
  /// Variables whose values are not known, with the word that uses them.
  var unknown: [Located<String>] = []
  /// What listens for it; `nil` when it listens itself.
  var spawner: Spawner?
  /// Whether `/etc/hosts.allow` and `/etc/hosts.deny` decide about clients before it starts.
  var usesWrappers = false
  /// Lines beside the command that decide about clients, and are not followed.
  var unreadLines: [SourceSpan] = []
  /// Files with variables for it that are not here.
  var missingEnvironment: [Located<String>] = []

  /// Whether a variable is a part of an argument whose value is not known.
  func isOpen(_ argument: Located<String>) -> Bool {
    unknown.contains { $0.span == argument.span && argument.value.contains("$\($0.value)") }
  }
}

/// A container, as far as it stands between clients and the program.
struct Container {
  /// `repository/name:tag`.
  var image: String
  /// Ports of the host that lead into it; both ranges have as many ports.
  var published: [Published] = []
  /// Whether it has the host's own network.
  var sharesNetwork = false
  /// What could not be read of its ports.
  var unread: [SourceSpan] = []
  /// Ports that only the host itself reaches, because they are published on its loopback.
  var loopback: [Published] = []
  /// Whether it has no network at all.
  var isCutOff = false
  /// What takes settings from elsewhere that were not followed.
  var inherits: SourceSpan?
  /// Whether its ports are published by whoever runs the image.
  var portsAreElsewhere = false

  struct Published {
    var host: PortRange
    var container: PortRange
    /// The address of the host; `nil` for all.
    var address: IPAddress?
    var span: SourceSpan
  }

  /// The port of the host that leads to one of the container.
  func host(of port: UInt16) -> Setting<UInt16>? {
    for entry in published where entry.container.contains(port) {
      return Setting(entry.host.low &+ (port &- entry.container.low), entry.span)
    }
    return nil
  }

  /// The address of the host on which a port of the container is published; `nil` for all.
  func address(of port: UInt16) -> Setting<[String]>? {
    guard let entry = published.first(where: { $0.container.contains(port) }), let address = entry.address else {
      return nil
    }
    return Setting(["\(address)"], entry.span)
  }

  /// Whether each port of a range leads to the same one of the container.
  func publishes(_ range: PortRange) -> Bool {
    let same = published.filter { $0.host == $0.container }.map(\.container).sorted { $0.low < $1.low }
    var next = Int(range.low)
    for part in same where Int(part.low) <= next { next = max(next, Int(part.high) + 1) }
    return next > Int(range.high)
  }
}

/// The text that invocations are read from.
struct InvocationText {
  let file: SourceID
  let bytes: [UInt8]
  /// Variables that the user named.
  let outer: [String: String]
  /// The content of another file; `nil` when it is not here.
  var read: (String) -> [UInt8]? = { _ in nil }

  func invocations() -> [Invocation] {
    switch StartForm(bytes) {
    case .unit: units()
    case .socket: []
    case .compose: compose()
    case .xinetd: xinetd()
    case .inetd: inetd()
    case .dockerfile: dockerfile()
    case .script, nil: script(ShellWords.commands(in: bytes[...], of: file), outer, [:])
    }
  }

  // MARK: Commands

  /// The commands of a script; assignments before a command hold for what follows. A script that starts a program in
  /// several places starts it once.
  private func script(
    _ commands: [[ShellWord]], _ variables: [String: String], _ environment: [String: Located<String>]
  ) -> [Invocation] {
    var variables = variables
    var environment = environment
    var found: [Invocation] = []
    var known = Set<[String]>()
    for command in commands {
      let words = command.first?.text(variables).text == "export" ? command.dropFirst() : []
      for word in words {
        guard let (name, value) = Self.assignment(word.text(variables).text) else { continue }
        variables[name] = value
        environment[name] = Located(value, word.span)
      }
      guard let start = self.command(command, &variables, environment),
        known.insert([start.software.name] + start.arguments.map(\.value)).inserted
      else { continue }
      found.append(start)
    }
    return found
  }

  /// Shells within shells, at most.
  private static let mostShells = 4

  /// One command; `nil` when it starts no server.
  ///
  /// - Parameter environment: variables that it has, with their places.
  /// - Parameter depth: how many shells were told to run it.
  func command(
    _ words: [ShellWord], _ variables: inout [String: String], _ environment: [String: Located<String>],
    depth: Int = 0
  ) -> Invocation? {
    var environment = environment
    var rest = words[...]
    while let word = rest.first {
      let text = word.text(variables).text
      let name = Self.name(text)
      let after = rest.dropFirst()
      if let (name, value) = Self.assignment(text) {
        environment[name] = Located(value, word.span)
        // One made of others may be twice as long as they are, and so on: it is taken for unknown.
        if rest.count == 1 {
          variables[name] = !word.hasVariable || value.utf8.count <= Self.longestReplaced ? value : nil
        }
        rest = after
      } else if Launcher.shells.contains(name) {
        let shell = Launcher.shell(after, variables)
        if let script = shell.script { return self.shell(script, variables, environment, depth) }
        rest = shell.rest
      } else if name == "start-stop-daemon" {
        guard let started = Launcher.daemon(after, variables) else { return nil }
        rest = started[...]
      } else if Launcher.keywords.contains(text) {
        rest = after
      } else if let left = Launcher.rest(after: name, after, variables) {
        environment = Launcher.environment(of: name, after, variables, environment)
        rest = left
      } else {
        break
      }
    }
    guard let first = rest.first else { return nil }
    let name = Self.name(first.text(variables).text)
    if ["docker", "podman", "nerdctl"].contains(name) { return DockerRun(self, Array(rest), variables).invocation }
    guard let software = Self.program(name) else { return nil }
    return invocation(software, Array(rest.dropFirst()), variables, environment, at: first.span)
  }

  /// What a shell is told to run: the first server that its text starts. Findings point at the whole text.
  private func shell(
    _ script: ShellWord, _ variables: [String: String], _ environment: [String: Located<String>], _ depth: Int
  ) -> Invocation? {
    guard depth < Self.mostShells else { return nil }
    let text = Array(script.text(variables).text.utf8)
    var variables = variables
    for command in ShellWords.commands(in: text[...], of: file) {
      let words = command.map { ShellWord($0.parts, script.span) }
      if let start = self.command(words, &variables, environment, depth: depth + 1) { return start }
    }
    return nil
  }

  func invocation(
    _ software: SoftwareKind, _ words: [ShellWord], _ variables: [String: String],
    _ environment: [String: Located<String>], at span: SourceSpan
  ) -> Invocation {
    var invocation = Invocation(software: software, arguments: [], variables: environment, span: span)
    for word in words {
      let (text, unknown) = word.text { environment[$0]?.value ?? variables[$0] }
      invocation.unknown += unknown.map { Located($0, word.span) }
      // An unquoted variable with blanks in it becomes several words.
      let pieces =
        word.hasVariable && word.parts.count == 1
        ? text.split(whereSeparator: \.isWhitespace).map(String.init) : [text]
      invocation.arguments += pieces.map { Located($0, word.span) }
    }
    return invocation
  }

  /// Bytes of a variable that is made of others at most.
  private static let longestReplaced = 256

  static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The program of the name of a program file.
  static func program(_ name: String) -> SoftwareKind? { programs[name] }

  private static let programs = Dictionary(
    ServerPrograms.all.flatMap { program in program.commands.map { ($0, SoftwareKind(program)) } }
  ) { first, _ in first }

  static func assignment(_ text: String) -> (name: String, value: String)? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let name = text[..<equals]
    guard let first = name.first, first.isLetter || first == "_",
      name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
    else { return nil }
    return (String(name), String(text[text.index(after: equals)...]))
  }
}
