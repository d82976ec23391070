/// Names for the objects of publications on a device that limits their length: valid, unique and the same for the same
/// publications.
///
/// A name is a prefix, the publication, and what the object is there for (`sallyport-files-pasv`). A publication whose
/// name leaves too little room, or could be taken for that of another one's object, is cut and gets digits that its
/// whole name decides.
struct ObjectNames: Sendable {
  /// What stands before every name; nothing else on the device is ours.
  static let prefix = "sallyport-"
  /// How many digits tell apart what was cut, where there is room for them.
  private static let mostDigits = 6

  private let stems: [String: String]
  /// What joins the parts of a name.
  private let joint: Character

  /// - Parameters:
  ///   - publications: The names of all publications on the device.
  ///   - longest: The most characters that a name of an object may have.
  ///   - suffixes: What may follow a publication in a name, without the joint; numbers may follow these. One that
  ///     always has a number is given with one: `c1`.
  ///   - joint: `_` for devices that allow no hyphen in names.
  init(_ publications: some Sequence<String>, longest: Int, suffixes: [String], joint: Character = "-") {
    let room = longest - Self.prefix.count - (suffixes.map { $0.count + 1 }.max() ?? 0)
    let digits = min(Self.mostDigits, max(room - 2, 1))
    var stems: [String: String] = [:]
    var taken: Set<String> = []
    for publication in Set(publications).sorted() {
      var stem = publication
      var attempt = 0
      let isClear = publication.count <= room && !Self.looksLikeAnObject(publication, suffixes, digits)
      while !isClear || taken.contains(stem) {
        // The same digits for another one are rare, but there may be only few of them: a name is never longer for that.
        let hash = hexadecimal(of: publication + String(repeating: " ", count: attempt), digits: digits)
        stem = publication.prefix(max(room - digits - 1, 1)) + "-" + hash
        attempt += 1
        if !taken.contains(stem) || attempt > 1_000 { break }
      }
      taken.insert(stem)
      stems[publication] = joint == "-" ? stem : stem.replacing("-", with: String(joint))
    }
    self.stems = stems
    self.joint = joint
  }

  /// The name of an object, or of the publication itself where nothing follows.
  func name(_ publication: String, _ suffix: String? = nil) -> String {
    let prefix = joint == "-" ? Self.prefix : Self.prefix.replacing("-", with: String(joint))
    return prefix + stem(publication) + (suffix.map { "\(joint)\($0)" } ?? "")
  }

  /// What stands for a publication in names.
  func stem(_ publication: String) -> String { stems[publication] ?? publication }

  /// Whether a publication is called as an object of another one is, or as one that was cut. Both begin with the other
  /// one's name, so a name of one part is neither.
  private static func looksLikeAnObject(_ publication: String, _ suffixes: [String], _ digits: Int) -> Bool {
    let parts = publication.split(separator: "-")
    guard parts.count > 1, let last = parts.last else { return false }
    let letters = last.withoutNumber
    return suffixes.contains { suffix in
      if publication.hasSuffix("-" + suffix) || last == suffix { return true }
      let end = suffix.split(separator: "-").last ?? ""
      // With a number of its own a suffix stands nowhere without one.
      return end.withoutNumber == letters && (end.withoutNumber == end || letters != last)
    } || last.count == digits && last.allSatisfy(\.isHexDigit)
  }
}

extension Substring {
  fileprivate var withoutNumber: Substring {
    self[..<(lastIndex { !$0.isNumber }.map { index(after: $0) } ?? startIndex)]
  }
}

/// The first digits of a hash of a text (FNV-1a of 64 bits), in hexadecimal.
func hexadecimal(of text: String, digits: Int) -> String {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  let all = String(hash, radix: 16)
  return String((String(repeating: "0", count: 16 - all.count) + all).prefix(digits))
}

/// What a comment or a tag says of an object: `sallyport:files:pasv`.
func tag(_ publication: String, _ part: String? = nil) -> String {
  "sallyport:\(publication)" + (part.map { ":\($0)" } ?? "")
}

/// Whether a byte is a letter, a digit or `_` of ASCII.
func isWordCharacter(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
    true
  default: false
  }
}
