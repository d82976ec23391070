package import Evidence
package import Policy

/// One FTP server program: its facts, the way from settings to services and back, and its words.
///
/// A new program is one new folder with a conforming type, and one line in `ServerPrograms.all`. Nothing outside of the
/// folder asks which program it is.
package protocol ServerProgram: ServerFacts {
  /// The forms in which its settings are written, its default first; none for a program that is only read.
  static var emitters: [any ServerEmitter] { get }
  /// What reads its settings; `nil` when nothing does.
  static var reader: (any ServerReader)? { get }
  /// A version with which its name means it in a policy; `nil` for a program that its name alone means.
  static var namingVersion: String? { get }
  /// How it is told things that are written in that form.
  static func words(_ form: SettingsForm) -> any ServerWords

  // MARK: Facts about processes

  /// Whether the number of sessions of the whole server can be limited.
  static var limitsClients: Bool { get }
  /// Whether it admits half as many sessions as its passive range has ports, whatever else is said.
  static var capsClientsByRange: Bool { get }
  /// Whether each control port is a process of its own that counts its own sessions.
  static var isOneProcessPerService: Bool { get }
  /// Whether a process that another program starts for each session knows no limit of its own.
  static var leavesLimitsToSpawner: Bool { get }
  /// Whether listeners on several addresses are one server, and not one for each address.
  static var isOneServerForAllAddresses: Bool { get }
  /// Whether one setting decides about other hosts in PORT and at passive ports.
  static var hasOneSettingForForeignHosts: Bool { get }
  /// Whether it does not start where TLS has no certificate, or starts without TLS.
  static var needsCertificate: Bool { get }
  /// Whether a certificate may be chosen in a way that the files do not tell by a path.
  static var mayChooseCertificateElsewhere: Bool { get }

  // MARK: How its files and processes are known

  /// Whether a file of that name, in lower case, is a configuration of it.
  static func isFile(named name: String) -> Bool
  /// Where its configuration stands on most machines: a file, or a folder with several; `nil` for no such place.
  static var usualPlace: String? { get }
  /// Folders beside its folder that hold a part of its settings.
  static func foldersBeside(_ folder: String) -> [String]
  /// Whether a folder is a configuration of it, with a file for each option.
  static func isFolder(_ path: String, _ files: ServerFiles) -> Bool
  /// Whether a text is a configuration of it as a whole, and of no other program.
  static func isWritten(_ text: String) -> Bool
  /// Whether a line that begins with that word is one of its configuration.
  static func isSetting(_ word: String) -> Bool
  /// What its program files are called.
  static var commands: [String] { get }
  /// What names of container images have in them that run it, in lower case.
  static var images: [String] { get }

  // MARK: What it writes about sessions

  /// What reads its logs.
  static var logReaders: [any LogReader] { get }
  /// Replies of it whose text tells a cause.
  static var knownReplies: [KnownReply] { get }
}

extension ServerProgram {
  package static var namingVersion: String? { nil }
  package static var reader: (any ServerReader)? { nil }
  package static var limitsClients: Bool { true }
  package static var capsClientsByRange: Bool { false }
  package static var isOneProcessPerService: Bool { false }
  package static var leavesLimitsToSpawner: Bool { false }
  package static var isOneServerForAllAddresses: Bool { false }
  package static var hasOneSettingForForeignHosts: Bool { false }
  package static var needsCertificate: Bool { false }
  package static var mayChooseCertificateElsewhere: Bool { false }
  package static func isFile(named name: String) -> Bool { false }
  package static var usualPlace: String? { nil }
  package static func foldersBeside(_ folder: String) -> [String] { [] }
  package static func isFolder(_ path: String, _ files: ServerFiles) -> Bool { false }
  package static func isWritten(_ text: String) -> Bool { false }
  package static func isSetting(_ word: String) -> Bool { false }
  package static var commands: [String] { [] }
  package static var images: [String] { [] }
  package static var logReaders: [any LogReader] { [] }
  package static var knownReplies: [KnownReply] { [] }
}

extension SoftwareKind {
  /// The program, which is one of `ServerPrograms.all` wherever a policy or a file names it.
  var program: any ServerProgram.Type { facts as? any ServerProgram.Type ?? OtherProgram.self }
}
