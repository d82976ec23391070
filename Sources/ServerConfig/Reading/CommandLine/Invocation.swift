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

extension ReadingContext {
  /// The starts of a program that a file holds; empty when it holds none and so is a configuration itself.
  func invocations(in file: SourceID, of software: SoftwareKind) -> [Invocation] {
    let text = InvocationText(file: file, bytes: sources[file].bytes, outer: environment)
    return text.invocations().filter { $0.software == software }
  }
}

/// The text that invocations are read from.
struct InvocationText {
  let file: SourceID
  let bytes: [UInt8]
  /// Variables that the user named.
  let outer: [String: String]

  func invocations() -> [Invocation] {
    let lines = trimmedLines(bytes)
    if lines.contains(where: { $0 == "[Service]" || $0 == "[Socket]" }) { return units() }
    if lines.contains(where: { $0 == "services:" }) { return compose() }
    return script(bytes[...])
  }

  // MARK: Commands

  /// The commands of a script; assignments before a command hold for what follows.
  func script(_ text: ArraySlice<UInt8>) -> [Invocation] {
    var variables = outer
    var found: [Invocation] = []
    for command in ShellWords.commands(in: text, of: file) {
      if let invocation = self.command(command, &variables, [:]) { found.append(invocation) }
    }
    return found
  }

  /// One command; `nil` when it starts no server.
  ///
  /// - Parameter environment: variables that it has, with their places.
  func command(
    _ words: [ShellWord], _ variables: inout [String: String], _ environment: [String: Located<String>]
  ) -> Invocation? {
    var environment = environment
    var rest = words[...]
    while let word = rest.first {
      let text = word.text(variables).text
      if let (name, value) = Self.assignment(text) {
        environment[name] = Located(value, word.span)
        // One made of others may be twice as long as they are, and so on: it is taken for unknown.
        if rest.count == 1 {
          variables[name] = !word.hasVariable || value.utf8.count <= Self.longestReplaced ? value : nil
        }
        rest = rest.dropFirst()
      } else if Self.prefixes.contains(Self.name(text)) || text == "--" {
        rest = rest.dropFirst()
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

  /// Words that only lead to the program.
  private static let prefixes: Set = [
    "exec", "sudo", "env", "nohup", "command", "tini", "dumb-init", "bash", "sh", "setsid", "run.sh",
  ]

  static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

  /// The program of a name such as `pure-ftpd-mysql`.
  static func program(_ name: String) -> SoftwareKind? {
    switch name {
    case "vsftpd": .vsftpd
    case "proftpd", "in.proftpd": .proftpd
    case "pure-ftpd", "pure-ftpd-ldap", "pure-ftpd-mysql", "pure-ftpd-postgresql": .pureFTPd
    default: nil
    }
  }

  static func assignment(_ text: String) -> (name: String, value: String)? {
    guard let equals = text.firstIndex(of: "=") else { return nil }
    let name = text[..<equals]
    guard let first = name.first, first.isLetter || first == "_",
      name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
    else { return nil }
    return (String(name), String(text[text.index(after: equals)...]))
  }
}

/// The lines of a text without blanks at their ends, for a first look.
private func trimmedLines(_ bytes: [UInt8]) -> [String] {
  bytes.split(separator: 0x0A).map { String(decoding: $0.trimmed, as: UTF8.self) }
}
