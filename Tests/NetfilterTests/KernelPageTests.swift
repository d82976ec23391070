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

  /// A gateway that forwards, with an address that a policy may publish.
  private static let machine = """
    echo 1 >/proc/sys/net/ipv4/ip_forward
    for n in 0 1; do ip link add eth$n type veth peer name far$n; ip link set eth$n up; ip link set far$n up; done
    ip address add 203.0.113.10/24 dev eth0; ip address add 10.10.20.1/24 dev eth1; ip route add default via 203.0.113.1
    ip link set lo up

    """

  /// Commands that bring the gateway into the state.
  private static let states = [
    "external-address-absent": "ip address del 203.0.113.10/24 dev eth0; ip address add 203.0.113.2/24 dev eth0",
    "foreign-chain-undecided":
      "nft 'table ip odd { chain f { type filter hook forward priority 5; policy accept; "
      + "numgen random mod 2 == 0 drop; }; }'",
    "foreign-tables-interfere":
      "nft 'table ip odd { chain p { type filter hook prerouting priority -300; policy accept; tcp dport 21 notrack; }; }'",
    "no-way-through-machine": "ip route add blackhole 10.10.20.200",
    "way-through-machine-undecided": "ip neigh replace 10.10.20.200 dev eth1 nud failed",
    "gateway-not-chosen": ":", "interface-missing": ":",
    "interface-enslaved":
      "ip link add br0 type bridge; ip link add port0 type veth peer name farp; ip link set port0 master br0",
    "local-address-missing": "ip address del 203.0.113.10/24 dev eth0; ip address add 203.0.113.20/24 dev eth0",
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
      return await compile(policy).report(MemoryNetfilter(refusals: [refusal])).diagnostics.map(\.code)
    }
    guard let state = Self.states[code] else {
      throw LabError("say in `states` or `refusals` which machine the page `\(code)` is about")
    }
    return try await withFolder { folder in
      try Release.current.place(programs: programs.path, in: folder)
      try policy.write(toFile: "\(folder)/policy.sally", atomically: false, encoding: .utf8)
      let ended = try await shell(
        "cd \(folder)\n\(Self.machine)\(state) && ./sallyport check --kernel policy.sally --output json"
      )
      let document = try JSONSerialization.jsonObject(with: Data(ended.output.utf8)) as? [String: Any]
      let diagnostics = try #require(document?["diagnostics"] as? [[String: Any]], "\(ended)")
      return diagnostics.compactMap { $0["code"] as? String }
    }
  }
}
