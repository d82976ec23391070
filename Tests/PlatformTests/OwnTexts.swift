/// How many policies of a platform are compiled and audited against what was written for them: ten times
/// `SALLYPORT_PROVE_GATEWAYS`; `nil` for a small sample.
let ownTextProofSize = gatewayProofSize.map { $0 * 10 }

/// Counts what a proof did, for the line that it prints when it was a large one.
struct OwnTextCount {
  private let platform: String
  private let wanted: Int
  private(set) var audited = 0
  private(set) var refused = 0

  /// - Parameter sample: How many are audited where no proof is asked for.
  init(_ platform: String, sample: Int) { (self.platform, wanted) = (platform, ownTextProofSize ?? sample) }

  /// Whether more policies are to be audited; of a generator that makes hardly any, not for ever.
  var isOpen: Bool { audited < wanted && refused < 100 * wanted }

  mutating func refuse() { refused += 1 }
  mutating func audit() { audited += 1 }

  func report() {
    if ownTextProofSize != nil { print("\(platform): \(audited) policies audited, \(refused) refused") }
  }
}
