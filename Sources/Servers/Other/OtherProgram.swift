package import Policy

/// Every program that sallyport does not know: it gets a checklist, and nothing of it is read. What it can do is taken
/// to be what most can.
package enum OtherProgram: ServerProgram {
  package static let name = "other"
  package static let title = "the FTP server"
  package static var isKnown: Bool { false }
  package static var certificateForm: CertificateForm { .either }
  package static var emitters: [any ServerEmitter] { [ChecklistEmitter()] }
  package static func words(_ form: SettingsForm) -> any ServerWords { OtherWords() }
}

private struct OtherWords: ServerWords {}

extension SoftwareKind {
  package static var other: SoftwareKind { SoftwareKind(OtherProgram.self) }
}
