import Addressing
import Diagnostics
import Flows

/// What `reach` blocks ask for: access rules, one that permits and one that refuses.
///
/// The firewall takes a protocol by its port, so on port 21 a rule with a protocol of our own needs one after it that
/// refuses the predefined protocol, or its filter would get hold of the connection all the same (documented: ISA Server
/// team, "Why do we need a deny rule in order for an allow rule for custom protocol to work correctly", 2006).
extension ISAScript {
  func reaches(to text: inout ConfigurationText) {
    let services = plan.services.filter { $0.family == .ipv4 }
    for service in services {
      text.add("", for: service.header)
      text.add(
        "// \(service.name): users to \(service.serverAddress):\(service.controlPort)", for: service.header)
      clients(of: service, to: &text)
      text.add(
        "server(\(jscriptLiteral(element(service))), \"\(service.serverAddress)\");",
        for: service.provenance(of: .address))
      protocols(of: service, to: &text)
    }
    text.add("")
    text.add("// A new rule comes before all others, so what refuses is made first.")
    for service in services { refusal(of: service, to: &text) }
    for service in services where service.clients?.ranges(.ipv4).isEmpty != true { permit(of: service, to: &text) }
  }

  /// The name of the computer that stands for the server.
  private func element(_ service: PublishedService) -> String {
    ObjectNames.prefix + "\(service.serverAddress)".replacing(".", with: "-")
  }

  /// The protocols of our own, each with its ports; none where the predefined one is meant.
  private func own(_ service: PublishedService) -> [(name: String, ports: PortRange, aspect: ServiceAspect)] {
    guard !service.wantsHelper else { return [] }
    return [(names.name(service.name, "control"), PortRange(service.controlPort), .control)]
      + (service.passiveRange.map { [(names.name(service.name, "passive"), $0, .passive)] } ?? [])
  }

  private func protocols(of service: PublishedService, to text: inout ConfigurationText) {
    for one in own(service) {
      text.add(
        "protocol(\(jscriptLiteral(one.name)), \(one.ports.low), \(one.ports.high));",
        for: service.provenance(of: one.aspect))
    }
  }

  private func permit(of service: PublishedService, to text: inout ConfigurationText) {
    let words = service.wantsHelper ? ["PREDEFINED"] : own(service).map { jscriptLiteral($0.name) }
    let whose = "[\(jscriptLiteral(service.name))]"
    rule(service, "permit", 0, words, whose, service.header, &text)
  }

  /// Whoever is no user, and the predefined protocol on its port.
  private func refusal(of service: PublishedService, to text: inout ConfigurationText) {
    let isRestricted = service.restrictedClients != nil
    var words = isRestricted ? own(service).map { jscriptLiteral($0.name) } : []
    if service.controlPort == 21, isRestricted || !service.wantsHelper { words.append("PREDEFINED") }
    guard !words.isEmpty else { return }
    rule(service, "refused", 1, words, "null", service.provenance(of: isRestricted ? .clients : .control), &text)
  }

  private func rule(
    _ service: PublishedService, _ part: String, _ action: Int, _ protocols: [String], _ users: String,
    _ span: SourceSpan, _ text: inout ConfigurationText
  ) {
    let name = names.name(service.name, part)
    text.add(
      "rule(\(jscriptLiteral(name)), \(jscriptLiteral(tag(service.name, part))), \(action), "
        + "[\(protocols.joined(separator: ", "))], \(jscriptLiteral(element(service))), \(users));", for: span)
  }
}

// The parts of the scripts that belong to access rules. Of the object model they use what its documentation names:
// `AddAccessRule`, `AccessProperties`, `ProtocolSelectionMethod`, `SpecifiedProtocols`, `DestinationSelectionIPs`,
// `UserSets` (SDKs of ISA Server 2004 and TMG 2010).

let isaAccessDeclarations = """
  function server(name, address) {
      if (elementNames[name] !== true) {
          elementNames[name] = true;
          wanted.elements.push({ name: name, address: address, mask: undefined });
      }
  }

  // The users of several blocks; null for everybody.
  function rule(name, tag, action, protocolNames, serverName, publications) {
      wanted.rules.push({ name: name, tag: tag, action: action, protocolNames: protocolNames, serverName: serverName,
          publications: publications });
  }
  """

let isaAccessRule = """
  function usersOf(item) {
      return item.publications === null ? { isEveryone: true, subnets: [], computers: [] } : clientsOf(item.publications);
  }

  function clear(selection) {
      selection.Networks.RemoveAll();
      selection.NetworkSets.RemoveAll();
      selection.ComputerSets.RemoveAll();
  }

  function addRule(item) {
      step = "adding the rule " + item.name;
      var i;
      var made = rules.AddAccessRule(item.name);
      made.Action = item.action;
      made.Enabled = true;
      made.Description = item.tag;
      var source = made.SourceSelectionIPs;
      clear(source);
      var from = usersOf(item);
      if (from.isEveryone) {
          source.Networks.Add(NETWORK, 0);
      }
      for (i = 0; i < from.subnets.length; i++) {
          source.Subnets.Add(from.subnets[i], 0);
      }
      for (i = 0; i < from.computers.length; i++) {
          source.Computers.Add(from.computers[i], 0);
      }
      var access = made.AccessProperties;
      access.ProtocolSelectionMethod = 1;
      for (i = 0; i < item.protocolNames.length; i++) {
          access.SpecifiedProtocols.Add(item.protocolNames[i], 0);
      }
      clear(access.DestinationSelectionIPs);
      access.DestinationSelectionIPs.Computers.Add(item.serverName, 0);
      access.UserSets.RemoveAll();
      access.UserSets.Add("All Users", 0);
  }
  """

let isaAccessCheck = """
  // Rules stand in the order in which they are asked.
  function placeOf(name) {
      for (var i = 1; i <= rules.Count; i++) {
          if (rules.Item(i).Name === name) {
              return i;
          }
      }
      return 0;
  }

  function holds(references, name) {
      for (var i = 1; i <= references.Count; i++) {
          if (references.Item(i).Name === name) {
              return true;
          }
      }
      return false;
  }

  function checkOrder(item) {
      for (var i = 0; i < wanted.rules.length; i++) {
          var other = wanted.rules[i];
          if (item.action === 1 && other.action === 0) {
              compare("whether the rule " + other.name + " comes before " + item.name,
                  placeOf(other.name) < placeOf(item.name), true);
          }
      }
  }

  function checkRule(item, there) {
      step = "reading the rule " + item.name;
      var access = there.AccessProperties;
      var source = there.SourceSelectionIPs;
      var from = usersOf(item);
      compare("whether the rule " + item.name + " is enabled", there.Enabled, true);
      compare("the action of the rule " + item.name, there.Action, item.action);
      compare("the way in which the rule " + item.name + " names protocols", access.ProtocolSelectionMethod, 1);
      compare("the number of protocols of the rule " + item.name, access.SpecifiedProtocols.Count,
          item.protocolNames.length);
      for (var i = 0; i < item.protocolNames.length; i++) {
          compare("whether the rule " + item.name + " has the protocol " + item.protocolNames[i],
              holds(access.SpecifiedProtocols, item.protocolNames[i]), true);
      }
      compare("the number of servers of the rule " + item.name, access.DestinationSelectionIPs.Computers.Count, 1);
      compare("the server of the rule " + item.name, access.DestinationSelectionIPs.Computers.Item(1).Name,
          item.serverName);
      compare("the number of networks of servers of the rule " + item.name,
          access.DestinationSelectionIPs.Networks.Count, 0);
      compare("the number of networks of users of the rule " + item.name, source.Networks.Count,
          from.isEveryone ? 1 : 0);
      compare("the number of subnets of users of the rule " + item.name, source.Subnets.Count, from.subnets.length);
      compare("the number of computers of users of the rule " + item.name, source.Computers.Count,
          from.computers.length);
      checkOrder(item);
      say("rule " + item.name + ": " + (item.action === 0 ? "permits " : "refuses ") + item.protocolNames.join(" and ")
          + " to " + item.serverName);
  }
  """
