// The parts of the scripts that are the same for every policy. They use ECMAScript 3 and of the object model only what
// its documentation names: `Count`, `Item`, `Remove` and `Name` of collections, `AddServerPublishingRule`,
// `PublishedServerIP`, `PublishedProtocol`, `IPsOnNetworks`, `OverridePublishPort`, `OverrideServerPort`,
// `SourceSelectionIPs`, `PrimaryConnections`, `PortLow`, `PortHigh`, `ApplicationFilters` (SDKs of ISA Server 2004 and
// TMG 2010).

/// What statements of a script write down before anything is changed.
///
/// - Parameter predefined: The protocol of the firewall to which the FTP Access Filter belongs.
func isaDeclarations(predefined: String) -> String {
  """
  // What is wanted.
  var PREDEFINED = "\(predefined)";
  var wanted = { protocols: [], elements: [], rules: [] };
  var clients = {};
  var elementNames = {};

  // No publication is called as something that every object has.
  function key(publication) {
      return "clients of " + publication;
  }

  function everyone(publication) {
      clients[key(publication)] = null;
  }

  function client(publication, name, address, mask) {
      if (elementNames[name] !== true) {
          elementNames[name] = true;
          wanted.elements.push({ name: name, address: address, mask: mask });
      }
      if (!clients[key(publication)]) {
          clients[key(publication)] = [];
      }
      clients[key(publication)].push({ name: name, isSubnet: mask !== undefined });
  }

  function protocol(name, low, high) {
      wanted.protocols.push({ name: name, low: low, high: high });
  }
  """
}

/// The same for rules that publish.
let isaPublishingDeclarations = """
  function rule(name, tag, listener, port, server, serverPort, protocolName, publications) {
      wanted.rules.push({ name: name, tag: tag, listener: listener, port: port, server: server, serverPort: serverPort,
          protocolName: protocolName, publications: publications });
  }
  """

/// The object model, and how failures are told.
let isaObjects = """
  // The firewall.
  var PREFIX = "sallyport-";
  var rules, protocols, subnets, computers;
  var step = "";
  var faults = 0;

  function connect() {
      step = "opening the configuration of the firewall";
      var array = new ActiveXObject("FPC.Root").GetContainingArray();
      rules = array.ArrayPolicy.PolicyRules;
      protocols = array.RuleElements.ProtocolDefinitions;
      subnets = array.RuleElements.Subnets;
      computers = array.RuleElements.Computers;
  }

  function say(text) {
      WScript.Echo("sallyport: " + text);
  }

  function isOurs(item) {
      return item.Name.substring(0, PREFIX.length) === PREFIX;
  }

  function tell(error) {
      say("failed while " + step + ": " + (error.message || error.description || error));
  }
  """

/// Takes away what is ours: rules first, because the rest cannot go as long as a rule refers to it.
let isaRemoval = """
  function removeFrom(items, what) {
      step = "removing " + what + " of an earlier run";
      var found = 0;
      for (var i = items.Count; i >= 1; i--) {
          if (isOurs(items.Item(i))) {
              items.Remove(i);
              found++;
          }
      }
      if (found > 0) {
          items.Save();
      }
  }

  function removeOurs() {
      removeFrom(rules, "rules");
      removeFrom(protocols, "protocols");
      removeFrom(subnets, "subnets");
      removeFrom(computers, "computers");
  }
  """

/// Makes what rules refer to.
///
/// - Parameter direction: Of the protocols: 0 for what comes in, 1 for what goes out (documented: `AddTCP`).
func isaElements(direction: Int) -> String {
  """
  function addElements() {
      var i, item;
      for (i = 0; i < wanted.protocols.length; i++) {
          item = wanted.protocols[i];
          step = "adding the protocol " + item.name;
          protocols.Add(item.name).PrimaryConnections.AddTCP(\(direction), item.low, item.high);
      }
      for (i = 0; i < wanted.elements.length; i++) {
          item = wanted.elements[i];
          step = "adding the clients " + item.name;
          if (item.mask === undefined) {
              computers.Add(item.name, item.address);
          } else {
              subnets.Add(item.name, item.address, item.mask);
          }
      }
      step = "saving protocols and clients";
      protocols.Save();
      subnets.Save();
      computers.Save();
  }
  """
}

/// Whom rules are for.
let isaClients = """
  // Every client, or the names of the clients of several publications, each once.
  function clientsOf(publications) {
      var names = {};
      var found = { isEveryone: false, subnets: [], computers: [] };
      for (var i = 0; i < publications.length; i++) {
          var list = clients[key(publications[i])];
          if (list === null) {
              return { isEveryone: true, subnets: [], computers: [] };
          }
          for (var j = 0; list && j < list.length; j++) {
              if (names[list[j].name] !== true) {
                  names[list[j].name] = true;
                  (list[j].isSubnet ? found.subnets : found.computers).push(list[j].name);
              }
          }
      }
      return found;
  }
  """

/// Makes a rule that publishes.
let isaPublishingRule = """
  function addRule(item) {
      step = "adding the rule " + item.name;
      var i;
      var made = rules.AddServerPublishingRule(item.name, item.server, item.protocolName);
      made.Action = 0;
      made.Enabled = true;
      made.Description = item.tag;
      var publishing = made.ServerPublishingProperties;
      while (publishing.IPsOnNetworks.Count > 0) {
          publishing.IPsOnNetworks.Remove(1);
      }
      publishing.IPsOnNetworks.Add(NETWORK, 2, item.listener);
      publishing.OverridePublishPort = item.port;
      publishing.OverrideServerPort = item.serverPort;
      var source = made.SourceSelectionIPs;
      source.Networks.RemoveAll();
      source.NetworkSets.RemoveAll();
      source.ComputerSets.RemoveAll();
      var from = clientsOf(item.publications);
      if (from.isEveryone) {
          source.Networks.Add(NETWORK, 0);
      }
      for (i = 0; i < from.subnets.length; i++) {
          source.Subnets.Add(from.subnets[i], 0);
      }
      for (i = 0; i < from.computers.length; i++) {
          source.Computers.Add(from.computers[i], 0);
      }
  }
  """

/// Makes all rules, and reads back what they refer to. Rules are saved last and all at once, so that a run that fails
/// before publishes nothing.
let isaRules = """
  function addRules() {
      for (var i = 0; i < wanted.rules.length; i++) {
          addRule(wanted.rules[i]);
      }
      step = "saving the rules";
      rules.Save();
  }

  // What is there, read anew.
  function ours(items) {
      var found = {};
      for (var i = 1; i <= items.Count; i++) {
          var item = items.Item(i);
          if (isOurs(item)) {
              found[item.Name] = item;
          }
      }
      return found;
  }

  function compare(what, found, asked) {
      if (found !== asked) {
          say(what + " is " + found + " and should be " + asked);
          faults++;
      }
  }

  function checkProtocols() {
      var found = ours(protocols);
      for (var i = 0; i < wanted.protocols.length; i++) {
          var item = wanted.protocols[i];
          step = "reading the protocol " + item.name;
          var there = found[item.name];
          if (!there) {
              compare("the protocol " + item.name, "missing", "there");
              continue;
          }
          compare("the number of port ranges of " + item.name, there.PrimaryConnections.Count, 1);
          compare("the first port of " + item.name, there.PrimaryConnections.Item(1).PortLow, item.low);
          compare("the last port of " + item.name, there.PrimaryConnections.Item(1).PortHigh, item.high);
          compare("the number of filters of " + item.name, there.ApplicationFilters.Count, 0);
          say("protocol " + item.name + ": " + there.PrimaryConnections.Item(1).PortLow + " to "
              + there.PrimaryConnections.Item(1).PortHigh);
      }
  }
  """

/// Reads a rule that publishes back.
let isaPublishingCheck = """
  function checkRule(item, there) {
      step = "reading the rule " + item.name;
      var publishing = there.ServerPublishingProperties;
      var source = there.SourceSelectionIPs;
      var from = clientsOf(item.publications);
      compare("whether the rule " + item.name + " is enabled", there.Enabled, true);
      compare("the action of the rule " + item.name, there.Action, 0);
      compare("the server of the rule " + item.name, publishing.PublishedServerIP, item.server);
      compare("the protocol of the rule " + item.name, publishing.PublishedProtocol.Name, item.protocolName);
      compare("the published port of the rule " + item.name, publishing.OverridePublishPort, item.port);
      compare("the server's port of the rule " + item.name, publishing.OverrideServerPort, item.serverPort);
      compare("the number of listeners of the rule " + item.name, publishing.IPsOnNetworks.Count, 1);
      compare("the listener of the rule " + item.name, publishing.IPsOnNetworks.Item(1).IPAddresses.Item(1),
          item.listener);
      compare("the number of networks of clients of the rule " + item.name, source.Networks.Count,
          from.isEveryone ? 1 : 0);
      compare("the number of subnets of clients of the rule " + item.name, source.Subnets.Count, from.subnets.length);
      compare("the number of computers of clients of the rule " + item.name, source.Computers.Count,
          from.computers.length);
      say("rule " + item.name + ": " + item.listener + (item.port ? ":" + item.port : "") + " to " + item.server
          + (item.serverPort ? ":" + item.serverPort : "") + ", protocol " + item.protocolName);
  }
  """

/// Reads the rules back, and says how it went.
let isaMain = """
  function checkRules() {
      var found = ours(rules);
      for (var i = 0; i < wanted.rules.length; i++) {
          var item = wanted.rules[i];
          if (found[item.name]) {
              checkRule(item, found[item.name]);
          } else {
              compare("the rule " + item.name, "missing", "there");
          }
      }
  }

  try {
      connect();
      removeOurs();
      addElements();
      addRules();
      connect();
      checkProtocols();
      checkRules();
  } catch (error) {
      tell(error);
      say("what was saved before stays; " + WAY_BACK + " takes it away, and this script may be run again");
      WScript.Quit(1);
  }
  if (faults > 0) {
      say("not everything is as it should be; " + WAY_BACK + " takes away what is there");
      WScript.Quit(1);
  }
  say("everything is there: " + wanted.rules.length + " rules, " + wanted.protocols.length + " protocols");
  """

/// The end of the way back.
let isaWayBack = """
  function countOurs(items, what) {
      step = "reading " + what;
      for (var i = 1; i <= items.Count; i++) {
          if (isOurs(items.Item(i))) {
              say(items.Item(i).Name + " is still among the " + what);
              faults++;
          }
      }
  }

  try {
      connect();
      removeOurs();
      connect();
      countOurs(rules, "rules");
      countOurs(protocols, "protocols");
      countOurs(subnets, "subnets");
      countOurs(computers, "computers");
  } catch (error) {
      tell(error);
      say("what was saved before stays, and this script may be run again");
      WScript.Quit(1);
  }
  if (faults > 0) {
      WScript.Quit(1);
  }
  say("nothing of ours is left");
  """
