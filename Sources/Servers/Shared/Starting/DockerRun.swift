import Addressing
import Diagnostics
import Policy

/// `docker run OPTIONS IMAGE COMMAND`: the options before the image are Docker's, what follows it is the program's.
struct DockerRun {
  private(set) var invocation: Invocation?

  /// Options of `docker run` that stand alone (its reference); all others take a value.
  private static let flags: Set = [
    "--detach", "--init", "--interactive", "--no-healthcheck", "--oom-kill-disable", "--privileged", "--publish-all",
    "--quiet", "--read-only", "--rm", "--sig-proxy", "--tty", "--disable-content-trust", "--replace",
  ]
  private static let shortFlags = Set("ditPq")

  init(_ text: InvocationText, _ words: [ShellWord], _ variables: [String: String]) {
    var rest = words.dropFirst()
    while let word = rest.first, ["container", "run", "create", "compose"].contains(word.text(variables).text) {
      if word.text(variables).text == "compose" { return }
      rest = rest.dropFirst()
    }
    guard rest.startIndex > words.startIndex + 1 else { return }
    var container = Container(image: "")
    var environment: [String: Located<String>] = [:]
    var named: [String: Located<String>] = [:]
    var missing: [Located<String>] = []
    var entry: Located<String>?
    while let word = rest.first, let option = Self.option(word, variables) {
      rest = rest.dropFirst()
      guard option.takesValue else { continue }
      var value = option.value
      if value == nil, let next = rest.first {
        value = Located(next.text(variables).text, next.span)
        rest = rest.dropFirst()
      }
      guard let value else { break }
      if option.name == "--entrypoint" { entry = value }
      if option.name == "--env-file" { text.take(environmentFile: value, &named, &missing) }
      Self.take(option.name, value, &container, &environment)
    }
    guard let image = rest.first else { return }
    container.image = image.text(variables).text
    let command = entry.map { [ShellWord($0)] } ?? []
    invocation = text.container(
      container, image.span, command + rest.dropFirst(), environment.merging(named) { own, _ in own }, variables)
    invocation?.missingEnvironment = missing
  }

  /// An option with the value that stands in the same word; `nil` for a word that is no option.
  private static func option(
    _ word: ShellWord, _ variables: [String: String]
  ) -> (name: String, value: Located<String>?, takesValue: Bool)? {
    let option = word.text(variables).text
    guard option.hasPrefix("-"), option != "-" else { return nil }
    if option.hasPrefix("--") {
      guard let equals = option.firstIndex(of: "=") else { return (option, nil, !flags.contains(option)) }
      let value = String(option[option.index(after: equals)...])
      return (String(option[..<equals]), Located(value, word.span), true)
    }
    // Several letters may stand in one word, the last of which may have its value after it.
    guard let index = option.dropFirst().firstIndex(where: { !shortFlags.contains($0) }) else {
      return (option, nil, false)
    }
    let attached = option[option.index(after: index)...]
    let value = attached.isEmpty ? nil : Located(String(attached.drop { $0 == "=" }), word.span)
    return ("-" + String(option[index]), value, true)
  }

  private static func take(
    _ name: String, _ value: Located<String>, _ container: inout Container,
    _ environment: inout [String: Located<String>]
  ) {
    switch name {
    case "-p", "--publish": container.publish(value)
    case "-e", "--env":
      // People also write `NAME: VALUE`, after Compose files.
      if let (name, text) = InvocationText.assignment(value.value) ?? colon(value.value) {
        environment[name] = Located(text, value.span)
      }
    case "--network", "--net": container.joins(value)
    default: break
    }
  }

  private static func colon(_ text: String) -> (name: String, value: String)? {
    guard let colon = text.firstIndex(of: ":") else { return nil }
    return (String(text[..<colon]), String(text[text.index(after: colon)...].drop { $0 == " " }))
  }
}

extension Container {
  /// Takes the network of `--network` or `network_mode`.
  mutating func joins(_ network: Located<String>) {
    sharesNetwork = network.value == "host"
    isCutOff = network.value == "none"
    // That of another container, whose ports are published there.
    if ["container:", "service:"].contains(where: { network.value.hasPrefix($0) }) { unread.append(network.span) }
  }

  /// Takes `[ADDRESS:]HOST:CONTAINER[/tcp]`, each a port or a range.
  mutating func publish(_ entry: Located<String>) {
    let parts = entry.value.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count > 1, parts[1] != "tcp" { return }
    var fields = (parts.first ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard let inside = fields.popLast().flatMap(Self.range), let outside = fields.popLast().flatMap(Self.range),
      inside.count == outside.count
    else {
      unread.append(entry.span)
      return
    }
    // Brackets stand around addresses of IPv6.
    let text = fields.joined(separator: ":").drop { $0 == "[" }.prefix { $0 != "]" }
    let address = IPAddress(String(text))
    guard text.isEmpty || address != nil else { return unread.append(entry.span) }
    var port = Published(host: outside, container: inside, span: entry.span)
    guard let address, address.value != 0 else { return published.append(port) }
    port.address = address
    if address.scope == .loopback { loopback.append(port) } else { published.append(port) }
  }

  static func range(_ text: String) -> PortRange? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
    guard let low = ends.first ?? nil, let high = ends.last ?? nil, ends.count <= 2, low > 0 else { return nil }
    return PortRange(low: low, high: high)
  }
}

extension InvocationText {
  /// What a container runs: the program that its command or else its image names.
  func container(
    _ container: Container, _ span: SourceSpan, _ command: [ShellWord], _ environment: [String: Located<String>],
    _ variables: [String: String]
  ) -> Invocation? {
    var variables = variables
    var found = self.command(command, &variables, environment)
    if found == nil {
      let image = container.image.lowercased()
      guard let program = ServerPrograms.all.first(where: { $0.images.contains { image.contains($0) } }) else {
        return nil
      }
      let flags = command.drop { !$0.text(variables).text.hasPrefix("-") }
      found = invocation(SoftwareKind(program), Array(flags), variables, environment, at: span)
    }
    found?.container = container
    return found
  }
}
