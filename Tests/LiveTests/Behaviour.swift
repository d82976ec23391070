import Addressing
import Diagnostics
import LiveSupport
import Policy
import Servers

/// What a server does in one session, as far as its configuration decides.
struct Behaviour: Equatable, CustomStringConvertible {
  var isRefused = false
  var isImplicit = false
  /// Connections end before a login is possible.
  var isBroken = false
  /// USER in clear text is refused.
  var demandsTLS = false
  /// Data in clear text is refused to a session in clear text; `nil` where that was not seen.
  var demandsDataTLS: Bool?
  /// The address in the 227 reply; `nil` when PASV is refused.
  var address: String?
  /// The ports that a 227 reply may carry, or the one that it carried.
  var ports: ClosedRange<UInt16> = 0...0

  static let refused = Behaviour(isRefused: true)

  var description: String {
    if isRefused { return "refused" }
    if isBroken { return "broken" }
    let data = demandsDataTLS.map { $0 ? "data TLS " : "" } ?? ""
    return "\(isImplicit ? "implicit " : "")\(demandsTLS ? "TLS " : "")\(data)\(address ?? "no PASV") \(ports)"
  }

  /// Whether what was seen is one of the things that were predicted.
  func agrees(with seen: Behaviour) -> Bool {
    var (one, two) = (self, seen)
    if ports.contains(seen.ports.lowerBound), ports.contains(seen.ports.upperBound) { two.ports = one.ports }
    if one.demandsDataTLS == nil || two.demandsDataTLS == nil {
      (one.demandsDataTLS, two.demandsDataTLS) = (nil, nil)
    }
    return one == two
  }

  /// What the reader says.
  init(settings: EffectiveSettings, service: EffectiveService?) {
    self.init()
    guard !settings.isRefused, let service else {
      isRefused = true
      return
    }
    isImplicit = service.tls.isImplicit.value && service.tls.control.value != .off
    demandsTLS = service.tls.control.value == .required || isImplicit
    let isEncrypted = demandsTLS
    let announced = isEncrypted ? service.announcedWithTLS ?? service.announced : service.announced
    switch announced.value {
    case .own: address = Address.server
    case .address(let literal): address = "\(literal)"
    // The only name that the generator gives.
    case .name: address = "127.0.0.1"
    case .unusable:
      switch settings.software {
      case .pureFTPd: isBroken = true
      case .proftpd: address = Address.server
      default: address = nil
      }
    }
    if isBroken { self = Behaviour(isBroken: true) }
    guard !isBroken else { return }
    if !service.allowsPASV.value { address = nil }
    guard address != nil else { return }
    switch service.passivePorts.value {
    case .any: ports = 1024...65535
    case .range(let range): ports = range.ports
    }
    if !isEncrypted, service.tls.control.value == .optional { demandsDataTLS = service.tls.data.value == .required }
    if service.tls.control.value == .off { demandsDataTLS = false }
  }

  init(isRefused: Bool = false, isBroken: Bool = false) {
    self.isRefused = isRefused
    self.isBroken = isBroken
  }

  /// What the server does on port 21 of the lab's server.
  static func observe(_ lab: Lab, patience: Duration) async throws -> Behaviour {
    var seen = Behaviour()
    let socket = try await lab.openSocket(from: .server, to: Address.server, port: 21)
    let greeting = try await ControlConnection.begin(on: socket, within: patience)
    guard let control = greeting else {
      seen.isImplicit = true
      seen.demandsTLS = true
      return try await seen.withTLS(lab)
    }
    defer { Task { await control.close() } }
    guard await control.greeting.code == 220 else { return Behaviour(isBroken: true) }
    guard try await control.send("USER \(Lab.user)").code == 331 else {
      seen.demandsTLS = true
      // A limit of one session would refuse the next one otherwise.
      _ = try? await control.send("QUIT")
      return try await seen.withTLS(lab)
    }
    guard try await control.send("PASS \(Lab.password)").code == 230 else { throw LabError("no login") }
    let reply = try await control.send("PASV")
    guard let passive = reply.passive else { return seen }
    seen.address = passive.address
    seen.ports = passive.port...passive.port
    let data = try? await lab.openSocket(from: .server, to: Address.server, port: passive.port)
    let answer = try await control.send("NLST")
    seen.demandsDataTLS = answer.code == 522 || answer.code == 521
    data?.close()
    return seen
  }

  /// The 227 reply of a session with TLS, which curl makes.
  private func withTLS(_ lab: Lab) async throws -> Behaviour {
    var session = CurlSession(Address.server, port: 21, isImplicit ? .implicit : .explicit, .pasv)
    session.verifiesCertificate = false
    session.path = "hello.txt"
    session.extra = ["--ftp-skip-pasv-ip"]
    var outcome = try await lab.curl(session, from: .server)
    // A limit of one session may still count the one before.
    _ = try await Patience.wait {
      guard outcome.log.contains("already logged in") else { return true }
      outcome = try await lab.curl(session, from: .server)
      return false
    }
    var seen = self
    seen.address = outcome.pasv?.address
    if let port = outcome.pasv?.port { seen.ports = port...port }
    guard outcome.log.contains("< 230") || outcome.log.contains("< 232") else {
      throw LabError("no login with TLS\n\(outcome.log)")
    }
    return seen
  }
}
