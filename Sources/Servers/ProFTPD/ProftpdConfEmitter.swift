import Addressing
import Diagnostics
package import Policy
import Templates

/// Writes one file to include in `proftpd.conf`: the first control port as the main server, every other one as a
/// `<VirtualHost>` with a range, an address and TLS settings of its own.
package struct ProftpdConfEmitter: ServerEmitter {
  package let software = SoftwareKind.proftpd
  package let form = "conf"
  package let format: any DocumentFormat = ProftpdFormat()
  package let templates = [Template.proftpd, .proftpdService].map { EmitterTemplate($0, ProftpdFormat()) }

  package var capabilities: Capabilities { Capabilities() }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    let view = ProftpdView(plan)
    let text = renderer.render("proftpd.conf.mustache", view)
    return Emission(
      documents: [ServerDocument(name: "proftpd-sallyport.conf", text: text)],
      diagnostics: view.main.compactMap { portLine(plan, main: $0.port) } + proftpdUnguardedRanges(plan))
  }

  /// The first `Port` line wins, and the one of Debian's `proftpd.conf` comes before the files of conf.d: unless it is
  /// removed, the service stays on port 21 (measured: 1.3.8).
  private func portLine(_ plan: ServerPlan, main port: UInt16) -> Diagnostic? {
    guard port != 21, let publication = plan.services.first(where: { $0.port == port })?.publications.first
    else {
      return nil
    }
    return Diagnostic(
      .note, "proftpd-port-line",
      "ProFTPD takes the first `Port` line it reads, so port \(port) holds only after any other is removed from "
        + "proftpd.conf",
      at: publication.controlPort.span ?? publication.header)
  }
}

/// A word of `proftpd.conf`: in quotation marks unless plain. Between them a backslash takes away the meaning of the
/// character after it, and `%{env:NAME}` is replaced, for which there is no escape (measured: ProFTPD 1.3.8).
struct ProftpdFormat: DocumentFormat {
  let name = "PROFTPD"

  func obstacle(in text: String) -> String? {
    if text.hasLineBreak { return "has a control character" }
    return text.contains("%{") ? "has `%{`, which stands for a variable there" : nil
  }

  func escapeText(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
      scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789./:_+-".unicodeScalars.contains(scalar))
    }
    if isPlain, !text.isEmpty { return text }
    let inner = text.replacingScalars { scalar in
      if scalar.breaksLine { return "" }
      return scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : nil
    }
    return "\"\(inner.replacing("%{", with: "%"))\""
  }
}
