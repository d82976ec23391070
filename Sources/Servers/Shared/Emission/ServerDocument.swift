package import Diagnostics
package import Policy

/// One text that configures a server.
package struct ServerDocument: Hashable, Sendable {
  /// File name, for example `pure-ftpd.conf` or `conf/TLS`; unique within one emission.
  package var name: String
  /// The whole text, with the line endings that its reader wants.
  package var text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// What came of writing the settings of one server.
///
/// With an error among the diagnostics there are no documents: half a configuration is worse than none.
package struct Emission: Sendable {
  package var documents: [ServerDocument]
  /// In the order of the policy's text.
  package var diagnostics: [Diagnostic]
  /// Those of the diagnostics that only writing brings up; `check` does not know them.
  package var remarks: [Diagnostic] = []

  package init(documents: [ServerDocument] = [], diagnostics: [Diagnostic] = []) {
    self.documents = documents
    self.diagnostics = diagnostics
  }
}

/// Why nothing could be written for a reason that is not in the policy: a wrong request or a wrong template.
package enum EmitError: Error, Hashable, Sendable {
  /// No server stands at that position of the policy.
  case unknownServer(Int)
  /// The server's software is not configured in that form; the forms that it has, the default first.
  case unknownForm(String, software: SoftwareKind, forms: [String])
  /// A template that replaces a built-in one cannot be used.
  case unusableTemplate(String, reason: String)
}

extension EmitError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownServer(let index):
      "the policy has no server number \(index)"
    case .unknownForm(let form, let software, let forms):
      "\(software.title): \(Diagnostics.unknown("form", form, among: forms))"
    case .unusableTemplate(let name, let reason):
      "template `\(name)` cannot be used: \(reason)"
    }
  }
}
