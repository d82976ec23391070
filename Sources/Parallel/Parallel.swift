import Dispatch
import Glibc
import Synchronization

/// Splits work that has many equal items over the processors.
///
/// What comes out does not depend on how many there are: parts are joined in the order of the items.
///
/// - Parameters:
///   - count: How many items there are.
///   - least: How many make a part worth a thread of its own; fewer than two such parts are done by the caller alone.
///   - work: What is done with the items at these positions.
/// - Returns: What each part gave, in the order of the items.
package func inParallel<Result: Sendable>(
  _ count: Int, least: Int, _ work: @Sendable (Range<Int>) -> Result
) -> [Result] {
  guard count / 2 >= max(least, 1) else { return [work(0..<count)] }
  let parts = min(processorCount, count / max(least, 1))
  let results = Mutex([Result?](repeating: nil, count: parts))
  DispatchQueue.concurrentPerform(iterations: parts) { part in
    let result = work(count * part / parts..<count * (part + 1) / parts)
    results.withLock { $0[part] = result }
  }
  return results.withLock { $0.compactMap(\.self) }
}

/// How many threads can run at once.
private let processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
