import Diagnostics

/// Pages of the codes that the lexer and the parser raise.
let syntaxPages: [RulePage] = [
  RulePage(
    .error, "control-character", "a comment or a string holds a control character",
    explanation: """
      Comments and strings may hold any text, but no control characters: they could write to the terminal of \
      whoever reads the file, and end a line in the file of a server. Nor characters that change the direction of text: what is \
      read on a screen would be something else than what counts.
      """,
    bad: sample(before: "# the FTP server\u{7F}"), good: sample(before: "# the FTP server")),
  RulePage(
    .error, "foreign-comment", "a comment begins with another sign than `#`",
    explanation: """
      A comment begins with `#` and goes to the end of its line. `//` and `/* ... */` belong to other languages.
      """,
    origin: .meant, bad: sample(before: "// the FTP server"), good: sample(before: "# the FTP server")),
  RulePage(
    .error, "foreign-language", "the file is written in another language",
    explanation: """
      The file begins like JSON, YAML, XML or the rules of a firewall, and nothing in it means anything as a policy. So \
      nothing else is said about it.
      """,
    origin: .meant, bad: "publish:\n  files:\n    server: 10.10.20.200 pure-ftpd", good: sample()),
  RulePage(
    .error, "foreign-punctuation", "punctuation of another language stands in a statement",
    explanation: """
      A statement is its keyword and its values, and ends with its line: no `=` or `:` between them, no quotation marks around \
      names and addresses, no brackets, no comma at the end. Lists have commas between their items, and strings, such as \
      paths, stand between `"`. One finding speaks of all such places of a file, and its fix mends them all.
      """,
    origin: .meant, bad: sample("limit:         10 sessions"), good: sample("limit          10 sessions")),
  RulePage(
    .error, "foreign-quotes", "quotation marks are of another kind",
    explanation: """
      Strings stand between two `"`. Word processors and web pages make other marks of them, and some languages have `'`. Names, \
      addresses and numbers stand without any.
      """,
    origin: .meant, bad: sample("limit          '10' sessions"), good: sample("limit          10 sessions")),
  RulePage(
    .error, "keyword-case", "a word of the language, or a name, is written in capitals",
    explanation:
      "Keywords, values and names are written in lower case. What is in capitals is read as if it were not.",
    origin: .meant, bad: sample("LIMIT          10 sessions"), good: sample("limit          10 sessions")),
  RulePage(
    .error, "missing-brace", "a block does not begin with a brace",
    explanation: """
      The statements of a declaration stand between `{` and `}`; `{` ends the line of the declaration. What stands below is read \
      as if the brace were there.
      """,
    origin: .meant, bad: sample().replacingFirstBrace, good: sample()),
  RulePage(
    .error, "invalid-character", "a character has no meaning outside of strings and comments",
    explanation: """
      Outside of strings and comments a policy has letters, digits and a few signs. Other text, such as the \
      name of a site, goes into double quotes.
      """,
    bad: sample("limit          10 sessions!"), good: sample("limit          10 sessions")),
  RulePage(
    .error, "invalid-escape", "a backslash in a string stands before another character than `\"` and `\\`",
    explanation: """
      In a string the backslash takes away the meaning of a quotation mark or of another backslash. Before \
      anything else it would be a guess whether the backslash itself is meant. Write it twice for one.
      """,
    bad: serverSample("proftpd", "certificate  \"/etc/ssl/ftp\\server.pem\""),
    good: serverSample("proftpd", "certificate  \"/etc/ssl/ftp\\\\server.pem\"")),
  RulePage(
    .error, "invalid-utf8", "the file holds bytes that are not UTF-8",
    explanation: """
      Policies are UTF-8. An editor that saves in another encoding changes every letter outside of ASCII, \
      and what is written into a server's file would be something else than what was meant.
      """,
    origin: .bytes, bad: sample(before: "# caf\u{FFFD}"), good: sample(before: "# café")),
  RulePage(
    .error, "stray-brace", "a closing brace closes nothing",
    explanation:
      "Every `}` closes the block of a declaration. One too many often means that a block ended early.",
    bad: sample() + "\n}", good: sample()),
  RulePage(
    .error, "syntax-error", "a statement does not have its shape",
    explanation: """
      Each statement begins with its keyword, and takes what the manual of the language says, up to the end \
      of the line or a semicolon. What was understood of the rest of the file is checked all the same.
      """,
    bad: sample("control port   2121 -> 21 22"), good: sample("control port   2121 -> 21")),
  RulePage(
    .error, "unclosed-block", "a block is never closed",
    explanation: """
      The block lacks its `}`. It is taken to end where the next declaration begins, so that one forgotten \
      brace is reported once.
      """,
    bad: String(sample().dropLast(2)), good: sample()),
  RulePage(
    .error, "unexpected-block", "a statement inside of a block has a block of its own",
    explanation: """
      Only a `server` in a `publish` block may have a block of its own, when it is given in place by its address. Probably the \
      block before it was not closed, or a brace is left over.
      """,
    bad: sample("limit 10 sessions { }"), good: sample("limit 10 sessions")),
  RulePage(
    .error, "unterminated-string", "a string is never closed",
    explanation: "A string ends at the next `\"` of its line; it cannot go over the end of a line.",
    bad: serverSample("proftpd", "certificate  \"/etc/ssl/certs/ftp.pem"),
    good: serverSample("proftpd", "certificate  \"/etc/ssl/certs/ftp.pem\"")),
]

extension String {
  /// The text without its first brace.
  fileprivate var replacingFirstBrace: String {
    guard let brace = firstIndex(of: "{") else { return self }
    return String(prefix(upTo: brace).dropLast()) + String(suffix(from: index(after: brace)))
  }
}
