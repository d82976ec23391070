extension Ruleset {
  /// Completes chains whose devices a listing in JSON does not tell (nft before 1.0.8), from the listing as text.
  ///
  /// - Parameter text: What `nft list ruleset` prints of the same rules, with or without handles.
  package mutating func readDevices(inText text: [UInt8]) {
    guard tables.contains(where: { $0.chains.contains { $0.base?.lacksDevices == true } }) else { return }
    let found = PrintedDevices(text).byChain
    for table in tables.indices {
      for chain in tables[table].chains.indices where tables[table].chains[chain].base?.lacksDevices == true {
        let place = [tables[table].family.rawValue, tables[table].name, tables[table].chains[chain].name]
        tables[table].chains[chain].base?.devices = found[place]
      }
    }
  }
}

extension BaseChain {
  fileprivate var lacksDevices: Bool { hook.isOfDevices && devices == nil }
}

/// The devices of chains in the text of nft: `type filter hook ingress device "eth0" priority ...` or `devices = { a, b }`.
private struct PrintedDevices {
  /// By family, table and chain.
  private(set) var byChain: [[String]: [String]] = [:]

  init(_ text: [UInt8]) {
    var table: [String] = []
    var chain: String?
    for line in text.split(separator: UInt8(ascii: "\n")) {
      let words = Self.words(line)
      switch words.first {
      case "table" where words.count >= 3: (table, chain) = ([words[1], words[2]], nil)
      case "chain" where words.count >= 2: chain = words[1]
      case "type":
        guard let name = chain, let hook = words.firstIndex(of: "hook"), words.indices.contains(hook + 2),
          let end = words.firstIndex(of: "priority"), end > hook + 2
        else { continue }
        let keyword = words[hook + 2]
        guard keyword == "device" || keyword == "devices" else { continue }
        byChain[table + [name]] = words[(hook + 3)..<end].filter { !["=", "{", "}"].contains($0) }
      default: continue
      }
    }
  }

  /// The words of a line, without quotes, commas and semicolons. Names of devices have no blanks (`dev_valid_name`).
  private static func words(_ line: ArraySlice<UInt8>) -> [String] {
    line.split { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: ";") }.map { word in
      String(decoding: word.drop { $0 == 0x22 }.prefix { $0 != 0x22 }, as: UTF8.self)
    }
  }
}
