import PolicySyntax

/// The forms of the language, after the number.
private let limitForms = PublishWord.limit.facts.forms.map { String($0.drop { $0 != " " }.dropFirst()) }

/// The same in words.
let limitFormsInWords = listed(limitForms)

extension StatementReader {
  /// Whether a limit stands as nearly all do: what else may be meant need not be looked for.
  var isPlainLimit: Bool {
    let text = restText.utf8
    let digits = text.prefix { (0x30...0x39).contains($0) }
    let form = text.dropFirst(digits.count)
    return !digits.isEmpty && form.first == UInt8(ascii: " ")
      && limitForms.contains { $0.utf8.elementsEqual(form.dropFirst()) }
  }

  /// A limit whose number does not come first, that has a `/` for `per`, or that counts in another time than minutes;
  /// `nil` for what is in order or not known.
  ///
  /// - Returns: What to write, or else what to say.
  func meantOrder() -> (text: String?, isCertain: Bool, help: String?)? {
    let written = restText.lowercased().split { $0 == " " || $0 == "/" }.map(String.init)
    let numbers = written.compactMap { UInt32($0) }
    guard numbers.count == 1, let number = numbers.first, Limit.numbers.contains(number), written.count < 12 else {
      return nil
    }
    let idle: Set<String> = ["max", "maximum", "to", "at", "most", "up", "of", "=", "only"]
    var words = written.filter { UInt32($0) == nil && !idle.contains($0) }
    let isOutOfOrder = UInt32(written.first ?? "") == nil || restText.contains("/") || words.last == "each"
    if words.last == "each" { words = words.dropLast() + ["per", "client"] }
    let units = ["min": 1, "mins": 1, "minutes": 1, "second": 60, "sec": 60, "s": 60, "hour": 0, "h": 0, "day": 0]
    guard let place = words.firstIndex(where: { units[$0] != nil }), let factor = units[words[place]] else {
      guard isOutOfOrder else { return nil }
      if restText.contains("/"), words.count == 2, !words.contains("per") { words.insert("per", at: 1) }
      let plain = words.map { meantLimitWords[Substring($0)] ?? $0 }.joined(separator: " ")
      guard let (form, isCertain) = limitForm(plain) else { return nil }
      return ("\(number) \(form)", isCertain, nil)
    }
    guard factor > 0, number <= Limit.numbers.upperBound / UInt32(factor) else {
      let fewer = max(1, number / (words[place].hasPrefix("d") ? 1440 : 60))
      return (
        nil, false, "new connections are counted per minute: for example `limit \(fewer) new per minute per client`"
      )
    }
    return ("\(number * UInt32(factor)) new per minute per client", factor == 1 && words.contains("client"), nil)
  }

  /// The form of the language for words without a number.
  private func limitForm(_ words: String) -> (form: String, isCertain: Bool)? {
    switch words {
    case "": ("sessions per client", false)
    case "sessions": ("sessions", true)
    case "sessions per client", "per client", "client", "sessions client": ("sessions per client", true)
    case "new per minute per client", "per minute per client": ("new per minute per client", true)
    case "new per minute", "per minute", "minute", "new minute": ("new per minute per client", false)
    default: nil
    }
  }

  /// The limit that somebody meant who wrote `10`, `10 per client` or `10 connections per ip`; `nil` for what is in
  /// order.
  func meantLimit() -> (form: String, isCertain: Bool)? {
    let words = restText.lowercased().split(separator: " ").map { meantLimitWords[$0] ?? String($0) }
    let text = words.joined(separator: " ")
    guard !limitForms.contains(restText), text.allSatisfy({ $0.isLetter || $0 == " " }) else { return nil }
    if limitForms.contains(text) { return (text, text != "sessions" || restText == "session") }
    switch text {
    case "": return ("sessions per client", false)
    case "per client": return ("sessions per client", true)
    case "per minute", "new per minute", "sessions per minute", "per minute per client", "new sessions per minute":
      return ("new per minute per client", text == "per minute per client")
    case "sessions per minute per client", "new sessions per minute per client", "new per client per minute":
      return ("new per minute per client", true)
    default: return nil
    }
  }
}

private let meantLimitWords: [Substring: String] = [
  "connections": "sessions", "connection": "sessions", "session": "sessions", "clients": "sessions",
  "conns": "sessions",
  "ip": "client", "address": "client", "host": "client", "source": "client", "user": "client", "each": "per",
  "a": "per",
  "every": "per",
]
