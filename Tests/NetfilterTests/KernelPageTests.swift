import Compilation
import Diagnostics
import Foundation
import LiveSupport
import Netfilter
import Policy
import Testing

/// The samples of pages about the machine, on a machine in the state that each of them is about.
@Suite("pages about the machine", .kernel)
struct KernelPageTests {
  static let pages = rulePages.filter { $0.origin == .kernel }

  /// Commands that bring a namespace, which forwards, into the state.
  private static let states = [
    "foreign-chain-drops":
      "nft 'table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }'",
    "foreign-nat-first":
      "nft 'table ip nat { chain PREROUTING { type nat hook prerouting priority -110; policy accept; "
      + "ip daddr 203.0.113.10 dnat to 10.0.0.9; }; }'",
    "forwarding-off": "echo 0 >/proc/sys/net/ipv4/ip_forward",
  ]

  /// What a kernel refuses that lacks something; the bench's has everything.
  private static let refusals = [
    "helper-module-missing": ("ct helper published-ftp", "No such file or directory"),
    "kernel-refused": ("ct count over 100", "Operation not supported"),
  ]

  @Test(arguments: pages.map(\.code))
  func samplesOfPage(code: String) async throws {
    let page = try #require(Self.pages.first { $0.code == code })
    let (bad, good) = (try await codes(page.bad, code), try await codes(page.good, code))
    #expect(bad.contains(page.code), "the bad sample raises \(bad)")
    #expect(!good.contains(page.code), "the good sample raises \(good)")
  }

  private func codes(_ policy: String, _ code: String) async throws -> [String] {
    if let refusal = Self.refusals[code] {
      return await compile(policy).report(FakeNetfilter(refusals: [refusal])).diagnostics.map(\.code)
    }
    guard let state = Self.states[code] else {
      throw LabError("say in `states` or `refusals` which machine the page `\(code)` is about")
    }
    return try await withFolder { folder in
      try Release.current.place(programs: programs.path, in: folder)
      try policy.write(toFile: "\(folder)/policy.sally", atomically: false, encoding: .utf8)
      let ended = try await shell(
        "cd \(folder); echo 1 >/proc/sys/net/ipv4/ip_forward; \(state) && ./sallyport check --kernel policy.sally --output json"
      )
      let document = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
      let diagnostics = try #require(document?["diagnostics"] as? [[String: Any]], "\(ended)")
      return diagnostics.compactMap { $0["code"] as? String }
    }
  }
}
