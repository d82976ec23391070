import Diagnostics
import Glibc
import Policy
import PolicySyntax
import Testing

/// Rules stay linear: pair loops, or client lists built anew for each publication, would take minutes.
@Suite("Scale")
struct RuleTestsScale {
  /// Publications that stand to one another in one way.
  struct Shape: CustomTestStringConvertible, Sendable {
    var testDescription: String
    /// What stands before the publications.
    var declarations = ""
    var publication: @Sendable (Int) -> String

    var policy: Policy {
      let text = declarations + (0..<RuleTestsScale.count).map(publication).joined()
      return resolve([parse(SourceFile(name: "policy.sally", text: text), as: SourceID(0))]).policy
    }
  }

  static let count = 5_000
  static let limit = Duration.seconds(20)

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
      testDescription: "of one server", declarations: "server files { address 10.1.1.1; software proftpd }\n"
    ) { number in
      publication("control port \(1025 + number)", name: "p\(number)", server: "files", range: "20000-60000")
    },
    Shape(
      testDescription: "for one list",
      declarations: "clients many = "
        + (0..<20_000).map { "30.\($0 / 250).\($0 % 250).0/25" }.joined(separator: ", ") + "\n"
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
    let policy = shape.policy
    #expect(policy.publications.count == Self.count)
    let context = RuleContext(policy)
    for rule in policyRules {
      let start = processorTime()
      _ = rule.check(context)
      let time = processorTime() - start
      #expect(time < Self.limit, "\(rule.page.code) took \(time)")
    }
  }

  /// What this thread has had of the processor: a busy machine does not count.
  private func processorTime() -> Duration {
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
