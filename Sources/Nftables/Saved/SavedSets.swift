import Addressing

/// What `ipset save` printed, or a file for `ipset restore`.
package enum SavedSets {
  /// Whether a text looks like that.
  package static func isSaved(_ bytes: [UInt8]) -> Bool {
    let first = bytes.prefix(100_000).split(separator: 0x0A).first { $0.first != UInt8(ascii: "#") }
    return first.map { $0.starts(with: "create ".utf8) || $0.starts(with: "-N ".utf8) } ?? false
  }

  /// The sets, each with an index of its own, by which rules refer to it. A set with an element that is not understood
  /// is left out, so that rules which ask it are not read.
  ///
  /// - Parameter first: The index of the first set.
  package static func read(_ bytes: [UInt8], first: Int = 1) -> [IPSet] {
    var sets: [IPSet] = []
    var positions: [String: Int] = [:]
    var masks: [String: Int] = [:]
    var faulty: Set<String> = []
    var passing: Set<String> = []
    for line in bytes.split(separator: 0x0A) {
      guard let words = savedWords(line)?.map(\.text), let command = words.first, words.count >= 3 else { continue }
      let name = words[1]
      switch command {
      case "create", "-N":
        guard positions[name] == nil else { continue }
        let options = Dictionary(zip(words, words.dropFirst()), uniquingKeysWith: { first, _ in first })
        let family: AddressFamily? =
          words[2].hasPrefix("list:") || words[2] == "bitmap:port"
          ? nil : options["family"] == "inet6" ? .ipv6 : .ipv4
        positions[name] = sets.count
        masks[name] = options["netmask"].flatMap { Int($0) }
        if let time = options["timeout"], time != "0" { passing.insert(name) }
        // What elements have besides decides, too.
        if words.contains(where: { ["skbinfo", "bitmask", "markmask"].contains($0) }) { faulty.insert(name) }
        sets.append(IPSet(index: first + sets.count, name: name, type: words[2], family: family, elements: []))
      case "add", "-A":
        guard let position = positions[name] else { continue }
        if var element = IPSet.Element(
          words[2], fields: sets[position].fields, family: sets[position].family, netmask: masks[name],
          isException: words.contains("nomatch"))
        {
          let rest = words.firstIndex(of: "timeout").flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
          // Without the word the set's own time counts.
          element.goesAway = rest.map { $0 != "0" } ?? passing.contains(name)
          sets[position].elements.append(element)
        } else {
          faulty.insert(name)
        }
      default: continue
      }
    }
    return sets.filter { !faulty.contains($0.name) }
  }
}

extension IPSet.Element {
  /// - Parameters:
  ///   - text: Its fields with commas between, as `ipset` writes them: `10.0.0.1,tcp:21`.
  ///   - netmask: The bits of addresses that count in the set.
  fileprivate init?(_ text: String, fields: [String], family: AddressFamily?, netmask: Int?, isException: Bool) {
    self.init()
    self.isException = isException
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == fields.count else { return nil }
    for (field, part) in zip(fields, parts) {
      switch field {
      case "ip", "net":
        guard let (range, bits) = Self.addresses(part, family, netmask) else { return nil }
        addresses.append(range)
        length += bits
      case "port":
        let pieces = part.split(separator: ":", maxSplits: 1).map(String.init)
        guard let last = pieces.last else { return nil }
        if pieces.count > 1 {
          guard let number = ["tcp": UInt8(6), "udp": 17, "sctp": 132][pieces[0]] ?? UInt8(pieces[0]) else {
            return nil
          }
          transport = number
        } else if fields.count > 1 {
          transport = 6
        }
        let ends = last.split(separator: "-", maxSplits: 1).map { UInt16($0) }
        guard let first = ends.first, let low = first, let end = ends.last, let high = end, low <= high else {
          return nil
        }
        ports = low...high
      case "iface":
        guard !part.hasPrefix("physdev:") else { return nil }
        isPrefixOfInterface = part.hasSuffix("+")
        interface = isPrefixOfInterface ? String(part.dropLast()) : part
      case "set": member = part
      default: return nil
      }
    }
  }

  /// `A`, `A/LENGTH` or `A-B`.
  private static func addresses(
    _ text: String, _ family: AddressFamily?, _ netmask: Int?
  ) -> (ClosedRange<UInt128>, bits: Int)? {
    let ends = text.split(separator: "-", maxSplits: 1).map(String.init)
    if ends.count == 2 {
      guard let low = IPAddress(ends[0]), let high = IPAddress(ends[1]), low.family == family, high.family == family,
        low <= high
      else { return nil }
      return (low.value...high.value, low.family.bits)
    }
    let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
    guard let first = parts.first, let address = IPAddress(first), address.family == family else { return nil }
    let written = parts.count > 1 ? parts.last.flatMap { Int($0) } : netmask ?? address.family.bits
    guard let length = written, let prefix = Prefix(address, length: length) else { return nil }
    return (prefix.bounds, length)
  }
}
