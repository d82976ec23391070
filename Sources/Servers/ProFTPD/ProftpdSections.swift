import Diagnostics
import Policy

/// `<IfClass>`, `<IfUser>`, `<IfGroup>` or `<IfAuthenticated>`: what counts in its place for some sessions.
struct ProftpdSection {
  var line: ProftpdLine
  var scope: ProftpdScope

  /// Whether it counts before the login, by the class of the client.
  var isAboutClasses: Bool { line.key == "ifclass" }

  /// Whether it counts for clients of a class; all words have to hold unless the first is `OR` (measured: 1.3.8).
  func holds(for className: String?) -> Bool {
    var words = ProftpdAccess.words(line.arguments)
    let kind = words.first?.lowercased() ?? ""
    if ["and", "or"].contains(kind) { words.removeFirst() }
    let test = { (word: String) in word.hasPrefix("!") ? String(word.dropFirst()) != className : word == className }
    return kind == "or" ? words.contains(where: test) : words.allSatisfy(test)
  }

  var isPattern: Bool { line.arguments.first?.value.lowercased() == "regex" }

  /// Whether it counts for everybody, from the login on.
  private var isAboutLogin: Bool { line.key == "ifauthenticated" }

  /// Commands that come after the login, so that a section that counts from then on decides about them.
  private static let later = ProftpdLimit.dataCommands.union(["LIST", "DIRS", "ALL"])
  /// Commands of a login and of TLS, some of which come before a section of users counts.
  private static let others: Set = ["LOGIN", "PROT", "PBSZ", "AUTH", "USER", "PASS"]

  /// What it says, as far as it is known, to clients of a class; `nil` when it does not count, or nobody knows whether.
  func decided(for className: String?) -> ProftpdScope? {
    if isAboutClasses { return !isPattern && holds(for: className) ? scope : nil }
    guard isAboutLogin else { return nil }
    // `<Limit>` alone: a setting of the session may be read before the login.
    var decided = ProftpdScope(place: scope.place)
    let after = { (limit: ProftpdLimit) in
      var limit = limit
      limit.commands.formIntersection(Self.later)
      return limit
    }
    decided.limits = scope.limits.map(after)
    return decided
  }

  /// The limits that may refuse something, and of which nobody knows whether they count.
  fileprivate var openLimits: [ProftpdLimit] {
    let all = Self.later.union(Self.others)
    return scope.limits.filter { limit in
      let commands = isAboutLogin && !limit.deny.hasMore ? Self.others : all
      return limit.mayRefuse && !limit.commands.isDisjoint(with: commands)
    }
  }
}

extension ProftpdLimit {
  /// Whether somebody may be refused.
  fileprivate var mayRefuse: Bool {
    let denies = deny.isForAll || deny.hasMore || !deny.clients.isEmpty || !deny.classes.isEmpty
    return denyComesFirst ? denies || !allow.isForAll : denies && !allow.isForAll
  }
}

extension ProftpdReader {
  /// What a section leaves to the user who logs in, or to a pattern of classes.
  func reportUndecided(_ section: ProftpdSection, _ context: inout ReadingContext) {
    guard !section.isAboutClasses || section.isPattern else { return reportUndecided(section.scope, &context) }
    let what = section.isAboutClasses ? "a pattern of classes" : "the user who logs in"
    let notes = ["it stands in `\(section.line.name.value)>`, and is not compared with the policy"]
    let lines = section.scope.directives.values.flatMap(\.self).filter { ProftpdValues.decides($0.key) }
    for line in lines.sorted(by: { $0.span.range.lowerBound < $1.span.range.lowerBound }) {
      context.leaveOpen("whether `\(line.name.value)` counts depends on \(what)", at: line.span, notes: notes)
    }
    for limit in section.openLimits {
      context.leaveOpen(
        "whether this `<Limit>` counts depends on \(what)", at: limit.span, notes: notes,
        help: "write it outside of `\(section.line.name.value)>` if it is for everybody, or remove it")
    }
    // Filters and tables, which count for some as they do for all.
    var rest = ProftpdScope(place: section.scope.place)
    rest.directives = section.scope.directives.filter { !ProftpdValues.decides($0.key) }
    reportUndecided(rest, &context)
  }
}
