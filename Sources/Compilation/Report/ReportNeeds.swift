import Diagnostics
import FTPSession
import Flows
import Platforms
import Policy

extension PolicyReport {
  /// Findings that are listed at most.
  private static let mostFindings = 1000

  var findings: String {
    let found = compilation.diagnostics
    guard !found.isEmpty else { return "<p>There is none.</p>\n" }
    let locate = compilation.locator()
    let items = found.prefix(Self.mostFindings).map { finding in
      let place = escapedForXML(locate(finding.primary.span))
      let help = finding.help.map { " <small>\(escapedForXML($0))</small>" } ?? ""
      return "<li class=\"\(finding.severity)\">\(finding.severity) <code>\(escapedForXML(finding.code))</code>: "
        + "\(escapedForXML(finding.message)) (<code>\(place)</code>)\(help)</li>\n"
    }
    let more = found.count - items.count
    return "<ul>\n\(items.joined())</ul>\n"
      + (more > 0 ? "<p>\(more) more: <code>sallyport check</code> lists them.</p>\n" : "")
  }

  // MARK: - Machines

  /// Publications of a machine that are named at most.
  private static let mostNames = 24

  var gatewayList: String {
    var published: [Int: [Int]] = [:]
    for (position, publication) in policy.publications.enumerated() {
      for gateway in publication.gateway == nil ? [-1] : path(of: publication) {
        published[gateway, default: []].append(position)
      }
    }
    let users = Dictionary(grouping: policy.reaches) { $0.gateway ?? -1 }
    let items = policy.gatewayPositions.map { gateway -> String in
      let name = escapedForXML(gatewayName(gateway))
      let platform = compilation.platform(of: gateway)
      let declared = policy.gateway(at: gateway)
      var facts = ["a gateway of the platform \(platform.name)"]
      if let version = declared?.platform?.version?.value { facts[0] += " \(version)" }
      func interfaces(_ side: String, _ list: [Located<String>]) {
        if !list.isEmpty { facts.append("\(side): \(list.map(\.value).joined(separator: ", "))") }
      }
      interfaces("outside", declared?.outside ?? [])
      interfaces("inside", declared?.inside ?? [])
      if let outer = declared?.behind { facts.append("behind \(gatewayName(outer.value))") }
      facts += boxes(before: gateway)
      let choice = declared == nil ? "" : " --gateway \(gatewayName(gateway))"
      var texts: [String] = []
      if compilation.isAccepted {
        texts += platform.companions(of: compilation.flows(gateway: gateway)).map { artifact in
          "\(artifact.purpose): \(artifact.destination ?? artifact.name)"
        }
      }
      let names = links(to: published[gateway ?? -1] ?? [])
      return "<dt id=\"\(gatewayLink(name))\">\(name)</dt>\n"
        + (facts + texts).map { "<dd>\(escapedForXML($0))</dd>\n" }.joined()
        + "<dd>its configuration: <code>sallyport compile FILES\(escapedForXML(choice))</code></dd>\n"
        + "<dd>publishes \(names)</dd>\n"
        + (users[gateway ?? -1].map { "<dd>its users reach \(links(to: $0.map(\.name.value), "r"))</dd>\n" } ?? "")
    }
    return "<dl>\n\(items.joined())</dl>\n"
  }

  /// What the box before a gateway, which the policy does not describe, has to pass on.
  private func boxes(before gateway: Int?) -> [String] {
    guard let box = policy.seen(fromBoxBefore: gateway) else { return [] }
    return box.publications.prefix(Self.mostNames).map { publication in
      let dialled = publication.externalAddresses.map { "\($0.dialled.value)" }.joined(separator: ", ")
      let target = policyServer(box, publication)
      let range = publication.passiveRange.map { " and \($0.value)" } ?? ""
      return
        "the box before it passes \(dialled) port \(publication.controlPort.value.external)\(range) on to \(target)"
    }
  }

  private func policyServer(_ policy: Policy, _ publication: Publication) -> String {
    policy.server(of: publication)?.addresses.map { "\($0.value)" }.joined(separator: ", ") ?? "it"
  }

  /// Links to rows of this page; the first of many are named.
  private func links(to names: [String], _ rows: String) -> String {
    guard !names.isEmpty else { return "nothing" }
    let shown = names.prefix(Self.mostNames).map { name in
      let name = escapedForXML(name)
      return "<a href=\"#\(rows)-\(name)\">\(name)</a>"
    }
    let more = names.count - shown.count
    return shown.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }

  private func links(to positions: [Int]) -> String {
    links(to: positions.map { policy.publications[$0].name.value }, "p")
  }

  // MARK: - Servers

  /// Servers up to which each has a row.
  private static let mostServers = 2000

  var hasServerTable: Bool { policy.servers.count <= Self.mostServers }

  var serverTable: String {
    guard hasServerTable else {
      return
        "<p>\(policy.servers.count) servers: <code>sallyport emit FILES --server NAME</code> writes the settings of "
        + "one, <code>sallyport build FILES -o out</code> those of all.</p>\n"
    }
    let published = Dictionary(grouping: policy.publications.indices) { policy.publications[$0].server ?? -1 }
    let rows = policy.servers.indices.compactMap { index -> String? in
      let server = policy.servers[index]
      guard !server.isGateway else { return nil }
      let positions = published[index] ?? []
      let publications = positions.map { policy.publications[$0] }
      func all(_ values: [String]) -> String {
        var seen: Set<String> = []
        return values.filter { seen.insert($0).inserted }.joined(separator: ", ")
      }
      let name = escapedForXML(server.name.value)
      let cells = [
        server.isLocal ? "on the gateway" : server.addresses.map { "\($0.value)" }.joined(separator: ", "),
        server.software.map { "\($0.value.kind.title) \($0.value.version ?? "")" } ?? "not named",
        all(publications.map { "\($0.controlPort.value.server)" }),
        all(publications.compactMap { $0.passiveRange.map { "\($0.value)" } }),
        all(publications.map(\.tls.value.rawValue)), server.maxClients.map { "\($0.value)" } ?? "",
      ]
      return "<tr id=\"s-\(name)\"><th scope=\"row\">\(name)</th>"
        + cells.map { "<td>\(escapedForXML($0))</td>" }.joined() + "<td>\(links(to: positions))</td></tr>\n"
    }
    guard !rows.isEmpty else { return "" }
    let heads = ["name", "address", "program", "listens on", "passive range", "TLS", "most clients", "published as"]
    return wide("servers", heads, rows)
      + "<p>Settings of one: <code>sallyport emit FILES --server NAME</code>.</p>\n"
  }
}
