/// What went wrong on the bench itself: a tool that failed, a daemon that did not start, a peer that fell silent.
///
/// A session that fails because of the rules under test is no `LabError`; it is an outcome that a test reads.
package struct LabError: Error, CustomStringConvertible {
  /// One or more lines for the reader of a failed test, the tool's own words included.
  package var message: String

  package init(_ message: String) {
    self.message = message
  }

  package var description: String { message }
}
