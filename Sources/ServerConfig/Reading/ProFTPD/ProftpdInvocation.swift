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
      let starts = starts(in: path, &context)
      if starts.isEmpty { plain.append(path) }
      for start in starts {
        services += service(of: start, at: path, paths, version, &named, &context)
      }
    }
    for path in plain where !named.contains(path) { services += read(path, version: version, &context) }
    return services
  }

  private func starts(in path: String, _ context: inout ReadingContext) -> [Invocation] {
    guard context.files.kind(path) == .file, path != "-",
      case .success(let bytes) = context.files.read(path, 1 << 18),
      bytes.count <= 1 << 18, !bytes.contains(0),
      InvocationText(file: SourceID(0), bytes: bytes, outer: context.environment).invocations()
        .contains(where: { $0.software == software })
    else { return [] }
    let file = context.add(path, bytes)
    return context.invocations(in: file, of: software)
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
        let isOpen = start.unknown.contains { $0.span == value.span }
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
      context.leaveOpen(
        "the file `\(file.value)`, which this command reads, is not here", at: file.span,
        help: "audit that file too: name it behind this one, or use `--root`")
      return [EffectiveService(place: start.span)].map { service in
        var service = service
        service.undecided = Set(SettingTopic.allCases)
        service.isSpawned = true
        return service
      }
    }
    return read(path, version: version, &context).map { service in
      var service = service
      if let container = start.container { service.place(in: container, start, &context) }
      return service
    }
  }
}
