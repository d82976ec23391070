import Addressing
package import Policy

/// FileZilla Server up to 0.9.60, which XAMPP brings along (source: 0.9.60; never run). It is read and imported, and
/// never written.
package enum FileZillaLegacyProgram: ServerProgram {
  package static let name = "filezilla"
  package static let title = "FileZilla Server"
  package static func isMeant(byVersion version: String?) -> Bool { !FileZillaProgram.isMeant(byVersion: version) }
  package static var namingVersion: String? { "0.9" }

  package static var hasImplicitBesideExplicit: Bool { true }
  package static var clearControl: ClearControlSupport { .unsupported }
  package static func activeDataPort(controlPort: UInt16) -> UInt16? { nil }
  package static func isOfServer(_ subject: ServerSubject) -> Bool {
    subject == .range || subject == .masquerade || subject == .tls
  }
  package static func separation(of subject: ServerSubject) -> String? {
    isOfServer(subject) ? nil : OtherProgram.separation(of: subject)
  }

  package static var emitters: [any ServerEmitter] { [] }
  package static var reader: (any ServerReader)? { FileZillaLegacyReader() }
  package static func words(_ form: SettingsForm) -> any ServerWords { FileZillaLegacyWords() }
  package static var isOneServerForAllAddresses: Bool { true }
  package static var mayChooseCertificateElsewhere: Bool { true }

  package static func isFile(named name: String) -> Bool { name == "filezilla server.xml" }
  package static func isWritten(_ text: String) -> Bool { text.contains("<FileZillaServer") }
}

/// `<Item>` elements in `<Settings>`.
private struct FileZillaLegacyWords: ServerWords {
  func name(_ setting: SettingName) -> String {
    switch setting {
    case .port: "`Serverports`"
    case .range: "`Use custom PASV ports`"
    case .announced: "`Custom PASV IP type`"
    case .tlsControl: "`Enable SSL`"
    case .tlsData: "`Force PROT P`"
    case .maxClients: "`Maximum user count`"
    case .foreign: "it"
    }
  }

  private func items(_ items: [(name: String, value: String)]) -> String {
    let lines = items.map { item in
      let type = item.value.utf8.allSatisfy(\.isDigit) && item.name != "Serverports" ? "numeric" : "string"
      return "`<Item name=\"\(item.name)\" type=\"\(type)\">\(item.value)</Item>`"
    }
    return "write " + lines.joined(separator: " and ")
  }

  func range(_ range: PortRange) -> String {
    items([
      ("Use custom PASV ports", "1"), ("Custom PASV min port", "\(range.low)"),
      ("Custom PASV max port", "\(range.high)"),
    ])
  }
  func announced(_ address: IPAddress) -> String {
    items([("Custom PASV IP type", "1"), ("Custom PASV IP", "\(address)")])
  }

  func tls(_ mode: TLSMode, clearControl: Bool, certificate: Certificate?) -> String {
    if mode == .off { return items([("Enable SSL", "0")]) }
    let ports = mode == .implicit ? [(name: "Implicit SSL ports", value: "990")] : [("Allow explicit SSL", "1")]
    let required = mode.allowsPlain ? "0" : "1"
    return items([("Enable SSL", "1")] + ports + [("Force explicit SSL", required), ("Force PROT P", required)])
  }

  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String { items([("Serverports", "\(port)")]) }
  func maxClients(_ count: Int) -> String { items([("Maximum user count", "\(count)")]) }
  var privatePeers: String { items([("No External IP On Local", "0")]) }
}
