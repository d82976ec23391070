import Evidence
import FTPSession
import PolicySyntax

/// F23, and a server without TLS: AUTH is refused by the server itself. Looks alike: a box that answers in its place
/// (F61), so only words of a server that are known are taken.
struct NoTLSAtServer: Cause {
  func find(_ encounter: Encounter, _ context: Context) -> [Found] {
    for story in encounter.stories {
      if let found = story.findings.first(where: { $0.finding == .noCertificate }) {
        return [cause(.proven, [found.event.mark])]
      }
      for auth in story.auths {
        // Other mechanisms than TLS are asked for as well.
        guard
          auth.command.argument.isEmpty || auth.command.argument.uppercased().hasPrefix("TLS")
            || auth.command.argument.uppercased().hasPrefix("SSL"), !story.transfers.contains(where: \.works)
        else { continue }
        guard story.secured == nil, let final = auth.final, final.reply.code >= 400, final.reply.code != 421 else {
          continue
        }
        if context.tells(final.reply, .noTLS, .noCertificate) { return [cause(.proven, [final.event.mark])] }
        // The server's own side has the command and its refusal.
        if story.isOfServer {
          // A capture may have been taken on the wrong side of a box that answers itself.
          return [cause(story.isCapture ? .likely : .proven, [auth.event.mark, final.event.mark])]
        }
      }
    }
    // A client that wants TLS, and words that are a server's: `not understood`, `not implemented`.
    for story in encounter.client where encounter.server.isEmpty {
      guard let auth = story.auths.last, let final = auth.final, story.secured == nil,
        [500, 502, 504, 530].contains(final.reply.code)
      else { continue }
      return [cause(.likely, [auth.event.mark, final.event.mark])]
    }
    return []
  }

  private func cause(_ certainty: Certainty, _ marks: [Mark]) -> Found {
    Found(
      "F23", certainty, .server,
      certainty == .proven
        ? "the server itself refuses AUTH: it offers no TLS" : "AUTH is refused in words of a server that has no TLS",
      at: marks,
      remedy: "give the server a certificate and switch TLS on; look at which site or virtual host answers",
      word: .tls, stage: .security)
  }
}
