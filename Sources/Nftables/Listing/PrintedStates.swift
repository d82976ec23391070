/// Tells from the text of nft whether the elements of a set are such as packets make: a key, and the statement that a
/// rule gives it (`10.0.0.1 . 21 limit rate over 30/minute burst 30 packets expires 4m59s`).
struct PrintedStates {
  /// The statements as nft prints them; up to 1.0.6 and in rules it leaves out a burst of 5 packets.
  private let texts: [[UInt8]]

  /// - Parameter states: What the rules give; `nil` when one of them is none of ours, and nothing can be told.
  init?(_ states: Set<Statement>) {
    var texts: [[UInt8]] = []
    for state in states {
      guard state.isWritten else { return nil }
      var writer = ScriptWriter(isTraced: false)
      state.write(to: &writer)
      let text = String(decoding: writer.bytes, as: UTF8.self)
      texts.append(Array(text.utf8))
      let usual = " burst 5 packets"
      if text.hasSuffix(usual) { texts.append(Array(text.utf8.dropLast(usual.utf8.count))) }
    }
    self.texts = texts
  }

  /// Whether all of some elements are known to be such.
  ///
  /// - Parameter range: Whole elements, as `PrintedElements` has them.
  func bear(_ range: Range<Int>, of text: [UInt8]) -> Bool {
    text[range.clamped(to: text.indices)].split(separator: UInt8(ascii: ",")).allSatisfy(isOne)
  }

  /// The first statement has to be the one: what stands before it is a key of numbers.
  private func isOne(_ element: ArraySlice<UInt8>) -> Bool {
    let space = UInt8(ascii: " ")
    for place in element.indices where element[place] == space {
      let rest = element[element.index(after: place)...]
      guard let text = texts.first(where: { rest.starts(with: $0) }) else { continue }
      let words = rest.dropFirst(text.count).split(separator: space)
      guard words.count.isMultiple(of: 2), rest.dropFirst(text.count).first.map({ $0 == space }) ?? true,
        !element[..<place].contains(UInt8(ascii: "\""))
      else { return false }
      return stride(from: 0, to: words.count, by: 2).allSatisfy {
        words[$0].elementsEqual("expires".utf8) || words[$0].elementsEqual("timeout".utf8)
      }
    }
    return false
  }
}
