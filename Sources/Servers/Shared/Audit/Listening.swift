import Addressing
import Diagnostics
import Policy

/// The services of a server by their ports, for many questions.
struct ServicesByPort {
  /// The services of the site that the policy names, where there are sites.
  let candidates: [EffectiveService]
  private let byPort: [UInt16: [EffectiveService]]
  /// Those whose port the files do not decide.
  private let anywhere: [EffectiveService]
  /// Those that another program starts for each session, on a port that it knows.
  private let spawned: [EffectiveService]

  init(_ server: Server, _ settings: EffectiveSettings) {
    if settings.software.facts.hasSites, let site = server.site?.value.lowercased() {
      candidates = settings.services.filter { $0.site?.lowercased() == site }
    } else {
      candidates = settings.services
    }
    spawned = candidates.filter(\.isSpawned)
    byPort = Dictionary(
      grouping: candidates.filter { !$0.undecided.contains(.port) && !$0.isSpawned }, by: \.port.value)
    anywhere = candidates.filter { $0.undecided.contains(.port) }
  }

  /// Those that listen on a port, or may.
  subscript(port: UInt16) -> [EffectiveService] {
    let known = (byPort[port] ?? []) + spawned
    return known.isEmpty ? anywhere : known
  }
}

/// Which services of a server stand for one that the policy asks for: those on its port, and on its addresses.
struct Listening {
  /// What the other comparisons look at.
  var services: [EffectiveService] = []
  var diagnostics: [Diagnostic] = []

  init(wanted: Service, server: Server, _ onPorts: ServicesByPort, _ settings: EffectiveSettings) {
    let words = settings.software.program.words(settings.services.first?.form ?? .file)
    guard let publication = wanted.publications.first else { return }
    // Said of the whole of the files already.
    guard !settings.services.isEmpty else { return }
    let candidates = onPorts.candidates
    if candidates.isEmpty, let site = server.site {
      diagnostics = [Self.siteMissing(site, settings)]
      return
    }
    let onPort = onPorts[wanted.port]
    guard !onPort.isEmpty else {
      diagnostics = [Self.portMissing(wanted, publication, candidates, settings.software, words)]
      return
    }
    guard !wanted.addresses.isEmpty else {
      services = onPort
      return
    }
    var found = Set<Int>()
    for address in wanted.addresses {
      let indices = onPort.indices.filter { onPort[$0].listens(on: address) }
      // What names the address goes before what takes every address.
      let exact = indices.filter { onPort[$0].addresses.value.contains { IPAddress($0) == address } }
      let chosen = exact.isEmpty ? indices : exact
      if chosen.isEmpty {
        diagnostics.append(Self.addressMissing(address, onPort[0], server, publication, settings.software, words))
      }
      found.formUnion(chosen)
    }
    services = found.sorted().map { onPort[$0] }
  }

  private static func siteMissing(_ site: Located<String>, _ settings: EffectiveSettings) -> Diagnostic {
    let names = settings.services.compactMap(\.site)
    let hint = nearest(to: site.value, among: names) ?? names.first
    return .error(
      "audit-site-missing", "there is no site `\(site.value)` with a binding for FTP in this configuration",
      at: settings.services.first?.place ?? site.span, related: [Label(site.span, "the site of this server")],
      notes: ["what the program does with the published port is decided by other sites then"],
      help: hint.map { "did you mean `\($0)`?" })
  }

  private static func portMissing(
    _ wanted: Service, _ publication: Publication, _ candidates: [EffectiveService], _ software: SoftwareKind,
    _ words: any ServerWords
  ) -> Diagnostic {
    let ports = Set(candidates.map(\.port.value)).subtracting([0]).sorted()
    let listed = ports.map(String.init).joined(separator: ", ")
    let nearest = candidates.first
    let place = nearest?.port.span ?? nearest?.place ?? SourceSpan(file: SourceID(0), 0..<0)
    return .error(
      "audit-control-port",
      ports.isEmpty
        ? "\(software.title) listens on no port for FTP, and the policy asks for \(wanted.port)"
        : "\(software.title) listens on port \(listed), and the policy asks for \(wanted.port)",
      at: place, label: nearest?.port.span == nil ? "nothing here sets \(words.name(.port))" : "",
      related: [Label(publication.controlPort.span ?? publication.header, "port \(wanted.port) of the server")],
      notes: ["the gateway sends control connections to port \(wanted.port), where nothing answers"],
      help: words.port(wanted.port, wanted.addresses))
  }

  private static func addressMissing(
    _ address: IPAddress, _ nearest: EffectiveService, _ server: Server, _ publication: Publication,
    _ software: SoftwareKind, _ words: any ServerWords
  ) -> Diagnostic {
    let listed = nearest.addresses.value.map { "`\($0)`" }.joined(separator: ", ")
    let what = listed.isEmpty ? "the other family only" : listed
    let span = server.addresses.first { $0.value == address }?.span ?? publication.header
    return .error(
      "audit-listen-address",
      "\(software.title) listens on \(what), and the policy expects it on \(address)",
      at: nearest.addresses.span ?? nearest.families.span ?? nearest.place,
      related: [Label(span, "the address of the server")],
      notes: ["control connections to \(address) are refused"],
      help: words.listen)
  }
}
