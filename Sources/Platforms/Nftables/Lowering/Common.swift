import Nftables

/// Elements with a thing in common that are worth a set of their own.
///
/// The kernel finds a key in a hash set at once, and looks at bits of all elements of an interval set
/// (`nft_set_pipapo.c`); but only an interval set has ranges in its keys. What makes a range of a key can stand in a
/// rule instead, where elements have it in common. Each rule takes time as well, as much as some hundred elements of an
/// interval set.
private let worthASet = 100

/// Elements, divided by what many of them have in common.
struct CommonElements<Trait: Hashable & Comparable> {
  /// The traits that are worth a set, in ascending order.
  let traits: [Trait]
  /// The elements of each.
  var lists: [ElementList]
  /// All other elements.
  var others = ElementList()
  private let positions: [Trait: Int]
  /// What was asked for last: neighbours often have the same.
  private var last: (trait: Trait?, position: Int?) = (nil, nil)

  /// Empty lists with room for what will be added.
  ///
  /// - Parameters:
  ///   - traits: What each element has; `nil` for one that belongs to the others in any case.
  ///   - width: How many fields an element of the others has; one with a trait has no more.
  init(_ traits: some Collection<Trait?>, width: Int) {
    guard traits.count >= worthASet else {
      (self.traits, lists, positions) = ([], [], [:])
      others.reserve(traits.count, width: width)
      return
    }
    var counts: [Trait: Int] = [:]
    for case let trait? in traits { counts[trait, default: 0] += 1 }
    let common = counts.filter { $0.value >= worthASet }.sorted { $0.key < $1.key }
    self.traits = common.map(\.key)
    positions = Dictionary(uniqueKeysWithValues: zip(self.traits, self.traits.indices))
    lists = common.map { _, count in
      var list = ElementList()
      list.reserve(count, width: width)
      return list
    }
    others.reserve(common.reduce(traits.count) { $0 - $1.value }, width: width)
  }

  /// Where the elements with a trait go in `lists`; `nil` when they go to the others.
  mutating func position(of trait: Trait?) -> Int? {
    guard last.trait != trait else { return last.position }
    last = (trait, trait.flatMap { positions[$0] })
    return last.position
  }
}
