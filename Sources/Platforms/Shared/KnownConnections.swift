import Nftables

extension Statement {
  /// The packet belongs to a connection that the device knows, or to one that its helper expected.
  static let isKnown = Statement.match(.conntrack("state"), .equal, .flags(["established", "related"]))
}

extension Rule {
  /// Accepts what belongs to a connection that the device knows.
  static let acceptsKnown = Rule([.isKnown, .verdict(.accept)], provenance: [])
}
