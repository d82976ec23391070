import Addressing
import Nftables

/// An address list of the router.
struct RouterOSAddressList {
  let name: String
  private let family: AddressFamily
  private var known = ElementList()
  private var doubtful = ElementList()
  /// Whether a name stands in it, so that nobody knows its addresses.
  private(set) var hasNames = false
  /// Whether rules add addresses as packets pass.
  var isFilled = false

  init(_ name: String, _ family: AddressFamily) { (self.name, self.family) = (name, family) }

  /// The lists that the entries of the menu come to.
  static func all(_ entries: [RouterOSEntry], _ family: AddressFamily) -> [String: Self] {
    var lists: [String: Self] = [:]
    for entry in entries where !entry.isDisabled {
      guard let name = entry["list"] else { continue }
      lists[name, default: Self(name, family)].add(entry)
    }
    return lists
  }

  private mutating func add(_ entry: RouterOSEntry) {
    guard let value = entry["address"].flatMap({ RouterOSValue.addresses($0, family) }) else {
      hasNames = true
      return
    }
    // What has a time is gone some day.
    let isPassing = entry["timeout"].map { $0 != "0s" } ?? false || entry["dynamic"] == "yes"
    if isPassing {
      doubtful.append(key: [value], provenance: .none)
    } else {
      known.append(key: [value], provenance: .none)
    }
  }

  var isEmpty: Bool { known.isEmpty && doubtful.isEmpty && !hasNames && !isFilled }
  private var hasDoubtful: Bool { !doubtful.isEmpty }
  private var doubtfulName: String { "\(name), entries with a time" }

  var sets: [NamedSet] {
    let flags: [NamedSet.Flag] = isFilled ? [.interval, .dynamic] : [.interval]
    let own = NamedSet(name, key: [.source(family)], flags: flags, elements: known)
    guard hasDoubtful else { return [own] }
    return [own, NamedSet(doubtfulName, key: [.source(family)], flags: [.interval], elements: doubtful)]
  }

  /// Matches packets whose address is in the list, or is not.
  func matching(_ address: Expression, isNegated: Bool) -> Statement {
    .match(address, isNegated ? .notEqual : .equal, .set(name))
  }

  /// Matches packets of which nobody knows whether their address is in the list; `nil` where there are none.
  func doubt(_ address: Expression) -> [Statement]? {
    let isOther = Statement.match(address, .notEqual, .set(name))
    if hasNames { return [isOther, .unread("the address list `\(name)`, in which names stand")] }
    guard hasDoubtful else { return nil }
    return [
      isOther, .match(address, .equal, .set(doubtfulName)),
      .unread("the address list `\(name)`, from which this entry goes away"),
    ]
  }
}

/// The interface lists of the router.
struct RouterOSInterfaceLists {
  private var members: [String: [String]] = [:]
  private var included: [String: [String]] = [:]
  private var excluded: [String: [String]] = [:]
  private var declared: Set<String> = []
  private let isTold: Bool

  init(_ configuration: RouterOSConfiguration) {
    for entry in configuration.entries("interface list member") where !entry.isDisabled {
      guard let list = entry["list"], let interface = entry["interface"] else { continue }
      members[list, default: []].append(interface)
    }
    func names(_ text: String?) -> [String] { text?.split(separator: ",").map(String.init) ?? [] }
    for entry in configuration.entries("interface list") {
      guard let name = entry["name"] else { continue }
      declared.insert(name)
      included[name] = names(entry["include"])
      excluded[name] = names(entry["exclude"])
    }
    isTold = configuration.tells("interface list member")
  }

  /// All lists that are told.
  var names: [String] { declared.union(members.keys).sorted() }

  /// The interfaces of a list; `nil` where nobody knows them.
  func interfaces(_ name: String) -> [String]? { interfaces(name, depth: 0) }

  private func interfaces(_ name: String, depth: Int) -> [String]? {
    // Lists that the router fills itself.
    guard !["all", "none", "dynamic", "static"].contains(name), isTold, depth < 8 else {
      return name == "none" ? [] : nil
    }
    var found = members[name] ?? []
    for other in included[name] ?? [] {
      guard let more = interfaces(other, depth: depth + 1) else { return nil }
      found += more
    }
    for other in excluded[name] ?? [] {
      guard let fewer = interfaces(other, depth: depth + 1) else { return nil }
      found.removeAll { fewer.contains($0) }
    }
    return found
  }
}

/// Values of parameters, as an export writes them.
enum RouterOSValue {
  /// `A`, `A/LENGTH`, `A/MASK` and `A-B`; `nil` for a name, and for what is no address of the family.
  static func addresses(_ text: String, _ family: AddressFamily) -> Value? {
    let ends = text.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false).map {
      IPAddress(String($0))
    }
    if ends.count == 2 {
      guard let low = ends.first.flatMap(\.self), let high = ends.last.flatMap(\.self), low.family == family,
        high.family == family, low <= high
      else { return nil }
      return Value(low...high)
    }
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let first = parts.first, let address = IPAddress(first), address.family == family else { return nil }
    guard parts.count == 2, let last = parts.last else { return .address(address) }
    if let length = Int(last) { return Value(base: address, length: length) }
    guard let mask = IPAddress(last), mask.family == family else { return nil }
    let length = (0...family.bits).first { IPAddress(mask: $0, family) == mask }
    return length.flatMap { Value(base: address, length: $0) }
  }

  /// A list of ports; `nil` for what is none.
  static func ports(_ text: String) -> [PortRange]? {
    let ranges = text.split(separator: ",", omittingEmptySubsequences: false).map { PortRange(dashed: $0) }
    return ranges.contains(nil) ? nil : ranges.compactMap(\.self)
  }
}
