/// Why a text is not understood as a listing of nft.
package enum ListingError: Error, Hashable, Sendable {
  /// The text is no JSON: what should stand at a byte, counted from 0.
  case notJSON(expected: String, offset: Int)
  /// The JSON has another shape: what should stand where, for example `a string` at `nftables[3].chain.name`.
  case unexpected(expected: String, path: String)
}

extension ListingError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notJSON(let expected, let offset): "not JSON: \(expected) expected at byte \(offset)"
    case .unexpected(let expected, let path): "not a listing of nft: \(expected) expected at \(path)"
    }
  }
}
