import Nftables

extension JSONValue {
  /// The value without what only some versions of nft write around it.
  ///
  /// nft up to 1.1.3 wrote a boolean as one byte of a register, which 1.1.7 lists as a concatenation of one field; the
  /// other way a boolean of 1.1.7 is listed by older ones as a prefix of 8 bits.
  var simplified: JSONValue {
    switch self {
    case .array(let values): return .array(values.map(\.simplified))
    case .object(let members):
      if members.count == 1, case .array(let fields)? = members["concat"], fields.count == 1, let only = fields.first
      {
        return only.simplified
      }
      if members.count == 1, let prefix = members["prefix"], case .bool(let isThere)? = prefix["addr"] {
        return .bool(isThere)
      }
      return .object(members.mapValues(\.simplified))
    default: return self
    }
  }
}
