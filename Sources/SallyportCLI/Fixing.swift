import Compilation
import Diagnostics
import Files

/// Applies fixes to the files of a policy until nothing is left that may be applied: what a fix brings up is mended in
/// the same run, and so is what lay too close to another one.
struct Fixing {
  /// The policy afterwards.
  private(set) var compilation: Compilation
  private(set) var safeEdits = 0
  private(set) var unsafeEdits = 0
  /// Whether fixes undo one another.
  private(set) var isUnsettled = false
  /// The texts before, of files that changed, by name.
  private var before: [String: [UInt8]] = [:]
  private var after: [String: [UInt8]] = [:]
  private let includesUnsafe: Bool
  private let input: PolicyFiles

  /// Rounds after which it is taken for granted that there is no end.
  private static let mostRounds = 100

  /// - Parameter input: The files that the policy was read from.
  init(_ compilation: Compilation, from input: PolicyFiles, includesUnsafe: Bool) throws {
    self.compilation = compilation
    self.includesUnsafe = includesUnsafe
    self.input = input
    let roots = try input.paths().map { $0 == "-" ? standardInputName : $0 }
    let texts = Dictionary(
      compilation.sources.files.map { ($0.name, $0.bytes) }, uniquingKeysWith: { first, _ in first })
    var seen: Set<[String: [UInt8]]> = [[:]]
    let folders = IncludeFolders(beside: input.folders)
    for _ in 0..<Self.mostRounds {
      guard applyOnce() else { return }
      isUnsettled = !seen.insert(after).inserted
      self.compilation = Compilation(
        loadSources(
          roots.compactMap { name in (after[name] ?? texts[name]).map { SourceFile(name: name, bytes: $0) } },
          readingBelow: { path, root in
            (after[path] ?? texts[path]).map { .success($0) } ?? folders.read(path, root)
          }, listing: folders.list))
      if isUnsettled { return }
    }
    isUnsettled = true
  }

  /// Applies the fixes that do not touch one another.
  ///
  /// - Returns: Whether there was any.
  private mutating func applyOnce() -> Bool {
    var chosen: [SourceID: ChosenEdits] = [:]
    var isAnyApplied = false
    for fix in compilation.diagnostics.lazy.flatMap(\.fixes) where isWanted(fix) {
      guard fix.edits.contains(where: changesText),
        fix.edits.allSatisfy({ chosen[$0.span.file, default: ChosenEdits()].hasRoom(for: $0.span) })
      else { continue }
      for edit in fix.edits { chosen[edit.span.file, default: ChosenEdits()].add(edit) }
      isAnyApplied = true
      if fix.applicability == .safe { safeEdits += 1 } else { unsafeEdits += 1 }
    }
    for (file, edits) in chosen {
      let source = compilation.sources[file]
      if before[source.name] == nil { before[source.name] = source.bytes }
      after[source.name] = edits.applied(to: source.bytes)
    }
    return isAnyApplied
  }

  private func isWanted(_ fix: FixIt) -> Bool {
    fix.applicability == .safe || includesUnsafe && fix.applicability == .unsafe
  }

  private func changesText(_ edit: TextEdit) -> Bool {
    compilation.sources.text(edit.span) != edit.replacement
  }

  /// The files that changed, by name, with their texts before and after.
  private var changes: [(name: String, before: [UInt8], after: [UInt8])] {
    before.sorted { $0.key < $1.key }.compactMap { name, old in
      guard let new = after[name], new != old else { return nil }
      return (name, old, new)
    }
  }

  var changesAnything: Bool { !changes.isEmpty }

  /// What would change, as `diff -u` shows it.
  func difference(_ style: Style) -> String {
    changes.map { change in
      unifiedDiff(
        old: String(decoding: change.before, as: UTF8.self), new: String(decoding: change.after, as: UTF8.self),
        names: (change.name, "\(change.name) (fixed)"), style: style)
    }.joined()
  }

  /// Writes the files that changed, all or none of them, and says how many edits that was.
  ///
  /// - Throws: `ExitStatus.usage` for standard input, `ExitStatus.inputOutput` when a file cannot be written.
  func write(_ console: Console) throws {
    guard !changes.contains(where: { $0.name == standardInputName }) else {
      throw console.failure("--fix cannot change standard input; name a file, or take --diff", .usage)
    }
    // A link may stand there by now.
    let changed = changes.map(\.name)
    if let stray = try input.outside(changed).first {
      throw console.failure("\(stray): leads out of the policy's folder by now; nothing was written", .inputOutput)
    }
    try replaceFiles(changes.map { ($0.name, $0.after) }, console)
    say("applied", console)
  }

  /// Says how many edits there are, and when they have no end.
  func say(_ verb: String, _ console: Console) {
    if let count = counted(safeEdits + unsafeEdits, "edit") {
      console.say("\(count) \(verb)\(unsafeEdits == 0 ? "" : ", \(unsafeEdits) of them unsafe")\n")
    }
    if isUnsettled { console.say("some fixes undo one another; mend these places by hand\n") }
  }
}

/// Replaces files, all or none of them.
///
/// - Throws: `ExitStatus.inputOutput` when one of them cannot be written.
func replaceFiles(_ files: [(name: String, bytes: [UInt8])], _ console: Console) throws {
  var prepared: [PreparedFile] = []
  do throws(WriteFailure) {
    for file in files { prepared.append(try PreparedFile(file.name, file.bytes)) }
    for file in prepared { try file.commit() }
  } catch {
    for file in prepared { file.abandon() }
    throw console.failure("\(error.path): \(error.reason)", .inputOutput)
  }
}
