import Foundation
import FoundationXML
import LiveSupport
import Policy
import Testing

private let hasValidator = LiveRequirements.hasProgram("xmllint")

/// What xmllint says of texts under one of our schemas; empty when they are valid.
private func complaints(_ texts: [String], schema: String) throws -> String {
  let path = repository.appending(path: "Tests/ServersTests/Schemas/\(schema).xsd").path
  return try withFiles(texts) { paths in
    let run = try ExternalTool(["xmllint", "--nonet", "--noout", "--schema", path] + paths)
    return run.status == 0
      ? ""
      : run.errors.split(separator: "\n").filter { !$0.hasSuffix(" validates") }
        .joined(separator: "\n") + "\n"
  }
}

@Suite("XML is well-formed and typed", .enabled(if: hasValidator, "xmllint is missing: install libxml2-utils"))
struct SchemaTests {
  @Test func iis() throws {
    let texts = try EmittedCase.all.map { try $0.iis.emit(form: "xml").first }
    #expect(texts.allSatisfy { $0.hasPrefix("<!--\r\n  Settings of IIS for server `box`") })
    #expect(try complaints(texts, schema: "iis") == "")
  }

  @Test(arguments: [TLSMode.explicitOptional, .explicitRequired, .implicit])
  func fileZilla(mode: TLSMode) throws {
    var texts: [String] = []
    for version in [nil, "1.7.3", "1.9"] {
      for addresses in [["10.10.20.200"], ["10.10.20.200", "2001:db8:20::200"], ["2001:db8:20::200"], []] {
        for certificate in [nil, pair, .files(certificate: "/a&b <c>/\"'.pem", key: nil)] {
          for hasRange in [true, false] {
            let emission = try emit {
              $0.server(.filezilla, version: version, at: addresses, certificate: certificate)
              $0.publish(
                external: ["203.0.113.10", "2001:db8::10"], range: hasRange ? 50000...50399 : nil, tls: mode,
                helper: !hasRange)
            }
            #expect(emission.errors.isEmpty)
            texts += emission.documents.map(\.text)
          }
        }
      }
    }
    #expect(texts.count == 72)
    #expect(try complaints(texts, schema: "filezilla") == "")
  }

  /// The schema can fail.
  @Test(arguments: [
    ("50000", "1024"), ("50000", "70000"), ("SslRequire\"", "sslRequire\""), ("SslRequire\"", "SslDenied\""),
    ("lowDataChannelPort", "lowDatachannelPort"), ("203.0.113.10\"", "2001:db8::1\""), ("\"*:21:\"", "\"21\""),
    ("maxConnections=\"4294967295\"", "maxConnections=\"4294967296\""), ("allowed=\"false\"", "allowed=\"no\""),
    ("</sites>", ""),
  ])
  func mistakesAreSeen(text: String, mistake: String) throws {
    var example = EmittedCase(mode: .explicitRequired, hasRange: true, helper: false, active: false)
    example.version = "10"
    let sound = try example.iis.emit(form: "xml").first
    let broken = sound.replacing(text, with: mistake)
    #expect(broken != sound)
    #expect(try complaints([broken], schema: "iis") != "")
  }

  @Test func namesArriveAsTheyWereMeant() throws {
    for name in NastyNames.all {
      var example = EmittedCase(mode: .explicitRequired, hasRange: true, helper: false, active: false)
      example.site = name
      let emission = try example.iis.emit(form: "xml")
      let refused = name.unicodeScalars.contains {
        $0.properties.generalCategory == .control || $0.value == 0x2028 || $0.value == 0xFFFE
      }
      #expect(emission.errors == (refused ? ["value-not-expressible"] : []), "\(name.debugDescription)")
      guard !refused else { continue }
      let document = try XMLDocument(xmlString: emission.first)
      let site = try document.nodes(forXPath: "//site").first as? XMLElement
      #expect(site?.attribute(forName: "name")?.stringValue == name, "\(name.debugDescription)")
    }
  }
}

@Test("continuous integration has a validator of XML")
func validatorInContinuousIntegration() {
  if LiveRequirements.isCI { #expect(hasValidator) }
}
