/// What a file `.netrc` says of a machine (its form is that of ftp(1)): words `machine NAME`, `default`, `login`,
/// `password`, `account`, and macros, which end with an empty line.
package struct Netrc: Sendable {
  /// An entry; `nil` for `default`.
  private struct Entry {
    var machine: String?
    var login: String?
    var password: String?
  }

  private var entries: [Entry] = []

  package init(_ text: String) {
    var words = Words(text)
    while let word = words.next() {
      switch word {
      case "machine": entries.append(Entry(machine: words.next() ?? ""))
      case "default": entries.append(Entry(machine: nil))
      case "macdef": words.skipMacro()
      case "login":
        let value = words.next()
        if let last = entries.indices.last { entries[last].login = value }
      case "password":
        let value = words.next()
        if let last = entries.indices.last { entries[last].password = value }
      case "account": _ = words.next()
      default: break
      }
    }
  }

  /// The account for the first of some names of a machine that has one; else that of `default`.
  ///
  /// - Parameter user: Whose entry it has to be.
  package func account(for names: [String], user: String? = nil) -> Account? {
    func fits(_ entry: Entry) -> Bool { user == nil || entry.login == user || entry.login == nil }
    let own = entries.first { entry in
      entry.machine.map { names.contains($0) } == true && fits(entry)
    }
    guard let entry = own ?? entries.first(where: { $0.machine == nil && fits($0) }),
      let login = user ?? entry.login, let password = entry.password,
      // A line end in one would be the end of its command.
      (login + password).unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
    else { return nil }
    return Account(user: login, password: password)
  }

  /// Words between blanks, or in quotation marks with `\` before a sign that means itself.
  private struct Words {
    private var rest: Substring.UnicodeScalarView

    init(_ text: String) { rest = Substring(text).unicodeScalars }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
      scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
    }

    mutating func next() -> String? {
      while true {
        rest = rest.drop(while: Self.isBlank)
        guard rest.first == "#" else { break }
        rest = rest.drop { $0 != "\n" }
      }
      guard let first = rest.first else { return nil }
      guard first == "\"" else {
        let word = rest.prefix { !Self.isBlank($0) }
        rest = rest.dropFirst(word.count)
        return String(Substring(word))
      }
      rest = rest.dropFirst()
      var word = String.UnicodeScalarView()
      while let scalar = rest.popFirst(), scalar != "\"" {
        if scalar == "\\", let next = rest.popFirst() { word.append(next) } else { word.append(scalar) }
      }
      return String(word)
    }

    mutating func skipMacro() {
      var isAtStart = false
      while let scalar = rest.popFirst() {
        guard scalar == "\n" else {
          if scalar != "\r" { isAtStart = false }
          continue
        }
        if isAtStart { return }
        isAtStart = true
      }
    }
  }
}
