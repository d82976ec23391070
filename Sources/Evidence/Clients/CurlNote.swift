/// What a note of curl's tells of TLS, or of a connection that was torn, in the words of curl 7.64 to 8.16.
package enum CurlNote: Hashable, Sendable {
  /// The session that comes up was there before.
  case resumes
  /// TLS is up.
  case secured
  /// Clear text where TLS was expected.
  case clearText
  case reset

  package init?(_ text: some StringProtocol) {
    if text.contains("re-using session ID") || text.contains("reusing session") {
      self = .resumes
    } else if text.hasPrefix("SSL connection using ") {
      self = .secured
    } else if text.contains("wrong version number") || text.contains("unexpected TLS packet") {
      self = .clearText
    } else if text.hasPrefix("Recv failure: Connection reset") {
      self = .reset
    } else {
      return nil
    }
  }
}
