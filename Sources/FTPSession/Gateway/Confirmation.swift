import Addressing

extension Gateway {
  /// The last thing on a packet's way, in input or postrouting: the helper reads it, and the entry becomes valid
  /// (`nf_confirm`). Returns whether the packet goes on.
  mutating func complete(_ transit: inout Transit) -> Bool {
    guard let index = transit.connection, connections.indices.contains(index) else { return true }
    if let kind = connections[index].helper.flatMap(HelperKind.named), transit.view.state == .established {
      guard help(index, kind, &transit) else { return false }
    }
    connections[index].isConfirmed = true
    return true
  }

  private mutating func help(_ index: Int, _ kind: HelperKind, _ transit: inout Transit) -> Bool {
    let isReply = transit.view.isReply
    switch transit.view.packet.kind {
    case .syn, .synAck, .ack, .fin, .neighbour: return true
    case .opaque:
      if let doubt = kind.doubtOfImplicit {
        transit.end = .lost(.unknown(reason: doubt))
        return false
      }
      connections[index].helperMemory.sawSegment(isReply: isReply, endsLine: false)
      return true
    case .text(let text):
      if let loss = kind.loss(of: text, isReply: isReply) {
        transit.end = .lost(loss)
        return false
      }
      let endsLine = text.utf8.last == 0x0A
      guard connections[index].helperMemory.looks(isReply: isReply) else {
        connections[index].helperMemory.sawSegment(isReply: isReply, endsLine: endsLine)
        return true
      }
      let reader = SegmentReader(text, transit.view.packet.tuple.family)
      switch reader.read(isReply: isReply) {
      case .nothing: break
      case .partial:
        transit.end = .lost(.helperDropped(reason: "the helper cannot read `\(text.lineContent)` to its end"))
        return false
      case .announcement(let address, let port, let form, let range):
        guard
          expect(index, kind, address, port, &transit, rewrite: { reader.replacing(range, by: form.text($0, $1)) })
        else { return false }
      }
      connections[index].helperMemory.sawSegment(isReply: isReply, endsLine: endsLine)
      return true
    }
  }

  /// Makes the expectation of an announcement, and rewrites the segment under translation.
  private mutating func expect(
    _ index: Int, _ kind: HelperKind, _ announced: IPAddress?, _ port: UInt16, _ transit: inout Transit,
    rewrite: (IPAddress, UInt16) -> String
  ) -> Bool {
    let connection = connections[index]
    let isReply = transit.view.isReply
    let own = connection.tuple(isReply: isReply)
    let opposite = connection.tuple(isReply: !isReply)
    var destination = opposite.destination
    if let announced, announced != own.source {
      if let doubt = kind.doubtOfForeignAddress {
        transit.end = .lost(.unknown(reason: "\(doubt) is not verified"))
        return false
      }
      guard kernel.isLoose else {
        transit.events.append(.announcementIgnored(announced))
        return true
      }
      destination = announced
    }
    let follows = kernel.rewritesAnnouncements && connection.isTranslated
    var expectation = Expectation(
      source: opposite.source, destination: destination, destinationPort: port, master: index, savedPort: port,
      isPassive: isReply, followsMaster: follows)
    // One expectation for each control connection: a later one takes the place of an earlier one.
    expectations.removeAll { $0.master == index }
    while expectations.contains(where: { $0.clashes(with: expectation) }) {
      guard follows, expectation.destinationPort < .max - 1 else {
        transit.end = .lost(
          .helperDropped(reason: "another control connection still expects a connection to port \(port)"))
        return false
      }
      // The kernel draws a port above the announced one; the model takes the middle, which is as good as any.
      let isFirst = expectation.destinationPort == port
      expectation.destinationPort += isFirst ? (.max - port) / 2 + 1 : 1
    }
    expectations.append(expectation)
    transit.events.append(
      .expectationMade(
        from: expectation.source, to: expectation.destination, port: expectation.destinationPort))
    guard follows else { return true }
    let text = rewrite(opposite.destination, expectation.destinationPort)
    if transit.view.packet.kind != .text(text) {
      transit.view.packet.kind = .text(text)
      transit.events.append(.rewritten(text))
    }
    return true
  }
}

extension HelperKind {
  /// Why a line does not pass; `nil` for one that does.
  fileprivate func loss(of text: String, isReply: Bool) -> Loss? {
    let word = text.prefix { $0.isLetter || $0.isNumber }.uppercased()
    if !isReply, word == "AUTH" {
      switch authentication {
      case .passes: return nil
      case .answered(let reply, let log): return .answered(reply, by: "\(title) of the gateway (\(log) in its log)")
      case .unverified(let reason): return .unknown(reason: reason)
      }
    }
    return unverified[word].map { .unknown(reason: $0) }
  }
}

extension String {
  /// The text without its line end.
  var lineContent: String {
    let end = utf8.lastIndex { $0 != 0x0D && $0 != 0x0A }
    return end.map { String(Substring(utf8[...$0])) } ?? ""
  }
}
