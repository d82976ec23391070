import Addressing
import Flows

/// What people have to know who put the lines in place.
struct SRXGuide {
  private let plan: FlowPlan
  private let configuration: SRXConfiguration

  init(_ plan: FlowPlan) {
    self.plan = plan
    configuration = SRXConfiguration(plan)
  }

  var guide: PlatformGuide {
    PlatformGuide(
      device: "Juniper SRX", assumes: assumes, apply: apply, verify: verify, keep: keep, wayBack: wayBack,
      remarks: remarks)
  }

  private var assumes: [String] {
    var sentences = [
      "The zones \(listed(plan.outside)) (clients) and \(listed(plan.inside)) (servers) exist, and routes to the servers "
        + "lead through the latter.",
      "Addresses stand in the global address book. A device that still has address books within its zones takes no "
        + "global one beside them; `commit check` says so (from experience).",
    ]
    if configuration.translates {
      sentences.append(
        "No other destination NAT rule-set comes from the same zones, because Junos takes one for each (from "
          + "experience): where there is one, write its name in place of `\(configuration.names.ruleSet)`, in the way back "
          + "as well, and leave out the lines that delete the rule-set as a whole.")
      sentences.append(
        plan.name(of: .unitOutside).map {
          "The external addresses lie in the subnet of `\($0)` and are not its own: the device answers ARP for them there."
        }
          ?? "Packets for the external addresses come to the device. Where such an address lies in the subnet of the "
          + "outer interface and is not its own, somebody has to answer ARP for it: write `unit outside \"ge-0/0/0.0\"`, "
          + "as the interface is called, into the gateway.")
    }
    if let before = plan.name(of: .before) {
      sentences.append("A policy `\(before)` exists \(pairs). Ours come before it.")
    } else {
      sentences.append(
        "No policy before the end denies these connections: new policies come last. Where one does, write "
          + "`before \"NAME\"` with its name into the gateway.")
    }
    return sentences
  }

  private var pairs: String {
    configuration.zonePairs.map { "`\($0)`" }.joined(separator: " and ")
  }

  private var apply: [PlatformGuide.Step] {
    [
      .init(
        "Open a candidate of your own, so that nobody else's changes are committed with it.", "configure private"),
      .init(
        "Where an earlier version of this gateway is in place, load the way back that was written with it first, into the "
          + "same candidate: it alone knows the publications and the external addresses that are gone since. The policies "
          + "come last then, or before the one that the policy names."),
      .init(
        "Load `srx.set`. Its first lines empty what is there of it already; on a device that has nothing of it, each of "
          + "them is a warning that the statement is not found, and nothing else. End the text with Ctrl-D.",
        "load set terminal"),
      .init("Read what changes, and let it be checked.", "show | compare", "commit check"),
      .init(
        "Commit it for five minutes. Junos goes back by itself when nothing follows.",
        "commit confirmed 5 comment \"sallyport\""),
    ]
  }

  private var verify: [PlatformGuide.Step] {
    let tried = configuration.entries.lazy.compactMap { entry in entry.service.sampleClient.map { (entry, $0) } }
    guard let (entry, client) = tried.first else { return [] }
    let service = entry.service
    let name = configuration.names.name(service)
    var steps = [
      PlatformGuide.Step(
        "Ask which policy a client meets. Policies see the server's address and port, not those that clients dial.",
        commands: plan.outside.prefix(1).flatMap { from in
          plan.inside.prefix(1).map { to in
            "show security match-policies from-zone \(from.name) to-zone \(to.name) source-ip \(client) "
              + "source-port 40000 destination-ip \(service.serverAddress) destination-port "
              + "\(service.serverControlPort) protocol tcp"
          }
        }),
      PlatformGuide.Step(
        "Look at the policy: it must say `ALG: \(service.wantsHelper ? "ftp" : "ignore")` of the control port. `ALG: 0` "
          + "would mean that a well-known port can still bring one in.",
        "show security policies policy-name \(name) detail"),
    ]
    if configuration.translates {
      steps.append(
        .init(
          "Look at the translations, and at their hits after a session.", "show security nat destination rule all"))
    }
    steps.append(
      .init(
        "From a client that may connect, list a folder in passive mode, with TLS where the publication asks for it. A "
          + "login alone shows nothing."))
    return steps
  }

  private var keep: [PlatformGuide.Step] {
    [.init("Confirm within the five minutes. What is committed is kept over a restart.", "commit")]
  }

  private var wayBack: [PlatformGuide.Step] {
    [
      .init(
        "Until something else is committed, go back to the configuration before.", "configure private", "rollback 1",
        "show | compare", "commit"),
      .init(
        "Later, load `\(SRXPlatform.wayBack)`, which deletes what is ours and nothing else.", "configure private",
        "load set terminal", "show | compare", "commit confirmed 5", "commit"),
    ]
      + (configuration.entries.first.map { entry in
        [
          PlatformGuide.Step(
            "Sessions that are open stay so until they end; this ends them (the form was not tried).",
            "clear security flow session destination-prefix \(entry.service.serverAddress)")
        ]
      } ?? [])
  }

  private var remarks: [String] {
    var sentences = [
      "None of this ran on a device. The lines agree with the schema that Juniper publishes, of Junos 24.4; what they need "
        + "is there from 18.1 on.",
      "`security alg ftp ftps-extension` is never written. It opens every TCP port of the server to the client for as "
        + "long as the control connection lasts (CVE-2015-5361, JSA10706), and Juniper does not support it with "
        + "destination NAT of that server. The passive range needs no such thing.",
      "`security alg ftp` is left as it is: it holds for the whole device. The applications decide for these "
        + "connections alone.",
    ]
    if configuration.entries.contains(where: { $0.service.wantsHelper }) {
      sentences.append(
        "The FTP ALG passes a 227 reply on when it carries the server's own address, so the server must announce that in "
          + "clear text; `security alg ftp allow-mismatch-ip-address` would change it for the whole device.")
    }
    if configuration.entries.contains(where: { $0.service.isTranslated }) {
      sentences.append(
        "Policies see the server's address. Whoever can reach that address from the zones of the clients without the "
          + "translation, and is a client, is let in there as well.")
    }
    if hasServerWithSeveralClients {
      sentences.append(
        "A server is published at several addresses for different clients. Policies cannot tell by which of them a "
          + "connection came, so the clients of each may dial the others as well; the ports that they reach are their own."
      )
    }
    let nobody = plan.services.filter { $0.clientPrefixes?.isEmpty == true }
    if !nobody.isEmpty {
      sentences.append(
        "No client is left for \(nobody.map { "`\($0.name)` over \($0.family.title)" }.joined(separator: ", ")): nothing "
          + "is written for that.")
    }
    sentences.append(
      "A connection without packets ends after the timeout of its application, for TCP after 30 minutes unless somebody "
        + "changed it (from experience). A control connection is silent for as long as a transfer lasts, so one that "
        + "lasts longer loses it.")
    return sentences
  }

  /// Whether several external addresses lead to one server for different clients.
  private var hasServerWithSeveralClients: Bool {
    var addresses: [IPAddress: Set<IPAddress>] = [:]
    var clients: [IPAddress: Set<[Prefix]?>] = [:]
    for entry in configuration.entries {
      addresses[entry.service.serverAddress, default: []].insert(entry.service.arrival)
      clients[entry.service.serverAddress, default: []].insert(entry.clients)
    }
    return addresses.contains { $0.value.count > 1 && (clients[$0.key]?.count ?? 0) > 1 }
  }

  private func listed(_ zones: [GatewayInterface]) -> String {
    zones.map { "`\($0.name)`" }.joined(separator: ", ")
  }
}
