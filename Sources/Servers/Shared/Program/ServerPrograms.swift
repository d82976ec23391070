package import Evidence
package import Policy

/// Every server program that there is.
package enum ServerPrograms {
  /// In the order in which messages list them. Of programs with one name the first is meant where nothing tells.
  package static let all: [any ServerProgram.Type] = [
    IISProgram.self,
    PureFTPdProgram.self,
    ProFTPDProgram.self,
    VsftpdProgram.self,
    FileZillaProgram.self,
    FileZillaLegacyProgram.self,
    SFTPGoProgram.self,
    OtherProgram.self,
  ]

  /// What policies can name: one for each name.
  package static let named: [SoftwareKind] = all.map { SoftwareKind($0) }.reduce(into: []) { named, kind in
    if !named.contains(kind) { named.append(kind) }
  }

  /// The program of a name, or the first of several; `nil` when there is none.
  package static func program(named name: String) -> SoftwareKind? { named.first { $0.name == name } }

  /// The readers of all programs' logs, and what their replies tell.
  package static let logReaders: [any LogReader] = all.flatMap { $0.logReaders } + [TransferLog()]
  package static let knownReplies: [KnownReply] = all.flatMap { $0.knownReplies }

  /// Where configurations stand on most machines: files, and folders.
  package static let usualFiles = all.compactMap { $0.usualPlace }.filter { $0.hasSuffix(".conf") }
  package static let usualFolders = all.compactMap { $0.usualPlace }.filter { !$0.hasSuffix(".conf") }

  /// Folders beside a folder that hold a part of the settings of the program that it is named for.
  package static func folders(beside folder: String) -> [String] { all.flatMap { $0.foldersBeside(folder) } }

  /// A number for each name, from 1.
  package static func number(of kind: SoftwareKind) -> Int {
    let facts = ObjectIdentifier(kind.facts)
    return numbers.first { $0.program == facts }?.number ?? named.count + 1
  }

  private static let numbers = all.map { program in
    (program: ObjectIdentifier(program), number: (named.firstIndex(of: SoftwareKind(program)) ?? 0) + 1)
  }
}
