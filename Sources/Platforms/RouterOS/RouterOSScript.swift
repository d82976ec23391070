import Addressing
import Diagnostics
import Flows

/// The script that brings the router to what the plan says.
struct RouterOSScript {
  private let plan: FlowPlan
  private let names: ObjectNames
  /// The most characters of a name. RouterOS has no documented length; chains of Linux have at most 28
  /// (`XT_EXTENSION_MAXNAMELEN` in `linux/netfilter/x_tables.h`), and its sets 31.
  private static let longestName = 28

  init(_ plan: FlowPlan) {
    self.plan = plan
    names = ObjectNames(
      plan.services.map(\.name), longest: Self.longestName, suffixes: RouterOSServiceLines.suffixes)
  }

  func artifact(version: String) -> Artifact {
    var text = ConfigurationText()
    text.add("# Written by sallyport \(version)\(plan.gateway.map { " for the gateway `\($0.name)`" } ?? "").")
    text.add("# To be imported as a file. Takes away what has a comment of sallyport, and adds what the policy says.")
    let families = plan.families.map { family in (family, entries(of: family)) }
    for (family, entries) in families where entries.usesPlace { guardPlace(family.family, &text) }
    RouterOSRemoval(plan).add(to: &text)
    for (family, entries) in families {
      for menu in RouterOSMenu.allCases {
        guard let lines = entries.lines[menu], !lines.isEmpty else { continue }
        text.add(menu.path(family.family), for: lines.first?.span)
        for line in lines { text.add(line.text, for: line.span) }
      }
    }
    return text.artifact("sallyport.rsc", purpose: "the rules; import them")
  }

  /// The script ends before it changes anything where the rule is not there that ours have to precede: `place-before`
  /// with nothing that is found, or with more than one, is not documented.
  private func guardPlace(_ family: AddressFamily, _ text: inout ConfigurationText) {
    guard let before = plan.name(of: .before) else { return }
    let menu = RouterOSMenu.filter.path(family)
    text.add(
      ":if ([:len [\(menu) find where chain=forward comment=\(routerOSQuoted(before))]] != 1) do={ "
        + ":error \"sallyport: one rule of \(menu), chain forward, has to have the comment that the policy names: "
        + "give it to the one that refuses the rest\" }",
      for: plan.provenance(of: .before))
  }

  private func entries(of family: FamilyFlows) -> RouterOSEntries {
    let services = plan.services.filter { $0.family == family.family }
    let all = services.map { RouterOSServiceLines($0, plan, names) }
    var entries = RouterOSEntries(place: plan.name(of: .before))
    for service in all { service.write(to: &entries) }
    // Where a range of another publication holds a control port of the server, the limit still comes first.
    for service in all where service.isLimited { service.writePermits(to: &entries) }
    for service in all where !service.isLimited { service.writePermits(to: &entries) }
    for service in all { service.writeDenied(to: &entries) }
    if plan.isOutbound { for service in all { service.writeRefusals(to: &entries) } }
    writeActive(family, &entries)
    return entries
  }

  /// Data connections of active mode that the server opens by itself.
  private func writeActive(_ family: FamilyFlows, _ entries: inout RouterOSEntries) {
    let translations = family.activeTranslations
    for flow in translations.flows {
      let service = translations.service(flow)
      for interface in plan.outside.routerOSInterfaces {
        var line = RouterOSLine([
          "chain": "srcnat", "action": "src-nat", "protocol": "tcp", "src-address": flow.address.routerOS,
          "src-port": "\(flow.ports)", "out-interface": interface,
        ])
        line.add([family.family.routerOSTarget: service.arrival.routerOS])
        entries.add(line, to: .nat, tag(service.name, "active"), translations.provenance(flow))
      }
    }
    let refusals = family.activeRefusals
    for flow in refusals.flows {
      for interface in plan.inside.routerOSInterfaces {
        let line = RouterOSLine([
          "chain": "forward", "action": "drop", "connection-state": "new", "protocol": "tcp",
          "in-interface": interface, "src-address": flow.address.routerOS, "src-port": "\(flow.ports)",
        ])
        entries.addPlaced(line, tag(refusals.service(flow).name, "active"), refusals.provenance(flow))
      }
    }
  }
}

/// The entries of one family, menu by menu.
struct RouterOSEntries {
  private(set) var lines: [RouterOSMenu: [(text: String, span: SourceSpan)]] = [:]
  /// What is there already: a publication with an address for clients inside says some things twice.
  private var known: Set<String> = []
  /// The comment of the rule that ours precede; without it there are none in the `forward` chain.
  private let place: String?
  private(set) var usesPlace = false

  init(place: String?) { self.place = place }

  mutating func add(_ line: RouterOSLine, to menu: RouterOSMenu, _ comment: String, _ span: SourceSpan) {
    let text = "\(line.text) comment=\(routerOSQuoted(comment))"
    if known.insert("\(menu) \(text)").inserted { lines[menu, default: []].append((text, span)) }
  }

  /// Adds a line to the `forward` chain, before the rule that the policy names.
  mutating func addPlaced(_ line: RouterOSLine, _ comment: String, _ span: SourceSpan) {
    guard let place else { return }
    let text = "\(line.text) comment=\(routerOSQuoted(comment))"
    guard known.insert("forward \(text)").inserted else { return }
    usesPlace = true
    let found = "place-before=[find where chain=forward comment=\(routerOSQuoted(place))]"
    lines[.filter, default: []].append(("\(text) \(found)", span))
  }
}

extension AddressFamily {
  /// What the address is called that a packet gets.
  var routerOSTarget: String { self == .ipv4 ? "to-addresses" : "to-address" }
}

extension [GatewayInterface] {
  /// The values of a parameter that takes one interface, one rule for each; one that leaves it out for none at all.
  var routerOSInterfaces: [String?] { isEmpty ? [nil] : map { routerOSQuoted($0.name) } }
}

/// Takes away what is ours: whatever has a comment of sallyport. The last to refer goes first.
struct RouterOSRemoval {
  private let plan: FlowPlan

  init(_ plan: FlowPlan) { self.plan = plan }

  func add(to text: inout ConfigurationText) {
    for family in plan.routerOSFamilies {
      for menu in RouterOSMenu.allCases.reversed() {
        guard family == .ipv4 || menu != .nat || plan.routerOSTranslatesIPv6 else { continue }
        text.add("\(menu.path(family)) remove [find where comment~\"^sallyport:\"]")
      }
    }
  }

  var artifact: Artifact {
    var text = ConfigurationText()
    text.add("# Takes away what sallyport added to this router, and nothing else.")
    add(to: &text)
    return text.artifact("sallyport-remove.rsc", purpose: "the way back; import it")
  }
}

/// The switch of the helper, which is one for the whole router. A file of its own, because it changes what other
/// connections through the router get.
struct RouterOSHelper {
  private let ports: [UInt16]
  private let span: SourceSpan?

  /// - Returns: `nil` where no publication has the helper.
  init?(_ plan: FlowPlan) {
    let helped = plan.services.filter { $0.wantsHelper && $0.family == .ipv4 }
    guard plan.mayUseDeviceSwitch, !helped.isEmpty else { return nil }
    // After destination NAT, as the kernel's helpers see it; 21 stays, for the others who have it.
    ports = Set(helped.map(\.serverControlPort) + [21]).sorted()
    span = helped.first?.provenance(of: .helper)
  }

  /// The ports on which the helper reads, on the servers' side.
  var words: String { ports.map { "\($0)" }.joined(separator: ",") }

  var artifact: Artifact {
    var text = ConfigurationText()
    text.add("# For the whole router: every FTP connection through it to these ports gets the helper.", for: span)
    text.add("/ip firewall service-port set ftp disabled=no ports=\(words)", for: span)
    return text.artifact("sallyport-helper.rsc", purpose: "the FTP helper, for the whole router; import it")
  }
}
