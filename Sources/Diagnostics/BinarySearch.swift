extension Range<Int> {
  /// The first of these positions that does not come before what is looked for; the upper bound when all of them do.
  ///
  /// - Parameter isBefore: Holds for positions up to some point, and for none after it.
  @inlinable
  package func partitionPoint(_ isBefore: (Int) -> Bool) -> Int {
    var (low, high) = (lowerBound, upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isBefore(middle) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
