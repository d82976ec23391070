import Diagnostics
package import Policy
import Templates

/// Writes the folder that Debian's `pure-ftpd-wrapper` reads, one file for each option, and a script that puts it in
/// place. The wrapper starts one process and has no option for a certificate, so the script makes the file that the
/// program takes by itself (measured: 1.0.50).
package struct PureFTPdDebianEmitter: ServerEmitter {
  package let software = SoftwareKind.pureFTPd
  package let form = "debian"
  package let format: any DocumentFormat = ShellFormat()
  package let templates = [
    EmitterTemplate(.pureFTPdDebian, PureFTPdFormat()),
    EmitterTemplate(.pureFTPdDebianInstall, ShellFormat()),
  ]

  package var capabilities: Capabilities {
    var capabilities = Capabilities.pureFTPd(binding: .oneAddress)
    capabilities.isOneProcess = true
    return capabilities
  }

  package init() {}

  package func documents(
    for plan: ServerPlan, renderer: TemplateRenderer
  ) throws(EmitError) -> Emission {
    guard let service = plan.services.first else { return Emission() }
    let view = PureFTPdView(plan, service, binding: capabilities.binding, pidFile: nil)
    let options = DebianOption.all(in: renderer.render("pure-ftpd-debian.mustache", view))
    let heading = view.heading.map { "# \(CommentFormat().escapeText($0))\n" }.joined()
    var documents = options.map { option in
      ServerDocument(
        name: "conf/\(option.name)",
        text: heading + option.comments.map { "\($0)\n" }.joined() + option.value + "\n")
    }
    let script = DebianInstallView(view: view, removed: DebianOption.removed(besides: options))
    documents.append(
      ServerDocument(
        name: "install.sh", text: renderer.render("pure-ftpd-debian-install.sh.mustache", script)))
    return Emission(documents: documents, diagnostics: certificatePlace(plan).map { [$0] } ?? [])
  }

  private func certificatePlace(_ plan: ServerPlan) -> Diagnostic? {
    guard plan.usesTLS, let certificate = plan.server.certificate else { return nil }
    return Diagnostic(
      .note, "certificate-copied",
      "Debian's folder of Pure-FTPd cannot name a certificate, so install.sh copies it to "
        + "/etc/ssl/private/pure-ftpd.pem",
      at: certificate.span, help: "run install.sh again whenever the certificate is renewed")
  }
}

/// One file of the folder: its name, the comments above its line, and the line.
struct DebianOption {
  var name: String
  var comments: [String] = []
  var value: String

  /// The options of a text with one `NAME VALUE` on a line; comments belong to the line below them.
  static func all(in text: String) -> [DebianOption] {
    var options: [DebianOption] = []
    var comments: [String] = []
    for line in text.split(separator: "\n") {
      if line.hasPrefix("#") {
        comments.append(String(line))
        continue
      }
      let words = line.split(separator: " ", maxSplits: 1)
      guard let name = words.first, let value = words.dropFirst().first else { continue }
      options.append(
        DebianOption(
          name: String(name), comments: comments, value: String(value.drop { $0 == " " })))
      comments = []
    }
    return options.sorted { $0.name < $1.name }
  }

  /// Options that would undo the policy if they were left there from before.
  static func removed(besides options: [DebianOption]) -> [String] {
    ["ForcePassiveIP", "IPV4Only", "IPV6Only", "NATmode", "PassivePortRange"].filter { name in
      !options.contains { $0.name == name }
    }
  }
}

/// What the template `pure-ftpd-debian-install.sh.mustache` can name.
struct DebianInstallView {
  var heading: [String]
  var removed: [String]
  var certificate: CertificateView

  init(view: PureFTPdView, removed: [String]) {
    heading = view.heading
    self.removed = removed
    certificate = view.certificate
  }
}
