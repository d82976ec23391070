import Addressing
import Diagnostics
import Nftables

/// Reads `show running-config` of a Cisco ASA from 8.3 on, and of Firepower devices that say the same in its language.
///
/// What the lines mean is in Cisco's configuration guides and command reference (8.3 to 9.x): NAT comes before access
/// lists, which look at real addresses and ports; NAT rules are asked in three sections, and the first that matches
/// decides; without an access list security levels do. Another language before 8.3, other outputs and texts that are
/// not whole are said by `gateway-file-error`.
package struct ASAReader: GatewayReader {
  package var platform: String { "asa" }
  package var command: String { "show running-config" }

  package init() {}

  package func recognises(_ text: GatewayText) -> Bool { ASATextKind(text) != nil }

  package func read(_ text: GatewayText, _ context: GatewayContext) -> SavedGateway {
    var saved = SavedGateway()
    if let fault = ASATextKind.fault(of: text) {
      saved.diagnostics.append(fault)
      return saved
    }
    let configuration = ASAConfiguration(text)
    var builder = ASATable(configuration, context)
    builder.build()
    saved.ruleset = Ruleset([builder.table])
    saved.idle = builder.idle
    saved.networks = configuration.networks(inside: context.inside)
    saved.families = Set(AddressFamily.allCases)
    saved.declarations = builder.declarations
    saved.diagnostics = ASARemarks(configuration, context, builder).diagnostics
    return saved
  }
}

/// A line of a configuration in words.
struct ASALine: Sendable {
  var words: ArraySlice<String>
  var span: SourceSpan

  /// As the device has it, without what is at its ends.
  var text: String { words.joined(separator: " ") }

  init(_ text: String, _ span: SourceSpan) {
    words = text.utf8.split { $0 == 0x20 || $0 == 0x09 }.map { String(Substring($0)) }[...]
    self.span = span
  }

  init(words: [String], span: SourceSpan) { (self.words, self.span) = (words[...], span) }

  var first: String { words.first ?? "" }

  func starts(with start: String...) -> Bool { words.starts(with: start) }

  /// The word at a place; empty where there is none.
  subscript(place: Int) -> String {
    let index = words.startIndex + place
    return words.indices.contains(index) ? words[index] : ""
  }

  /// The line without its first words.
  func dropping(_ count: Int) -> ASAWords { ASAWords(words.dropFirst(count)) }
}

/// Words that are taken one after the other.
struct ASAWords {
  private(set) var rest: ArraySlice<String>

  init(_ words: ArraySlice<String>) { rest = words }

  var peek: String { rest.first ?? "" }
  var isEmpty: Bool { rest.isEmpty }

  /// The next word; empty where there is none.
  mutating func next() -> String { rest.popFirst() ?? "" }

  /// Takes a word if it is the next one.
  mutating func take(_ word: String) -> Bool {
    guard rest.first == word else { return false }
    rest = rest.dropFirst()
    return true
  }
}
