import Addressing
package import Diagnostics
package import Flows

extension ASAPlatform {
  package func obstacles(to plan: FlowPlan) -> [Diagnostic] {
    // Translations are written for services without clients as well, so all of them count.
    sides(of: plan) + interfaceAddress(of: plan) + inspections(of: plan)
      + Platforms.sharedServerPorts(plan.isOutbound ? [] : plan.services, on: self)
  }

  /// A translation names the one interface where the server is.
  private func sides(of plan: FlowPlan) -> [Diagnostic] {
    let side = plan.isOutbound ? "outside" : "inside"
    return plan.inside.dropFirst().prefix(1).map { second in
      .error(
        "platform-input", "the translations of an asa name one `\(side)`, and `\(second.name)` is another",
        at: second.provenance, help: "name the interface of the servers, or make a second gateway for the others")
    } + bindings(of: plan)
  }

  /// One access list may be bound to several interfaces, and nothing here binds it: where one of them has another list,
  /// its clients are kept out.
  private func bindings(of plan: FlowPlan) -> [Diagnostic] {
    guard let list = plan.name(of: .accessList) else { return [] }
    return plan.outside.dropFirst().map { other in
      .warning(
        "platform-assumed",
        "the permits stand in `\(list)` alone, so clients at `\(other.name)` get in only where that is bound there as well",
        at: other.provenance,
        help: "look at `show running-config access-group`: where `\(other.name)` has another access list, enter the "
          + "permits there too, or name one `outside`")
    }
  }

  /// `interface` stands for one address, that of the interface in the translation.
  private func interfaceAddress(of plan: FlowPlan) -> [Diagnostic] {
    guard plan.usesInterfaceAddress, !plan.isOutbound else { return [] }
    var found: [Diagnostic] = plan.outside.dropFirst().prefix(1).map { second in
      .error(
        "platform-input", "with `external is interface` there is one `outside`, and `\(second.name)` is another",
        at: second.provenance, help: "name the interface that has the address, or leave `external is interface` out")
    }
    let translated = plan.services.filter { $0.isTranslated && $0.family == .ipv4 }
    if let first = translated.first, let other = translated.first(where: { $0.arrival != first.arrival }) {
      found.append(
        .error(
          "platform-input",
          "`\(first.name)` has \(first.arrival) and `\(other.name)` has \(other.arrival), and an interface has one address",
          at: other.provenance(of: .address),
          help: "leave `external is interface` out and give each publication an address that is not the interface's, "
            + "or give both the same"))
    }
    return found
  }

  private func inspections(of plan: FlowPlan) -> [Diagnostic] {
    let helped = plan.services.filter(\.wantsHelper)
    let shifted: [Diagnostic] = helped.filter { $0.serverControlPort != 21 }.map { service in
      .error(
        "platform-unsupported",
        "`\(service.name)` asks for the FTP helper on port \(service.serverControlPort) of the server, and an asa inspects "
          + "port 21 without being told",
        at: service.provenance(of: .helper),
        help: plan.isOutbound
          ? "ask the other side for its passive range, which needs no helper"
          : "let the server listen on port 21, for example with `control port \(service.controlPort) -> 21`, or publish "
            + "a passive range in place of the helper")
    }
    guard plan.mayUseDeviceSwitch else { return shifted.uniqued() }
    let servers = Dictionary(helped.map { ($0.serverAddress, $0) }) { first, _ in first }
    let mixed: [Diagnostic] = plan.uninspected.compactMap { service in
      guard let other = servers[service.serverAddress] else { return nil }
      return .error(
        "platform-unsupported",
        "`\(service.name)` and `\(other.name)` have one server, and with `helper scope device` an asa inspects all of its "
          + "connections or none",
        at: other.provenance(of: .helper),
        help: "give both the same `helper`, or leave `helper scope device` out, so that the inspection stays as it is"
      )
    }
    return shifted.uniqued() + mixed.uniqued()
  }
}

extension [Diagnostic] {
  /// Each message at a place once: a publication has a service for each family.
  fileprivate func uniqued() -> [Diagnostic] {
    var seen: Set<SourceSpan> = []
    return filter { seen.insert($0.primary.span).inserted }
  }
}
