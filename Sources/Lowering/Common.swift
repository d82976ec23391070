/// Elements with a thing in common that are worth a set of their own.
///
/// The kernel finds a key in a hash set at once, and looks at bits of all elements of an interval set (`nft_set_pipapo.c`);
/// but only an interval set has ranges in its keys. What makes a range of a key can stand in a rule instead, where elements
/// have it in common. Each rule takes time as well, as much as some hundred elements of an interval set.
let worthASet = 100

/// Takes apart what many members have in common.
///
/// - Parameter trait: What they may have in common; `nil` for a member that belongs to the rest.
/// - Returns: Each trait of at least `worthASet` members, in ascending order, with these; and all others.
func apart<Member, Trait: Hashable & Comparable>(
  _ members: [Member], by trait: (Member) -> Trait?
) -> (common: [(trait: Trait, members: [Member])], others: [Member]) {
  guard members.count >= worthASet else { return ([], members) }
  var groups = Dictionary(grouping: members, by: trait)
  for (trait, group) in groups where trait != nil && group.count < worthASet { groups[trait] = nil }
  groups[nil] = nil
  let others = members.filter { member in trait(member).map { groups[$0] == nil } ?? true }
  let common = groups.compactMap { trait, members in trait.map { (trait: $0, members: members) } }
  return (common.sorted { $0.trait < $1.trait }, others)
}
