import Addressing
import Nftables

extension PortRange {
  /// `N` or `N-M`, as most devices write ports; `nil` for anything else.
  init?(dashed text: some StringProtocol) {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { UInt16($0) }
    guard (1...2).contains(ends.count), let low = ends.first.flatMap(\.self), let high = ends.last.flatMap(\.self)
    else {
      return nil
    }
    self.init(low: low, high: high)
  }
}

extension Statement {
  /// A condition of which nobody knows whether it holds. What does not depend on it is decided nevertheless.
  static func unknownCondition(_ words: String) -> Statement {
    .match(.foreign(.string(words)), .equal, .value(.boolean(true)))
  }
}
