/// What belongs to a listing in JSON and is not told by it, all of one moment.
package struct ListingCompanions: Sendable {
  /// The kernel's messages with all tables (`NFT_MSG_NEWTABLE`).
  package var tables: [UInt8] = []
  /// Its messages with all chains (`NFT_MSG_NEWCHAIN`).
  package var chains: [UInt8] = []
  /// The ruleset as nft writes it for people, with handles.
  package var text: [UInt8] = []
  /// The kernel's messages with all rules (`NFT_MSG_NEWRULE`): they hold the arguments of xtables extensions.
  package var rules: [UInt8] = []
  /// The kernel's messages with the sets of `ipset`, and a line `INDEX NAME` for each.
  package var sets: [UInt8] = []
  package var setNames: [UInt8] = []
  /// Tables of iptables-legacy: for each a byte 4 or 6, `struct ipt_getinfo` and its entries.
  package var legacy: [UInt8] = []
  /// `ip NAME` or `ip6 NAME`, a line for each table of iptables-legacy that could not be read.
  package var legacyUnread: [UInt8] = []

  package init() {}
}

extension Ruleset {
  /// Reads a listing in JSON with what belongs to it: rules know how nft writes them, chains the devices that the
  /// JSON of older versions keeps to itself, extensions of xtables get their
  /// arguments, and tables of iptables-legacy stand beside the others.
  ///
  /// - Throws: `ListingError` for what is no listing of nft.
  package static func read(
    listing bytes: [UInt8], with companions: ListingCompanions
  ) throws(ListingError) -> Ruleset {
    var ruleset = try read(listing: bytes)
    let texts = RuleTexts(listing: companions.text)
    let arguments = ExtensionArguments(messages: companions.rules)
    for table in ruleset.tables.indices {
      let name = RuleName(ruleset.tables[table])
      for chain in ruleset.tables[table].chains.indices {
        for rule in ruleset.tables[table].chains[chain].rules.indices {
          guard let handle = ruleset.tables[table].chains[chain].rules[rule].handle else { continue }
          let position = name.rule(handle)
          let comment = ruleset.tables[table].chains[chain].rules[rule].comment
          ruleset.tables[table].chains[chain].rules[rule].quotation = texts.text(of: position, comment: comment)
          arguments.complete(&ruleset.tables[table].chains[chain].rules[rule].statements, position)
        }
      }
    }
    ruleset.tables += legacyTables(companions.legacy) + unreadLegacyTables(companions.legacyUnread)
    ruleset.readDevices(inMessages: companions.chains)
    let flags = TableFlags(messages: companions.tables)
    for table in ruleset.tables.indices { ruleset.tables[table] = ruleset.tables[table].with(flags) }
    ruleset.ipSets = listedIPSets(messages: companions.sets, names: companions.setNames)
    return ruleset
  }
}

/// A rule by what the kernel knows it by.
struct RuleName: Hashable {
  var family: TableFamily
  var table: String
  var handle: Int64 = 0

  init(family: TableFamily, table: String) {
    self.family = family
    self.table = table
  }

  init(_ table: Table) { self.init(family: table.family, table: table.name) }

  func rule(_ handle: Int64) -> RuleName {
    var name = self
    name.handle = handle
    return name
  }
}

/// The rules of a ruleset as nft writes them, by handle (`nft --handle --stateless list ruleset`).
struct RuleTexts {
  private var texts: [RuleName: String] = [:]

  init(listing: [UInt8]) {
    var table: RuleName?
    var pending: [Substring] = []
    for line in String(decoding: listing, as: UTF8.self).split(separator: "\n") {
      if line.hasPrefix("table ") {
        let words = line.split(separator: " ")
        guard words.count > 2, let family = TableFamily(rawValue: String(words[1])) else { continue }
        table = RuleName(family: family, table: String(words[2]))
        pending = []
        continue
      }
      let content = line.drop { $0 == "\t" || $0 == " " }
      guard let mark = content.range(of: " # handle "), let handle = Int64(content[mark.upperBound...]) else {
        // Objects and chains begin and end with a brace; a long set makes a rule go on in the next line.
        if line.hasPrefix("\t\t"), !content.hasPrefix("type ") { pending.append(content) } else { pending = [] }
        continue
      }
      let text = content[..<mark.lowerBound]
      // `chain forward { # handle 1` begins a chain.
      if let table, line.hasPrefix("\t\t") {
        texts[table.rule(handle)] = (pending + [text]).joined(separator: " ")
      }
      pending = []
    }
  }

  /// Without its comment; `nil` where the listing does not have it.
  func text(of name: RuleName, comment: String?) -> String? {
    guard let text = texts[name] else { return nil }
    guard let comment else { return text }
    let ending = " comment \"\(comment)\""
    return text.hasSuffix(ending) ? String(text.dropLast(ending.count)) : text
  }
}

extension StringProtocol where SubSequence == Substring {
  /// The last place of a text in this one.
  fileprivate func range(of other: String) -> Range<Index>? {
    var end = endIndex
    while let hash = self[startIndex..<end].lastIndex(of: "#") {
      let start = hash > startIndex ? index(before: hash) : hash
      if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
      end = hash
    }
    return nil
  }
}

/// The arguments of xtables extensions in rules, which JSON leaves out: `nft_compat` keeps each as the kernel's
/// structure.
struct ExtensionArguments {
  private struct Extension {
    var revision: UInt32
    var name: String
    var info: Octets
  }

  private var extensions: [RuleName: [Extension]] = [:]

  /// - Parameter messages: `NFT_MSG_NEWRULE`, one after another; attributes as in `linux/netfilter/nf_tables.h`.
  init(messages: [UInt8]) {
    for (family, body) in Octets(messages).netfilterMessages {
      guard let family = TableFamily(number: family), let table = body.attribute(1), let handle = body.attribute(3),
        let expressions = body.attribute(4), let number = handle.big(0, 8).flatMap(Int64.init(exactly:))
      else { continue }
      let found = expressions.attributes.compactMap { Self.extension($0.value) }
      guard !found.isEmpty, let name = table.text(0, table.count) else { continue }
      extensions[RuleName(family: family, table: name).rule(number)] = found
    }
  }

  /// `NFTA_EXPR_NAME` and `NFTA_EXPR_DATA`; `NFTA_MATCH_*` and `NFTA_TARGET_*` have the same numbers.
  private static func `extension`(_ expression: Octets) -> Extension? {
    guard let kind = expression.attribute(1).flatMap({ $0.text(0, $0.count) }), kind == "match" || kind == "target",
      let data = expression.attribute(2), let name = data.attribute(1).flatMap({ $0.text(0, $0.count) }),
      let revision = data.attribute(2)?.big(0, 4)
    else { return nil }
    return Extension(
      revision: UInt32(truncatingIfNeeded: revision), name: name, info: data.attribute(3) ?? Octets([]))
  }

  /// Puts the arguments into the statements that a listing has as `{"xt": ...}`, in their order.
  func complete(_ statements: inout [Statement], _ rule: RuleName) {
    guard let found = extensions[rule] else { return }
    let places = statements.indices.filter { statements[$0].isExtension }
    guard places.count == found.count else { return }
    for (place, argument) in zip(places, found) {
      guard case .xtables(let listed) = statements[place], listed.name == argument.name else { continue }
      statements[place] = .xtables(listed.type, argument.name, argument.revision, argument.info)
    }
  }
}

extension Statement {
  /// An extension of xtables with its arguments.
  static func xtables(_ type: String, _ name: String, _ revision: UInt32, _ info: Octets) -> Statement {
    .xtables(Xtables(type: type, name: name, revision: Int64(revision), info: info.hex))
  }

  fileprivate var isExtension: Bool { if case .xtables = self { true } else { false } }
}

extension TableFamily {
  /// By the number that the kernel has for it (`NFPROTO_*`).
  init?(number: UInt8) {
    let families: [UInt8: TableFamily] = [1: .inet, 2: .ip, 3: .arp, 5: .netdev, 7: .bridge, 10: .ip6]
    guard let family = families[number] else { return nil }
    self = family
  }
}
