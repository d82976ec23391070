import Addressing
package import Policy

/// A server program that does not exist, with facts, a form, a reader and words as others have them.
package enum WharfProgram: ServerProgram {
  package static let name = "wharf"
  package static let title = "Wharf"
  package static var canRefuseActive: Bool { false }
  package static func gap(at mode: TLSMode) -> TLSGap? {
    mode == .implicit ? TLSGap("Wharf has no implicit TLS", instead: .explicitRequired) : nil
  }

  package static var emitters: [any ServerEmitter] { [WharfEmitter()] }
  package static var reader: (any ServerReader)? { WharfReader() }
  package static func words(_ form: SettingsForm) -> any ServerWords { WharfWords() }
  package static func isFile(named name: String) -> Bool { name == "wharf.conf" }
  package static var usualPlace: String? { "/etc/wharf.conf" }
  package static var commands: [String] { ["wharfd"] }
}

extension SoftwareKind {
  package static var wharf: SoftwareKind { SoftwareKind(WharfProgram.self) }
}

private struct WharfWords: ServerWords {
  func range(_ range: PortRange) -> String { "write `passive \(range.low) \(range.high)`" }
  func announced(_ address: IPAddress) -> String { "write `announce \(address)`" }
}
