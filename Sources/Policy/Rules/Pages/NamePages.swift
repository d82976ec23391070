import Diagnostics

/// Pages of the codes that are raised while names and statements are given their meaning.
let namePages: [RulePage] = [
  RulePage(
    .error, "clients-cycle", "client lists contain one another",
    explanation: """
      A client list may name other lists, in any order, but no list can contain itself: nobody could say \
      which addresses it stands for.
      """,
    bad: sample(
      before: "clients staff = partners, 192.0.2.7\nclients partners = staff", "allow          staff"),
    good: sample(
      before: "clients staff = partners, 192.0.2.7\nclients partners = 198.51.100.0/24",
      "allow          staff")),
  RulePage(
    .error, "duplicate-name", "two declarations of one kind have one name",
    explanation: """
      Client lists, gateways, servers and publications have a name space each, over all files of a policy. A \
      server that a publication gives in place bears the publication's name. `any` is built in.
      """,
    bad: sample() + "\n\n"
      + """
      publish files {
          server         10.10.20.201 proftpd
          external ip    203.0.113.11
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: sample() + "\n\n"
      + """
      publish photos {
          server         10.10.20.201 proftpd
          external ip    203.0.113.11
          passive range  50000-50399
          tls            explicit required
      }
      """),
  RulePage(
    .error, "duplicate-statement", "a statement stands twice in one block",
    explanation: """
      The order of statements carries no meaning, so of two that differ neither could win. Only `allow` and \
      `limit` may stand several times in a block.
      """,
    bad: sample("passive range  51000-51399"), good: sample()),
  RulePage(
    .error, "invalid-interface", "this cannot be the name of a network interface",
    explanation: """
      The kernel takes names of 1 to 15 characters, without slash, colon and blanks. A rule for an interface \
      that cannot exist would load and never match.
      """,
    bad: sample(before: "gateway edge { outside \"eth0*\" }"),
    good: sample(before: "gateway edge { outside \"eth0\" }")),
  RulePage(
    .error, "invalid-name", "this is not a name of the language",
    explanation: """
      Names begin with a lower-case letter and go on with lower-case letters, digits and `-`, 48 characters \
      at most. They become names of chains, files and log prefixes.
      """,
    bad: sample(before: "clients 1st-partners = 198.51.100.0/24"),
    good: sample(before: "clients partners = 198.51.100.0/24")),
  RulePage(
    .error, "missing-statement", "a block lacks a statement that it must have",
    explanation:
      "Every `publish` block has a `server`, and every `server` block has an `address` and a `software`.",
    bad: """
      publish files {
          external ip    203.0.113.10
          passive range  50000-50399
          tls            explicit required
      }
      """,
    good: sample()),
  RulePage(
    .error, "unknown-name", "nothing of that kind has this name",
    explanation:
      "Client lists, gateways and servers must be declared, in this file or in one that it includes.",
    bad: sample(before: "clients partners = 198.51.100.0/24", "allow          partner"),
    good: sample(before: "clients partners = 198.51.100.0/24", "allow          partners")),
  RulePage(
    .error, "unknown-statement", "there is no such statement here",
    explanation: """
      The word is no statement of this block, or declares nothing at the top of a file. An unknown word is \
      never passed over: a misspelt `deny` must not open a server.
      """,
    bad: sample("logs           denied"), good: sample("log            denied")),
  RulePage(
    .error, "unknown-value", "the statement does not take this value",
    explanation: "Some statements take one of a few words, such as `on` and `off`. The message lists them.",
    bad: sample("helper         yes"), good: sample("helper         off")),
]
