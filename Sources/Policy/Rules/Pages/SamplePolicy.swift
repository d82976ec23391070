/// A sound publication with further lines, for the samples of pages. A comment that allows something stands where it
/// counts for the publication as a whole: behind its brace.
func sample(before: String = "", _ lines: String...) -> String {
  let allowances = lines.filter { $0.hasPrefix("# allow:") }
  let lines = lines.filter { !$0.hasPrefix("# allow:") }
  let block = [
    (["publish files {"] + allowances).joined(separator: "  "),
    "    server         10.10.20.200 proftpd",
    "    external ip    203.0.113.10",
    "    passive range  50000-50399",
    "    tls            explicit required",
  ]
  return (before.isEmpty ? "" : before + "\n\n")
    + (block + lines.map { "    " + $0 } + ["}"]).joined(separator: "\n")
}

/// A declared server with further lines, and its publication, for the samples of pages.
func serverSample(_ software: String, _ lines: String..., publish: String...) -> String {
  let server = ["server files {", "    address   10.10.20.200", "    software  \(software)"]
  let publication = [
    "publish files {",
    "    server         files",
    "    external ip    203.0.113.10",
    "    passive range  50000-50399",
  ]
  let tls = publish.contains { $0.hasPrefix("tls") } ? [] : ["tls            explicit required"]
  return
    (server + lines.map { "    " + $0 } + ["}", ""] + publication + (tls + publish).map { "    " + $0 } + [
      "}"
    ])
    .joined(separator: "\n")
}
