// A model of the part of the FPC object model (ISA Server 2004 to TMG 2010) that our scripts may use, and a runner for
// scripts in it. It knows no member beside those that the documentation names, refuses values of another type, and keeps
// what was saved apart from what was not: a new FPC.Root reads what was saved.
//
// node fpc-model.js JOBS: a file with [{ networks, scripts: [{ text, failAt? }] }]. Prints for each job a list with what
// came of each script, in turn, on one firewall: { exit, echo, error, faults, ours, others }.
"use strict";
const fs = require("fs");
const vm = require("vm");

class ComError extends Error {
}

// What is saved.

const filtered = { name: "FTP Server", ranges: [[21, 21]], filters: ["FTP Access Filter"] };
// What goes out; a protocol without a direction comes in.
const filteredOut = { name: "FTP", direction: 1, ranges: [[21, 21]], filters: ["FTP Access Filter"] };

function newFirewall(networks) {
  return {
    networks,
    protocols: [filtered, filteredOut, { name: "sallyport", ranges: [[9000, 9001], [9100, 9100]], filters: [] }],
    subnets: [{ name: "Sallyport-office", address: "10.0.0.0", mask: "255.0.0.0" }],
    computers: [{ name: "sallyportal", address: "10.0.0.1" }],
    rules: [
      { kind: "access", name: "Web access", enabled: true },
      {
        kind: "publishing", name: "SMTP sallyport-", enabled: true, action: 0, description: "", server: "10.10.20.9",
        protocol: "sallyport", listeners: [{ network: networks[0], addresses: ["203.0.113.250"] }], port: 0, serverPort: 0,
        from: { Networks: [networks[0]], NetworkSets: [], ComputerSets: [], Computers: [], Subnets: [] },
      },
    ],
  };
}

const copy = (value) => JSON.parse(JSON.stringify(value));

function check(condition, message) {
  if (!condition) { throw new ComError(message); }
}

function checkName(name) {
  check(typeof name === "string" && /^[A-Za-z0-9 _-]{1,64}$/.test(name), "bad name " + name);
}

function addressValue(text) {
  check(typeof text === "string" && /^\d{1,3}(\.\d{1,3}){3}$/.test(text), "bad address " + text);
  const parts = text.split(".").map(Number);
  check(parts.every((part) => part <= 255), "bad address " + text);
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

function checkPort(port, least) {
  check(Number.isInteger(port) && port >= least && port <= 65535, "bad port " + port);
}

// The ports where clients dial, and those at the server.
function portsOf(rule, protocols) {
  const protocol = protocols.find((one) => one.name === rule.protocol);
  check(protocol, "no protocol " + rule.protocol);
  const isSingle = protocol.ranges.length === 1 && protocol.ranges[0][0] === protocol.ranges[0][1];
  check(isSingle || rule.port === 0 && rule.serverPort === 0, "ports of " + rule.protocol + " cannot be overridden");
  return {
    published: rule.port ? [[rule.port, rule.port]] : protocol.ranges,
    served: rule.serverPort ? [[rule.serverPort, rule.serverPort]] : protocol.ranges,
    filters: protocol.filters,
  };
}

function checkNames(state, what, names) {
  for (const name of names.Networks) { check(state.networks.includes(name), "no network " + name); }
  for (const [kind, list] of [["Subnets", "subnets"], ["Computers", "computers"]]) {
    const known = new Set(state[list].map((one) => one.name));
    for (const name of names[kind]) { check(known.has(name), "no " + kind + " " + name); }
  }
  check(Object.values(names).some((list) => list.length > 0), what + " is for nobody");
}

function checkAccess(state, rule) {
  check(rule.method === 1 && rule.protocols.length > 0, rule.name + " is for all protocols");
  for (const name of rule.protocols) {
    const protocol = state.protocols.find((one) => one.name === name);
    check(protocol && protocol.direction === 1, rule.name + " takes outbound protocols, and not " + name);
  }
  check(rule.users.length === 1 && rule.users[0] === "All Users", rule.name + " is for no users");
  checkNames(state, rule.name, rule.from);
  checkNames(state, rule.name, rule.to);
}

function checkRules(state) {
  const taken = new Map();
  for (const rule of state.rules) {
    if (rule.kind === "access" && rule.protocols) { checkAccess(state, rule); }
    if (rule.kind !== "publishing") { continue; }
    const served = state.protocols.find((one) => one.name === rule.protocol);
    check(!served || !served.direction, "server publishing takes inbound protocols");
    const { published } = portsOf(rule, state.protocols);
    check(rule.listeners.length > 0, rule.name + " listens nowhere");
    check(Object.values(rule.from).some((list) => list.length > 0), rule.name + " is for nobody");
    for (const name of rule.from.Networks) { check(state.networks.includes(name), "no network " + name); }
    for (const [kind, list] of [["Subnets", "subnets"], ["Computers", "computers"]]) {
      const names = new Set(state[list].map((one) => one.name));
      for (const name of rule.from[kind]) { check(names.has(name), "no " + kind + " " + name); }
    }
    for (const listener of rule.listeners) {
      for (const address of listener.addresses) {
        const ranges = taken.get(address) || [];
        for (const [low, high] of published) {
          for (const other of ranges) {
            check(high < other.low || other.high < low, rule.name + " and " + other.name + " publish the same port");
          }
          ranges.push({ low, high, name: rule.name });
        }
        taken.set(address, ranges);
      }
    }
  }
}

// What a script holds: objects that refuse what they do not have.

function sealed(name, members) {
  return new Proxy(members, {
    get(target, key) {
      if (typeof key === "symbol") { return undefined; }
      if (!(key in target)) { throw new ComError(name + " has no member " + key); }
      return target[key];
    },
    set(target, key, value) {
      const descriptor = Object.getOwnPropertyDescriptor(target, key);
      if (!descriptor || !descriptor.set) { throw new ComError(name + "." + String(key) + " cannot be set"); }
      target[key] = value;
      return true;
    },
    deleteProperty() { throw new ComError("nothing can be deleted of " + name); },
    defineProperty() { throw new ComError("nothing can be defined in " + name); },
  });
}

class Session {
  constructor(firewall, failAt) {
    this.firewall = firewall;
    this.failAt = failAt || 0;
    this.changes = 0;
    this.echo = [];
  }

  // Counts what changes something, and fails once where it is asked to.
  change() {
    this.changes += 1;
    if (this.changes === this.failAt) { throw new ComError("The storage cannot be written"); }
  }

  collection(name, list, wrap, more) {
    const session = this;
    const at = (index) => {
      const position = typeof index === "string" ? list.findIndex((one) => (one.name || one) === index) + 1 : index;
      check(Number.isInteger(position) && position >= 1 && position <= list.length, name + " has no item " + index);
      return position - 1;
    };
    const wrapped = new Map();
    return sealed(name, Object.assign({
      get Count() { return list.length; },
      Item(index) {
        const item = list[at(index)];
        if (typeof item === "object" && !wrapped.has(item)) { wrapped.set(item, wrap(item)); }
        return typeof item === "object" ? wrapped.get(item) : wrap(item);
      },
      Remove(index) {
        session.change();
        list.splice(at(index), 1);
      },
    }, more(list, (item) => {
      session.change();
      check(!list.some((one) => (one.name || one) === (item.name || item)), name + " has " + (item.name || item));
      list.push(item);
      return item;
    })));
  }

  references(name, list) {
    const session = this;
    return this.collection(name, list, (item) => sealed("FPCRef", { get Name() { return item; } }), (_, add) => ({
      Add(item, status) {
        check(typeof item === "string" && status === 0 && arguments.length === 2, "bad reference " + item);
        add(item);
      },
      RemoveAll() {
        session.change();
        list.length = 0;
      },
    }));
  }

  root() {
    const session = this;
    const state = copy(this.firewall);
    const save = (key) => ({
      Save() {
        session.change();
        const next = Object.assign(copy(session.firewall), { [key]: copy(state[key]) });
        checkRules(next);
        session.firewall[key] = next[key];
      },
    });

    const protocols = this.collection("ProtocolDefinitions", state.protocols, (item) => sealed("FPCProtocolDefinition", {
      get Name() { return item.name; },
      get PrimaryConnections() {
        return session.collection("PrimaryConnections", item.ranges, (range) => sealed("FPCProtocolConnection", {
          get PortLow() { return range[0]; },
          get PortHigh() { return range[1]; },
        }), (list) => ({
          AddTCP(direction, low, high) {
            session.change();
            check(arguments.length === 3 && (direction === 0 || direction === 1), "bad direction");
            checkPort(low, 1);
            checkPort(high, low);
            item.direction = direction;
            list.push([low, high]);
          },
        }));
      },
      get ApplicationFilters() {
        return session.collection("ApplicationFilters", item.filters, (one) => one, () => ({}));
      },
    }), (_, add) => Object.assign(save("protocols"), {
      Add(name) {
        check(arguments.length === 1, "Add of protocols takes a name");
        checkName(name);
        return protocols.Item(add({ name, ranges: [], filters: [] }).name);
      },
    }));

    const element = (item, title) => sealed(title, { get Name() { return item.name; } });
    const subnets = this.collection("Subnets", state.subnets, (item) => element(item, "FPCSubnet"), (_, add) =>
      Object.assign(save("subnets"), {
        Add(name, address, mask) {
          checkName(name);
          const bits = addressValue(mask).toString(2).padStart(32, "0");
          check(/^1+0*$/.test(bits), "bad mask " + mask);
          check(addressValue(address).toString(2).padStart(32, "0").slice(bits.lastIndexOf("1") + 1).indexOf("1") < 0,
            address + " is no network of " + mask);
          add({ name, address, mask });
        },
      }));
    const computers = this.collection("Computers", state.computers, (item) => element(item, "FPCComputer"), (_, add) =>
      Object.assign(save("computers"), {
        Add(name, address) {
          check(arguments.length === 2, "Add of computers takes a name and an address");
          checkName(name);
          addressValue(address);
          add({ name, address });
        },
      }));

    const publishing = (item) => sealed("FPCServerPublishingProperties", {
      get PublishedServerIP() { return item.server; },
      get PublishedProtocol() { return sealed("FPCRef", { get Name() { return item.protocol; } }); },
      get IPsOnNetworks() {
        return session.collection("IPsOnNetworks", item.listeners, (one) => sealed("FPCIPOnNetwork", {
          get IPSelectionMethod() { return 2; },
          get IPAddresses() {
            return session.collection("IPAddresses", one.addresses, (address) => address, () => ({}));
          },
        }), (list) => ({
          Add(network, method, address) {
            session.change();
            check(arguments.length === 3 && method === 2, "an address is specified by method 2");
            check(session.firewall.networks.includes(network), "no network " + network);
            addressValue(address);
            list.push({ network, addresses: [address] });
          },
        }));
      },
      get OverridePublishPort() { return item.port; },
      set OverridePublishPort(port) { checkPort(port, 0); session.change(); item.port = port; },
      get OverrideServerPort() { return item.serverPort; },
      set OverrideServerPort(port) { checkPort(port, 0); session.change(); item.serverPort = port; },
    });
    const selection = (from) => sealed("FPCSelectionIPs", Object.fromEntries(
      Object.keys(from).map((key) => [key, session.references(key, from[key])])));
    const access = (item) => sealed("FPCAccessProperties", {
      get ProtocolSelectionMethod() { return item.method; },
      set ProtocolSelectionMethod(method) { check(method === 1, "bad method"); session.change(); item.method = method; },
      get SpecifiedProtocols() { return session.references("SpecifiedProtocols", item.protocols); },
      get DestinationSelectionIPs() { return selection(item.to); },
      get UserSets() { return session.references("UserSets", item.users); },
    });
    const rules = this.collection("PolicyRules", state.rules, (item) => item.kind !== "publishing" && !item.protocols
      ? sealed("an access rule", { get Name() { return item.name; } })
      : sealed("FPCPolicyRule", {
        get Name() { return item.name; },
        get Action() { return item.action; },
        set Action(action) { check(action === 0 || action === 1, "bad action"); session.change(); item.action = action; },
        get Enabled() { return item.enabled; },
        set Enabled(value) { check(typeof value === "boolean", "bad value"); session.change(); item.enabled = value; },
        get Description() { return item.description; },
        set Description(text) { check(typeof text === "string", "bad text"); session.change(); item.description = text; },
        get ServerPublishingProperties() {
          check(item.kind === "publishing", item.name + " publishes nothing");
          return publishing(item);
        },
        get AccessProperties() {
          check(item.kind === "access", item.name + " is no access rule");
          return access(item);
        },
        get SourceSelectionIPs() { return selection(item.from); },
      }), (list, add) => Object.assign(save("rules"), {
        // A new rule comes first, and brings sources, destinations and users of its own, which a script has to clear.
        AddAccessRule(name) {
          check(arguments.length === 1, "AddAccessRule takes a name");
          checkName(name);
          add({
            kind: "access", name, enabled: false, action: 1, description: "", method: 0, protocols: [],
            users: ["All Authenticated Users"],
            from: { Networks: [], NetworkSets: ["All Networks"], ComputerSets: ["Anywhere"], Computers: [], Subnets: [] },
            to: { Networks: ["External"], NetworkSets: ["All Networks"], ComputerSets: [], Computers: [], Subnets: [] },
          });
          list.unshift(list.pop());
          return rules.Item(1);
        },
        AddServerPublishingRule(name, server, protocol) {
          check(arguments.length === 3, "AddServerPublishingRule takes three arguments");
          checkName(name);
          addressValue(server);
          check(session.firewall.protocols.some((one) => one.name === protocol), "no protocol " + protocol);
          // A new rule brings a listener and sources of its own, which a script has to clear.
          return rules.Item(add({
            kind: "publishing", name, enabled: false, action: 1, description: "", server, protocol,
            listeners: [{ network: session.firewall.networks[0], addresses: ["192.0.2.254"] }], port: 0, serverPort: 0,
            from: { Networks: [], NetworkSets: ["All Networks"], ComputerSets: ["Anywhere"], Computers: [], Subnets: [] },
          }).name);
        },
      }));

    return sealed("FPC.Root", {
      GetContainingArray: () => sealed("FPCArray", {
        get ArrayPolicy() { return sealed("FPCArrayPolicy", { get PolicyRules() { return rules; } }); },
        get RuleElements() {
          return sealed("FPCRuleElements", {
            get ProtocolDefinitions() { return protocols; },
            get Subnets() { return subnets; },
            get Computers() { return computers; },
          });
        },
      }),
    });
  }
}

// JScript is ECMAScript 3.

function faultsOfES3(text) {
  const faults = [];
  for (const character of text) {
    if (character.charCodeAt(0) > 126) { faults.push("a character that is not ASCII"); break; }
  }
  const code = text.replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part[0] === "/" ? " " : '""');
  const newer = [
    ["a keyword of later versions", /\b(let|const|class|async|await|yield|import|export|of)\b/], ["=>", /=>/],
    ["a template", /`/], ["a trailing comma", /,\s*[\]})]/], ["a spread", /\.\.\./], ["a getter", /\b(get|set)\s+\w+\s*\(/],
    ["a reserved word as a member", /\.(class|default|delete|enum|export|extends|import|super|char|int|final)\b/],
    ["a short method", /[{,]\s*(?!(?:if|for|while|switch|with|catch|function)\b)\w+\s*\([^)]*\)\s*\{/], ["an operator of later versions", /\*\*|\?\?|\?\.[^\d]/],
    ["an open string", /["'](?!["'])(?<!["'].)/],
  ];
  for (const [what, pattern] of newer) { if (pattern.test(code.replace(/""/g, "0"))) { faults.push(what); } }
  return faults;
}

// A context without what came after ECMAScript 3.
function context(session) {
  const quit = {};
  const sandbox = vm.createContext({});
  vm.runInContext(`
    (function () {
      var es3 = {
        Array: "concat join pop push reverse shift slice sort splice unshift toString toLocaleString constructor length",
        String: "charAt charCodeAt concat indexOf lastIndexOf localeCompare match replace search slice split substring "
          + "toLowerCase toUpperCase toString valueOf constructor length",
        Object: "constructor toString toLocaleString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable"
      };
      // All of it first, because this code uses some of it.
      var gone = [];
      for (var name in es3) {
        var kept = " " + es3[name] + " ";
        var homes = [[this[name].prototype, kept], [this[name], " length name prototype fromCharCode "]];
        for (var i = 0; i < 2; i++) {
          var members = Object.getOwnPropertyNames(homes[i][0]);
          for (var j = 0; j < members.length; j++) {
            if (homes[i][1].indexOf(" " + members[j] + " ") < 0 && members[j] !== "__proto__") {
              gone.push([homes[i][0], members[j]]);
            }
          }
        }
      }
      for (var k = 0; k < gone.length; k++) { delete gone[k][0][gone[k][1]]; }
    }).call(this);
  `, sandbox);
  for (const name of ["JSON", "Map", "Set", "Promise", "Symbol", "Reflect", "Proxy", "console"]) {
    vm.runInContext("delete this." + name, sandbox);
  }
  sandbox.ActiveXObject = function (id) {
    check(id === "FPC.Root", "no class " + id);
    return session.root();
  };
  sandbox.WScript = sealed("WScript", {
    Echo: (text) => { session.echo.push(String(text)); },
    Quit: (code) => { quit.code = code; throw quit; },
  });
  return { sandbox, quit };
}

function run(firewall, script) {
  const session = new Session(firewall, script.failAt);
  const { sandbox, quit } = context(session);
  const result = { exit: 0, error: "", faults: faultsOfES3(script.text) };
  try {
    vm.runInContext(script.text, sandbox, { timeout: 10000 });
  } catch (error) {
    if (error === quit) { result.exit = quit.code; } else { result.error = String(error && error.message || error); }
  }
  const isOurs = (one) => one.name.startsWith("sallyport-");
  const elements = (state) => [].concat(state.rules, state.protocols, state.subnets, state.computers);
  result.echo = session.echo;
  result.changes = session.changes;
  result.count = elements(firewall).filter(isOurs).length;
  result.others = JSON.stringify(elements(firewall).filter((one) => !isOurs(one)));
  result.accesses = firewall.rules.filter((rule) => rule.kind === "access" && isOurs(rule)).map((rule) => {
    const named = (list, names) => names.map((name) => list.find((one) => one.name === name));
    const protocols = named(firewall.protocols, rule.protocols);
    return {
      name: rule.name, tag: rule.description, isOn: rule.enabled, permits: rule.action === 0,
      servers: named(firewall.computers, rule.to.Computers).map((one) => one.address),
      ranges: protocols.map((one) => one.ranges[0]), filters: protocols.map((one) => one.filters.length),
      networks: rule.from.Networks,
      others: [].concat(rule.from.NetworkSets, rule.from.ComputerSets, rule.to.Networks, rule.to.NetworkSets, rule.to.Subnets),
      users: named(firewall.subnets, rule.from.Subnets).map((one) => one.address + "/"
        + addressValue(one.mask).toString(2).replace(/0/g, "").length)
        .concat(named(firewall.computers, rule.from.Computers).map((one) => one.address + "/32")),
    };
  });
  result.rules = firewall.rules.filter((rule) => rule.kind === "publishing" && isOurs(rule)).map((rule) => {
    const ports = portsOf(rule, firewall.protocols);
    const named = (list, names) => names.map((name) => list.find((one) => one.name === name));
    return {
      name: rule.name, tag: rule.description, isOn: rule.enabled && rule.action === 0, server: rule.server,
      network: rule.listeners[0].network, listener: rule.listeners[0].addresses[0], listeners: rule.listeners.length,
      low: ports.published[0][0], high: ports.published[0][1], serverLow: ports.served[0][0],
      filters: ports.filters.length,
      networks: rule.from.Networks, sets: rule.from.NetworkSets.length + rule.from.ComputerSets.length,
      clients: named(firewall.subnets, rule.from.Subnets).map((one) => one.address + "/"
        + addressValue(one.mask).toString(2).replace(/0/g, "").length)
        .concat(named(firewall.computers, rule.from.Computers).map((one) => one.address + "/32")),
    };
  });
  return result;
}

const jobs = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const results = jobs.map((job) => {
  const firewall = newFirewall(job.networks);
  return job.scripts.map((script) => run(firewall, script));
});
process.stdout.write(JSON.stringify(results));
