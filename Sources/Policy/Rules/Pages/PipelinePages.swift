import Diagnostics

/// Pages of the codes that are raised while files are read and comments are applied.
let pipelinePages: [RulePage] = [
  RulePage(
    .error, "include-cycle", "files include one another",
    explanation: """
      Each file is read once, and a name may be used before it is declared, so no file has to include what \
      includes it.
      """,
    origin: .includes, bad: "include \"policy.sally\"\n\n" + sample(), good: sample()),
  RulePage(
    .error, "include-not-found", "an included file cannot be read",
    explanation: "The path of an include is relative to the file in which it stands.",
    origin: .includes, bad: "include \"no-such-file.sally\"\n\n" + sample(), good: sample()),
  RulePage(
    .warning, "unused-allow", "a comment allows a warning that is not there",
    explanation: """
      `# allow: CODE` silences that warning on its line. When nothing is left to silence, the comment should \
      go, lest it hides the next mistake. Errors cannot be silenced.
      """,
    origin: .compilation, bad: sample("helper         off  # allow: tls-off"),
    good: sample("helper         off")),
]
