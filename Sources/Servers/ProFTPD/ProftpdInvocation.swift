import Diagnostics
import Policy

extension ProftpdReader {
  /// Reads configurations, and what command lines name with `-c`; `-D NAME` is defined for `<IfDefine>`.
  func readAll(
    _ paths: [String], _ version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    var services: [EffectiveService] = []
    var named = Set<String>()
    var plain: [String] = []
    for path in paths {
      guard let starts = starts(in: path, &context) else {
        plain.append(path)
        continue
      }
      for start in starts {
        services += service(of: start, at: path, paths, version, &named, &context)
      }
    }
    for path in plain where !named.contains(path) { services += read(path, version: version, &context) }
    return services
  }

  private func starts(in path: String, _ context: inout ReadingContext) -> [Invocation]? {
    guard context.files.kind(path) == .file, path != "-",
      case .success(let bytes) = context.files.read(path, 1 << 18),
      bytes.count <= 1 << 18, !bytes.contains(0), context.isStart(bytes, of: software)
    else { return nil }
    return context.starts(in: context.add(path, bytes), at: path, of: software)
  }

  private func service(
    of start: Invocation, at evidence: String, _ all: [String], _ version: SoftwareVersion?,
    _ named: inout Set<String>,
    _ context: inout ReadingContext
  ) -> [EffectiveService] {
    var file = Located("/etc/proftpd/proftpd.conf", start.span)
    var rest = start.arguments[...]
    context.defines = []
    context.leaveOpen(variables: start.unknown)
    while let word = rest.first {
      rest = rest.dropFirst()
      let option = word.value
      for (short, long) in [("-c", "--config"), ("-D", "--define")]
      where option.hasPrefix(short) || option.hasPrefix(long) {
        var value = Located(
          String(option.dropFirst(option.hasPrefix(long) ? long.count : 2).drop { $0 == "=" }), word.span)
        if value.value.isEmpty, let next = rest.first {
          value = next
          rest = rest.dropFirst()
        }
        let isOpen = start.isOpen(value)
        if short == "-c" {
          if !isOpen { file = value }
        } else {
          context.defines.insert(value.value)
        }
      }
      // Options whose value is a word of its own.
      if ["-d", "-N", "-p", "-S", "--debug", "--persistent", "--serveraddr"].contains(option) {
        rest = rest.dropFirst()
      }
    }
    let path = context.configuration(file.value, besides: evidence, among: all)
    named.insert(path)
    guard context.files.kind(path) != nil else {
      return [context.startWithout(file, of: start)]
    }
    let outer = context.environment
    context.environment.merge(start.variables.mapValues(\.value)) { named, _ in named }
    context.spawner = start.spawner
    let services = read(path, version: version, &context)
    (context.environment, context.spawner) = (outer, nil)
    return reached(services, start, &context)
  }

  /// The services that the start brings up: of a program that is started for a connection those on its port.
  private func reached(
    _ services: [EffectiveService], _ start: Invocation, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    var reached = services
    if let port = start.spawner?.port?.value {
      reached = services.filter { $0.port.value == port || $0.undecided.contains(.port) }
      // On a port that no server of the file has, the main server answers (measured: 1.3.8).
      if reached.isEmpty { reached = Array(services.prefix(1)) }
    }
    return reached.map { service in
      var service = service
      let own = (addresses: service.addresses, service.takesOtherAddresses)
      service.place(under: start, &context)
      // Which of its servers answers is told by the address of the connection.
      if start.spawner != nil, service.addresses.value.isEmpty {
        (service.addresses, service.takesOtherAddresses) = own
      }
      return service
    }
  }
}
