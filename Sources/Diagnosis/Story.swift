import Addressing
package import Evidence
import FTPSession

/// A command with the replies to it.
package struct Exchange: Sendable {
  package var command: FTPCommand
  package var event: Event
  package var replies: [(reply: FTPReply, event: Event)] = []

  /// The last reply that is no preliminary one.
  var final: (reply: FTPReply, event: Event)? { replies.last { $0.reply.code >= 200 } }
  var preliminary: (reply: FTPReply, event: Event)? { replies.first { $0.reply.code < 200 } }
}

/// One attempt to open a data connection.
package struct Dial: Sendable {
  var target: Endpoint
  var event: Event
  var result: DialResult?
  var resultEvent: Event?
  /// Of its SYN, in a capture.
  var sequence: UInt32?

  var marks: [Mark] { [event.mark] + [resultEvent?.mark].compactMap(\.self) }

  /// Whether it did not come about.
  var failed: Bool {
    switch result {
    case .timedOut, .refused, .unreachable, .rejected: true
    case .connected, .reset, nil: false
    }
  }
}

/// One data connection: asked for, announced, dialled, used.
package struct Transfer: Sendable {
  /// `nil` where the request is encrypted for whoever saw it.
  var mode: DataMode?
  var request: Exchange?
  var announced: Announcement?
  var announcedMark: Mark?
  var use: Exchange?
  var dials: [Dial] = []
  var findings: [(finding: Finding, event: Event)] = []
  var peers: [(address: IPAddress, event: Event)] = []
  var bytes = 0
  var timedOut: Event?
  /// The control connection ended before it was done.
  var cutOff: Event?
  var dataTLS: (event: Event, isResumed: Bool?)?
  /// Whether the control connection was encrypted by then.
  var isEncrypted = false

  var isPassive: Bool { mode == .pasv || mode == .epsv }
  var isActive: Bool { mode == .port || mode == .eprt }
  var port: UInt16? { announced?.endpoint?.port ?? dials.first?.target.port }

  var isConnected: Bool {
    bytes > 0 || dataTLS != nil || dials.contains { $0.result == .connected || $0.result == .reset }
  }
  var works: Bool {
    if let final = use?.final { return (200..<300).contains(final.reply.code) }
    // Under TLS a handshake that fails is bytes as well.
    return mode == nil && !isEncrypted && bytes > 0 && !dials.contains { $0.failed || $0.result == .reset }
  }
  /// Whether the server refused the file itself: a data connection has no part in that.
  var isOfFile: Bool { use?.final.map { [450, 550, 551, 552, 553].contains($0.reply.code) } ?? false }

  /// Whether it is known to have failed.
  var fails: Bool {
    if works { return false }
    if let final = use?.final, final.reply.code >= 400 { return true }
    if let final = request?.final, final.reply.code >= 400 { return true }
    return timedOut != nil || cutOff != nil || dials.contains { $0.failed || $0.result == .reset }
      || findings.contains {
        switch $0.finding {
        case .addressReplaced, .dataHandshakeBegan: false
        default: true
        }
      }
  }
  var marks: [Mark] {
    [announcedMark].compactMap(\.self) + dials.flatMap(\.marks) + [timedOut?.mark].compactMap(\.self)
  }
}

/// What one piece of evidence tells of one session, in order.
package struct Story: Sendable {
  package var dialogue: Dialogue
  package var greeting: (reply: FTPReply, event: Event)?
  package var exchanges: [Exchange] = []
  package var transfers: [Transfer] = []
  package var findings: [(finding: Finding, event: Event)] = []
  /// When the control connection became encrypted.
  package var secured: Event?
  package var isImplicit = false
  package var dialled: (endpoint: Endpoint, result: DialResult?, event: Event)?
  package var timedOut: Event?
  package var ended: (event: Event, byServer: Bool?)?
  package var protection: String?

  package var viewpoint: Viewpoint? { dialogue.viewpoint }
  var isOfClient: Bool { viewpoint == .client }
  var isOfServer: Bool { viewpoint == .server }
  var isCapture: Bool { dialogue.writes.contains(.packets) }
  /// Whether what is missing in the capture was not there: it has other packets than those of the control connection.
  var isUnfiltered: Bool { dialogue.writes.contains(.otherPorts) }
  /// How long after its beginning something happened, and its last event, by the clock of the evidence.
  func offset(_ event: Event) -> Double? {
    event.time.flatMap { time in dialogue.events.first?.time.map { time - $0 } }
  }
  var length: Double? { dialogue.events.last.flatMap { offset($0) } }

  /// The address that the client dialled, as far as it is known.
  var peer: IPAddress? { dialogue.server.address ?? dialled?.endpoint.address }

  var auths: [Exchange] { exchanges.filter { $0.command.verb == "AUTH" } }

  /// Every reply with its event.
  var replies: [(reply: FTPReply, event: Event)] {
    [greeting].compactMap(\.self) + exchanges.flatMap(\.replies)
  }

  /// What the client said, in clear, without passwords.
  var words: [String] { exchanges.map(\.command.text) }
}
