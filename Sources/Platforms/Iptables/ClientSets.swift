import Addressing

/// A list of clients as a set of ipset. Its name is made of what it holds, so a set of that name never holds anything
/// else, and one that is loaded twice is the same.
struct ClientSet: Sendable {
  let name: String
  let family: AddressFamily
  let prefixes: [Prefix]

  init(family: AddressFamily, prefixes: [Prefix]) {
    let text = prefixes.map { "\($0)" }.joined(separator: ",")
    // 31 characters at most (`IPSET_MAXNAMELEN`).
    name = ObjectNames.prefix + hexadecimal(of: text, digits: 16)
    self.family = family
    self.prefixes = prefixes
  }

  /// Sets of `hash:net` hold so many elements unless they are told another number.
  private static let standardSize = 65536

  /// The lines of `ipset -exist restore`.
  var lines: [String] {
    let size = prefixes.count > Self.standardSize ? " maxelem \(prefixes.count)" : ""
    return ["create \(name) hash:net family \(family == .ipv4 ? "inet" : "inet6")\(size)"]
      + prefixes.map { "add \(name) \($0.address)/\($0.length)" }
  }
}

extension ClientSet {
  /// The name of the file with sets.
  static let fileName = "sallyport.ipset"

  /// The file that makes sets; `nil` where there are none.
  static func artifact(_ sets: [ClientSet]) -> Artifact? {
    guard !sets.isEmpty else { return nil }
    var text = ConfigurationText()
    var known: Set<String> = []
    for set in sets.sorted(by: { $0.name < $1.name }) where known.insert(set.name).inserted {
      text.add(lines: set.lines)
    }
    return text.artifact(
      fileName, destination: "/etc/sallyport/\(fileName)",
      purpose: "lists of clients; load them with ipset -exist restore before the rules")
  }
}
