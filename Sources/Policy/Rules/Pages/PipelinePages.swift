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
    .error, "include-refused", "an included file is none that a policy may read",
    explanation: """
      A policy reads regular files in the folder of the file that was named on the command line, below it, and in the folders of \
      `--include-path`. Where links lead in the end decides. What another file holds is never shown: a policy may come from \
      somebody who may not read it. A file without a single declaration is no policy, and includes go 100 levels deep at most.
      """,
    origin: .includes, bad: "include \"/etc/hostname\"\n\n" + sample(), good: sample()),
  RulePage(
    .error, "platform-unsupported", "the firewall of a gateway cannot do what a statement asks for",
    explanation: """
      Not every kind of firewall can do all that a publication may ask for. Each such statement is an error, because what the       firewall leaves out would not be noticed before somebody needs it. nftables, which a gateway is when it says nothing       else, can do all of it.
      """,
    origin: .limits, bad: sample("helper         on"), good: sample("helper         off")),
  RulePage(
    .error, "session-without-path", "sessions that the policy permits do not work",
    explanation: """
      Every kind of session that the policy permits is played against the ruleset that it compiles to: control connection, \
      login, announcement, data connection. One of them does not get through, although each statement is right by \
      itself. The message says where the first of them stops, and `sallyport explain` draws it.
      """,
    origin: .compilation,
    bad: collidingAddresses("203.0.113.10"), good: collidingAddresses("10.10.20.201")),
  RulePage(
    .warning, "unused-allow", "a comment allows a warning that is not there",
    explanation: """
      `# allow: CODE` silences that warning on its line. When nothing is left to silence, the comment should \
      go, lest it hides the next mistake. Errors cannot be silenced.
      """,
    origin: .compilation, bad: sample("helper         off  # allow: tls-off"),
    good: sample("helper         off")),
]

/// A server on the firewall host, and one behind it with that address.
private func collidingAddresses(_ address: String) -> String {
  """
  server here {
      address   local
      software  vsftpd
  }

  server archive {
      address   \(address)
      software  vsftpd
  }

  publish files {
      server         here
      external ip    203.0.113.10
      passive range  61000-61399
      tls            off
  }

  publish archive {
      server         archive
      external ip    203.0.113.11
      passive range  50000-50399
      tls            off
  }
  """
}
