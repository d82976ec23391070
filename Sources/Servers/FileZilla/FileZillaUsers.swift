import Addressing
import Diagnostics
import Policy

/// Who gets in to FileZilla Server 1.x: by the filters of the whole server in `disallowed_ips.xml` and
/// `allowed_ips.xml`, and by the users of `users.xml` with their groups of `groups.xml`. An address that is disallowed
/// is refused unless it is allowed as well, and the lists of a user and of the user's groups count together (source:
/// 1.9; never run).
struct FileZillaUsers {
  /// The two lists of a user, a group, or the server.
  private struct Filter {
    var refused = AddressSet()
    var exceptions = AddressSet()
    var span: SourceSpan?

    var admitted: AddressSet { AddressSet(unionOf: [AddressSet.any.subtracting(refused), exceptions]) }

    mutating func join(_ other: Filter) {
      refused = AddressSet(unionOf: [refused, other.refused])
      exceptions = AddressSet(unionOf: [exceptions, other.exceptions])
      span = span ?? other.span
    }
  }

  /// With a slash at its end.
  private let place: String

  init(besides settings: String) { place = folder(of: settings) }

  func apply(to services: inout [EffectiveService], _ context: inout ReadingContext) {
    let server = serverFilter(&context)
    var admitted = server.admitted
    var span = server.span
    var nobody: Refusal?
    var most: Setting<Int?> = Setting(default: nil)
    if let users = load("users.xml", &context), let root = users.document.root {
      let enabled = users.document.children(of: root, named: "user").filter(Self.isEnabled)
      if enabled.isEmpty {
        nobody = Refusal("no user is enabled", root.span, help: "add a user in the interface of the server")
      }
      let groups = load("groups.xml", &context).map { entries($0, "group", &context) } ?? [:]
      let filter = filter(of: enabled, users, groups, &context)
      if filter.admitted != .any { span = span ?? filter.span }
      admitted = admitted.intersection(filter.admitted)
      most = limit(enabled, users)
      realms(users, &context)
    }
    for index in services.indices {
      services[index].nobody = nobody
      services[index].maxClients = most
      if admitted != .any { services[index].admits = Setting(admitted, span) }
    }
  }

  private func load(_ name: String, _ context: inout ReadingContext) -> XMLValues? {
    guard context.files.kind(place + name) == .file else { return nil }
    return XMLValues.load(place + name, of: "FileZilla Server", roots: ["filezilla"], &context)
  }

  private static func isEnabled(_ user: XMLElement) -> Bool {
    !["false", "0"].contains(user.attribute("enabled")?.value.value.lowercased() ?? "true")
  }

  // MARK: Addresses

  private func serverFilter(_ context: inout ReadingContext) -> Filter {
    var filter = Filter()
    for (name, isRefused) in [("disallowed_ips", true), ("allowed_ips", false)] {
      guard let values = load(name + ".xml", &context), let root = values.document.root else { continue }
      let element = values.document.first([name], below: root) ?? root
      let set = clients(element, &context)
      if isRefused { filter.refused = set } else { filter.exceptions = set }
      if isRefused, !set.isEmpty { filter.span = element.textSpan ?? element.span }
    }
    return filter
  }

  private func clients(_ element: XMLElement, _ context: inout ReadingContext) -> AddressSet {
    FileZillaAddresses.clients(element.text, at: element.textSpan ?? element.span, &context)
  }

  private func own(_ entry: XMLElement, _ document: XMLDocument, _ context: inout ReadingContext) -> Filter {
    var filter = Filter()
    if let element = document.first(["disallowed_ips"], below: entry) {
      filter.refused = clients(element, &context)
      if !filter.refused.isEmpty { filter.span = element.textSpan ?? element.span }
    }
    if let element = document.first(["allowed_ips"], below: entry) { filter.exceptions = clients(element, &context) }
    return filter
  }

  private func entries(
    _ values: XMLValues, _ name: String, _ context: inout ReadingContext
  ) -> [String: Filter] {
    var found: [String: Filter] = [:]
    for entry in values.document.children(of: values.document.root, named: name) {
      found[entry.attribute("name")?.value.value ?? ""] = own(entry, values.document, &context)
    }
    return found
  }

  /// The addresses from which one of the users at least gets in, and where one of them is kept to some.
  private func filter(
    of users: [XMLElement], _ values: XMLValues, _ groups: [String: Filter], _ context: inout ReadingContext
  ) -> (admitted: AddressSet, span: SourceSpan?) {
    var sets: [AddressSet] = []
    var isOpen = users.isEmpty
    var first: (name: String, span: SourceSpan)?
    for user in users {
      var filter = own(user, values.document, &context)
      for group in values.document.children(of: user, named: "group") {
        if let found = groups[group.text.split(whereSeparator: \.isWhitespace).joined(separator: " ")] {
          filter.join(found)
        }
      }
      guard !filter.refused.isEmpty, filter.admitted != .any, let span = filter.span else {
        isOpen = true
        continue
      }
      sets.append(filter.admitted)
      if first == nil { first = (user.attribute("name")?.value.value ?? "", span) }
    }
    guard isOpen, let first else { return (isOpen ? .any : AddressSet(unionOf: sets), first?.span) }
    context.leaveOpen(user: first.name, at: first.span)
    return (.any, nil)
  }

  // MARK: What else decides

  /// The sessions of all users together, where each of them is limited.
  private func limit(_ users: [XMLElement], _ values: XMLValues) -> Setting<Int?> {
    var sum = 0
    var span: SourceSpan?
    for user in users {
      guard let element = values.document.first(["session_count_limit"], below: user),
        let number = Int(FileZillaAddresses.words(element.text).joined()), number > 0
      else { return Setting(default: nil) }
      sum = min(sum + min(number, 1 << 16), 1 << 30)
      span = span ?? element.textSpan
    }
    return users.isEmpty ? Setting(default: nil) : Setting(sum, span)
  }

  /// Protocols that are switched off, for everybody or for one user (1.10 and later).
  private func realms(_ users: XMLValues, _ context: inout ReadingContext) {
    let document = users.document
    let entries = document.children(of: document.root, named: "user").filter(Self.isEnabled)
    let realms =
      document.children(of: document.root, named: "realm")
      + entries.flatMap { document.children(of: $0, named: "realm") }
    let off = realms.first { realm in
      (realm.attribute("name")?.value.value.lowercased() ?? "").hasPrefix("ftp")
        && realm.attribute("status")?.value.value.lowercased() == "disabled"
    }
    guard let off else { return }
    context.leaveOpen(
      "whether a user logs in over this protocol depends on the user", at: off.span,
      help: "enable FTP and FTPS for the users that the policy is about")
  }
}
