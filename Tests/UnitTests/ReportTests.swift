import Foundation
import FoundationXML
import Testing

/// `report`: one page about a whole policy.
@Suite("report")
struct ReportTests {
  private let policy = """
    gateway outer { outside eth0; inside eth1 }
    gateway inner { outside eth0; inside eth1; behind outer; external ip 192.168.100.2 }
    clients partners = 198.51.100.0/24
    server files { address 10.10.20.200; software vsftpd; certificate "/etc/a.pem" key "/etc/a.key" }
    publish files {
      server files; gateway inner; external ip 203.0.113.10; passive range 50000-50399
      tls explicit required; allow partners
    }
    reach bank { gateway inner; server 203.0.113.77; passive range any; allow 10.10.20.0/24 }
    """

  @Test("names every publication, reach, gateway and server, and links lead somewhere")
  func everything() async throws {
    let run = try await sallyport(["report", "-"], input: policy)
    #expect(run.status == 0, "\(run.errors)")
    let page = run.output
    for id in ["p-files", "r-bank", "g-outer", "g-inner", "s-files", "k1"] {
      #expect(page.contains("id=\"\(id)\""), "\(id)")
    }
    let links = page.matches(of: /href="#([^"]+)"/).map { String($0.1) }
    #expect(links.count > 10)
    for link in Set(links) { #expect(page.contains("id=\"\(link)\""), "\(link) leads nowhere") }
    #expect(page.contains("works: explicit TLS PASV EPSV"))
    // The publication passes both gateways.
    #expect(page.matches(of: /publishes <a href="#p-files">/).count == 2)
    #expect(page.contains("inner (nftables) is reached through outer."))
    #expect(!page.contains("http://") || !page.contains("src=\"http"))
  }

  @Test("well-formed, so that no text of the policy is taken for a tag")
  func wellFormed() async throws {
    let hostile = policy.replacing("/etc/a.pem", with: "/etc/<script>alert(1)</script>.pem")
    let run = try await sallyport(["report", "-"], input: hostile)
    #expect(!run.output.contains("<script>alert"))
    let parser = XMLParser(
      data: Data(
        run.output.replacing("<!DOCTYPE html>", with: "").replacing(/<script>[^§]*?<\/script>/, with: "")
          .replacing(/<meta[^>]*>/, with: "").utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError)) in line \(parser.lineNumber)")
  }

  @Test("a session that does not work, and errors, are 1; the page is there all the same")
  func failing() async throws {
    let wrong = policy.replacing("passive range 50000-50399", with: "passive range 50000-50399; helper maybe")
    let run = try await sallyport(["report", "-"], input: wrong)
    #expect(run.status == 1 && run.output.contains("nothing was played"), "\(run.errors)")
    #expect(run.output.contains("invalid-value") || run.output.contains("<li class=\"error\">"))
  }

  @Test("what fares alike is told once")
  func kinds() async throws {
    let many = (1...80).map { number in
      """
      publish customer\(number) {
        server 10.10.30.\(number) vsftpd; external ip 203.0.113.\(number); passive range 50000-50399
        tls off # allow: tls-off (a test)
      }
      """
    }.joined(separator: "\n")
    let run = try await sallyport(["report", "-"], input: many)
    #expect(run.output.contains("and 79 of its kind"))
    #expect(run.output.matches(of: /<tr id="p-/).count == 80)
    #expect(run.output.contains("<details"))
  }

  @Test("-o writes a file, and says why it cannot") func file() async throws {
    try await withFolder { folder in
      let path = folder.appending(path: "page.html").path
      let run = try await sallyport(["report", "-", "-o", path], input: policy)
      #expect(run.status == 0 && run.output.isEmpty)
      #expect(try String(contentsOfFile: path, encoding: .utf8).hasSuffix("</html>\n"))
      let none = try await sallyport(["report", "-", "-o", "\(path)/page.html"], input: policy)
      #expect(none.status == 74, "\(none)")
    }
  }
}
