package import Addressing

/// How an attempt to connect ended.
package enum DialResult: Hashable, Sendable {
  case connected
  case timedOut
  /// A reset, or what a program takes for one: an ICMP port unreachable looks the same to it (measured).
  case refused
  /// `No route to host`: no route, or a refusal by ICMP.
  case unreachable
  /// It was accepted, and ended before a byte was of use.
  case reset
  /// A box refused it by ICMP: its address, and the code of type 3.
  case rejected(by: IPAddress?, code: Int)
}

/// A command of the client. Of `PASS` the argument is `***`.
package struct FTPCommand: Hashable, Sendable {
  /// In capitals, for example `PASV`.
  package var verb: String
  package var argument: String

  /// Reads a line as it stands on the wire; `nil` where none can be.
  package init?(_ line: some StringProtocol) {
    let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
    guard let first = words.first, (3...4).contains(first.utf8.count),
      first.utf8.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) })
    else { return nil }
    verb = first.uppercased()
    let rest = words.count > 1 ? String(words[1]) : ""
    argument = isSecret(verb: verb) ? "***" : excerpt(trimmed(rest))
  }

  package var text: String { argument.isEmpty ? verb : "\(verb) \(argument)" }
}

/// A reply of the server, all lines of it.
package struct FTPReply: Hashable, Sendable {
  package var code: Int
  /// The text of its lines, without the code.
  package var lines: [String]

  package init(code: Int, lines: [String]) {
    self.code = code
    self.lines = lines
  }

  package var text: String { lines.last ?? "" }
  package var whole: String { "\(code) \(text)" }
}

/// What a log says in its own words, put into ours.
package enum Finding: Hashable, Sendable {
  /// The client does not dial the address that it was offered.
  case addressReplaced(offered: IPAddress?, used: IPAddress?)
  /// The client does not dial at all, because the address that it was offered cannot be reached.
  case addressGivenUp
  /// The server had a data connection from another address than that of the control connection.
  case peersDiffer(data: IPAddress?, control: IPAddress?)
  /// The server demands that TLS of the data connection resumes the session of the control connection.
  case sessionNotReused
  /// No free port in the passive range.
  case rangeExhausted
  /// TLS on the data connection was begun.
  case dataHandshakeBegan
  /// TLS on the data connection failed.
  case dataHandshakeFailed
  /// Clear text where TLS was expected.
  case clearTextInTLS
  /// TLS was cut off.
  case cutTLS
  /// The server ended the session because no data came.
  case stalled
  /// The client demands TLS, and the server does not have it.
  case noTLSOffered
  /// A PORT that the server does not accept, because it names somebody else.
  case foreignPort
  /// The server has no certificate.
  case noCertificate
  /// The server asks for a floor of the rate, and the transfer was below it.
  case rateFloor
  /// The login does not name the host that it is for.
  case hostNameWanted
  /// The limit of sessions is reached.
  case limitReached
  /// The SYN of a data connection was answered from another address than the client dialled.
  case answeredByOther(IPAddress)
  /// Whoever answers speaks another protocol than FTP: its name.
  case otherProtocol(String)
  /// The helper of the kernel said something about the connection.
  case helperSwitchedOff
}

/// One thing that happened in a session.
package enum Happening: Hashable, Sendable {
  /// The control connection was dialled.
  case dialled(Endpoint, DialResult?)
  case command(FTPCommand)
  case reply(FTPReply)
  /// A data connection was dialled: by the client at its end, or as a SYN that was seen.
  /// In a capture with the sequence number of its SYN, which NAT keeps.
  case dataDial(Endpoint, sequence: UInt32? = nil)
  /// How the last dial of a data connection ended.
  case dataResult(DialResult)
  /// From where a data connection came to the server.
  case dataPeer(IPAddress?)
  /// TLS is up; `nil` where it is not known whether it resumed a session.
  case secured(isData: Bool, isResumed: Bool?)
  /// Payload went over the data connection.
  case dataBytes(Int)
  case finding(Finding)
  /// The client waited in vain.
  case timedOut
  /// The control connection ended; whether the server or somebody in its name ended it.
  case ended(byServer: Bool?)
}

package struct Event: Hashable, Sendable {
  /// Seconds by the clock of whoever wrote it down; only differences mean something.
  package var time: Double?
  package var mark: Mark
  package var what: Happening

  package init(time: Double? = nil, _ mark: Mark, _ what: Happening) {
    self.time = time
    self.mark = mark
    self.what = what
  }
}

/// Without blanks and line ends at its ends.
package func trimmed(_ text: some StringProtocol) -> String {
  func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\t" || scalar == "\r" || scalar == "\n"
  }
  var scalars = Array(text.unicodeScalars)[...]
  while let last = scalars.last, isBlank(last) { scalars.removeLast() }
  return String(String.UnicodeScalarView(scalars.drop { isBlank($0) }))
}
