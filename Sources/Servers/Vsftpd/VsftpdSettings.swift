import Diagnostics
import Policy

/// The settings of one process of vsftpd; of several for one key the last counts.
struct VsftpdSettings {
  var place: SourceSpan
  /// The value and the whole line of each key that is set.
  private var values: [String: (value: Located<String>, line: SourceSpan)] = [:]

  init(place: SourceSpan) { self.place = place }

  // MARK: Lines

  /// Reads a line. A comment begins in the first column; blanks before a key are taken away, no others.
  mutating func take(_ line: ConfigurationLine, _ context: inout ReadingContext) {
    if line.bytes.first == UInt8(ascii: "#") || line.bytes.allSatisfy(\.isBlank) { return }
    let setting = line.bytes.drop(while: \.isBlank)
    let equals = setting.firstIndex(of: UInt8(ascii: "="))
    take(
      line.word(setting[..<(equals ?? setting.endIndex)]),
      line.word(setting[(equals.map { $0 + 1 } ?? setting.endIndex)...]), line.span(setting), &context)
  }

  /// Reads one setting.
  ///
  /// - Parameter whole: the text of the whole setting.
  mutating func take(
    _ key: Located<String>, _ value: Located<String>, _ whole: SourceSpan, _ context: inout ReadingContext
  ) {
    var (key, value) = (key, value)
    let (bareKey, bareValue) = (key.value.withoutBlanks, value.value.withoutBlanks)
    let isTextValue = VsftpdGrammar.shapes[key.value] == .text
    let hasBlanks = bareKey != key.value || bareValue != value.value && VsftpdGrammar.shapes[bareKey] == .flag
    if hasBlanks, let shape = VsftpdGrammar.shapes[bareKey], !bareValue.isEmpty,
      shape != .flag || VsftpdGrammar.flag(bareValue) != nil
    {
      guard takesBlanks(bareKey, bareValue, key, whole, &context) else { return }
      key.value = bareKey
      value.value = bareValue
    }
    let shape = VsftpdGrammar.shapes[key.value]
    guard !value.value.isEmpty || isTextValue else {
      let isComment = key.value.hasPrefix("#")
      return context.refuse(
        "vsftpd does not start: `\(key.value)` has no value", at: whole,
        help: isComment ? "begin a comment in the first column" : nil)
    }
    switch shape {
    case nil: refuse(unknown: key, &context)
    case .flag? where VsftpdGrammar.flag(value.value) == nil:
      context.refuse("vsftpd does not start: `\(key.value)` is YES or NO", at: value.span)
    default:
      if knows(key, &context) { values[key.value] = (value, whole) }
    }
  }

  /// Whether reading may go on with white space around the key or the value. Debian's 3.0.5-1 takes it away; every
  /// other version, 3.0.5-0.2 among them, ends at it (measured).
  private func takesBlanks(
    _ key: String, _ value: String, _ written: Located<String>, _ whole: SourceSpan, _ context: inout ReadingContext
  ) -> Bool {
    let fixes = [FixIt.replace(whole, with: "\(key)=\(value)", "write `\(key)=\(value)`")]
    let help = "write `\(key)=\(value)`, without white space; a carriage return counts too"
    if let version = context.build.version, version < SoftwareVersion(3, 0, 5) {
      context.refuse(
        "vsftpd does not start: white space stands around `=` or at the end of `\(key)`", at: whole, help: help,
        fixes: fixes)
      return false
    }
    context.diagnostics.append(
      .warning(
        "server-build-dependent",
        "white space around `\(key)` and its value keeps most versions of vsftpd from starting",
        at: whole,
        notes: ["Debian's 3.0.5-1 and later take it away; 3.0.5-0.2 of Debian 13 and all before it end at it"],
        help: help, fixes: fixes))
    return true
  }

  /// Whether the program knows a key of the table, or may know it.
  private func knows(_ key: Located<String>, _ context: inout ReadingContext) -> Bool {
    let subject = "the setting `\(key.value)`"
    if VsftpdGrammar.isPatched(key.value) {
      guard context.build.builder != .debian, context.build.builder != .upstream else {
        refuse(unknown: key, &context)
        return false
      }
      context.diagnostics.append(
        .warning(
          "server-build-dependent", "only vsftpd as some distributions build it knows \(subject)", at: key.span,
          notes: ["Fedora and Red Hat add it; vsftpd of Debian, Ubuntu and of its authors does not start with it"],
          help: Self.standardName(key.value).map { "vsftpd 3.0.4 and later calls it `\($0)`" }))
      return true
    }
    let validity = VsftpdGrammar.validity(key.value)
    switch validity.holds(for: context.build) {
    case true?: return true
    case false?:
      context.refuse(
        "vsftpd does not start: only \(validity.text(.vsftpd)) knows \(subject)", at: key.span)
      return false
    case nil:
      context.build.betray(validity)
      context.dependOnBuild(subject, validity, .vsftpd, at: key.span)
      return true
    }
  }

  private static func standardName(_ key: String) -> String? {
    ["ssl_tlsv1_1": "ssl_tlsv11", "ssl_tlsv1_2": "ssl_tlsv12", "ssl_tlsv1_3": "ssl_tlsv13"][key]
  }

  private func refuse(unknown key: Located<String>, _ context: inout ReadingContext) {
    let known =
      VsftpdGrammar.isPatched(key.value) ? nil : nearest(to: key.value, among: VsftpdGrammar.shapes.keys.sorted())
    context.refuse(
      "vsftpd does not start: there is no setting `\(key.value)`", at: key.span,
      help: key.value.hasPrefix("#") ? "begin a comment in the first column" : known.map { "did you mean `\($0)`?" })
  }

  // MARK: Values with the defaults of the program

  /// The line that sets a key.
  func line(_ key: String) -> SourceSpan? { values[key]?.line }

  func flag(_ key: String, default value: Bool) -> Setting<Bool> {
    guard let written = values[key] else { return Setting(default: value) }
    return Setting(VsftpdGrammar.flag(written.value.value) ?? value, written.line)
  }

  func number(_ key: String, default value: UInt32) -> Setting<UInt32> {
    guard let written = values[key] else { return Setting(default: value) }
    return Setting(VsftpdGrammar.number(written.value.value), written.line)
  }

  /// `nil` when it is not set, or set to nothing.
  func text(_ key: String) -> (value: Located<String>, line: SourceSpan)? {
    values[key].flatMap { $0.value.value.isEmpty ? nil : $0 }
  }
}

extension String {
  /// Without white space (as C's `isspace` has it) at both ends.
  fileprivate var withoutBlanks: String { String(decoding: Array(utf8)[...].trimmed, as: UTF8.self) }
}
