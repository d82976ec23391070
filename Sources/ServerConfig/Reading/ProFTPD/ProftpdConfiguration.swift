import Addressing
import Diagnostics
import Policy

/// A `<Limit>` section: whether it refuses its commands to everybody, or lets everybody use them.
struct ProftpdLimit {
  var commands: Set<String>
  var span: SourceSpan
  var deniesAll = false
  var allowsAll = false
  /// `Order deny,allow`; the default is the other way round.
  var denyComesFirst = false

  /// `nil` when it says nothing about everybody. With `deny,allow` who is not allowed is refused.
  var decision: Bool? {
    if denyComesFirst { return allowsAll && !deniesAll }
    return allowsAll ? true : deniesAll ? false : nil
  }
}

/// What stands in the server config, in one `<VirtualHost>`, or in one `<Global>`.
struct ProftpdScope {
  var title = ""
  var place: SourceSpan
  var addresses: [Located<String>] = []
  var directives: [String: [ProftpdLine]] = [:]
  /// In the order of the text.
  var limits: [ProftpdLimit] = []
}

/// What the lines of ProFTPD come to: sections, and the directives in them.
struct ProftpdConfiguration {
  private(set) var main = ProftpdScope(place: SourceSpan(file: SourceID(0), 0..<0))
  private(set) var hosts: [ProftpdScope] = []
  /// In the order of the text.
  private(set) var globals: [ProftpdScope] = []
  /// The sections that are open, the innermost last.
  private var open: [ProftpdLine] = []
  private var limit: ProftpdLimit?
  private var modules = ProftpdDirectives.compiledIn
  private var defined: Set<String> = []
  /// Whether modules need not be loaded: nothing loads one, so they may all be compiled in.
  let hasEveryModule: Bool
  /// Whether modules were loaded whose directives are not known here.
  private var hasUnlisted = false
  var version: SoftwareVersion?

  init(hasEveryModule: Bool, version: SoftwareVersion?) {
    self.hasEveryModule = hasEveryModule
    self.version = version
  }

  /// The innermost section that is open.
  var openSection: ProftpdLine? { open.last }

  mutating func begin(at place: SourceSpan) { main.place = place }

  // MARK: Modules and conditions

  func has(_ module: String) -> Bool { hasEveryModule || modules.contains(module) }

  mutating func load(_ module: String) {
    modules.insert(module)
    if !ProftpdDirectives.modules.values.contains(module) { hasUnlisted = true }
  }

  mutating func define(_ name: String) { defined.insert(name) }

  /// Whether a condition of `<IfModule>`, `<IfDefine>` or `<IfVersion>` holds.
  func holds(_ line: ProftpdLine) -> Bool {
    var word = line.arguments.first?.value ?? ""
    let isNegated = word.hasPrefix("!")
    if isNegated { word.removeFirst() }
    switch line.key {
    case "ifmodule":
      let isKnown = word.hasSuffix(".c") && (hasEveryModule ? Self.exists(word) : modules.contains(word))
      return isKnown != isNegated
    case "ifdefine": return defined.contains(word) != isNegated
    default:
      let wanted = SoftwareVersion(line.arguments.last?.value) ?? SoftwareVersion(0)
      let have = version ?? SoftwareVersion(1, 3, 8)
      let holds =
        switch line.arguments.count > 1 ? word : "=" {
        case "<": have < wanted
        case "<=": !(wanted < have)
        case ">": wanted < have
        case ">=": !(have < wanted)
        default: have == wanted
        }
      return holds != isNegated
    }
  }

  private static func exists(_ module: String) -> Bool {
    ProftpdDirectives.compiledIn.contains(module) || ProftpdDirectives.modules.values.contains(module)
  }

  // MARK: Sections

  /// The key of the innermost section; empty in the server config.
  private var context: String { open.last?.key ?? "" }

  private static let runtime: Set = ["ifclass", "ifuser", "ifgroup", "ifauthenticated"]

  mutating func take(_ line: ProftpdLine, _ context: inout ReadingContext) throws(ProftpdMistake) {
    switch line.kind {
    case .open: try openSection(line)
    case .close: try closeSection(line)
    case .directive: try directive(line, &context)
    }
  }

  private func notAllowed(_ line: ProftpdLine) -> ProftpdMistake {
    let place = open.last.map { "in the section `\($0.name.value)>`" } ?? "in the server config"
    return ProftpdMistake(message: "`\(line.name.value)` is not allowed \(place)", span: line.span)
  }

  private mutating func openSection(_ line: ProftpdLine) throws(ProftpdMistake) {
    let outer = context
    let allowed: Bool
    switch line.key {
    case "global": allowed = ["", "virtualhost"].contains(outer)
    case "class": allowed = outer.isEmpty
    case "virtualhost": allowed = outer.isEmpty
    case "anonymous": allowed = ["", "global", "virtualhost"].contains(outer)
    case "directory": allowed = ["", "global", "virtualhost", "anonymous"].contains(outer)
    case "limit":
      allowed =
        ["", "global", "virtualhost", "anonymous", "directory"].contains(outer) || Self.runtime.contains(outer)
    case let key where Self.runtime.contains(key) && has("mod_ifsession.c"): allowed = true
    default:
      throw ProftpdMistake(message: "there is no section `\(line.name.value)>`", span: line.span)
    }
    guard allowed else { throw notAllowed(line) }
    switch line.key {
    case "global" where !line.arguments.isEmpty, "virtualhost" where line.arguments.isEmpty,
      "limit" where line.arguments.isEmpty:
      throw ProftpdMistake(message: "`\(line.name.value)>` has too many or too few values", span: line.span)
    case "global": globals.append(ProftpdScope(title: "<Global>", place: line.span))
    case "virtualhost":
      let title = "<VirtualHost \(line.arguments.map(\.value).joined(separator: " "))>"
      hosts.append(ProftpdScope(title: title, place: line.span, addresses: line.arguments))
    case "limit":
      limit = ProftpdLimit(commands: Set(line.arguments.map { $0.value.uppercased() }), span: line.span)
    default: break
    }
    open.append(line)
  }

  private mutating func closeSection(_ line: ProftpdLine) throws(ProftpdMistake) {
    guard let last = open.last, last.key == line.key else { throw notAllowed(line) }
    open.removeLast()
    if line.key == "limit", let limit, let scope = scopePath {
      self[scope].limits.append(limit)
    }
    if line.key == "limit" { limit = nil }
  }

  /// Where what stands directly in the open section belongs.
  private enum ScopePath { case main, host, global }

  /// `nil` inside of sections that are about directories, users or anonymous logins.
  private var scopePath: ScopePath? {
    switch open.map(\.key) {
    case []: .main
    case ["virtualhost"]: .host
    case ["global"], ["virtualhost", "global"]: .global
    default: nil
    }
  }

  private subscript(path: ScopePath) -> ProftpdScope {
    get {
      switch path {
      case .main: main
      case .host: hosts.last ?? main
      case .global: globals.last ?? main
      }
    }
    set {
      switch path {
      case .main: main = newValue
      case .host: if !hosts.isEmpty { hosts[hosts.count - 1] = newValue }
      case .global: if !globals.isEmpty { globals[globals.count - 1] = newValue }
      }
    }
  }

  // MARK: Directives

  private mutating func directive(_ line: ProftpdLine, _ context: inout ReadingContext) throws(ProftpdMistake) {
    try checkName(line, &context)
    if limit != nil, open.last?.key == "limit" { return try limitDirective(line) }
    try ProftpdValues.check(line, in: self.context)
    if let path = scopePath { self[path].directives[line.key, default: []].append(line) }
  }

  private func checkName(_ line: ProftpdLine, _ context: inout ReadingContext) throws(ProftpdMistake) {
    let name = line.name.value
    if let validity = ProftpdDirectives.some[name.lowercased()] {
      switch validity.holds(for: context.build) {
      case true?: return
      case nil: return context.dependOnBuild("the directive `\(name)`", validity, .proftpd, at: line.name.span)
      case false?:
        throw ProftpdMistake(
          message: "there is no directive `\(name)`, which only \(validity.text(.proftpd)) knows",
          span: line.name.span)
      }
    }
    if let module = ProftpdDirectives.modules[name.lowercased()] {
      guard !module.isEmpty, !has(module) else { return }
      throw ProftpdMistake(
        message: "there is no directive `\(name)` unless \(module) is loaded", span: line.name.span,
        help: "write `LoadModule \(module)` before it")
    }
    if hasUnlisted || ProftpdDirectives.unlistedPrefixes.contains(where: { name.lowercased().hasPrefix($0) }) {
      return
    }
    throw ProftpdMistake(
      message: "there is no directive `\(name)`", span: line.name.span,
      help: nearest(to: name, among: ProftpdDirectives.names).map { "did you mean `\($0)`?" })
  }

  private mutating func limitDirective(_ line: ProftpdLine) throws(ProftpdMistake) {
    let words = line.arguments.map { $0.value.lowercased() }
    let isAboutAll = words.filter { $0 != "from" } == ["all"]
    switch line.key {
    case "denyall": limit?.deniesAll = true
    case "allowall": limit?.allowsAll = true
    case "deny": if isAboutAll { limit?.deniesAll = true }
    case "allow": if isAboutAll { limit?.allowsAll = true }
    case "order": limit?.denyComesFirst = words.joined().hasPrefix("deny")
    default: try ProftpdValues.check(line, in: context)
    }
  }
}
