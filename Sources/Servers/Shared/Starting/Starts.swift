import Diagnostics
import Policy

extension ReadingContext {
  /// The starts of a program that a file holds; `nil` when it is a configuration itself. A file that starts other
  /// programs alone is said to.
  mutating func starts(in file: SourceID, at path: String, of software: SoftwareKind) -> [Invocation]? {
    let text = text(of: file, at: path)
    let form = StartForm(text.bytes)
    if form == .socket { return starts(ofSocket: text, at: path, of: software) }
    var starts = text.invocations().filter { $0.software == software }
    if starts.isEmpty {
      guard let form else { return nil }
      refuse(form, software, SourceSpan(file: file, 0..<0))
    }
    if form == .unit, path.hasSuffix("@.service") { listen(for: &starts, of: text, at: path) }
    return starts
  }

  /// Whether a file starts something, rather than being a configuration.
  func isStart(_ bytes: [UInt8], of software: SoftwareKind) -> Bool {
    let text = InvocationText(file: SourceID(0), bytes: bytes, outer: environment)
    return StartForm(bytes) != nil || text.invocations().contains { $0.software == software }
  }

  private func text(of file: SourceID, at path: String) -> InvocationText {
    let files = files
    return InvocationText(file: file, bytes: sources[file].bytes, outer: environment) { name in
      let beside = name.hasPrefix("/") ? name : folder(of: path) + name
      guard case .success(let bytes) = files.read(beside, Self.largestFile), bytes.count <= Self.largestFile else {
        return nil
      }
      return bytes
    }
  }

  private mutating func refuse(_ form: StartForm, _ software: SoftwareKind, _ place: SourceSpan) {
    diagnostics.append(
      .error(
        "server-no-service", "this is \(form.title), and it starts no \(software.title)", at: place,
        notes: ["nothing was compared: there is no service to compare with"],
        help: "name the file that starts the server, or its configuration"))
  }

  // MARK: Socket units

  /// The socket unit of `NAME@.service` is `NAME.socket`.
  private mutating func listen(for starts: inout [Invocation], of unit: InvocationText, at path: String) {
    guard let first = starts.first else { return }
    let name = String(path.dropLast("@.service".count)) + ".socket"
    let socket = configuration(name, besides: path, among: named)
    guard files.kind(socket) == .file, let file = load(socket) else {
      for index in starts.indices { starts[index].spawner = Spawner("systemd", first.span) }
      return leaveOpen(
        "a socket unit of systemd starts this for each session, and `\(InvocationText.name(name))` is not here",
        at: first.span, notes: ["port, address and number of sessions are those of the unit, and were not compared"],
        help: "name the socket unit as well")
    }
    attach(text(of: file, at: socket), &starts, of: unit)
  }

  private func attach(_ socket: InvocationText, _ starts: inout [Invocation], of unit: InvocationText) {
    let inputs = unit.settings().filter { $0.key == "StandardInput" }
    let values = inputs.map { String(decoding: $0.value.trimmed, as: UTF8.self) }
    for index in starts.indices { starts[index].spawner = socket.socketUnit(startsUnit: Set(values)) }
  }

  /// What the unit of a socket starts; nothing when the user named that unit as well, which has its own turn.
  private mutating func starts(
    ofSocket socket: InvocationText, at path: String, of software: SoftwareKind
  ) -> [Invocation] {
    let unit = (path.hasSuffix(".socket") ? String(path.dropLast(".socket".count)) : path) + "@.service"
    if named.contains(where: { InvocationText.name($0) == InvocationText.name(unit) }) { return [] }
    let place = SourceSpan(file: socket.file, 0..<0)
    guard files.kind(unit) == .file, let file = load(unit) else {
      refuse(.socket, software, place)
      return []
    }
    let text = text(of: file, at: unit)
    var starts = text.invocations().filter { $0.software == software }
    if starts.isEmpty { refuse(.unit, software, SourceSpan(file: file, 0..<0)) }
    attach(socket, &starts, of: text)
    return starts
  }

  // MARK: What holds for every program

  /// A start whose file is not here: that it starts the program is all that is known of it.
  mutating func startWithout(_ file: Located<String>, of start: Invocation) -> EffectiveService {
    leaveOpen(
      "the file `\(file.value)`, which this command reads, is not here", at: file.span,
      help: "audit that file too: name it after this one, or use `--root`")
    report(start)
    var service = EffectiveService(place: start.span)
    service.undecided = Set(SettingTopic.allCases)
    service.isSpawned = true
    return service
  }

  /// Says what else decides about a start, and was not read.
  mutating func report(_ start: Invocation) {
    for path in start.missingEnvironment {
      leaveOpen(
        "variables for this start stand in `\(path.value)`, which is not here", at: path.span,
        help: "copy the file to the same place, or use `--root`")
    }
    for span in start.unreadLines {
      leaveOpen("this line decides about clients as well, and was not followed", at: span)
    }
    if start.usesWrappers {
      leaveOpen(
        "`/etc/hosts.allow` and `/etc/hosts.deny` decide about clients as well, and were not read", at: start.span)
    }
  }
}

extension EffectiveService {
  /// What every start of a program brings with it.
  mutating func place(under start: Invocation, _ context: inout ReadingContext) {
    context.report(start)
    guard start.missingEnvironment.isEmpty else {
      undecided = Set(SettingTopic.allCases)
      isSpawned = true
      return
    }
    if let spawner = start.spawner { place(under: spawner, of: start.software) }
    if let container = start.container { place(in: container, start, &context) }
  }
}
