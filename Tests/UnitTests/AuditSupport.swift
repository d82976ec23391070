import Compilation
import Diagnostics
import Policy
import Servers
import Testing

/// Reads files that are in memory, the first one as the root.
func readServer(
  _ software: SoftwareKind, _ files: [(name: String, text: String)], at path: String? = nil, version: String? = nil,
  environment: [String: String] = [:]
) throws -> (settings: EffectiveSettings, sources: SourceSet) {
  let contents = Dictionary(files.map { ($0.name, Array($0.text.utf8)) }) { $1 }
  var sources = SourceSet()
  let settings = try #require(
    ServerReaders.read(
      path ?? files.first?.name ?? "", as: Software(software, version: version), environment: environment,
      from: ServerFiles(contents), into: &sources))
  return (settings, sources)
}

/// The only service of one file.
func service(_ software: SoftwareKind, _ text: String, version: String? = nil) throws -> EffectiveService {
  let settings = try readServer(software, [("/etc/server.conf", text)], version: version).settings
  #expect(!settings.isRefused, "\(settings.diagnostics.map(\.message))")
  return try #require(settings.services.first)
}

/// Why a program would not start with one file, as underlined text and message.
func refusals(
  _ software: SoftwareKind, _ text: String, version: String? = nil
) throws -> [(place: String, message: String)] {
  let read = try readServer(software, [("/etc/server.conf", text)], version: version)
  return read.settings.diagnostics.filter { $0.code == "server-file-refused" }.map {
    (read.sources.text($0.primary.span), $0.message)
  }
}

/// The findings of an audit of the only server, or of the one at that position.
func audit(
  _ compilation: Compilation, server index: Int = 0, _ files: [(name: String, text: String)], at path: String? = nil,
  and more: [String] = [], unreadable: Set<String> = [], environment: [String: String] = [:]
) throws -> (found: [Diagnostic], sources: SourceSet) {
  let memory = ServerFiles(Dictionary(files.map { ($0.name, Array($0.text.utf8)) }) { $1 })
  var provider = memory
  provider.read = { path, limit in
    unreadable.contains(path) ? .failure(.unreadable("permission denied")) : memory.read(path, limit)
  }
  provider.kind = { unreadable.contains($0) ? .file : memory.kind($0) }
  var sources = compilation.sources
  let settings = try #require(
    ServerReaders.read(
      [path ?? files.first?.name ?? ""] + more, as: compilation.policy.servers[index].software?.value,
      environment: environment, from: provider, into: &sources))
  let found = ServerAudit.findings(compilation.policy, server: index, against: settings)
  return (compilation.withoutAllowed(found), sources)
}

/// The files in the comments above the policy of a page: `# NAME:`, then lines that begin with `#     `.
func filesInComments(_ text: String) -> (files: [(name: String, text: String)], unreadable: Set<String>) {
  var files: [(name: String, text: String)] = []
  var unreadable = Set<String>()
  for line in text.split(separator: "\n") {
    if line.hasPrefix("#     ") {
      files[files.count - 1].text += line.dropFirst(6) + "\n"
    } else if line.hasPrefix("# "), line.hasSuffix(":") {
      files.append((String(line.dropFirst(2).dropLast()), ""))
    } else if line.hasPrefix("# "), line.hasSuffix(": permission denied") {
      unreadable.insert(String(line.dropFirst(2).dropLast(": permission denied".count)))
    }
  }
  // The one without a folder is what is audited.
  return (files.sorted { !$0.name.hasPrefix("/") && $1.name.hasPrefix("/") }, unreadable)
}

/// The documents that a server reads, without scripts beside them, in the folder `/server`.
func serverFiles(of documents: [ServerDocument]) -> [(name: String, text: String)] {
  documents.filter { document in [".conf", ".config", ".xml"].contains { document.name.hasSuffix($0) } }
    .map { ("/server/\($0.name)", $0.text) }
}
