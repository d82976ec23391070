import CLinux
import Dispatch
import Synchronization

/// Splits work that has many items over the processors.
///
/// What comes out does not depend on how many there are: parts are joined in the order of the items.
///
/// - Parameters:
///   - count: How many items there are.
///   - least: How many make a part worth a thread of its own; fewer than two such parts are done by the caller alone.
///   - isUneven: Whether some items take much longer than others; each is a part of its own then.
///   - worthIt: Whether there is enough to do, where that is not a matter of how many items there are.
///   - work: What is done with the items at these positions.
/// - Returns: What each part gave, in the order of the items; one part where there are no items.
package func inParallel<Result: Sendable>(
  _ count: Int, least: Int = 1, isUneven: Bool = false, worthIt: Bool = true, _ work: @Sendable (Range<Int>) -> Result
) -> [Result] {
  guard worthIt, count / 2 >= max(least, 1) else { return [work(0..<count)] }
  let parts = isUneven ? count : min(Processors.count, count / max(least, 1))
  let results = Mutex([Result?](repeating: nil, count: parts))
  DispatchQueue.concurrentPerform(iterations: parts) { part in
    use_large_pages()
    let result = work(count * part / parts..<count * (part + 1) / parts)
    results.withLock { $0[part] = result }
  }
  return results.withLock { $0.compactMap(\.self) }
}

/// The same for parts that are joined to one result. The first part has room for all and grows to be the whole, so that
/// large arrays lie in memory once: `fmt` would take a twelfth more for 20,000 publications.
///
/// - Parameters:
///   - work: What is done with the items at these positions, and for how many items to make room.
///   - append: Adds a part to what lies before it.
package func inParallel<Result: Sendable>(
  _ count: Int, least: Int, _ work: @Sendable (_ part: Range<Int>, _ room: Int) -> Result,
  joinedBy append: (inout Result, Result) -> Void
) -> Result {
  var parts = inParallel(count, least: least) { part in work(part, part.lowerBound == 0 ? count : part.count) }
  // There always is one.
  var whole = parts.removeFirst()
  for part in parts { append(&whole, part) }
  return whole
}

/// Does two things at once where there are two processors.
///
/// - Parameter worthIt: Whether there is enough to do for a thread of its own.
package func together<First: Sendable, Second: Sendable>(
  worthIt: Bool, _ first: @Sendable () -> First, _ second: @Sendable () -> Second
) -> (First, Second) {
  guard worthIt, Processors.count > 1 else { return (first(), second()) }
  let one = Mutex<First?>(nil)
  let other = Mutex<Second?>(nil)
  DispatchQueue.concurrentPerform(iterations: 2) { index in
    use_large_pages()
    if index == 0 {
      let result = first()
      one.withLock { $0 = result }
    } else {
      let result = second()
      other.withLock { $0 = result }
    }
  }
  return (one.withLock(\.self) ?? first(), other.withLock(\.self) ?? second())
}

/// Has a thread begun that large work will need, so that nobody waits for it then.
package func prepareThreads() {
  guard Processors.count > 1 else { return }
  DispatchQueue.global().async { use_large_pages() }
}

/// How many threads of this process can run at once: what large work is split into at most.
package enum Processors {
  /// Tests set another number, so that what is split is split on every machine.
  @TaskLocal package static var count = max(1, Int(usable_processors()))
}
