import Addressing
import Diagnostics
import Policy

/// `<Class NAME>`: the clients that belong to it. A client belongs to the first class of the text that takes it
/// (measured: 1.3.8).
struct ProftpdClass {
  var name: String
  var span: SourceSpan
  /// The entries of `From`; `nil` for a host name.
  var entries: [(isNegated: Bool, clients: AddressSet?)] = []
  var needsAll = false

  /// Whether host names decide about it.
  var isOpen: Bool { entries.contains { $0.clients == nil } }

  /// The clients that it takes, where no host name decides.
  var clients: AddressSet {
    let taken = entries.compactMap { $0.isNegated ? nil : $0.clients }
    let others = entries.compactMap { $0.isNegated ? $0.clients : nil }
    guard needsAll else {
      // A client belongs to the class unless every one of these entries names it.
      let named = others.dropFirst().reduce(others.first) { $0?.intersection($1) }
      return AddressSet(unionOf: taken + (named.map { [AddressSet.any.subtracting($0)] } ?? []))
    }
    guard !entries.allSatisfy({ $0.clients == nil }) else { return AddressSet() }
    return taken.reduce(AddressSet.any) { $0.intersection($1) }.subtracting(AddressSet(unionOf: others))
  }

  mutating func take(_ line: ProftpdLine) {
    switch line.key {
    case "from":
      for word in ProftpdAccess.words(line.arguments) {
        let isNegated = word.hasPrefix("!")
        entries.append((isNegated, ProftpdAccess.clients(isNegated ? String(word.dropFirst()) : word)))
      }
    case "satisfy": needsAll = line.arguments.first?.value.lowercased() == "all"
    default: break
    }
  }
}

/// Some clients who are treated alike: those of one class, or of none.
struct ProftpdRegion {
  /// `nil` for clients of no class.
  var className: String?
  var clients: AddressSet
  /// How findings call them, as in "for clients of class `lan`".
  var title: String

  static let everybody = ProftpdRegion(className: nil, clients: .any, title: "")
}

/// One of the two lists of a `<Limit>`: who is allowed, or who is denied.
struct ProftpdAccess {
  enum Answer { case yes, no, some }

  var isForAll = false
  var clients: [(text: String, set: AddressSet)] = []
  /// Class expressions: whether all have to hold, and their words.
  var classes: [(needsAll: Bool, words: [String])] = []
  /// Whether users, groups, host names or patterns decide as well.
  var hasMore = false

  /// Whether the list has the clients of a region, which none of its networks divides.
  func has(_ region: ProftpdRegion) -> Answer {
    if isForAll || clients.contains(where: { !$0.set.isEmpty && $0.set.isSuperset(of: region.clients) }) {
      return .yes
    }
    if let name = region.className, classes.contains(where: { Self.holds($0, name) }) { return .yes }
    return hasMore ? .some : .no
  }

  /// A class expression of `<Limit>`, which never holds for a client of no class (measured: 1.3.8).
  private static func holds(_ expression: (needsAll: Bool, words: [String]), _ name: String) -> Bool {
    let test = { (word: String) in word.hasPrefix("!") ? word.dropFirst() != name : word == name }
    return expression.needsAll ? expression.words.allSatisfy(test) : expression.words.contains(where: test)
  }

  /// The words of a list, which commas divide as well.
  static func words(_ arguments: [Located<String>]) -> [String] {
    arguments.flatMap { $0.value.split(separator: ",").map(String.init) }.filter { !$0.isEmpty }
  }

  /// Takes what stands after `Allow` or `Deny`; `from` may be left out.
  mutating func take(_ arguments: [Located<String>]) {
    var words = Self.words(arguments)
    if words.first?.lowercased() == "from" { words.removeFirst() }
    for word in words {
      switch Self.clients(word) {
      case let set? where word.lowercased() == "all": if !set.isEmpty { isForAll = true }
      case let set?: clients.append((word, set))
      // A negated entry allows nobody (measured: 1.3.8), a host name those whose address leads to it.
      case nil: if !word.hasPrefix("!") { hasMore = true }
      }
    }
  }

  mutating func take(classes arguments: [Located<String>]) {
    var words = Self.words(arguments)
    let kind = words.first?.lowercased() ?? ""
    if ["and", "or"].contains(kind) { words.removeFirst() }
    if kind == "regex" { hasMore = true } else { classes.append((kind == "and", words)) }
  }

  /// The clients that one entry names: `all`, `none`, an address, a network, or its beginning; `nil` for a host name.
  static func clients(_ word: String) -> AddressSet? {
    switch word.lowercased() {
    case "all": return .any
    case "none": return AddressSet()
    default: break
    }
    if let address = IPAddress(word) { return AddressSet([Prefix(address)]) }
    let parts = word.split(separator: "/", omittingEmptySubsequences: false)
    if parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]) {
      return Prefix(address, length: length).map { AddressSet([$0]) }
    }
    // `192.168.` and `192.168.*`.
    let numbers = word.split(separator: ".", omittingEmptySubsequences: false)
    guard numbers.count > 1, numbers.count <= 4, let last = numbers.last, last.isEmpty || last == "*" else {
      return nil
    }
    let known = numbers.dropLast().filter { $0 != "*" }
    guard known.count == numbers.count - 1 || numbers.dropFirst(known.count).allSatisfy({ $0 == "*" }) else {
      return nil
    }
    let octets = known.compactMap { UInt8($0) }
    guard octets.count == known.count else { return nil }
    let text = (octets.map(String.init) + Array(repeating: "0", count: 4 - octets.count)).joined(separator: ".")
    return IPAddress(text).flatMap { Prefix($0, length: 8 * octets.count) }.map { AddressSet([$0]) }
  }
}

/// A `<Limit>` section.
struct ProftpdLimit {
  enum Decision {
    case allowed, denied
    /// Denied to all but some users.
    case deniedToMost
    /// Users, groups or patterns are named who are denied.
    case deniedToSome
  }

  /// The commands that open data connections.
  static let dataCommands: Set = ["PASV", "EPSV", "PORT", "EPRT"]

  var commands: Set<String>
  var span: SourceSpan
  var allow = ProftpdAccess()
  var deny = ProftpdAccess()
  /// `Order deny,allow`; the default is the other way round.
  var denyComesFirst = false

  mutating func take(_ line: ProftpdLine) -> Bool {
    switch line.key {
    case "denyall": deny.isForAll = true
    case "allowall": allow.isForAll = true
    case "deny": deny.take(line.arguments)
    case "allow": allow.take(line.arguments)
    case "denyclass": deny.take(classes: line.arguments)
    case "allowclass": allow.take(classes: line.arguments)
    case "denyuser", "denygroup", "denyfilter": deny.hasMore = true
    case "allowuser", "allowgroup", "allowfilter": allow.hasMore = true
    case "order": denyComesFirst = line.arguments.map(\.value).joined().lowercased().hasPrefix("deny")
    default: return false
    }
    return true
  }

  /// How many things are looked at to decide about one client.
  var count: Int {
    1 + allow.clients.count + deny.clients.count + allow.classes.count + deny.classes.count
  }

  /// What it says to clients; `nil` when it says nothing. With `deny,allow` who is not allowed is refused.
  func decision(_ region: ProftpdRegion) -> Decision? {
    let (allowed, denied) = (allow.has(region), deny.has(region))
    if denyComesFirst {
      if denied == .yes { return .denied }
      if allowed == .yes { return denied == .some ? .deniedToSome : .allowed }
      return allowed == .some ? .deniedToMost : .denied
    }
    if allowed == .yes { return .allowed }
    if denied == .yes { return allowed == .some ? .deniedToMost : .denied }
    return denied == .some ? .deniedToSome : nil
  }
}

extension ProftpdConfiguration {
  /// Regions at most; beyond, clients are not told apart.
  private static let mostRegions = 64

  /// Divides all clients into those who are treated alike; `nil` when there are too many.
  func regions() -> [ProftpdRegion]? {
    let scopes = [main] + hosts + globals
    let limits = scopes.lazy.flatMap { scope in
      scope.limits + scope.folderLimits + scope.sections.flatMap { $0.scope.limits + $0.scope.folderLimits }
    }
    let usesClasses = scopes.contains { scope in
      scope.sections.contains(where: \.isAboutClasses)
        || (scope.limits + scope.folderLimits).contains { !$0.allow.classes.isEmpty || !$0.deny.classes.isEmpty }
    }
    var regions = [ProftpdRegion.everybody]
    if usesClasses {
      guard classes.count <= Self.mostRegions else { return nil }
      var rest = AddressSet.any
      regions = []
      for one in classes {
        let own = one.clients.intersection(rest)
        rest = rest.subtracting(own)
        regions.append(ProftpdRegion(className: one.name, clients: own, title: "of class `\(one.name)`"))
      }
      regions.append(ProftpdRegion(className: nil, clients: rest, title: classes.isEmpty ? "" : "of no class"))
    }
    for entry in limits.flatMap({ $0.allow.clients + $0.deny.clients }) {
      regions = regions.flatMap { region -> [ProftpdRegion] in
        let inside = region.clients.intersection(entry.set)
        let outside = region.clients.subtracting(entry.set)
        if inside.isEmpty || outside.isEmpty { return [region] }
        let named = region.title.isEmpty ? "" : "\(region.title) "
        return [
          ProftpdRegion(className: region.className, clients: inside, title: "\(named)from \(entry.text)"),
          ProftpdRegion(className: region.className, clients: outside, title: region.title),
        ]
      }
      guard regions.count <= Self.mostRegions else { return nil }
    }
    return regions.filter { !$0.clients.isEmpty }
  }
}
