extension BeginnersRow {
  /// More mistakes: order, number, punctuation, other languages' words, signs that look alike.
  static let more: [BeginnersRow] = [
    // What is missing or doubled around values.
    .init("proftpd 1.3.8", "proftpd version 1.3.8", "syntax-error", 10, "version", .safe),
    .init("proftpd 1.3.8", "filezilla server", "syntax-error", 10, "server", .safe),
    .init(
      "publish files {", "resource \"publish\" \"files\" {", "foreign-punctuation", 15, "resource \"publish\"", .safe),
    .init("publish files {", "publish files begin", "missing-brace", 15, "begin", .safe),
    .init("publish files {", "publish files:", "missing-brace", 15, ":", .safe),
    .init("publish files {", "publish files {{", "foreign-punctuation", 15, "{", .safe),
    .init("log            denied\n}", "log            denied\nend", "unclosed-block", 27, "end", .safe),
    .init("publish files {", "publish \"a\" \"b_c\" {", "invalid-name", 15, "\"a\" \"b_c\"", .unsafe),
    .init("server store {", "server \"store\" \"main\" {", "invalid-name", 8, "\"store\" \"main\"", .unsafe),
    .init("10 sessions per client", "= 10", "syntax-error", 25, "= 10", .unsafe),
    .init("10 sessions per client", "= ten sessions", "syntax-error", 25, "=", .none),
    // Addresses.
    .init("ip    203.0.113.10", "ip    0xCB00710A", "external-ip-not-an-address", 18, "0xCB00710A", .unsafe),
    .init("ip    203.0.113.10", "ip    3405803786", "external-ip-not-an-address", 18, "3405803786", .unsafe),
    .init("ip    203.0.113.10", "ip    0xcb.0.0x71.10", "external-ip-not-an-address", 18, "0xcb.0.0x71.10", .unsafe),
    .init("10.10.20.200", "0x0A0A14C8", "invalid-address", 9, "0x0A0A14C8", .unsafe),
    .init("allow          203.0.113.64", "allow          0xCB007140", "invalid-address", 24, "0xCB007140", .unsafe),
    .init(
      "allow          203.0.113.64", "allow          0xCB007100/24", "invalid-address", 24, "0xCB007100/24", .unsafe),
    .init(
      "allow          203.0.113.64", "allow          ::ffff:c0a8:1", "invalid-address", 24, "::ffff:c0a8:1", .safe),
    .init(
      "allow          203.0.113.64", "allow          ::ffff:cb00:7100/120", "invalid-address", 24,
      "::ffff:cb00:7100/120", .safe),
    .init("ip    203.0.113.10", "ip    203.0.113.10 -> 10.0.1.4", "syntax-error", 18, "-> 10.0.1.4", .unsafe),
    .init("ip    203.0.113.10", "ip    203.0.113.10 @ 10.0.1.4", "syntax-error", 18, "@ 10.0.1.4", .unsafe),
    .init("ip    203.0.113.10", "ip    203.0.113.10 via 10.0.1.4", "syntax-error", 18, "via 10.0.1.4", .unsafe),
    .init(
      "ip    203.0.113.10", "ip    203.0.113.10@10.0.1.4", "external-ip-not-an-address", 18, "203.0.113.10@10.0.1.4",
      .unsafe),
    .init(
      "ip    203.0.113.10", "ip    ftp://203.0.113.10/", "external-ip-not-an-address", 18, "ftp://203.0.113.10/",
      .safe),
    .init(
      "ip    203.0.113.10", "ip    ftp://203.0.113.10:2121", "external-ip-not-an-address", 18,
      "ftp://203.0.113.10:2121",
      .unsafe),
    .init("outside  eth0", "outside  eth0 eth2", "syntax-error", 4, "eth2", .safe),
    .init("outside  eth0", "outside  interface eth0", "syntax-error", 4, "eth0", .safe),
    .init("outside  eth0", "outside  203.0.113.10", "invalid-interface", 4, "203.0.113.10", .none),
    .init("outside  eth0", "outside  \"2001:db8::1\"", "invalid-interface", 4, "\"2001:db8::1\"", .none),
    // Clients.
    .init("allow          partners", "allow          from partners", "syntax-error", 23, "from", .safe),
    .init("allow          203.0.113.64", "allow          host 203.0.113.64", "syntax-error", 24, "host", .safe),
    .init(
      "allow          203.0.113.64", "allow          { 203.0.113.64, 192.0.2.9 }", "syntax-error", 24, "{", .safe),
    .init("allow          203.0.113.64", "allow {\n  203.0.113.64\n  192.0.2.9,\n}", "syntax-error", 24, "{", .safe),
    .init("allow          partners", "allow          @partners", "syntax-error", 23, "@partners", .safe),
    .init("allow          partners", "allow          $partners", "invalid-character", 23, "$", .none),
    .init("allow          203.0.113.64", "allow          not 192.0.2.9", "syntax-error", 24, "not", .none),
    .init("allow          203.0.113.64", "allow          none", "syntax-error", 24, "none", .none),
    .init("allow          203.0.113.64", "allow          localhost", "syntax-error", 24, "localhost", .none),
    .init(
      "allow          203.0.113.64", "allow          00:11:22:33:44:55", "invalid-address", 24, "00:11:22:33:44:55",
      .none),
    .init("24, 192.0.2.7", "24\n    192.0.2.7", "syntax-error", 2, "192.0.2.7", .safe),
    .init("= 198.51.100.0/24, 192.0.2.7", "{\n  198.51.100.0/24\n  192.0.2.7\n}", "syntax-error", 1, "{", .safe),
    .init("clients partners", "let clients partners", "unknown-statement", 1, "let", .safe),
    .init("clients partners", "client partners", "unknown-statement", 1, "client", .safe),
    .init("clients partners", "include \"\u{1}no.sally\"\nclients partners", "control-character", 1, "\u{1}", .none),
    // Ranges, ports and limits.
    .init("50000-50399", "50,000-50,399", "invalid-number", 20, "50,000-50,399", .safe),
    .init("50000-50399", "50.000 - 50.399", "invalid-number", 20, "50.000 - 50.399", .safe),
    .init("50000-50399", "50_000-50_399", "invalid-number", 20, "50_000-50_399", .safe),
    .init("50000-50399", "50'000-50'399", "invalid-character", 20, "'", .none),
    .init("50000-50399", "50000~50399", "invalid-number", 20, "50000~50399", .safe),
    .init("50000-50399", "from 50000 to 50399", "invalid-number", 20, "from 50000 to 50399", .safe),
    .init("50000-50399", "tcp 50000-50399", "invalid-number", 20, "tcp 50000-50399", .safe),
    .init("50000-50399", "50000-50399, 50500-50599", "syntax-error", 20, ", 50500-50599", .none),
    .init("2121 -> 21", "2121/tcp -> 21/tcp", "invalid-number", 19, "2121/tcp -> 21/tcp", .safe),
    .init("2121 -> 21", "2121 -&gt; 21", "foreign-punctuation", 19, "-&gt;", .safe),
    .init("max clients  100", "max clients  100 sessions", "syntax-error", 12, "sessions", .safe),
    .init("10 sessions per client", "sessions 10", "syntax-error", 25, "sessions 10", .safe),
    .init("10 sessions per client", "sessions per client 10", "syntax-error", 25, "sessions per client 10", .safe),
    .init(
      "10 sessions per client", "max 10 sessions per client", "syntax-error", 25, "max 10 sessions per client", .safe),
    .init("10 sessions per client", "10 sessions each", "syntax-error", 25, "10 sessions each", .safe),
    .init("10 sessions per client", "10 sessions/client", "syntax-error", 25, "10 sessions/client", .safe),
    .init(
      "10 sessions per client", "10 new per min per client", "syntax-error", 25, "10 new per min per client", .safe),
    .init("10 sessions per client", "10 new/minute", "syntax-error", 25, "10 new/minute", .unsafe),
    .init(
      "10 sessions per client", "10 new per second per client", "syntax-error", 25, "10 new per second per client",
      .unsafe),
    .init("10 sessions per client", "10 new per hour", "syntax-error", 25, "10 new per hour", .none),
    .init(
      "10 sessions per client", "new 30 per minute per client", "syntax-error", 25, "new 30 per minute per client",
      .safe),
    // Order and number of keywords.
    .init("passive range  ", "range passive  ", "unknown-statement", 20, "range passive", .safe),
    .init("external ip    ", "ip external  ", "unknown-statement", 18, "ip external", .safe),
    .init("max clients  ", "clients max  ", "unknown-statement", 12, "clients max", .safe),
    .init("passive range  ", "passive ranges  ", "unknown-statement", 20, "passive ranges", .safe),
    .init("external ip    ", "external ips  ", "unknown-statement", 18, "external ips", .safe),
    .init("address      ", "addresses      ", "unknown-statement", 9, "addresses", .safe),
    .init("gateway edge {", "gateways edge {", "unknown-statement", 3, "gateways", .safe),
    .init(
      "tls            explicit required", "explicit required tls", "unknown-statement", 21, "explicit required tls",
      .safe),
    .init("explicit required", "explicit, required", "unknown-value", 21, "explicit, required", .unsafe),
    .init("explicit required", "explicit_required", "unknown-value", 21, "explicit_required", .safe),
    // Comments.
    .init("helper         off", "helper         off -- none", "foreign-comment", 22, "--", .safe),
    .init("helper         off", "-- none\n    helper off", "foreign-comment", 22, "--", .safe),
    .init("helper         off", "; no helper\n    helper off", "foreign-comment", 22, ";", .safe),
    .init("helper         off", "REM none\n    helper off", "foreign-comment", 22, "REM", .safe),
    .init("helper         off", "<!-- none -->\n    helper off", "foreign-comment", 22, "<!--", .safe),
    .init("helper         off", "% none\n    helper off", "foreign-comment", 22, "%", .safe),
    .init("helper         off", "! none\n    helper off", "foreign-comment", 22, "!", .safe),
    .init("helper         off", "(* none *)\n    helper off", "foreign-comment", 22, "(*", .safe),
    // Signs that look alike, and the ends of lines.
    .init(
      "\"/etc/ssl/private/ftp.key\"", "″/etc/ssl/private/ftp.key″", "foreign-quotes", 11,
      "″/etc/ssl/private/ftp.key″", .safe),
    .init("helper         off", "helper\u{3000}off", "foreign-punctuation", 22, "\u{3000}", .safe),
    .init("helper         off", "helper\u{B}off", "foreign-punctuation", 22, "", .safe),
    .init("50000-50399", "50000－50399", "foreign-punctuation", 20, "－", .safe),
    .init("50000-50399", "５0000-50399", "foreign-punctuation", 20, "５", .safe),
    .init("/24, 192.0.2.7", "/24，192.0.2.7", "foreign-punctuation", 1, "，", .safe),
    .init("helper         off", "helper         off\u{37E}", "foreign-punctuation", 22, "\u{37E}", .safe),
    .init("203.0.113.64\n", "203.0.113.64, \\\n          203.0.113.65\n", "foreign-punctuation", 24, "\\", .safe),
    .init("203.0.113.64\n", "203.0.113.64 \\\n\n", "foreign-punctuation", 24, "\\", .safe),
    .init("helper         off", "+   helper off", "foreign-punctuation", 22, "+", .safe),
    .init("clients partners", "```\nclients partners", "foreign-language", 1, "```", .none),
    .init(
      "ip    203.0.113.10", "ip    {{ public_ip }}", "foreign-language", 18, "external ip    {{ public_ip }}", .none),
    .init(
      "    helper         off", "<<<<<<< HEAD\n    helper off\n=======\n    helper on\n>>>>>>> b", "foreign-language",
      22,
      "<<<<<<< HEAD", .none),
  ]
}
