import Compilation
import Diagnosis
import Diagnostics
import Evidence
import FTPSession
import Nftables
import Platforms
import Policy
import PolicySyntax
import Servers
import Trials

/// What the product says about a case today, in the form of one kind of block.
struct Observation {
  let compilation: Compilation
  private let policy: String
  private let configuration: [(name: String, text: String)]
  private let unreadable: Set<String>
  private let evidence: [(name: String, text: String)]
  private let reports: [(kind: String, text: String)]

  init(_ corpusCase: CorpusCase) {
    policy = corpusCase.policy.text
    configuration = corpusCase.configuration
    unreadable = corpusCase.unreadable
    evidence = corpusCase.evidence
    reports = corpusCase.reports
    let root = SourceFile(name: "policy.sally", text: policy)
    let loaded = loadSources(
      [root],
      read: { path in
        corpusCase.files[path].map { .success(Array($0.utf8)) } ?? .failure(path.hasPrefix("/") ? .outside : .missing)
      }, list: namesInFolders(of: corpusCase.files.keys))
    compilation = Compilation(loaded)
  }

  /// The text for a block; `nil` for a kind that the runner does not know.
  func text(for fence: Fence) -> String? {
    switch fence.kind {
    case "nft": ruleset(only: Set(fence.arguments))
    case "json": refusal ?? String(decoding: table.json(), as: UTF8.self)
    case "diagnostics": diagnostics
    case "formatted": formatted
    case "sessions": sessions(fence)
    case "expectations": expectations
    case "audit": audit
    case "import": imported(fence.arguments.first ?? "")
    case "diagnose": diagnosis(of: fence.arguments)
    case "probe": probe
    case "remarks": settings(fence)
    case let name where ServerPrograms.program(named: name) != nil: settings(fence)
    case let name where Platforms.named(name) != nil: gateway(fence)
    default: nil
    }
  }

  /// The first gateway's table.
  private var table: Table { compilation.table(gateway: compilation.policy.gateways.isEmpty ? nil : 0) }

  /// What stands where output would, when the policy is refused.
  private var refusal: String? { compilation.isAccepted ? nil : "refused\n" }

  private var diagnostics: String {
    render(compilation.diagnostics, in: compilation.sources, as: .full, style: .plain, version: "")
  }

  /// What `sallyport test --coverage` says.
  private var expectations: String {
    if let refusal { return refusal }
    var judge = ExpectationJudge(compilation)
    return ExpectationReport(
      compilation.policy.expectations.flatMap { judge.judge($0) }, gaps: ExpectationCoverage(compilation.policy).gaps,
      ExpectationReport.Places(compilation)
    ).text(.plain)
  }

  private var formatted: String {
    compilation.trees.first.flatMap { format($0) } ?? "refused\n"
  }

  /// The script without its header; with names, only these sets, maps and chains.
  private func ruleset(only names: Set<String>) -> String {
    if let refusal { return refusal }
    var shown = table
    if !names.isEmpty {
      shown.helpers.removeAll { !names.contains($0.name) }
      shown.sets.removeAll { !names.contains($0.name) }
      shown.chains.removeAll { !names.contains($0.name) }
    }
    return shown.script().text.split(separator: "\n").dropFirst(2).map { $0 + "\n" }.joined()
  }

  /// The configuration of the gateway that the block names, or of the first one; with `README` what people are told,
  /// with the name of another of its files that one.
  private func gateway(_ fence: Fence) -> String {
    if let refusal { return refusal }
    let gateways = compilation.policy.gateways
    let gateway = gateways.firstIndex { fence.arguments.contains($0.name.value) } ?? (gateways.isEmpty ? nil : 0)
    let (platform, plan) = (compilation.platform(of: gateway), compilation.flows(gateway: gateway))
    let form = platform.forms.first { fence.arguments.contains("form=\($0)") } ?? platform.defaultForm
    let files = (try? platform.configuration(of: plan, as: form, version: "VERSION")) ?? []
    let others = platform.companions(of: plan) + [Platforms.guide(to: plan, on: platform)].compactMap(\.self)
    let named = (files + others).filter { fence.arguments.contains($0.name) }
    let shown = named.isEmpty ? files : named
    let texts = shown.map { file in
      String(decoding: file.pieces.joined(), as: UTF8.self).replacing("\r\n", with: "\n")
    }
    return texts.count == 1 ? texts[0] : zip(shown, texts).map { "# file: \($0.name)\n\($1)" }.joined()
  }

  /// The sessions of the first publication, or of the one, or the `reach`, that the block names; with a choice such as
  /// `tls-pasv`, the ladders of those sessions of an allowed client.
  private func sessions(_ fence: Fence) -> String {
    if !compilation.policy.publications.allSatisfy(compilation.canExplain) { return "refused\n" }
    let publications = compilation.policy.publications
    let reaches = compilation.policy.reaches
    if let reach = fence.arguments.lazy.compactMap({ name in reaches.first { $0.name.value == name } }).first {
      return sessions(compilation.sessions(of: reach), fence)
    }
    let named = fence.arguments.lazy.compactMap { name in publications.first { $0.name.value == name } }.first
    guard let publication = named ?? publications.first else { return "no publication\n" }
    return sessions(compilation.sessions(of: publication), fence)
  }

  private func sessions(_ table: SessionTable, _ fence: Fence) -> String {
    guard let choice = fence.arguments.lazy.compactMap(SessionChoice.init).first else { return table.text(.plain) }
    let locate = compilation.statementLocator()
    return table.shown(mode: choice, most: .max).filter { $0.place == .allowed }.compactMap { cell in
      cell.performance.map { Ladder($0, title: cell.title, locate: locate).text(.plain) }
    }.joined(separator: "\n")
  }

  private var serverFiles: ServerFiles {
    let memory = ServerFiles(Dictionary(configuration.map { ($0.name, Array($0.text.utf8)) }) { $1 })
    var files = memory
    files.read = { path, limit in
      unreadable.contains(path) ? .failure(.unreadable("permission denied")) : memory.read(path, limit)
    }
    return files
  }

  /// What an audit of the first server finds.
  private var audit: String {
    if let refusal { return refusal }
    guard let server = compilation.policy.servers.first, let root = configuration.first else {
      return "nothing to audit\n"
    }
    var sources = compilation.sources
    let read = ServerReaders.read(root.name, as: server.software?.value, from: serverFiles, into: &sources)
    guard let settings = read else { return "nothing to audit\n" }
    let found = compilation.withoutAllowed(ServerAudit.findings(compilation.policy, server: 0, against: settings))
    return render(found, in: sources, as: .full, style: .plain, version: "")
  }

  /// What the named pieces of evidence come to, with the first publication.
  private func diagnosis(of names: [String]) -> String {
    let readers = clientReaders + ServerPrograms.logReaders + firewallReaders
    let chosen = names.compactMap { name in evidence.first { $0.name == name } }
    let files = (names.isEmpty ? evidence : chosen).enumerated().map { index, piece in
      readLog(Array(piece.text.utf8), name: piece.name, source: index, readers: readers)
    }
    let diagnosis = Diagnosis(files, replies: ServerPrograms.knownReplies, publication: published)
    return DiagnosisText(diagnosis, style: .plain).text
  }

  private var published: PublishedFacts? {
    compilation.policy.publications.first.map { publication in
      PublishedFacts(
        externalAddresses: publication.externalAddresses.map(\.dialled.value), serverAddresses: [],
        controlPort: publication.controlPort.value.external, passiveRange: publication.passiveRange?.value,
        hasHelper: publication.helper.value, hasActive: publication.active.value)
    }
  }

  /// What the sessions of which there are reports come to, beside what the policy promises of them.
  private var probe: String {
    guard let publication = compilation.policy.publications.first else { return "nothing to probe\n" }
    let trials = plannedTrials(
      of: compilation.sessions(of: publication), at: publication.externalAddresses.map(\.dialled.value),
      port: publication.controlPort.value.external)
    let results = reports.compactMap { kind, text -> TrialResult? in
      let trial = trials.first { "\($0.kind.encryption.rawValue) \($0.kind.mode.rawValue)" == kind }
      guard let trial, let report = decodeJSON(ProbeReport.self, from: Array(text.utf8)) else { return nil }
      return TrialResult(trial, report, TrialManner(), replies: ServerPrograms.knownReplies)
    }
    let findings = ProbeFindings(results, replies: ServerPrograms.knownReplies, publication: published)
    return findings.text(title: publication.name.value, style: .plain)
  }

  /// The policy that is written from the files.
  private func imported(_ software: String) -> String {
    guard let reader = ServerPrograms.program(named: software).flatMap({ ServerReaders.reader(for: $0) }),
      let root = configuration.first
    else { return "nothing to import\n" }
    var sources = SourceSet()
    let settings = reader.read(root.name, from: serverFiles, into: &sources)
    return PolicyDraft(settings, from: root.name).text
  }

  /// The settings of the only server, or of the one that the block names, in the default form or as `form=NAME` says;
  /// for `remarks` what is said while they are written.
  private func settings(_ fence: Fence) -> String {
    if let refusal { return refusal }
    let servers = compilation.policy.servers
    let index = fence.arguments.lazy.compactMap { name in servers.firstIndex { $0.name.value == name } }.first ?? 0
    let form = fence.arguments.first { $0.hasPrefix("form=") }.map { String($0.dropFirst(5)) }
    do {
      let emission = try Emitters.emit(
        compilation.policy, server: index, form: form, locate: compilation.locator())
      if emission.diagnostics.hasErrors || fence.kind == "remarks" {
        let shown = emission.diagnostics.hasErrors ? emission.diagnostics : emission.remarks
        return render(shown, in: compilation.sources, as: .full, style: .plain, version: "")
      }
      return emission.documents.map { document in
        let name = emission.documents.count > 1 ? "# file: \(document.name)\n" : ""
        return name + document.text.replacing("\r\n", with: "\n")
      }.joined()
    } catch {
      return "\(error)\n"
    }
  }
}
