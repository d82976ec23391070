import Diagnostics
import Policy

/// The folder of Debian: `conf/` has a file for each option, `auth/` links to the methods of authentication. Its
/// wrapper turns them into a command line, with values of its own grammar (measured: pure-ftpd-wrapper of 1.0.50-2.1).
struct PureFTPdFolder {
  var conf: String
  var auth: String
  var version: SoftwareVersion?

  /// Options that only links in `auth/` bring in.
  private static let methods = [
    "ExtAuth", "LDAPConfigFile", "MySQLConfigFile", "PGSQLConfigFile", "PAMAuthentication", "PureDB",
    "UnixAuthentication",
  ]
  /// Options of `pure-ftpd.conf` that the wrapper does not know.
  private static let unknown = ["Bonjour", "CertFile", "CertFileAndKey", "ExtCert", "Include", "PIDFile"]
  /// Options that it knows and leaves out.
  private static let skipped = ["FSCharset", "ClientCharset"]

  private static let names: Set<String> = {
    let all = PureFTPdGrammar.shapes.values.map(\.name)
    return Set(all).subtracting(methods).subtracting(unknown).union(skipped)
  }()

  /// The service, and the options that its files set; `nil` when the folder cannot be read.
  func read(_ context: inout ReadingContext) -> (service: EffectiveService, options: [PureFTPdOption])? {
    // A copy of a folder without files may lack it.
    guard let names = context.files.names(conf) ?? (context.files.kind(conf) == nil ? [] : nil) else {
      _ = context.load(conf)
      return nil
    }
    let listing = context.add(conf)
    let place = SourceSpan(file: listing, 0..<0)
    var options: [PureFTPdOption] = []
    for name in names.sorted() where Self.isOption(name) && !Self.methods.contains(name) {
      guard let file = context.load("\(conf)/\(name)", askedFor: nil) else { continue }
      guard Self.names.contains(name) else {
        let known = nearest(to: name, among: Self.names.sorted())
        context.refuse(
          "the service does not start: Debian's wrapper knows no option `\(name)`",
          at: SourceSpan(file: file, 0..<context.sources[file].bytes.count),
          help: Self.unknown.contains(name)
            ? "remove the file; this option exists in pure-ftpd.conf only, which the service does not read"
            : known.map { "did you mean `\($0)`?" })
        continue
      }
      if let option = option(name, file, &context) { options.append(option) }
    }
    passedOver(names, &context)
    options += links(&context)
    let meaning = PureFTPdMeaning(options: options, version: version, numbers: .wrapper)
    var service = meaning.service(at: place, &context)
    service.isOptionFolder = true
    return (service, options)
  }

  /// Files that the wrapper passes over because of their names, while the option that they seem to set has no file.
  private func passedOver(_ names: [String], _ context: inout ReadingContext) {
    for name in names.sorted() where !Self.isOption(name) {
      let stem = String(name.drop { $0 == "." || $0 == "_" }.prefix { $0.isLetter || $0.isNumber })
      guard Self.names.contains(stem), !names.contains(stem) else { continue }
      context.ignore(
        "Debian's wrapper passes over this file: a name has letters and digits alone",
        at: SourceSpan(file: context.add("\(conf)/\(name)"), 0..<0), help: "call it `\(stem)`, or remove it")
    }
  }

  /// A letter, then letters and digits: other names are passed over, such as those that editors leave.
  private static func isOption(_ name: String) -> Bool {
    let bytes = Array(name.utf8)
    let isLetter = { (byte: UInt8) in (0x61...0x7A).contains(byte | 0x20) }
    return bytes.count > 1 && bytes.first.map(isLetter) == true && bytes.allSatisfy { isLetter($0) || $0.isDigit }
  }

  /// The first line that is neither empty nor a comment; lines after a flag that is not set are read on.
  private func option(_ name: String, _ file: SourceID, _ context: inout ReadingContext) -> PureFTPdOption? {
    guard !Self.skipped.contains(name), let entry = PureFTPdGrammar.shapes[name.lowercased()] else { return nil }
    for line in ConfigurationLine.all(of: file, in: context.sources) {
      let bytes = line.bytes.trimmed
      guard let first = bytes.first, first != UInt8(ascii: "#") else { continue }
      guard let values = values(line, bytes, entry) else {
        context.refuse(
          "the service does not start: `\(line.word(bytes).value)` is no value for `\(name)`", at: line.span(bytes),
          help: help(entry.shape))
        return nil
      }
      if case .flag = entry.shape, Self.flag(values.first?.value ?? "") == false { continue }
      return PureFTPdOption(name: name, values: values, span: line.span(bytes))
    }
    return nil
  }

  private func help(_ shape: PureFTPdShape) -> String {
    switch shape {
    case .flag: "write `yes` or `no`"
    case .numbers([2]), .colonPair: "write two numbers with a blank between them"
    case .numbers: "write a number"
    default: "white space cannot stand in this value"
    }
  }

  private static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "yes", "1", "on": true
    case "no", "0", "off": false
    default: nil
    }
  }

  private func values(
    _ line: ConfigurationLine, _ bytes: ArraySlice<UInt8>, _ entry: (name: String, shape: PureFTPdShape)
  ) -> [Located<String>]? {
    let words = bytes.split(whereSeparator: \.isBlank)
    let areNumbers = words.allSatisfy { $0.allSatisfy(\.isDigit) }
    switch entry.shape {
    case .flag: return Self.flag(line.word(bytes).value).map { _ in [line.word(bytes)] }
    case .numbers(let counts) where counts.contains(2) && counts.count == 2:
      let parts = bytes.split { $0.isBlank || $0 == UInt8(ascii: ":") }
      return parts.count <= 2 && parts.allSatisfy { $0.allSatisfy(\.isDigit) } ? parts.map(line.word) : nil
    case .numbers([2]) where entry.name == "LimitRecursion":
      return words.count == 2 && words.allSatisfy { Int(line.word($0).value).map { $0 >= -1 } == true }
        ? words.map(line.word) : nil
    case .numbers(let counts): return counts.contains(words.count) && areNumbers ? words.map(line.word) : nil
    case .colonPair: return words.count == 2 && areNumbers ? words.map(line.word) : nil
    default: return words.count == 1 ? [line.word(bytes)] : nil
    }
  }

  /// A link to an option that does not exist stops the service; one to `PureDB` names a file that has to be there.
  private func links(_ context: inout ReadingContext) -> [PureFTPdOption] {
    if context.files.kind(auth) != nil, let reason = context.files.closure(auth) {
      context.report(auth, reason, askedFor: nil)
      return []
    }
    var options: [PureFTPdOption] = []
    for name in (context.files.names(auth) ?? []).sorted() {
      guard let target = context.files.target("\(auth)/\(name)"), let option = target.split(separator: "/").last
      else { continue }
      let path = target.hasPrefix("/") ? target : "\(auth)/\(target)"
      guard context.files.kind(path) == .file else { continue }
      if option == "PureDB" {
        if let file = context.load(path), let found = self.option("PureDB", file, &context) { options.append(found) }
      } else if !Self.methods.contains(String(option)) {
        context.refuse(
          "the service does not start: the link leads to `\(option)`, which is no method of authentication",
          at: SourceSpan(file: context.add("\(auth)/\(name)"), 0..<0))
      }
    }
    return options
  }
}
