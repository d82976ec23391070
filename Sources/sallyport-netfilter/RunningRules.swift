// SPDX-License-Identifier: GPL-2.0-only

import CNftables

/// Every table of the network namespace, as JSON, and beside it what that does not tell.
struct RunningRules {
  /// The listing in JSON.
  var listing: Answer
  var more: [Frame] = []

  /// All parts are of one generation of the ruleset: when it changes meanwhile they are asked for again.
  ///
  /// - Parameters:
  ///   - json: Lists the ruleset in JSON, with the generation before it.
  ///   - text: The same as nft writes it for people, with handles.
  init(json: () -> Answer, text: () -> Answer) {
    for _ in 0..<Self.mostAttempts {
      listing = json()
      guard listing.status == 0 else { return }
      guard let parts = Self.parts(of: listing, text: text()) else { continue }
      if rulesetGeneration() == listing.generation {
        more = parts
        return
      }
    }
    listing = Answer(
      status: -1, output: [],
      errors: Array("the ruleset changed \(Self.mostAttempts) times while it was read; try again\n".utf8))
  }

  private static let mostAttempts = 20

  /// - `tables`: messages of the kernel with every table, for their flags.
  /// - `chains`: messages with every chain, for the devices of their hooks.
  /// - `text`: the listing for people, when nft can write it.
  /// - `rules`: messages of the kernel with every rule, where extensions of xtables are used: the listing has their
  ///   names only.
  /// - `sets`, `set-names`: what `ipset` keeps.
  /// - `legacy`, `legacy-unread`: the tables of iptables-legacy.
  private static func parts(of listing: Answer, text: Answer) -> [Frame]? {
    guard let tables = listed(NFT_MSG_GETTABLE), let chains = listed(NFT_MSG_GETCHAIN) else { return nil }
    var parts = [Frame("tables", tables), Frame("chains", chains)]
    if text.status == 0 { parts.append(Frame("text", text.output)) }
    let legacy = LegacyTables()
    if !legacy.content.isEmpty { parts.append(Frame("legacy", legacy.content)) }
    if !legacy.unread.isEmpty { parts.append(Frame("legacy-unread", legacy.unread)) }
    let hasExtensions = listing.output.contains(word: "\"xt\"")
    if hasExtensions {
      guard let rules = listed(NFT_MSG_GETRULE) else { return nil }
      parts.append(Frame("rules", rules))
    }
    if hasExtensions || !legacy.content.isEmpty, let sets = addressSets(), !sets.isEmpty {
      parts.append(Frame("sets", sets))
      parts.append(Frame("set-names", addressSetNames()))
    }
    return parts
  }
}

/// Every object of a kind, of every table.
func listed(_ message: nf_tables_msg_types) -> [UInt8]? {
  netlinkList(subsystem: UInt32(NFNL_SUBSYS_NFTABLES), message: UInt32(message.rawValue))
}

extension [UInt8] {
  /// Whether a word of ASCII stands in the text.
  fileprivate func contains(word: String) -> Bool {
    let wanted = Array(word.utf8)
    guard let first = wanted.first, count >= wanted.count else { return false }
    var position = startIndex
    while let found = self[position...].firstIndex(of: first) {
      if self[found...].prefix(wanted.count).elementsEqual(wanted) { return true }
      position = found + 1
    }
    return false
  }
}
