extension Ruleset {
  /// Notes which tables are dormant, from the listing as text: in JSON nft 1.0.6 prints something else in the place of their flags.
  ///
  /// - Parameter text: What `nft list ruleset` prints of the same rules; without any, what JSON says stays.
  mutating func readDormancy(inText text: [UInt8]) {
    guard !text.isEmpty else { return }
    var dormant: Set<[String]> = []
    var table: [String] = []
    for line in text.split(separator: UInt8(ascii: "\n")) where line.first == UInt8(ascii: "t") || line.first == 0x09
    {
      // Flags stand one step in, before the chains; what stands deeper is a rule.
      guard line.dropFirst().first != 0x09 else { continue }
      let words = String(decoding: line, as: UTF8.self).split { " \t,".contains($0) }.map(String.init)
      if words.first == "table", words.count >= 3 { table = [words[1], words[2]] }
      if words.first == "flags", words.contains("dormant") { dormant.insert(table) }
    }
    for index in tables.indices {
      tables[index].isDormant = dormant.contains([tables[index].family.rawValue, tables[index].name])
    }
  }
}
