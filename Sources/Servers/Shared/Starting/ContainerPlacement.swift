import Addressing
import Diagnostics
import Policy

extension EffectiveService {
  /// What becomes of a service in a container with a network of its own: clients come by the ports that are published,
  /// and its own address is one that nobody outside reaches.
  mutating func place(in container: Container, _ invocation: Invocation, _ context: inout ReadingContext) {
    if let span = container.inherits {
      context.leaveOpen(
        "settings from elsewhere count here as well, and were not followed", at: span,
        help: "write them out in this service")
      undecided = Set(SettingTopic.allCases)
    }
    guard !container.sharesNetwork else { return }
    guard !container.portsAreElsewhere else {
      context.leaveOpen(
        "which ports of the host lead into the container stands with who runs the image, and was not compared",
        at: invocation.span, help: "audit the Compose file, or the `docker run`, that runs it")
      undecided.formUnion([.port, .announced])
      addresses = Setting(default: [])
      return
    }
    guard !container.isCutOff else {
      return context.unpublished(
        "the container has no network, so that nobody reaches \(invocation.software.title)", at: invocation.span,
        help: "leave `none` out, and publish its ports: `-p 21:\(port.value)`")
    }
    for span in container.unread {
      context.leaveOpen(
        "this entry is not understood, so that it is not known which ports lead into the container", at: span,
        help: "write `HOST:CONTAINER`, for example `21:21` and `50000-50399:50000-50399`")
    }
    let inner = port.value
    if let host = container.host(of: inner) {
      port = host
    } else if let entry = container.loopback.first(where: { $0.container.contains(inner) }) {
      context.unpublished(
        "the container publishes port \(inner) on the loopback of its host, where only the host itself reaches it",
        at: entry.span, help: "leave the address out: `-p 21:\(inner)`")
    } else if container.unread.isEmpty {
      context.unpublished(
        "the container does not publish port \(inner), on which \(invocation.software.title) listens",
        at: invocation.span,
        help: "publish it: `-p 21:\(inner)`")
    }
    if case .range(let range) = passivePorts.value, !container.publishes(range), container.unread.isEmpty {
      context.unpublished(
        "the container does not publish all passive ports \(range) under their own numbers",
        at: passivePorts.span ?? invocation.span,
        help: "publish them: `-p \(range.low)-\(range.high):\(range.low)-\(range.high)`")
    }
    addresses = container.address(of: inner) ?? Setting(default: [])
    if announced.value == .own {
      announced = Setting(
        .unusable(
          "its own address", consequence: "in a container that is an address which nobody outside reaches"),
        announced.span)
    }
  }
}

extension ReadingContext {
  /// Says that ports of a container lead nowhere.
  fileprivate mutating func unpublished(_ message: String, at span: SourceSpan, help: String) {
    diagnostics.append(
      .error(
        "server-port-unpublished", message, at: span, notes: ["connections to such a port are refused by the host"],
        help: help))
  }

  /// Says that a value comes from a variable that is not known.
  mutating func leaveOpen(variables: [Located<String>]) {
    for variable in variables {
      leaveOpen(
        "`$\(variable.value)` comes from the environment, and its value is not in the files", at: variable.span,
        help: "tell it with `--env \(variable.value)=VALUE`")
    }
  }

  /// The file that a command names: as it is written, beside the file of the command, or among the others that the user
  /// named.
  func configuration(_ path: String, besides evidence: String, among others: [String]) -> String {
    let name = InvocationText.name(path)
    let beside = path.hasPrefix("/") ? path : folder(of: evidence) + path
    return others.first { InvocationText.name($0) == name && $0 != evidence }
      ?? [beside, path].first { files.kind($0) != nil } ?? path
  }
}
