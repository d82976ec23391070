import Compilation
import Diagnostics
import Foundation
import Policy
import Servers
import Testing

/// What `audit` finds, and that it finds nothing where there is nothing.
@Suite struct AuditTests {
  static let pages = rulePages.filter { $0.origin == .audit }

  @Test(arguments: pages.map(\.code))
  func badSampleOfPage(code: String) throws {
    let page = try #require(Self.pages.first { $0.code == code })
    let (files, unreadable) = filesInComments(page.bad)
    let compilation = compile(page.bad)
    #expect(compilation.isAccepted)
    let (found, sources) = try audit(compilation, files, unreadable: unreadable)
    let ours = found.filter { $0.code == code }
    #expect(!ours.isEmpty, "\(found.map(\.code))")
    #expect(ours.allSatisfy { $0.severity == page.severity })
    for diagnostic in ours where !code.hasPrefix("server") {
      // The server's file is blamed, and the policy is shown with it.
      #expect(sources[diagnostic.primary.span.file].name != "policy.sally")
      #expect(diagnostic.related.contains { sources[$0.span.file].name == "policy.sally" })
      #expect(diagnostic.help != nil)
    }
    for diagnostic in found {
      #expect(!diagnostic.message.hasSuffix(".") && diagnostic.message.filter { $0 == "`" }.count.isMultiple(of: 2))
      #expect(diagnostic.help?.hasSuffix(".") != true)
    }
  }

  @Test(arguments: pages.map(\.code))
  func goodSampleOfPage(code: String) throws {
    let page = try #require(Self.pages.first { $0.code == code })
    let (files, unreadable) = filesInComments(page.good)
    #expect(try audit(compile(page.good), files, unreadable: unreadable).found.isEmpty)
  }

  /// What we emit, audited against the same policy, has no findings.
  @Test(arguments: policyFiles())
  func policiesAgreeWithTheirSettings(path: String) throws {
    let root = SourceFile(name: path, text: try String(contentsOfFile: path, encoding: .utf8))
    let compilation = Compilation(
      loadSources([root]) { name in
        (try? Data(contentsOf: URL(filePath: name))).map { .success(Array($0)) } ?? .failure(.missing)
      })
    #expect(compilation.isAccepted)
    try expectAgreement(compilation)
  }

  @Test func generatedPoliciesAgreeWithTheirSettings() throws {
    var count = 0
    for (text, compilation) in GeneratedPolicies.policies.accepted { count += try expectAgreement(compilation, text) }
    #expect(count > GeneratedPolicies.count / 2)
  }

  /// - Returns: How many settings were audited.
  @discardableResult
  private func expectAgreement(_ compilation: Compilation, _ policy: String = "") throws -> Int {
    var count = 0
    for (index, server) in compilation.policy.servers.enumerated() {
      guard let software = server.software?.value.kind, ServerReaders.reader(for: software) != nil else { continue }
      for form in Emitters.forms(of: software) where ["conf", "virtualhost", "xml"].contains(form) {
        guard compilation.policy.publications.contains(where: { $0.server == index }) else { continue }
        let emission = try Emitters.emit(
          compilation.policy, server: index, form: form, locate: compilation.locator())
        guard !emission.documents.isEmpty else { continue }
        let files = serverFiles(of: emission.documents)
        let found = try audit(compilation, server: index, files, at: files.count == 1 ? nil : "/server").found
        #expect(
          found.isEmpty, "\(found.map { "\($0.code): \($0.message)" })\n\(form)\n\(policy)\n\(files.map(\.text))")
        count += 1
      }
    }
    return count
  }

  static func policyFiles() -> [String] {
    let folder = repository.appending(path: "policies").path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".sally") }.sorted().map { "\(folder)/\($0)" }
  }

  @Test func anAllowCommentOfThePolicySilencesAWarning() throws {
    let file = """
      listen=YES
      listen_address=10.10.20.200
      pasv_min_port=50000
      pasv_max_port=50399
      pasv_address=203.0.113.10
      max_clients=0
      port_enable=YES
      """
    let policy = """
      publish files {
          server         10.10.20.200 vsftpd
          external ip    203.0.113.10
          passive range  50000-50399
          tls            off  # allow: tls-off
          active         off  # allow: audit-active-mode (old clients)
      }
      """
    let compilation = compile(policy)
    #expect(compilation.diagnostics.isEmpty, "\(compilation.diagnostics.map(\.message))")
    #expect(try audit(compilation, [("vsftpd.conf", file)]).found.isEmpty)
    let strict = compile(policy.replacing("# allow: audit-active-mode (old clients)", with: ""))
    #expect(try audit(strict, [("vsftpd.conf", file)]).found.map(\.code) == ["audit-active-mode"])
  }

  @Test func rule3OfTheLanguage() throws {
    let policy = published("tls explicit optional\n    helper on", range: "passive range 50000-50399")
    let file = """
      DefaultAddress 10.10.20.200
      PassivePorts 50000 50399
      AllowForeignAddress off
      <Limit PORT EPRT>
        DenyAll
      </Limit>
      TLSEngine on
      """
    // Own address in clear text, where the helper puts the external one in; the external one with TLS.
    #expect(
      try audit(compile(policy), [("p.conf", file + "\nTLSMasqueradeAddress 203.0.113.10\n")]).found.isEmpty)
    let without = try audit(compile(policy), [("p.conf", file + "\n")]).found
    #expect(without.map(\.code) == ["audit-announced-address"])
    let helperOnly = published("tls off # allow: tls-off\n    helper on", range: "")
    let announcing =
      "DefaultAddress 10.10.20.200\nMasqueradeAddress 203.0.113.10\n"
      + file.components(separatedBy: "\n")[2...5].joined(separator: "\n")
    let found = try audit(compile(helperOnly), [("p.conf", announcing + "\n")]).found
    #expect(found.map(\.code) == ["audit-announced-address"])
    #expect(found.first?.notes.first?.hasPrefix("F05") == true)
  }
}
