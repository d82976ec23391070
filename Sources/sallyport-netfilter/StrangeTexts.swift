// SPDX-License-Identifier: GPL-2.0-only

import CNftables

/// Looks for what nft prints in such a way that it cannot be read again as what it is: a name that a command cannot
/// hold, a comment or the name of an interface with a quote or a line end. nft prints all of these as they stand.
///
/// The kernel's own messages tell: JSON lacks the comments of tables, chains and sets (nft 1.0.6), and takes twice as
/// long for elements. Rules and objects are for JSON.
struct StrangeTexts {
  private let table: [UInt8]

  init(table name: String) { table = Array(name.utf8) }

  /// Where the first one stands, for people, and nothing for nowhere; `nil` when the kernel does not list everything.
  ///
  /// - Parameter tables: What the kernel lists of every table.
  func firstPlace(_ tables: [UInt8]) -> String? {
    guard let chains = list(NFT_MSG_GETCHAIN), let sets = list(NFT_MSG_GETSET)
    else { return nil }
    if let place = first(tables, NFTA_TABLE_NAME, place(inTable:)) ?? first(chains, NFTA_CHAIN_TABLE, place(inChain:))
      ?? first(sets, NFTA_SET_TABLE, place(inSet:))
    {
      return place
    }
    for set in descriptions(sets) {
      guard let elements = elements(of: set.name) else { return nil }
      if let place = place(inElements: elements, hasNames: set.hasNames) { return place }
    }
    return ""
  }

  /// Everything of a kind in tables of family inet.
  private func list(_ message: nf_tables_msg_types, _ attributes: [UInt8] = []) -> [UInt8]? {
    netlinkList(
      subsystem: UInt32(NFNL_SUBSYS_NFTABLES), message: UInt32(message.rawValue), family: Self.family,
      attributes: attributes)
  }

  private func elements(of set: [UInt8]) -> [UInt8]? {
    list(
      NFT_MSG_GETSETELEM,
      attribute(Int(NFTA_SET_ELEM_LIST_TABLE.rawValue), table + [0])
        + attribute(Int(NFTA_SET_ELEM_LIST_SET.rawValue), set + [0]))
  }

  /// What a function says of the first object of the table of which it says something.
  private func first<Kind: RawRepresentable<UInt32>>(
    _ messages: [UInt8], _ tableAttribute: Kind, _ place: (Attributes) -> String?
  ) -> String? {
    for (family, attributes) in Messages(messages) where family == Self.family {
      guard attributes[Int(tableAttribute.rawValue)]?.text.elementsEqual(table) == true else { continue }
      if let found = place(attributes) { return found }
    }
    return nil
  }

  /// `NFPROTO_INET`.
  private static let family: UInt8 = 1
}

extension StrangeTexts {
  private func place(inTable attributes: Attributes) -> String? {
    // `NFT_TABLE_F_OWNER`: nft prints the name of the program that owns the table.
    if let flags = attributes[Int(NFTA_TABLE_FLAGS.rawValue)]?.number(0, as: UInt32.self)?.bigEndian, flags & 2 != 0 {
      return "a program that owns it"
    }
    return hasPlainComment(attributes[Int(NFTA_TABLE_USERDATA.rawValue)], type: 0) ? nil : "a comment of the table"
  }

  private func place(inChain attributes: Attributes) -> String? {
    guard let name = attributes[Int(NFTA_CHAIN_NAME.rawValue)]?.text, name.isName else {
      return "the name of a chain"
    }
    guard hasPlainComment(attributes[Int(NFTA_CHAIN_USERDATA.rawValue)], type: 0) else {
      return "a comment of the chain \(name.string)"
    }
    let hook = attributes[Int(NFTA_CHAIN_HOOK.rawValue)].map { Attributes($0) }
    let devices = hook?[Int(NFTA_HOOK_DEVS.rawValue)].map { Attributes($0).map(\.value) } ?? []
    let one = hook?[Int(NFTA_HOOK_DEV.rawValue)].map { [$0] } ?? []
    return (devices + one).allSatisfy(\.text.isPlain) ? nil : "the name of an interface of the chain \(name.string)"
  }

  private func place(inSet attributes: Attributes) -> String? {
    guard let name = attributes[Int(NFTA_SET_NAME.rawValue)]?.text, name.isName else { return "the name of a set" }
    // `NFTNL_UDATA_SET_COMMENT`.
    return hasPlainComment(attributes[Int(NFTA_SET_USERDATA.rawValue)], type: 7)
      ? nil : "a comment of the set \(name.string)"
  }

  private func descriptions(_ sets: [UInt8]) -> [(name: [UInt8], hasNames: Bool)] {
    Messages(sets).compactMap { family, attributes in
      guard family == Self.family, attributes[Int(NFTA_SET_TABLE.rawValue)]?.text.elementsEqual(table) == true,
        let name = attributes[Int(NFTA_SET_NAME.rawValue)]?.text
      else { return nil }
      let types = [NFTA_SET_KEY_TYPE, NFTA_SET_DATA_TYPE].compactMap {
        attributes[Int($0.rawValue)]?.number(0, as: UInt32.self)?.bigEndian
      }
      return (Array(name), types.contains(where: Self.holdsNames))
    }
  }

  /// Whether a type, or a part of one (six bits each), is a string or the name of an interface (`enum datatypes` of
  /// nft). The verdicts of maps are all bits.
  private static func holdsNames(_ type: UInt32) -> Bool {
    guard type != 0xFFFF_FF00 else { return false }
    return sequence(first: type) { $0 >> 6 == 0 ? nil : $0 >> 6 }.contains { [5, 41].contains($0 & 63) }
  }

  private func place(inElements messages: [UInt8], hasNames: Bool) -> String? {
    for (_, attributes) in Messages(messages) {
      guard let list = attributes[Int(NFTA_SET_ELEM_LIST_ELEMENTS.rawValue)] else { continue }
      for (_, element) in Attributes(list) {
        for (type, value) in Attributes(element) {
          if type == Int(NFTA_SET_ELEM_USERDATA.rawValue), !hasPlainComment(value, type: 0) {
            return "a comment of an element"
          }
          // Keys and data of sets with other fields as well: a number that looks like a quote counts, too.
          if hasNames,
            [NFTA_SET_ELEM_KEY, NFTA_SET_ELEM_KEY_END, NFTA_SET_ELEM_DATA].contains(where: {
              Int($0.rawValue) == type
            }), value.dropFirst(4).contains(where: { $0 == 0x22 || $0 == 0x0A })
          {
            return "the name of an interface in a set"
          }
        }
      }
    }
    return nil
  }

  private func hasPlainComment(_ data: Bytes?, type: UInt8) -> Bool {
    guard let data else { return true }
    return UserData(data).allSatisfy { $0.type != type || $0.value.text.isPlain }
  }
}

extension Bytes {
  /// Whether nft prints it between quotes so that it ends where it ends.
  fileprivate var isPlain: Bool { allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != 0x22 } }

  /// Whether it is a name that can stand in a command and end none.
  fileprivate var isName: Bool {
    !isEmpty
      && allSatisfy {
        (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x5F || $0 == 0x2D || $0 == 0x2E
      }
  }

  fileprivate var string: String { String(decoding: self, as: UTF8.self) }
}
