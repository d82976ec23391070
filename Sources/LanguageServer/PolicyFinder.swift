import Compilation
import Diagnostics
import Editing
import PolicySyntax

/// Reads policies with what is open in an editor in the place of what lies on the disk.
struct OverlaidWorld: Sendable {
  let world: PolicyWorld
  /// By path.
  let open: [String: OpenText]

  /// A policy file of that path, or why there is none.
  func source(_ path: String) -> Result<SourceFile, ReadFailure> {
    if let text = open[path] { return .success(text.source) }
    return world.read(path).map { SourceFile(name: path, bytes: $0) }
  }

  /// The files as one policy, with what they include.
  func load(_ roots: [SourceFile]) -> LoadedSources {
    loadSources(
      roots,
      readingBelow: { path, root in
        guard root.hasPrefix("/") else { return .failure(.outside) }
        let read = world.readIncluded(path, root)
        guard let text = open[path] else { return read }
        // What may not be read may not be read from the editor either; a new file is on no disk yet.
        switch read {
        case .success, .failure(.missing): return .success(text.source.bytes)
        case .failure(let failure): return .failure(failure)
        }
      },
      listing: { path, root in
        guard root.hasPrefix("/") else { return .failure(.outside) }
        let names = world.list(path, root)
        // Of a new file too.
        let here = open.keys.filter { $0.hasPrefix("/") && folder(of: $0) == path }
          .compactMap { $0.split(separator: "/").last.map(String.init) }
        return here.isEmpty ? names : names.map { Array(Set($0).union(here)).sorted() }
      })
  }
}

/// Finds out which policies an open file is part of: what `check` would read. That is the file with its includes; where
/// another file includes it, that one; and where files of one folder use what others of it declare, all of the folder.
struct PolicyFinder {
  /// Files of a folder that are looked at, and bytes of each.
  static let mostFiles = 200
  static let largestFile = 1 << 20
  /// Folders above the one of a file that are looked at, within those of the workspace.
  static let mostFolders = 8

  let disk: OverlaidWorld
  /// Folders of the workspace, as absolute paths.
  let workspace: [String]
  private var known: [String: Candidate] = [:]
  private var names: [String: [String]] = [:]

  init(_ disk: OverlaidWorld, workspace: [String]) {
    self.disk = disk
    self.workspace = workspace
  }

  /// A file with what it includes.
  private struct Candidate {
    var members: Set<String>
    var declared: Set<String>
    /// Names that it uses and does not declare.
    var missing: Set<String>
  }

  /// The policies of an open file, each as the paths of its roots.
  mutating func policies(of path: String) -> [[String]] {
    guard path.hasPrefix("/") else { return [[path]] }
    let others = folders(above: path).flatMap { policies(in: $0) }.filter { $0 != path }
    guard !others.isEmpty else { return [[path]] }
    let includers = others.filter { candidate($0)?.members.contains(path) == true }
    let outermost = includers.filter { one in
      !includers.contains { other in
        other != one && candidate(other)?.members.contains(one) == true
          && candidate(one)?.members.contains(other) != true
      }
    }
    let roots = outermost.isEmpty ? [path] : outermost
    var found: [[String]] = []
    for root in roots {
      let policy = wholeFolder(of: root) ?? [root]
      if !found.contains(policy) { found.append(policy) }
    }
    return found
  }

  /// All files of the folder of one, when they declare for one another what they use.
  private mutating func wholeFolder(of root: String) -> [String]? {
    let all = policies(in: folder(of: root))
    guard all.contains(root), let own = candidate(root) else { return nil }
    let isLinked = all.contains { path in
      guard path != root, !own.members.contains(path), let other = candidate(path),
        !other.members.contains(root)
      else { return false }
      return !own.missing.isDisjoint(with: other.declared) || !other.missing.isDisjoint(with: own.declared)
    }
    return isLinked ? all : nil
  }

  /// The folder of a file, and those above it in the workspace.
  private func folders(above path: String) -> [String] {
    var folders = [folder(of: path)]
    while folders.count < Self.mostFolders, let last = folders.last, last != "/",
      workspace.contains(where: { last.hasPrefix($0 + "/") })
    {
      folders.append(folder(of: last))
    }
    return folders
  }

  /// The policy files of a folder, those on the disk and those that are open.
  private mutating func policies(in place: String) -> [String] {
    if let known = names[place] { return known }
    let open = disk.open.keys.filter { $0.hasPrefix("/") && folder(of: $0) == place && $0.hasSuffix(".sally") }
    let found = Set(disk.world.contents(place).policies.map { join(place, $0) } + open).sorted()
    names[place] = found.count > Self.mostFiles ? [] : found
    return names[place] ?? []
  }

  private mutating func candidate(_ path: String) -> Candidate? {
    if let known = known[path] { return known }
    guard case .success(let source) = disk.source(path),
      disk.open[path] != nil || source.bytes.count <= Self.largestFile
    else { return nil }
    let loaded = disk.load([source])
    let mentions = loaded.trees.flatMap(\.mentions)
    func keys(_ mentions: [NameMention]) -> Set<String> {
      Set(mentions.flatMap { mention in mention.kinds.map { "\($0) \(mention.name)" } })
    }
    let declared = keys(mentions.filter(\.isDeclaration))
    let missing = mentions.filter { mention in
      !mention.isDeclaration && !mention.kinds.contains { declared.contains("\($0) \(mention.name)") }
    }
    let candidate = Candidate(
      members: Set(loaded.sources.files.map(\.name)), declared: declared, missing: keys(missing))
    known[path] = candidate
    return candidate
  }
}
