import Diagnostics
import Policy
import Servers
import Testing

@Suite struct EmittersTests {
  private func builder(_ software: SoftwareKind?) -> PolicyBuilder {
    var builder = PolicyBuilder()
    builder.server(software, site: software == .iis ? "ftp" : nil)
    builder.publish(range: 50000...50399)
    return builder
  }

  @Test(arguments: ServerPrograms.named)
  func everyProgramHasAForm(software: SoftwareKind) {
    #expect(!Emitters.forms(of: software).isEmpty)
  }

  @Test func unknownFormNamesTheOthers() {
    let error = #expect(throws: EmitError.self) { try builder(.proftpd).emit(form: "xml") }
    #expect(error?.description == "ProFTPD: there is no form `xml`; there is `conf`, `virtualhost`")
  }

  @Test func unknownServer() {
    #expect(throws: EmitError.unknownServer(3)) {
      try Emitters.emit(Policy(), server: 3) { _ in "" }
    }
  }

  @Test func unnamedSoftwareGetsTheChecklist() throws {
    let emission = try builder(nil).emit()
    #expect(emission.documents.map(\.name) == ["checklist.txt"])
    #expect(emission.text.contains("  [ ] announces 203.0.113.10 in its 227 replies"))
    #expect(emission.text.contains("from 50000 to 50399"))
  }

  @Test func serverWithoutPublications() throws {
    var builder = PolicyBuilder()
    builder.server(.vsftpd)
    let emission = try builder.emit()
    #expect(emission.warnings.isEmpty)
    #expect(emission.documents.isEmpty)
  }

  @Test func twoPublicationsThatAgreeAreOneService() throws {
    var builder = PolicyBuilder()
    builder.server(.pureFTPd)
    builder.publish("one", external: ["203.0.113.10"], helper: true)
    builder.publish("two", external: ["203.0.113.11"], helper: true)
    let emission = try builder.emit()
    #expect(emission.documents.map(\.name) == ["pure-ftpd.conf"])
    #expect(emission.text.contains("publish one") && emission.text.contains("publish two"))
  }

  @Test(arguments: ServerPrograms.named)
  func sameInputSameBytes(software: SoftwareKind) throws {
    #expect(try builder(software).emit().documents == builder(software).emit().documents)
  }

  /// What stands for the name of a policy file cannot leave the comment.
  @Test(arguments: [SoftwareKind.iis, .pureFTPd, .proftpd, .vsftpd, .other])
  func namesOfFilesStayInComments(software: SoftwareKind) throws {
    let emission = try Emitters.emit(builder(software).policy, server: 0) { _ in
      "a\r\nevil\u{2028}%PATH% & evil ^"
    }
    #expect(!emission.first.isEmpty)
    #expect(!emission.first.split(whereSeparator: \.isNewline).contains { $0.hasPrefix("evil") })
    if software == .iis { #expect(emission.first.contains("%%PATH%% ? evil ?")) }
  }

  @Test func templatesCanBeReplaced() throws {
    let name = "vsftpd.conf.mustache"
    let emission = try builder(.vsftpd).emit(
      templates: [name: "{{% CONTENT_TYPE: VSFTPD}}\nlisten_port={{port}}\n"])
    #expect(emission.text == "listen_port=21\n")
  }

  @Test(arguments: [
    "listen_port={{port}}\n", "{{% CONTENT_TYPE: VSFTPD}}\n{{{address}}}\n",
    "{{% CONTENT_TYPE: VSFTPD}}\n{{#range}}\n",
    "{{% CONTENT_TYPE: VSFTPD}}\n{{& address}}\n", "{{% CONTENT_TYPE: VSFTPD}}\n{{address\n",
  ])
  func templatesThatCannotBeUsed(text: String) {
    #expect(throws: EmitError.self) { try builder(.vsftpd).emit(templates: ["vsftpd.conf.mustache": text]) }
  }

  @Test func versions() {
    #expect(SoftwareVersion("1.3.8rc2") == SoftwareVersion(1, 3, 8))
    #expect(SoftwareVersion("1.3") == SoftwareVersion(1, 3))
    #expect(SoftwareVersion(1, 3) < SoftwareVersion(1, 3, 1))
    #expect(!(SoftwareVersion(1, 10) < SoftwareVersion(1, 9, 9)))
    #expect(SoftwareVersion("x") == nil)
    #expect(SoftwareVersion(nil) == nil)
  }
}
