import Diagnostics
import Glibc
import Parallel
import Policy
import PolicySyntax
import Servers
import Synchronization
import Testing

/// Rules stay linear: four times the policy costs four times the work, where pair loops, or client lists built anew for
/// each publication, cost sixteen times as much.
@Suite("Scale")
struct RuleTestsScale {
  /// Publications that stand to one another in one way.
  struct Shape: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// What stands before so many publications.
    var declarations: @Sendable (Int) -> String = { _ in "" }
    var publication: @Sendable (Int) -> String

    func policy(_ count: Int) -> Policy {
      let text = declarations(count) + (0..<count).map(publication).joined()
      return resolve(
        [parse(SourceFile(name: "policy.sally", text: text), as: SourceID(0))], programs: ServerPrograms.all
      )
      .policy
    }
  }

  static let count = 1_000
  /// Between the 4 of linear work and the 16 of work for each pair.
  static let mostRatio = 9.0

  static let shapes = [
    Shape(testDescription: "apart") { number in
      publication(
        name: "p\(number)", server: "10.1.\(number / 250).\(number % 250) pure-ftpd",
        external: "20.1.\(number / 250).\(number % 250)")
    },
    Shape(testDescription: "on one address") { number in
      publication(
        "control port \(1025 + number) -> 21", name: "p\(number)",
        server: "10.1.\(number / 250).\(number % 250) proftpd",
        range: "\(20000 + 2 * number)-\(20001 + 2 * number)")
    },
    Shape(
      testDescription: "of one server", declarations: { _ in "server files { address 10.1.1.1; software proftpd }\n" }
    ) { number in
      publication("control port \(1025 + number)", name: "p\(number)", server: "files", range: "20000-60000")
    },
    Shape(
      testDescription: "for one list",
      declarations: { count in
        "clients many = " + (0..<4 * count).map { "30.\($0 / 250).\($0 % 250).0/25" }.joined(separator: ", ") + "\n"
      }
    ) { number in
      publication(
        "allow many, 10.1.\(number / 250).0/24",
        "deny 30.0.\(number % 250).0/26, 40.0.\(number / 250).\(number % 250)", name: "p\(number)",
        server: "10.1.\(number / 250).\(number % 250) pure-ftpd",
        external: "192.168.\(number / 250).\(number % 250)")
    },
  ]

  @Test("many publications", arguments: shapes)
  func many(_ shape: Shape) {
    let few = shape.policy(Self.count)
    let many = shape.policy(4 * Self.count)
    #expect(few.publications.count == Self.count && many.publications.count == 4 * Self.count)
    let contexts = (RuleContext(few), RuleContext(many))
    for rule in policyRules {
      let ratio = Self.ratio({ _ = rule.check(contexts.0) }, { _ = rule.check(contexts.1) })
      #expect(ratio < Self.mostRatio, "\(rule.code): \(ratio) times the work for 4 times the policy")
    }
  }

  /// Lists of clients that name others, one after the other, in a circle, and all from one.
  @Test(arguments: [false, true]) func listsOfLists(isCircle: Bool) {
    func work(_ count: Int) -> () -> Void {
      var text = (0..<count).map { "clients a\($0) = a\(($0 + 1) % (isCircle ? count : count + 1))\n" }.joined()
      text +=
        "clients a\(count) = 192.0.2.1\nclients all = " + (0..<count).map { "a\($0), " }.joined() + "a\(count)\n"
      let tree = parse(SourceFile(name: "policy.sally", text: text), as: SourceID(0))
      return { _ = resolve([tree], programs: ServerPrograms.all) }
    }
    let ratio = Self.ratio(work(8 * Self.count), work(32 * Self.count))
    #expect(ratio < Self.mostRatio, "\(ratio) times the work for 4 times the lists")
  }

  /// The measure tells linear work from work for each pair.
  @Test func theMeasureCanTell() {
    func pairs(_ count: Int) -> Int {
      var sum = 0
      for left in 0..<count { for right in 0..<count { sum &+= left ^ right } }
      return sum
    }
    let wanted = Mutex(0)
    let quadratic = Self.ratio({ wanted.withLock { $0 &+= pairs(1000) } }, { wanted.withLock { $0 &+= pairs(4000) } })
    #expect(quadratic > Self.mostRatio, "\(quadratic)")
    let linear = Self.ratio(
      { for _ in 0..<100 { wanted.withLock { $0 &+= pairs(50) } } },
      { for _ in 0..<400 { wanted.withLock { $0 &+= pairs(50) } } })
    #expect(linear < Self.mostRatio, "\(linear)")
  }

  /// How many times the work of the first the second one takes. The least of several runs counts, and the processor
  /// time of this thread, which does all of it: a busy machine adds to neither.
  private static func ratio(_ first: () -> Void, _ second: () -> Void) -> Double {
    Processors.$count.withValue(1) {
      // Where all is over in a moment, what is done once outweighs what is done for each publication.
      let once = Duration.milliseconds(1)
      var (least, most) = (Duration.seconds(3600), Duration.seconds(3600))
      var ratio = Double.infinity
      for _ in 0..<8 {
        least = min(least, processorTime(of: first))
        most = min(most, processorTime(of: second))
        ratio = (most + once) / (least + once)
        if ratio < mostRatio { break }
      }
      return ratio
    }
  }

  private static func processorTime(of work: () -> Void) -> Duration {
    let start = processorTime()
    work()
    return processorTime() - start
  }

  /// What this thread has had of the processor.
  private static func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// Looking for the nearest of many names takes its time, so the first unknown names have to do.
  @Test func suggestionsAreForTheFirst() {
    let text = (0..<3000).map { number in
      """
      server host-\(number) { address 10.0.\(number / 250).\(number % 250 + 1); software vsftpd }
      publish site-\(number) {
        server hosst-\(number)
        external ip 198.18.\(number / 250).\(number % 250 + 1)
        passive range 50000-50399
      }

      """
    }.joined()
    let unknown = Checked(text).found("unknown-name")
    #expect(unknown.count == 3000)
    #expect(unknown.prefix(20).allSatisfy { $0.help?.hasPrefix("did you mean `host-") == true })
    #expect(unknown.dropFirst(20).allSatisfy { $0.fixes.isEmpty && $0.help?.hasPrefix("declare it") == true })
  }
}
