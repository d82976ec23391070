package import Diagnostics

/// How the settings of a program are written, where it has more than one way.
package enum SettingsForm: Hashable, Sendable {
  /// The file of the program.
  case file
  /// A folder with a file for each option.
  case folder
  /// A command line.
  case flags
  /// Variables of the environment, those of the service with names that begin so.
  case environment(String)
}

/// Why nobody gets in, or why nothing of a service works.
package struct Refusal: Sendable {
  /// A clause.
  package var reason: String
  package var span: SourceSpan
  package var help: String
  /// Whether it stands in for a module that is not loaded, where that is said by itself.
  var isForMissingModule = false

  init(_ reason: String, _ span: SourceSpan, help: String) {
    self.reason = reason
    self.span = span
    self.help = help
  }
}
