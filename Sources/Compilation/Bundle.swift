package import Diagnostics
import Flows
import Platforms
import Policy
import Servers

/// One file of a `build`.
package struct BundleFile: Sendable {
  /// Path inside the output folder, with `/`.
  package var path: String
  package var bytes: [UInt8]
  /// Where it belongs on its machine; `nil` when the server's documentation decides.
  package var destination: String?
  /// What the file is, in one phrase.
  package var purpose: String
}

/// Everything that a policy becomes.
package struct Bundle: Sendable {
  /// Sorted by path; the manifest is the last.
  package var files: [BundleFile]
  /// What the last of the files says.
  package var manifest: BuildManifest
  package var diagnostics: [Diagnostic]
  /// What only writing brings up about the settings of servers in their default forms, and which forms are left out.
  package var remarks: [Diagnostic] = []
}

extension Bundle {
  /// What has changed since an earlier build: the files that are new or have other bytes, and a manifest that names
  /// them and those which are not needed any more.
  ///
  /// - Parameters:
  ///   - earlier: The manifest of that build.
  ///   - bytes: What a file of it holds now; `nil` for one that is not there.
  package func changes(since earlier: BuildManifest, bytes: (_ path: String) -> [UInt8]?) -> Bundle {
    var changed = self
    changed.files = files.dropLast().filter { bytes($0.path) != $0.bytes }
    let removed = earlier.paths.subtracting(files.map(\.path)).sorted()
    changed.manifest = BuildManifest(
      changed.files, machines: manifest.machines ?? [], sources: manifest.sources ?? [],
      version: manifest.sallyport, removed: removed)
    changed.files.append(Self.file(changed.manifest))
    return changed
  }

  fileprivate static func file(_ manifest: BuildManifest) -> BundleFile {
    BundleFile(
      path: BuildManifest.fileName, bytes: manifest.text, destination: nil, purpose: "what the other files are")
  }
}

extension Compilation {
  /// The ruleset and kernel files of every gateway, the settings of every server, and a manifest.
  ///
  /// - Parameter locate: How comments name the place of a statement; `FILE:LINE` without it.
  /// - Throws: `EmitError` when a template that replaces a built-in one cannot be used.
  package func bundle(
    templates: [String: String] = [:], version: String, locate: (@Sendable (SourceSpan) -> String)? = nil
  ) throws -> Bundle {
    var bundle = Bundle(files: [], manifest: BuildManifest([], version: version), diagnostics: [])
    for gateway in policy.gatewayPositions { bundle.files += try gatewayFiles(gateway, version: version) }
    for form in try Emitters.emitAll(
      policy, templates: templates, hostGateways: hostGateways, locate: locate ?? locator())
    {
      bundle.diagnostics += form.emission.diagnostics
      // Remarks on a form that nobody asked for are for `emit`, but not that it is missing.
      bundle.remarks += form.emission.remarks.filter { form.isDefault || $0.code == formLeftOut }
      bundle.files += serverFiles(form)
    }
    bundle.files.sort { $0.path < $1.path }
    bundle.manifest = BuildManifest(
      bundle.files, machines: policy.machines { platform(of: $0).name }, sources: sources.files.map(\.name),
      version: version)
    bundle.files.append(Bundle.file(bundle.manifest))
    return bundle
  }

  /// The files of one server in one form; those of other forms than the first have a folder of their own.
  private func serverFiles(_ form: Emitters.Form) -> [BundleFile] {
    let server = form.server.name.value
    let own = MachineName(.server, server).folder
    let folder = form.isDefault ? own : "\(own)/\(form.form)"
    return form.emission.documents.map {
      BundleFile(
        path: "\(folder)/\($0.name)", bytes: Array($0.text.utf8), destination: nil,
        purpose: form.isDefault ? "settings of server \(server)" : "the same, as \(form.form)")
    }
  }

  private func gatewayFiles(_ gateway: Int?, version: String) throws -> [BundleFile] {
    let folder = policy.machineName(ofGateway: gateway).folder
    let (platform, plan) = (platform(of: gateway), flows(gateway: gateway))
    let configuration = try platform.configuration(of: plan, as: platform.defaultForm, version: version)
    let guide = Platforms.guide(to: plan, on: platform).map { [$0] } ?? []
    return (configuration + platform.companions(of: plan) + guide + boxSheet(gateway, version: version)).map {
      BundleFile(
        path: "\(folder)/\($0.name)", bytes: Array($0.pieces.joined()), destination: $0.destination,
        purpose: $0.purpose)
    }
  }

  /// What the box before a gateway has to pass on, for whoever runs it; empty where there is none.
  private func boxSheet(_ gateway: Int?, version: String) -> [Artifact] {
    guard let before = policy.seen(fromBoxBefore: gateway) else { return [] }
    let sheet = Platforms.lastResort
    let plan = FlowPlan(before, gateway: nil)
    let texts = (try? sheet.configuration(of: plan, as: sheet.defaultForm, version: version)) ?? []
    return texts.map { text in
      var text = text
      text.name = "box-before.txt"
      text.purpose = "what the box before this gateway has to pass on, for whoever runs it"
      return text
    }
  }
}
