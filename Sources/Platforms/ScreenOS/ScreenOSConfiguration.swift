import Addressing
import Diagnostics
import Flows

/// The lines for one device, and those that take them away.
///
/// Every line counts as soon as it is typed, and one that gives a known name another value is refused or not, depending
/// on what it is. So objects are called after what they hold: a name that is there already is right. Policies are known
/// by their number, and what has the number goes first.
struct ScreenOSConfiguration {
  private let plan: FlowPlan
  let policies: [Policy]
  /// Every id of a policy that is ours for this plan, with the first line of its publication: also those of policies
  /// that a publication does not need now and may have had before.
  private let numbers: [(number: UInt32, span: SourceSpan)]

  /// One policy: control connections or data connections of a publication, from one zone.
  struct Policy {
    let service: PublishedService
    let number: UInt32
    let name: String
    let from: String
    /// The clients, each as the name of an address; never empty.
    let sources: [Object]
    let destination: Object
    let ports: PortRange
    /// What follows `nat dst`; `nil` where nothing is translated.
    let translation: String?
    let aspect: ServiceAspect
    /// Whether it keeps out whom a `reach` does not admit.
    var denies = false

    var serviceObject: String { "sallyport-tcp-\(ports)" }
  }

  /// An address in the book of a zone.
  struct Object {
    let zone: String
    /// `nil` for every address.
    let prefix: Prefix?

    var name: String {
      prefix.map { "sallyport-\($0.address)-\($0.length)" } ?? "Any"
    }

    /// The words that call it, zone and name.
    var words: String { "\(quoted(zone)) \(quoted(name))" }

    /// The line that declares it; `nil` for what is there anyway.
    var declaration: String? {
      prefix.map { "set address \(words) \($0.address) \($0.mask)" }
    }
  }

  /// How many ids of policies a plan may need: two for each publication and zone of clients, and two more for each
  /// `reach` that keeps users out.
  static func numbersNeeded(by plan: FlowPlan) -> Int {
    let services = plan.services.filter { $0.family == .ipv4 }
    let refusing = plan.isOutbound ? services.count { $0.restrictedClients != nil } : 0
    return 2 * (services.count + refusing) * max(plan.outside.count, 1)
  }

  init(_ plan: FlowPlan) {
    self.plan = plan
    let services = plan.services.filter { $0.family == .ipv4 }
    let names = ObjectNames(
      services.lazy.map(\.name), longest: 31,
      suffixes: ["ctl", "pasv"] + (plan.isOutbound ? ["no-ctl", "no-pasv"] : []))
    let inside = plan.inside.first?.name ?? ""
    var number = plan.numbers?.lowerBound ?? 1
    var policies: [Policy] = []
    var reserved: [(number: UInt32, span: SourceSpan)] = []
    for service in services {
      let clients = service.clientPrefixes
      let isAny = clients?.contains { $0.length == 0 } ?? true
      let destination = Object(
        zone: inside, prefix: Prefix(service.isTranslated ? service.arrival : service.serverAddress))
      for zone in plan.outside {
        let numbers = (number, number &+ 1)
        reserved += [(numbers.0, service.header), (numbers.1, service.header)]
        number &+= 2
        let sources =
          isAny ? [Object(zone: zone.name, prefix: nil)] : (clients ?? []).map { Object(zone: zone.name, prefix: $0) }
        guard !sources.isEmpty else { continue }
        let target = service.isTranslated ? "ip \(service.serverAddress)" : nil
        policies.append(
          Policy(
            service: service, number: numbers.0, name: names.name(service.name, "ctl"), from: zone.name,
            sources: sources, destination: destination, ports: PortRange(service.controlPort),
            translation: target.map {
              service.controlPort == service.serverControlPort ? $0 : $0 + " port \(service.serverControlPort)"
            }, aspect: .control))
        guard let range = service.passiveRange else { continue }
        policies.append(
          Policy(
            service: service, number: numbers.1, name: names.name(service.name, "pasv"), from: zone.name,
            sources: sources, destination: destination, ports: range, translation: target, aspect: .passive))
      }
    }
    // After all permits: what one `reach` does not admit another one may.
    for service in plan.isOutbound ? services : [] where service.restrictedClients != nil {
      for zone in plan.outside {
        let parts = zip(service.serverPorts, [("no-ctl", number), ("no-pasv", number &+ 1)])
        reserved += [(number, service.header), (number &+ 1, service.header)]
        number &+= 2
        for (ports, (part, number)) in parts {
          policies.append(
            Policy(
              service: service, number: number, name: names.name(service.name, part), from: zone.name,
              sources: [Object(zone: zone.name, prefix: nil)],
              destination: Object(zone: inside, prefix: Prefix(service.serverAddress)), ports: ports,
              translation: nil,
              aspect: .clients, denies: true))
        }
      }
    }
    self.policies = policies
    numbers = reserved
  }

  /// Each service once, with the statement that asked for it.
  private var services: [(name: String, ports: PortRange, span: SourceSpan)] {
    var known: Set<PortRange> = []
    return policies.compactMap { policy in
      guard known.insert(policy.ports).inserted else { return nil }
      return (policy.serviceObject, policy.ports, policy.service.provenance(of: policy.aspect))
    }
  }

  /// Each address once, with the statement that asked for it.
  private var addresses: [(object: Object, span: SourceSpan)] {
    var known: Set<String> = []
    return policies.flatMap { policy in
      policy.sources.map { ($0, policy.service.provenance(of: .clients)) }
        + [(policy.destination, policy.service.provenance(of: .address))]
    }.filter { $0.0.prefix != nil && known.insert($0.0.words).inserted }.map { (object: $0.0, span: $0.1) }
  }

  /// The external addresses, each once, with the words of the route that leads each to the zone of the servers.
  private var routes: [(words: String, span: SourceSpan)] {
    guard let unit = plan.name(of: .unitInside) else { return [] }
    var known: Set<IPAddress> = []
    return policies.compactMap { policy in
      let service = policy.service
      guard service.isTranslated, known.insert(service.arrival).inserted else { return nil }
      return ("route \(service.arrival)/32 interface \(unit)", service.provenance(of: .address))
    }
  }

  func write(to text: inout ConfigurationText) {
    for number in numbers { text.add("unset policy id \(number.number)", for: number.span) }
    for service in services {
      let ports = "\(service.ports.low)-\(service.ports.high)"
      text.add(
        "set service \(quoted(service.name)) protocol tcp src-port 0-65535 dst-port \(ports)", for: service.span)
    }
    for address in addresses {
      if let declaration = address.object.declaration { text.add(declaration, for: address.span) }
    }
    for route in routes { text.add("set \(route.words)", for: route.span) }
    for policy in policies { write(policy, &text) }
  }

  private func write(_ policy: Policy, _ text: inout ConfigurationText) {
    let service = policy.service
    guard let first = policy.sources.first else { return }
    let isLogged = service.logs(policy.denies ? .denied : .new)
    let words = [
      "set policy id \(policy.number) name \(quoted(policy.name)) from \(quoted(policy.from)) to",
      quoted(policy.destination.zone), quoted(first.name), quoted(policy.destination.name),
      quoted(policy.serviceObject),
      policy.translation.map { "nat dst \($0)" }, policy.denies ? "deny" : "permit", isLogged ? "log" : nil,
    ]
    text.add(words.compactMap(\.self).joined(separator: " "), for: service.provenance(of: policy.aspect))
    guard !policy.denies else { return }
    // Without it a port of the range that is known for another protocol may bring in the ALG of that.
    text.add("set policy id \(policy.number) application \"IGNORE\"", for: service.provenance(of: .helper))
    guard policy.sources.count > 1 else { return }
    let span = service.provenance(of: .clients)
    text.add("set policy id \(policy.number)", for: span)
    for source in policy.sources.dropFirst() { text.add("set src-address \(quoted(source.name))", for: span) }
    text.add("exit", for: span)
  }

  /// Takes away what is ours, before what it refers to.
  func writeWayBack(to text: inout ConfigurationText) {
    for policy in policies.reversed() { text.add("unset policy id \(policy.number)") }
    for route in routes.reversed() { text.add("unset \(route.words)") }
    for address in addresses.reversed() { text.add("unset address \(address.object.words)") }
    for service in services.reversed() { text.add("unset service \(quoted(service.name))") }
  }
}

/// A name between quotes. What would end them is kept out of names of the policy by `fault(of:as:)`, and is left out
/// here for whoever asks for a text all the same.
private func quoted(_ name: String) -> String {
  "\"\(name.filter { $0 != "\"" && !$0.isNewline })\""
}
