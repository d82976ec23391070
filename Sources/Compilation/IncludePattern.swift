/// The path of an `include` that names files by a pattern, as a shell does: `*` for any characters, `?` for one,
/// `[a-z]` for one of some, `[!a-z]` for one of all others. None of them stands for `/`, nor for a dot at the beginning
/// of a name (POSIX.1-2017, XCU 2.13.3).
struct IncludePattern {
  /// Why a pattern names no files.
  enum Failure: Error {
    case nothing
    case tooMany
    /// A folder that cannot be looked into.
    case folder(String, ReadFailure)
  }

  /// Files that one pattern names at most.
  static let mostFiles = 100_000

  /// Whether any character of a path stands for others.
  static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

  private let parts: [String]
  private let isAbsolute: Bool

  init(_ path: String) {
    parts = path.split(separator: "/").map(String.init)
    isAbsolute = path.hasPrefix("/")
  }

  /// The paths that it names, in the order of their names.
  ///
  /// - Parameter list: The names of what lies in a folder, `.` for the one to which paths are relative.
  func files(in list: (String) -> Result<[String], ReadFailure>) -> Result<[String], Failure> {
    var paths = [isAbsolute ? "/" : ""]
    var isCertain = true
    for part in parts {
      // Before the first part that stands for others a folder has to be there; after it, nobody said that it is.
      if isCertain, !Self.isPattern(part) {
        paths = paths.map { join($0, part) }
        continue
      }
      var next: [String] = []
      for path in paths {
        let folder = path.isEmpty ? "." : path
        switch list(folder) {
        case .success(let names):
          next += names.filter { $0 == part || nameMatches($0, part) }.sorted().map { join(path, $0) }
          guard next.count <= Self.mostFiles else { return .failure(.tooMany) }
        case .failure(.missing) where !isCertain: continue
        case .failure(let failure): return .failure(.folder(folder, failure))
        }
      }
      isCertain = false
      paths = next
    }
    return paths.isEmpty ? .failure(.nothing) : .success(paths)
  }

  private func join(_ path: String, _ name: String) -> String {
    path.isEmpty || path == "/" ? path + name : "\(path)/\(name)"
  }
}

/// Whether a name is one that a pattern stands for. Takes time in proportion to the product of both.
func nameMatches(_ name: String, _ pattern: String) -> Bool {
  let (name, pattern) = (Array(name.utf8), Array(pattern.utf8))
  guard name.first != UInt8(ascii: ".") || pattern.first == UInt8(ascii: ".") else { return false }
  var (place, next) = (0, 0)
  // Where the last `*` stands, and how far it reaches.
  var star: (pattern: Int, name: Int)?
  while place < name.count {
    if next < pattern.count, pattern[next] == UInt8(ascii: "*") {
      star = (next, place)
      next += 1
    } else if let width = width(ofOne: name[place], in: pattern, at: next) {
      place += 1
      next += width
    } else if let last = star {
      star = (last.pattern, last.name + 1)
      (next, place) = (last.pattern + 1, last.name + 1)
    } else {
      return false
    }
  }
  return pattern[next...].allSatisfy { $0 == UInt8(ascii: "*") }
}

/// How many bytes of a pattern stand for one byte of a name; `nil` where they stand for another.
private func width(ofOne byte: UInt8, in pattern: [UInt8], at place: Int) -> Int? {
  guard place < pattern.count else { return nil }
  switch pattern[place] {
  case UInt8(ascii: "*"): return nil
  case UInt8(ascii: "?"): return 1
  case UInt8(ascii: "["):
    guard let (set, width) = brackets(in: pattern, at: place) else { return byte == pattern[place] ? 1 : nil }
    return set(byte) ? width : nil
  case let own: return own == byte ? 1 : nil
  }
}

/// The bytes for which `[...]` stands, and how long it is; `nil` where it has no end and so is a bracket.
private func brackets(in pattern: [UInt8], at place: Int) -> (set: (UInt8) -> Bool, width: Int)? {
  var index = place + 1
  let isNegated =
    index < pattern.count && (pattern[index] == UInt8(ascii: "!") || pattern[index] == UInt8(ascii: "^"))
  if isNegated { index += 1 }
  let first = index
  guard first < pattern.count,
    let end = pattern.indices.dropFirst(first + 1).first(where: { pattern[$0] == UInt8(ascii: "]") })
  else { return nil }
  var ranges: [ClosedRange<UInt8>] = []
  while index < end {
    if index + 2 < end, pattern[index + 1] == UInt8(ascii: "-"), pattern[index] <= pattern[index + 2] {
      ranges.append(pattern[index]...pattern[index + 2])
      index += 3
    } else {
      ranges.append(pattern[index]...pattern[index])
      index += 1
    }
  }
  return ({ byte in ranges.contains { $0.contains(byte) } != isNegated }, end - place + 1)
}
