import Addressing
import Evidence
import FTPSession

/// Puts the events of a dialogue into a story.
struct StoryTeller {
  private var story: Story
  /// Whether the replies that come belong to the last exchange.
  private var pending = false
  /// The transfer whose connection was dialled last, where that is not the last one.
  private var current: Int?

  static func tell(_ dialogue: Dialogue) -> Story {
    var teller = StoryTeller(story: Story(dialogue: dialogue))
    for event in dialogue.events { teller.take(event) }
    return teller.story
  }

  private mutating func take(_ event: Event) {
    switch event.what {
    case .dialled(let endpoint, let result): dialled(endpoint, result, event)
    case .command(let command): said(command, event)
    case .reply(let reply): answered(reply, event)
    case .dataDial(let endpoint, let sequence): dial(endpoint, sequence, event)
    case .dataResult(let result): ended(result, event)
    case .dataPeer(let address): if let address { transfer(event) { $0.peers.append((address, event)) } }
    case .dataBytes(let count): transfer(event) { $0.bytes += count }
    case .secured(let isData, let isResumed):
      if isData {
        transfer(event) { $0.dataTLS = (event, isResumed) }
      } else {
        story.isImplicit = story.secured == nil && story.exchanges.isEmpty && story.greeting == nil
        if story.secured == nil { story.secured = event }
      }
    case .finding(let finding): found(finding, event)
    case .timedOut: waited(event)
    case .ended(let byServer):
      if let last = story.transfers.indices.last, story.transfers[last].use?.final == nil,
        !story.transfers[last].works, story.transfers[last].bytes == 0,
        // A log without replies does not tell how a data connection that came about ended.
        story.dialogue.writes.contains(.replies) || !story.transfers[last].isConnected
      {
        story.transfers[last].cutOff = event
      }
      if story.ended == nil { story.ended = (event, byServer) }
    }
  }

  private mutating func dialled(_ endpoint: Endpoint, _ result: DialResult?, _ event: Event) {
    if story.dialled == nil || result != nil {
      let known = story.dialled?.endpoint ?? endpoint
      story.dialled = (endpoint.address == nil ? known : endpoint, result ?? story.dialled?.result, event)
    }
  }

  private mutating func said(_ command: FTPCommand, _ event: Event) {
    let exchange = Exchange(command: command, event: event)
    story.exchanges.append(exchange)
    pending = true
    let modes: [String: DataMode] = ["PASV": .pasv, "EPSV": .epsv, "PORT": .port, "EPRT": .eprt]
    if let mode = modes[command.verb], command.argument.uppercased() != "ALL" {
      var transfer = Transfer(mode: mode, request: exchange)
      transfer.isEncrypted = story.secured != nil
      transfer.announced = announcement(in: command)
      if transfer.announced != nil { transfer.announcedMark = event.mark }
      story.transfers.append(transfer)
    } else if Self.users.contains(command.verb), let last = story.transfers.indices.last,
      story.transfers[last].use == nil, story.transfers[last].mode != nil
    {
      story.transfers[last].use = exchange
    } else if command.verb == "PROT" {
      story.protection = command.argument.uppercased()
    }
  }

  private static let users: Set<String> = ["LIST", "NLST", "MLSD", "RETR", "STOR", "STOU", "APPE"]

  private mutating func answered(_ reply: FTPReply, _ event: Event) {
    guard pending, let last = story.exchanges.indices.last else {
      if story.greeting == nil, story.exchanges.isEmpty { story.greeting = (reply, event) }
      return
    }
    story.exchanges[last].replies.append((reply, event))
    let exchange = story.exchanges[last]
    if exchange.command.verb == "AUTH", reply.code == 234, story.secured == nil { story.secured = event }
    guard let current = story.transfers.indices.last else { return }
    if exchange.event == story.transfers[current].request?.event {
      story.transfers[current].request = exchange
      let announced: Announcement? =
        switch reply.code {
        case 227: announcement(inPASVReply: reply.text)
        case 229: announcement(inEPSVReply: reply.text)
        default: nil
        }
      // There is a server that gives its last word the code of the reply before it: `227 Logout.` (measured).
      if let announced, announced.endpoint != nil || story.transfers[current].announced == nil {
        story.transfers[current].announced = announced
        story.transfers[current].announcedMark = event.mark
      }
    } else if exchange.event == story.transfers[current].use?.event {
      story.transfers[current].use = exchange
    }
  }

  private mutating func dial(_ endpoint: Endpoint, _ sequence: UInt32?, _ event: Event) {
    let dial = Dial(target: endpoint, event: event, sequence: sequence)
    let isBlind = story.dialogue.writes.contains(.packets) && story.secured != nil
    if isBlind || story.transfers.isEmpty {
      var transfer = Transfer()
      transfer.isEncrypted = story.secured != nil
      transfer.dials = [dial]
      story.transfers.append(transfer)
      current = story.transfers.indices.last
      return
    }
    // In a capture connections are told by their port.
    let same = story.transfers.indices.last { story.transfers[$0].announced?.endpoint?.port == endpoint.port }
    let index = same ?? (story.dialogue.writes.contains(.packets) ? nil : story.transfers.indices.last)
    current = index
    if let index { story.transfers[index].dials.append(dial) }
  }

  private mutating func ended(_ result: DialResult, _ event: Event) {
    transfer(event) { transfer in
      guard let last = transfer.dials.indices.last,
        transfer.dials[last].result == nil || transfer.dials[last].result == .connected
      else {
        // Logs of some clients have how a dial ended, and not that there was one.
        var dial = Dial(target: transfer.announced?.endpoint ?? Endpoint(), event: event)
        dial.result = result
        transfer.dials.append(dial)
        return
      }
      transfer.dials[last].result = result
      transfer.dials[last].resultEvent = event
    }
  }

  private mutating func found(_ finding: Finding, _ event: Event) {
    story.findings.append((finding, event))
    guard let last = story.transfers.indices.last else { return }
    switch finding {
    case .noTLSOffered, .limitReached, .noCertificate, .helperSwitchedOff, .hostNameWanted, .otherProtocol: return
    default: story.transfers[last].findings.append((finding, event))
    }
  }

  private mutating func waited(_ event: Event) {
    story.timedOut = event
    guard let last = story.transfers.indices.last, story.transfers[last].use?.final == nil else { return }
    guard story.exchanges.last?.command.verb != "PASS" else { return }
    if let dial = story.transfers[last].dials.indices.last, story.transfers[last].dials[dial].result == nil,
      story.dialogue.writes.contains(.dials)
    {
      story.transfers[last].dials[dial].result = .timedOut
      story.transfers[last].dials[dial].resultEvent = event
    } else {
      story.transfers[last].timedOut = event
    }
  }

  private mutating func transfer(_ event: Event, _ body: (inout Transfer) -> Void) {
    if story.transfers.isEmpty {
      var transfer = Transfer()
      transfer.isEncrypted = story.secured != nil
      story.transfers.append(transfer)
    }
    let isPacket = story.dialogue.writes.contains(.packets)
    guard let last = isPacket ? current ?? story.transfers.indices.last : story.transfers.indices.last,
      story.transfers.indices.contains(last)
    else { return }
    body(&story.transfers[last])
  }
}
