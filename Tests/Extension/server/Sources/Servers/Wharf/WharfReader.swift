import Addressing
import Diagnostics
package import Policy

/// Reads `wharf.conf`: a word and its values in each line; `listen` begins a service.
package struct WharfReader: SingleFileReader {
  package let software = SoftwareKind.wharf

  package func read(
    _ path: String, version: SoftwareVersion?, _ context: inout ReadingContext
  ) -> [EffectiveService] {
    guard let file = context.load(path) else { return [] }
    var services: [EffectiveService] = []
    for line in ConfigurationLine.all(of: file, in: context.sources) {
      let words = line.word(line.bytes.trimmed).value.split(separator: " ")
      if words.first == "listen", let port = words.dropFirst().first.flatMap({ UInt16($0) }) {
        services.append(EffectiveService(place: line.span))
        services[services.count - 1].port = Setting(port, line.span)
      } else if words.first == "passive", let last = services.indices.last, let low = words.dropFirst().first,
        let low = UInt16(low), let high = words.last.flatMap({ UInt16($0) }),
        let range = PortRange(low: low, high: high)
      {
        services[last].passivePorts = Setting(.range(range), line.span)
      }
    }
    return services
  }
}
