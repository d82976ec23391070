extension Rule {
  /// The statements as the script has them, without comment; of a rule that has none, which is no rule of ours, that.
  package var text: String {
    if statements.isEmpty { return "(no statements)" }
    var writer = ScriptWriter()
    writer.write(statements, separator: " ") { $1.write(to: &$0) }
    return writer.text
  }
}

extension Statement {
  /// The statement as the script has it.
  package var text: String {
    var writer = ScriptWriter()
    write(to: &writer)
    return writer.text
  }
}

extension Expression {
  /// The expression as the script has it.
  package var text: String {
    var writer = ScriptWriter()
    write(to: &writer)
    return writer.text
  }
}

extension Element {
  /// Key and data as the script has them, without comment.
  package var text: String {
    var writer = ScriptWriter()
    writer.write(key, separator: " . ") { $1.write(to: &$0) }
    if !data.isEmpty {
      writer.write(" : ")
      writer.write(data, separator: " . ") { $1.write(to: &$0) }
    }
    return writer.text
  }
}

extension Element {
  /// Whether we never write such an element.
  package var isForeign: Bool { key.contains(where: \.isForeign) || data.contains(where: \.isForeign) }
}

extension Value {
  /// The value as the script has it.
  package var text: String {
    var writer = ScriptWriter()
    write(to: &writer)
    return writer.text
  }

  /// Whether we never write such a value into a set or map.
  package var isForeign: Bool {
    switch self {
    case .foreign, .number, .boolean, .symbol: true
    case .address, .addresses, .port, .ports, .interface, .string, .verdict: false
    }
  }
}

extension Chain {
  /// Where the chain is called from, as the script has it.
  package var hookText: String { base.map { String($0.text.dropLast()) } ?? "a chain without hook" }
}
