import Addressing
import Compilation
package import Diagnostics
import FTPSession
import Flows
import Policy

/// What the interfaces and addresses of the machine say about one gateway of a policy.
func machineFindings(_ view: GatewayView, _ machine: Machine) -> [Diagnostic] {
  interfaceFindings(view, machine) + addressFindings(view, machine) + sourceFindings(view, machine)
}

extension WantedRules {
  /// The same for the rules that this machine shall have, after `# allow:` comments.
  package func findings(on machine: Machine) -> [Diagnostic] {
    compilation.withoutAllowed(machineFindings(view, machine)).inSourceOrder()
  }
}

extension Compilation {
  /// The gateway of a policy that has several that a machine is: the only one all of whose interfaces are there.
  package func ownGateway(on machine: Machine) -> Int? {
    guard policy.gateways.count > 1 else { return policy.gateways.isEmpty ? nil : 0 }
    let fitting = policy.gateways.indices.filter { index in
      let names = policy.gateways[index].outside + policy.gateways[index].inside
      return !names.isEmpty && names.allSatisfy { machine.link(named: $0.value) != nil }
    }
    guard fitting.count > 1 else { return fitting.first }
    // Interfaces are called alike in many places, addresses are not.
    let owning = fitting.filter { index in
      let own = policy.gateways[index].externalAddresses.map(\.arrival.value)
      return !own.isEmpty && own.allSatisfy(machine.has)
    }
    return owning.count == 1 ? owning.first : nil
  }

  /// `gateway-not-chosen`, where the policy has several and nobody says which one the machine is.
  var gatewayUnknown: Diagnostic? {
    policy.gateways.first.map { first in
      Diagnostic(
        .note, "gateway-not-chosen",
        "the interfaces and addresses of this machine were not looked at: which of \(policy.gateways.count) gateways it is "
          + "cannot be told",
        at: first.header, help: "name it with --gateway")
    }
  }
}

/// `interface-missing` and `interface-enslaved`: names that no interface of the machine has, or one whose packets rules
/// see under another name.
private func interfaceFindings(_ view: GatewayView, _ machine: Machine) -> [Diagnostic] {
  guard let gateway = view.gateway else { return [] }
  return (gateway.outside + gateway.inside).compactMap { name in
    guard let link = machine.link(named: name.value) else { return missing(name, machine) }
    // Packets of the ports of these come in on the interface itself (`br_pass_frame_up`, `bond_handle_frame`).
    guard let master = link.master.flatMap({ machine.link($0) }), ["bridge", "bond", "team"].contains(master.kind)
    else {
      return nil
    }
    return .warning(
      "interface-enslaved",
      "`\(name.value)` belongs to \(master.kind) `\(master.name)`, under whose name rules see its packets",
      at: name.span, help: "write `\(master.name)`",
      fixes: [.replace(name.span, with: master.name.asName, "write `\(master.name)`", .unsafe)])
  }
}

private func missing(_ name: Located<String>, _ machine: Machine) -> Diagnostic {
  if let link = machine.links.first(where: { $0.alternativeNames.contains(name.value) }) {
    return .error(
      "interface-missing",
      "`\(name.value)` is an alternative name of interface `\(link.name)`, and rules match its first name alone",
      at: name.span, help: "write `\(link.name)`",
      fixes: [.replace(name.span, with: link.name.asName, "write `\(link.name)`", .unsafe)])
  }
  let names = machine.links.map(\.name)
  let suggestion = nearest(to: name.value, among: names.filter { $0 != "lo" })
  return .error(
    "interface-missing", "this machine has no interface `\(name.value)`, so rules that name it match nothing",
    at: name.span,
    notes: ["it has " + listed(names.map { "`\($0)`" })],
    help: suggestion.map { "did you mean `\($0)`?" }
      ?? "name one that is there, or make the interface first; `--gateway NAME` tells which gateway of a policy this machine is",
    fixes: suggestion.map { [.replace(name.span, with: $0.asName, "write `\($0)`", .unsafe)] } ?? [])
}

/// `local-address-missing` and `external-address-absent`: addresses that clients dial and that no interface of the
/// machine has.
private func addressFindings(_ view: GatewayView, _ machine: Machine) -> [Diagnostic] {
  var seen: Set<SourceSpan> = []
  var all: [Diagnostic] = []
  for service in view.services {
    let address = service.arrivalAddress
    guard !machine.has(address), seen.insert(service.endpoint.external.arrival.span).inserted,
      let found = finding(service, view, machine)
    else { continue }
    guard all.count < mostAddresses else {
      all[all.count - 1].notes.append("further addresses were not looked at")
      break
    }
    all.append(found)
  }
  return all
}

/// `external-address-absent`: an address that `source gateway` puts in the place of users', to which answers come.
private func sourceFindings(_ view: GatewayView, _ machine: Machine) -> [Diagnostic] {
  guard let gateway = view.gateway else { return [] }
  let translated = view.reached.filter { $0.publication.source.value == .gateway }
  // What is told of publications is not told again.
  let published = Set(view.services.map(\.arrivalAddress))
  return gateway.externalAddresses.compactMap { external in
    let address = external.arrival.value
    guard let users = translated.first(where: { $0.family == external.family }), !machine.has(address),
      !published.contains(address), machine.expects(address) != .local
    else { return nil }
    return .warning(
      "external-address-absent",
      "no interface of this machine has \(address), which `\(users.name)` puts in the place of the users' addresses",
      at: external.arrival.span, notes: [machine.listing(of: address.family)],
      help: "give it to the interface outside, or see that its packets arrive here and allow this warning")
  }
}

/// Addresses that are named one by one.
private let mostAddresses = 10

private func finding(_ service: PublishedService, _ view: GatewayView, _ machine: Machine) -> Diagnostic? {
  let address = service.arrivalAddress
  let span = service.endpoint.external.arrival.span
  let expectation = machine.expects(address)
  guard expectation != .local else { return nil }
  let own = machine.listing(of: address.family)
  if service.endpoint.reach == .local {
    let setting = address.family == .ipv4 ? "net.ipv4.ip_nonlocal_bind" : "net.ipv6.ip_nonlocal_bind"
    guard expectation == .nothing else {
      return .warning(
        "external-address-absent",
        "no interface of this machine has \(address) now, where `\(service.name)` is published",
        at: span, notes: ["\(setting) is on, so servers may wait for an address that comes later", own])
    }
    let candidates = machine.candidates(for: service, view)
    let only = candidates.count == 1 ? candidates.first : nil
    return .error(
      "local-address-missing",
      "no interface of this machine has \(address), so nothing reaches the server of `\(service.name)` there",
      at: span,
      notes: [own, "for an address that comes and goes, as those of keepalived do, set `\(setting) = 1`"],
      help: service.isTranslatedBefore
        ? "after `at` write an address that the machine has"
        : "where a router or a cloud translates \(address), write `external ip \(address) at "
          + "\(only.map(\.description) ?? "ADDRESS")`, with the address to which it translates; else give \(address) to an interface",
      fixes: only.flatMap { only in
        service.isTranslatedBefore
          ? nil
          : [.replace(span, with: "\(address) at \(only)", "say that \(address) is translated to \(only)", .unsafe)]
      } ?? [])
  }
  guard let reason = machine.doubt(about: service, view) else { return nil }
  return .warning(
    "external-address-absent", "no interface of this machine has \(address), and \(reason)", at: span,
    notes: [own, "`tcpdump -ni any dst host \(address)` tells whether its packets arrive here"],
    help: "see that they do, and allow this warning then")
}

extension PublishedService {
  /// The address to which packets of clients arrive at the gateway.
  fileprivate var arrivalAddress: IPAddress { endpoint.arrival }
  /// Whether the policy says that another machine translates the external address before.
  fileprivate var isTranslatedBefore: Bool { endpoint.external.at != nil }
}

extension Machine {
  /// The addresses of a family, each with its interface.
  fileprivate func listing(of family: AddressFamily) -> String {
    let all = addresses.filter { $0.address.family == family && $0.address.isUsable }
      .map { "\($0.address) on \(link($0.link)?.name ?? "an interface without name")" }
    let name = family == .ipv4 ? "IPv4" : "IPv6"
    return all.isEmpty ? "it has no \(name) address but those of loopback" : "it has \(listed(all))"
  }

  /// Addresses to which a router before the machine may translate: those of the outside interfaces.
  fileprivate func candidates(for service: PublishedService, _ view: GatewayView) -> [IPAddress] {
    let outside = outsideLinks(view)
    return addresses.filter {
      $0.address.family == service.family && $0.address.isUsable && (outside.isEmpty || outside.contains($0.link))
    }.map(\.address)
  }

  private func outsideLinks(_ view: GatewayView) -> Set<Int32> {
    Set((view.gateway?.outside ?? []).compactMap { link(named: $0.value)?.index })
  }

  /// Why packets to an external address that nobody here has may not arrive; `nil` where nothing speaks for it: a
  /// router may send them here.
  fileprivate func doubt(about service: PublishedService, _ view: GatewayView) -> String? {
    let address = service.endpoint.arrival
    guard service.endpoint.reach == .translated else { return nil }
    let outside = outsideLinks(view)
    let there = addresses.filter {
      $0.address.family == service.family && $0.address.isUsable && (outside.isEmpty || outside.contains($0.link))
    }
    if let near = there.first(where: { $0.network.contains(address) }) {
      let name = link(near.link)?.name ?? ""
      guard !answersForOthers(address, near.link) else { return nil }
      return "machines on \(name), to whose network it belongs, find nobody who answers for it"
    }
    guard service.family == .ipv4, address.scope == .global, !there.isEmpty,
      there.allSatisfy({ $0.address.scope == .privateUse })
    else { return nil }
    return "its addresses outside are private: a router that translates \(address) sends packets to one of these"
  }
}

extension IPAddress {
  /// Whether clients could dial it.
  fileprivate var isUsable: Bool { scope == .global || scope == .privateUse }
}

/// The first of some names, and how many there are more.
private func listed(_ names: [String]) -> String {
  let shown = names.prefix(8).joined(separator: ", ")
  return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
}

extension String {
  /// The name as a policy writes it: in quotes unless it is a word.
  fileprivate var asName: String {
    utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x5F }
      ? self : "\"\(self)\""
  }
}
