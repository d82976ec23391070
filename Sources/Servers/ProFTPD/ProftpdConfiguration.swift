import Addressing
import Diagnostics
import Policy

/// What stands in the server config, in one `<VirtualHost>`, or in one `<Global>`.
struct ProftpdScope {
  var title = ""
  var place: SourceSpan
  var addresses: [Located<String>] = []
  var directives: [String: [ProftpdLine]] = [:]
  /// In the order of the text.
  var limits: [ProftpdLimit] = []
  /// Limits on commands of data connections in `<Directory />` and `<Directory ~>`, which hold for the session and are
  /// searched before the others (measured: 1.3.8).
  var folderLimits: [ProftpdLimit] = []
  /// Such limits in other folders: whether they hold depends on where a session is.
  var limitsElsewhere: [ProftpdLimit] = []
  /// What counts for some sessions only, in the order of the text.
  var sections: [ProftpdSection] = []
  /// Blocks that set up TLS and are passed over, because a module is not loaded.
  var blocksWithoutModule: [MissingModule] = []
  /// Whether an `<Anonymous>` section lets its users log in by a `<Limit LOGIN>` of its own.
  var admitsAnonymous = false

  /// The scopes that several come to together, the one first that wins.
  init(joining scopes: [ProftpdScope], at place: SourceSpan) {
    self.place = place
    for scope in scopes {
      for (key, lines) in scope.directives { directives[key, default: []] += lines }
      // Limits are searched from the end.
      sections += scope.sections
      blocksWithoutModule += scope.blocksWithoutModule
      admitsAnonymous = admitsAnonymous || scope.admitsAnonymous
    }
    limits = scopes.reversed().flatMap(\.limits)
    folderLimits = scopes.reversed().flatMap(\.folderLimits)
    limitsElsewhere = scopes.flatMap(\.limitsElsewhere)
  }

  init(title: String = "", place: SourceSpan, addresses: [Located<String>] = []) {
    self.title = title
    self.place = place
    self.addresses = addresses
  }
}

/// What the lines of ProFTPD come to: sections, and the directives in them.
struct ProftpdConfiguration {
  private(set) var main = ProftpdScope(place: SourceSpan(file: SourceID(0), 0..<0))
  private(set) var hosts: [ProftpdScope] = []
  /// In the order of the text.
  private(set) var globals: [ProftpdScope] = []
  private(set) var classes: [ProftpdClass] = []
  /// The sections that are open, the innermost last.
  private var open: [ProftpdLine] = []
  private var limit: ProftpdLimit?
  private var modules = ProftpdDirectives.compiledIn
  private var defined: Set<String> = []
  /// Whether modules need not be loaded: nothing loads one, so they may all be compiled in.
  let hasEveryModule: Bool
  /// The modules that were loaded and whose directives are not known here.
  private var unlisted: [String] = []
  /// Modules of which it was said already that some builds want them loaded.
  private var doubted: Set<String> = []
  var version: SoftwareVersion?

  init(hasEveryModule: Bool, version: SoftwareVersion?) {
    self.hasEveryModule = hasEveryModule
    self.version = version
  }

  /// The innermost section that is open.
  var openSection: ProftpdLine? { open.last }

  mutating func begin(at place: SourceSpan) { main.place = place }

  // MARK: Modules and conditions

  func has(_ module: String) -> Bool {
    hasEveryModule || modules.contains(module) || ProftpdDirectives.movable.contains(module) && !hasMoved
  }

  /// Whether a module that `AuthOrder` names may be there; a `*` after its name is not part of it.
  func mayHave(_ word: String) -> Bool {
    let name = word.hasSuffix("*") ? String(word.dropLast()) : word
    let isUnlisted = ProftpdDirectives.unlistedPrefixes.contains { name.hasPrefix("mod_\($0)") }
    return hasEveryModule ? ProftpdDirectives.known.contains(name) || isUnlisted : has(name)
  }

  /// Whether it is known that the modules that moved out of the program have to be loaded: one of them was.
  private var hasMoved = false

  mutating func load(_ module: String) {
    modules.insert(module)
    if ProftpdDirectives.movable.contains(module) { hasMoved = true }
    if !ProftpdDirectives.known.contains(module) { unlisted.append(module) }
  }

  /// Whether a module that moved out of the program is there; `nil` when that depends on the build.
  private func hasMovable(_ module: String, _ build: SoftwareBuild) -> Bool? {
    if hasEveryModule || modules.contains(module) { return true }
    if hasMoved { return false }
    // A file that loads many modules, and none of those that have moved, is of a build that has these compiled in.
    if modules.count - ProftpdDirectives.compiledIn.count > 4, build.version == nil { return true }
    return ProftpdDirectives.moved.holds(for: build).map { !$0 }
  }

  mutating func define(_ name: String) { defined.insert(name) }

  /// Whether a condition of `<IfModule>`, `<IfDefine>` or `<IfVersion>` holds.
  func holds(_ line: ProftpdLine) -> Bool {
    var word = line.arguments.first?.value ?? ""
    let isNegated = word.hasPrefix("!")
    if isNegated { word.removeFirst() }
    switch line.key {
    case "ifmodule":
      let isKnown = word.hasSuffix(".c") && (hasEveryModule ? ProftpdDirectives.known.contains(word) : has(word))
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
    case "class": classes.append(ProftpdClass(name: line.arguments.first?.value ?? "", span: line.span))
    case let key where Self.runtime.contains(key):
      update { $0.sections.append(ProftpdSection(line: line, scope: ProftpdScope(place: line.span))) }
    case "virtualhost":
      let title = "<VirtualHost \(line.arguments.map(\.value).joined(separator: " "))>"
      hosts.append(ProftpdScope(title: title, place: line.span, addresses: line.arguments))
    case "limit":
      limit = ProftpdLimit(
        commands: Set(ProftpdAccess.words(line.arguments).map { $0.uppercased() }), span: line.span)
    default: break
    }
    open.append(line)
  }

  private mutating func closeSection(_ line: ProftpdLine) throws(ProftpdMistake) {
    guard let last = open.last, last.key == line.key else { throw notAllowed(line) }
    open.removeLast()
    guard line.key == "limit", let limit else { return }
    self.limit = nil
    if open.last?.key == "anonymous" {
      guard limit.commands.contains("LOGIN"), limit.allow.isForAll || !limit.deny.isForAll else { return }
      let anonymous = open.removeLast()
      update { $0.admitsAnonymous = true }
      open.append(anonymous)
    } else if let folder = open.last, folder.key == "directory" {
      var limit = limit
      limit.commands.formIntersection(ProftpdLimit.dataCommands)
      guard !limit.commands.isEmpty else { return }
      let isEverywhere = ["/", "~"].contains(folder.arguments.first?.value ?? "")
      open.removeLast()
      update {
        if isEverywhere { $0.folderLimits.append(limit) } else { $0.limitsElsewhere.append(limit) }
      }
      open.append(folder)
    } else {
      update { $0.limits.append(limit) }
    }
  }

  /// Changes the scope that what stands directly in the open section belongs to; nothing inside of sections that are
  /// about directories or anonymous logins.
  private mutating func update(_ change: (inout ProftpdScope) -> Void) {
    var keys = open.map(\.key)
    let isInSection = keys.last.map(Self.runtime.contains) ?? false
    if isInSection { keys.removeLast() }
    func apply(_ scope: inout ProftpdScope) {
      if !isInSection {
        change(&scope)
      } else if let last = scope.sections.indices.last {
        change(&scope.sections[last].scope)
      }
    }
    switch keys {
    case []: apply(&main)
    case ["virtualhost"]: if let last = hosts.indices.last { apply(&hosts[last]) }
    case ["global"], ["virtualhost", "global"]: if let last = globals.indices.last { apply(&globals[last]) }
    default: break
    }
  }

  /// Takes note of a block that sets up TLS and is passed over.
  mutating func passOver(_ module: MissingModule) { update { $0.blocksWithoutModule.append(module) } }

  // MARK: Directives

  private mutating func directive(_ line: ProftpdLine, _ context: inout ReadingContext) throws(ProftpdMistake) {
    try checkName(line, &context)
    switch self.context {
    case "limit" where limit != nil:
      if limit?.take(line) != true { try ProftpdValues.check(line, in: self.context) }
    case "class":
      if let last = classes.indices.last { classes[last].take(line) }
    default:
      try ProftpdValues.check(line, in: self.context)
      update { $0.directives[line.key, default: []].append(line) }
    }
  }

  private mutating func checkName(_ line: ProftpdLine, _ context: inout ReadingContext) throws(ProftpdMistake) {
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
    guard let module = ProftpdDirectives.modules[name.lowercased()] else { return try unknown(line, &context) }
    if module.isEmpty || ProftpdDirectives.movable.contains(module) {
      switch module.isEmpty ? true : hasMovable(module, context.build) {
      case true?: return
      case false?: break
      case nil:
        if doubted.insert(module).inserted {
          context.diagnostics.append(
            .warning(
              "server-build-dependent",
              "Debian's ProFTPD from 1.3.8c on knows `\(name)` only when \(module) is loaded",
              at: line.name.span, notes: ["there it does not start; other builds have the module inside"],
              help: "write `LoadModule \(module)` before it, or state the version of the program in the policy"))
        }
        return
      }
    } else if has(module) {
      return
    }
    throw ProftpdMistake(
      message: "there is no directive `\(name)` unless \(module) is loaded", span: line.name.span,
      help: "write `LoadModule \(module)` before it")
  }

  /// A name that no module that is known here has: a mistake, unless another module may have it.
  private func unknown(_ line: ProftpdLine, _ context: inout ReadingContext) throws(ProftpdMistake) {
    let name = line.name.value
    let near = nearest(to: name, among: ProftpdDirectives.names)
    let small = name.lowercased()
    let isOfOther = unlisted.contains { module in
      let stem = module.lowercased().dropFirst(4).prefix { $0 != "." }.filter { $0 != "_" }
      return module.hasPrefix("mod_") && !stem.isEmpty && small.hasPrefix(stem)
    }
    if isOfOther || ProftpdDirectives.unlistedPrefixes.contains(where: { small.hasPrefix($0) }) { return }
    if let module = unlisted.first, near == nil {
      return context.diagnostics.append(
        .warning(
          "server-build-dependent",
          "whether there is a directive `\(name)` depends on `\(module)`, which is not known here",
          at: line.name.span, notes: ["without it the program does not start"]))
    }
    throw ProftpdMistake(
      message: "there is no directive `\(name)`", span: line.name.span, help: near.map { "did you mean `\($0)`?" })
  }
}
