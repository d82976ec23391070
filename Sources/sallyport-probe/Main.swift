import CLibcurl
import Glibc

/// `sallyport-probe`: takes one request from standard input, opens one FTP session through libcurl, and tells on
/// standard output what was said and what each connection met.
///
/// The only program that links libcurl, which brings TLS and a resolver, and speaks to servers that nobody vouches for.
/// A fault there ends this program and no other.
@main
struct Probe {
  /// A request may have that many bytes.
  private static let longestRequest = 1 << 16

  static func main() {
    signal(SIGPIPE, SIG_IGN)
    confine()
    guard let bytes = readRequest(limit: longestRequest), let request = decode(bytes),
      request.version == Request.protocolVersion
    else {
      refuse(
        "this is a helper of sallyport; it takes requests of protocol \(Request.protocolVersion) on standard input")
    }
    guard curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK else { refuse("libcurl does not start") }
    if let name = request.resolve { return answer(addressesOf: name) }
    guard let session = request.session else { refuse("the request asks for nothing") }
    guard let play = Play(session) else { refuse("libcurl gives no handle") }
    play.run()
  }

  private static func answer(addressesOf name: String) {
    var text = [CChar](repeating: 0, count: 2048)
    let count = resolve_name(name, &text, UInt32(text.count))
    var report = Report()
    if count > 0 {
      let lines = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      report.addresses = lines.split(separator: "\n").map(String.init)
    } else {
      report.failure = count == 0 ? "it has no address" : String(cString: resolver_words(count))
    }
    _ = send(report)
  }

  /// Ends the program without an answer, as when the command line of another program is wrong (`EX_USAGE`).
  private static func refuse(_ reason: String) -> Never {
    _ = writeAll(Array("sallyport-probe: \(reason)\n".utf8), to: STDERR_FILENO)
    exit(64)
  }
}
