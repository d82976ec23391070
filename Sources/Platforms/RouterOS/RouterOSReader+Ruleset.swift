import Addressing
import Diagnostics
import Nftables

/// What an export's entries of one family come to, as one table: address lists are common to all menus, so chains bear
/// the name of theirs.
///
/// Hooks and priorities are those of Linux for the tables of iptables, which the manual's packet flow has in the same
/// order: `raw`, connection tracking, `mangle`, translation, `filter`. A chain that nobody has written permits.
struct RouterOSRuleset {
  let configuration: RouterOSConfiguration
  let family: AddressFamily
  let context: GatewayContext
  private(set) var idle: [IdleRule] = []
  private(set) var remarks: [Diagnostic] = []
  /// The numbers that stand for the names of marks.
  var marks: [String: Int64] = [:]
  /// The address lists, by name.
  private(set) var lists: [String: RouterOSAddressList] = [:]
  private(set) var interfaces: RouterOSInterfaceLists
  private(set) var ownAddresses: [IPAddress] = []
  let routes: RouterOSRoutes
  private var wanted: Set<String> = []

  /// The name of the table.
  static let table = "router"

  init(_ configuration: RouterOSConfiguration, _ family: AddressFamily, _ context: GatewayContext) {
    (self.configuration, self.family, self.context) = (configuration, family, context)
    let interfaces = RouterOSInterfaceLists(configuration)
    self.interfaces = interfaces
    routes = RouterOSRoutes(configuration, interfaces, family, context)
    ownAddresses = addressesOfRouter
    lists = RouterOSAddressList.all(configuration.entries("\(root) address-list"), family)
  }

  private var root: String { "\(family.routerOSMenu) firewall" }
  var tellsAddressLists: Bool { configuration.tells("\(root) address-list") }

  /// Those of its interfaces; where one is given from outside, or none is told, those for which packets arrive as well.
  private var addressesOfRouter: [IPAddress] {
    let entries = configuration.entries("\(family.routerOSMenu) address").filter { !$0.isDisabled }
    let own = entries.compactMap { entry in
      entry["address"]?.split(separator: "/").first.flatMap { IPAddress(String($0)) }
    }.filter { $0.family == family }
    let isOpen = own.isEmpty || configuration.hasDynamicAddresses
    return own + (isOpen ? context.arrivals.filter { $0.family == family } : [])
  }

  private static let menus = ["raw", "mangle", "nat", "filter"]

  mutating func table() -> Table {
    var chains: [Chain] = []
    var positions: [String: Int] = [:]
    for menu in Self.menus {
      let entries = configuration.entries("\(root) \(menu)")
      noteFilled(entries)
      for entry in entries { add(entry, of: menu, to: &chains, &positions) }
    }
    // A jump to a chain without entries comes back at once.
    for name in wanted.sorted() where positions[name] == nil { chains.append(Chain(name)) }
    let others = chainsOfSettings
    return Table(
      Self.table, family: family == .ipv4 ? .ip : .ip6,
      helpers: others.contains { $0.name == Self.helperChain } ? [HelperObject("ftp", type: "routeros-ftp")] : [],
      sets: lists.values.sorted { $0.name < $1.name }.flatMap(\.sets), chains: others + chains
    ).ofDevice
  }

  /// Lists that rules fill are there, whatever else they hold.
  private mutating func noteFilled(_ entries: [RouterOSEntry]) {
    for entry in entries where entry["action"]?.hasSuffix("to-address-list") == true {
      guard let name = entry["address-list"] else { continue }
      lists[name, default: RouterOSAddressList(name, family)].isFilled = true
    }
  }

  private mutating func add(
    _ entry: RouterOSEntry, of menu: String, to chains: inout [Chain], _ positions: inout [String: Int]
  ) {
    guard let chain = entry["chain"] else { return }
    let name = "\(menu) \(chain)"
    let position = positions[name] ?? chains.count
    if position == chains.count {
      positions[name] = position
      chains.append(Chain(name, Self.base(menu, chain)))
    }
    var reader = RouterOSRuleReader(entry, menu, self)
    let rules = reader.rules()
    marks = reader.marks
    for list in reader.lists where lists[list] == nil { lists[list] = RouterOSAddressList(list, family) }
    if let target = reader.target { wanted.insert(target) }
    let reason =
      entry.isDisabled ? "is disabled" : entry.complaint.map { "is invalid, as the line before it says (`\($0)`)" }
    guard let reason else {
      chains[position].rules += rules
      remarks += RouterOSRemarks(entry, menu, self).found
      return
    }
    for rule in rules {
      idle.append(
        IdleRule(table: Self.table, chain: name, position: chains[position].rules.count, rule: rule, reason: reason))
    }
  }

  private static func base(_ menu: String, _ chain: String) -> BaseChain? {
    switch (menu, chain) {
    case ("filter", "input"): BaseChain(.filter, .input, priority: 0)
    case ("filter", "forward"): BaseChain(.filter, .forward, priority: 0)
    case ("filter", "output"): BaseChain(.filter, .output, priority: 0)
    case ("nat", "dstnat"): BaseChain(.nat, .prerouting, priority: -100)
    case ("nat", "srcnat"): BaseChain(.nat, .postrouting, priority: 100)
    case ("mangle", "prerouting"): BaseChain(.filter, .prerouting, priority: -150)
    case ("mangle", "input"): BaseChain(.filter, .input, priority: -150)
    case ("mangle", "forward"): BaseChain(.filter, .forward, priority: -150)
    case ("mangle", "output"): BaseChain(.filter, .output, priority: -150)
    case ("mangle", "postrouting"): BaseChain(.filter, .postrouting, priority: -150)
    case ("raw", "prerouting"): BaseChain(.filter, .prerouting, priority: -300)
    case ("raw", "output"): BaseChain(.filter, .output, priority: -300)
    default: nil
    }
  }

  // MARK: Switches of the whole router

  private static let helperChain = "service-port"

  private var chainsOfSettings: [Chain] {
    [helper, forwarding, tracking].compactMap(\.self) + chainsOfWays
  }

  /// The FTP helper, which reads connections to its ports after translation. Of IPv6 nothing is known.
  private var helper: Chain? {
    guard family == .ipv4 else { return nil }
    let setting = configuration.setting("ip firewall service-port", "ftp")
    guard setting?.isDisabled != true else { return nil }
    let words = setting?["ports"] ?? "21"
    let ports = words.split(separator: ",").map { PortRange(dashed: $0) }
    var statements: [Statement] = [
      .match(.destinationPort, .equal, .members(ports.compactMap(\.self).map { Member(.value(Value($0))) })),
      .assignHelper("ftp"),
    ]
    if ports.contains(nil) { statements = [.unread("service-port ftp ports=\(words)")] }
    var rule = Rule(statements, provenance: setting.map { [$0.span] } ?? [])
    rule.quotation = setting == nil ? "the FTP helper, which is on from the factory" : "set ftp ports=\(words)"
    return Chain(Self.helperChain, BaseChain(.filter, .prerouting, priority: -90), rules: [rule])
  }

  private var forwarding: Chain? {
    let setting = configuration.setting("\(family.routerOSMenu) settings")
    let name = family == .ipv4 ? "ip-forward" : "forward"
    let isOff = setting?[name] == "no" || family == .ipv6 && setting?["disable-ipv6"] == "yes"
    guard let setting, isOff else { return nil }
    var rule = Rule([.verdict(.drop)], provenance: [setting.span])
    rule.quotation = "set \(setting.words)"
    return Chain("settings", BaseChain(.filter, .forward, priority: -300), rules: [rule])
  }

  /// Without connection tracking there is no translation, and no state.
  private var tracking: Chain? {
    guard let setting = configuration.setting("ip firewall connection tracking"), setting["enabled"] == "no" else {
      return nil
    }
    var rule = Rule([.notrack], provenance: [setting.span])
    rule.quotation = "set \(setting.words)"
    return Chain("connection tracking", BaseChain(.filter, .prerouting, priority: -350), rules: [rule])
  }
}
