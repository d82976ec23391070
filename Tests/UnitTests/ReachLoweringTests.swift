import Addressing
import Compilation
import Flows
import Nftables
import Platforms
import Testing

/// What `reach` blocks become as nftables, and how `diff` tells them.
@Suite struct ReachLoweringTests {
  private static let gateway = "gateway branch { outside eth0; inside eth1; external ip 192.0.2.10 }\n"

  private func reach(_ number: Int, _ statements: String = "") -> String {
    """
    reach r\(number) {
      server 20.1.\(number / 250).\(number % 250 + 1)
      passive range 50000-50399
      tls explicit required
      allow 10.20.\(number % 250).0/24
      source gateway
      \(statements)
    }

    """
  }

  private func table(_ policy: String) -> Table { compile(policy).table(gateway: 0) }

  @Test("the number of rules does not grow with that of reaches") func rulesDoNotGrow() {
    func count(_ number: Int) -> Int { table(Self.gateway + (0..<number).map { reach($0) }.joined()).ruleCount }
    #expect(count(2) == count(90))
    // What more than a hundred have in common stands in rules of its own.
    #expect(count(300) == count(900))
  }

  @Test("a policy without reach compiles to the same bytes as beside one") func publicationsStayAsTheyAre() {
    let published = """
      gateway edge { outside eth0; inside eth1; external ip 203.0.113.10 }
      publish files {
        server 10.10.20.200 other
        passive range 50000-50399
        tls off
        helper on
        active on
        allow 198.51.100.0/24
        hairpin on
        log all
      }

      """
    let (alone, both) = (table(published), table(published + reach(1, "log all")))
    #expect(both.sets.prefix(alone.sets.count).elementsEqual(alone.sets))
    #expect(both.chains.prefix(alone.chains.count).elementsEqual(alone.chains))
    #expect(both.sets.count > alone.sets.count)
    #expect(Set(both.sets.map(\.name)).count == both.sets.count)
    #expect(Set(both.chains.map(\.name)).count == both.chains.count)
    for chain in both.chains.dropFirst(alone.chains.count) { #expect(chain.name.hasPrefix("reach_")) }
  }

  @Test func everyNameIsOurs() {
    let table = table(Self.gateway + (0..<120).map { reach($0, "log all") }.joined())
    for set in table.sets { #expect(SetName(text: set.name) != nil, "\(set.name)") }
    for chain in table.chains {
      #expect(ChainName(text: chain.name) != nil, "\(chain.name)")
      for rule in chain.rules { #expect(!rule.provenance.isEmpty, "\(chain.name)") }
    }
  }

  @Test("users are where the gateway calls it inside, and answers get its address back") func sides() throws {
    let text = table(Self.gateway + reach(1)).script().text
    #expect(text.contains("iifname @inside_interfaces jump reach_admission"))
    #expect(text.contains("iifname @inside_interfaces snat ip to ip daddr . tcp dport map @reach_gateway_address4"))
    #expect(!text.contains("outside_interfaces") && !text.contains("dnat"))
  }

  @Test("behind a box that translates, users leave with the address that the gateway has") func arrival() {
    let gateway = "gateway branch { outside eth0; inside eth1; external ip 192.0.2.10 at 10.0.1.4 }\n"
    let text = table(gateway + reach(1)).script().text
    #expect(text.contains(": 10.0.1.4") && !text.contains("192.0.2.10"))
  }

  @Test func demands() {
    let plan = compile(Self.gateway + reach(1, "log denied")).flows(gateway: 0)
    #expect(
      Set(plan.demands.map(\.feature)) == [.reach, .reachUsers, .reachSource, .reachLogDenied], "\(plan.demands)")
    #expect(plan.services.isEmpty && plan.outbound?.services.count == 1)
  }

  @Test func aPlatformWithoutItSaysSo() {
    let policy =
      "gateway branch { platform windows }\n"
      + reach(1).replacing("source gateway", with: "")
    let found = compile(policy).diagnostics.filter { $0.code == "platform-unsupported" }
    #expect(!found.isEmpty)
    #expect(found.first?.message.contains("access of users inside to a server beyond the gateway") == true)
  }

  @Test("a device is written for one direction, with one server of a family")
  func devices() {
    let device =
      "gateway branch { platform fortigate; outside wan1; inside internal; numbers 9001-9010; external ip 192.0.2.10 }\n"
    let own = reach(1).replacing("source gateway", with: "")
    #expect(compile(device + own).isAccepted, "\(compile(device + own).diagnostics.map(\.message))")
    let published = "publish files { server 10.10.20.200 other; passive range 50000-50399; tls off }\n"
    for policy in [device + own + published, device + own.replacing("20.1.0.2", with: "20.1.0.2, 20.1.0.3")] {
      let found = compile(policy).diagnostics.filter { $0.severity == .error }
      #expect(found.map(\.code) == ["platform-unsupported"], "\(found.map(\.message))")
    }
    let all = compile(device + reach(1))
    #expect(all.isAccepted, "\(all.diagnostics.map(\.message))")
    let helper = compile(device + own.replacing("allow ", with: "helper on\n  allow "))
      .diagnostics.filter { $0.severity == .error }
    #expect(helper.map(\.code) == ["platform-unsupported"], "\(helper.map(\.message))")
  }

  @Test func differencesAreToldInItsWords() {
    func changes(_ old: String, _ new: String) -> [String] {
      PolicyDifference(running: table(Self.gateway + old), wanted: table(Self.gateway + new)).changes.map(\.summary)
    }
    #expect(changes(reach(1), reach(1)).isEmpty)
    #expect(changes("", reach(1)).contains("`r1` is wanted and not running"))
    #expect(changes(reach(1), reach(1, "log denied")) == ["`r1`: log denied is wanted and not running"])
    let more = reach(1).replacing("allow 10.20.1.0/24", with: "allow 10.20.1.0/24, 10.30.0.0/16")
    #expect(changes(reach(1), more) == ["`r1`: clients 10.30.0.0/16 are wanted and not running"])
    let other = reach(1).replacing("server 20.1.0.2", with: "server 20.1.0.9")
    #expect(
      changes(reach(1), other) == ["`r1`: server 20.1.0.2 is running, 20.1.0.9 is wanted"],
      "\(changes(reach(1), other))")
  }
}
