import Addressing
import Diagnostics
import Policy

/// Who gets in to FileZilla Server 0.9 by `<Users>`, each of whom may be in one of `<Groups>`. A client that the lists
/// of a user disallow is let in by their exceptions alone; every other one by those, or by the lists of the group
/// (source: 0.9.54; never run).
struct FileZillaLegacyUsers {
  private let document: XMLDocument
  /// `nil` where the file has no list of them.
  private let list: XMLElement?
  /// Of several with one name the first counts.
  private let groups: [String: XMLElement]
  private var enabled: [XMLElement] = []

  init(_ document: XMLDocument) {
    self.document = document
    list = document.first(["Users"], below: document.root)
    groups = Dictionary(
      document.all(["Groups", "Group"], below: document.root).map { ($0.attribute("Name")?.value.value ?? "", $0) },
      uniquingKeysWith: { first, _ in first })
    enabled = document.children(of: list, named: "User").filter(isEnabled)
  }

  /// A list of users in which nobody is enabled.
  var nobody: Refusal? {
    guard let list, enabled.isEmpty else { return nil }
    return Refusal(
      "no user is enabled", list.span, help: "enable a user, and the group, in the interface of the server")
  }

  private func option(_ name: String, of account: XMLElement) -> String? {
    document.children(of: account, named: "Option").last { $0.attribute("Name")?.value.value == name }?.trimmedText
  }

  private func group(of user: XMLElement) -> XMLElement? {
    option("Group", of: user).flatMap { $0.isEmpty ? nil : groups[$0] }
  }

  /// 1 is on, and 2 as the group is; everything else is off, and so is a group that would ask its own.
  private func isEnabled(_ user: XMLElement) -> Bool {
    switch number(option("Enabled", of: user)) {
    case 1: true
    case 2: group(of: user).map { number(option("Enabled", of: $0)) == 1 } ?? false
    default: false
    }
  }

  /// The digits at the beginning, as the program takes a number.
  private func number(_ text: String?) -> Int { text.flatMap { Int($0.prefix(while: \.isNumber)) } ?? 0 }

  // MARK: Addresses

  /// The lists of a user or a group.
  private struct Filter {
    var refused: AddressSet
    var exceptions: AddressSet
    /// The first address that is disallowed.
    var span: SourceSpan?

    /// - Parameter group: Whom the group lets in.
    func admitted(of group: AddressSet) -> AddressSet {
      AddressSet(unionOf: [group.subtracting(refused), exceptions])
    }
  }

  private func filter(of account: XMLElement, _ context: inout ReadingContext) -> Filter {
    let lists = ["Disallowed", "Allowed"].map { document.all(["IpFilter", $0, "IP"], below: account) }
    let sides = lists.map { list in
      AddressSet(
        unionOf: list.map { FileZillaAddresses.clients($0.text, at: $0.textSpan ?? $0.span, &context) })
    }
    return Filter(refused: sides[0], exceptions: sides[1], span: lists[0].first.map { $0.textSpan ?? $0.span })
  }

  /// The addresses from which one of the users at least gets in.
  func clients(_ context: inout ReadingContext) -> Setting<AddressSet> {
    var ofGroups: [String: Filter] = [:]
    var sets: [AddressSet] = []
    var first: (name: String, span: SourceSpan)?
    for user in enabled {
      let own = filter(of: user, &context)
      var group: Filter?
      if let element = self.group(of: user), let name = element.attribute("Name")?.value.value {
        group = ofGroups[name] ?? filter(of: element, &context)
        ofGroups[name] = group
      }
      sets.append(own.admitted(of: group?.admitted(of: .any) ?? .any))
      if first == nil, sets.last != .any, let span = own.span ?? group?.span {
        first = (user.attribute("Name")?.value.value ?? "", span)
      }
    }
    let all = AddressSet(unionOf: sets)
    guard let first, !sets.contains(.any) else {
      if let first { context.leaveOpen(user: first.name, at: first.span) }
      return Setting(default: .any)
    }
    return Setting(all, first.span)
  }
}
