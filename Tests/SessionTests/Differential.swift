import Addressing
import FTPSession
import Foundation
import LiveSupport
import Nftables
import Testing

/// One session as the model plays it and as the bench plays it.
struct Duel: Sendable {
  var name: String
  var client: LabHost
  /// Whether the server stands on the gateway.
  var serverIsLocal = false
  var serverAddresses: [String]
  var model: FTPSession.Session
  /// Where the server stands, when that is neither its usual host nor the first gateway.
  var serverHost: LabHost?

  /// The same session from another client address, with ports of its own.
  ///
  /// - Parameter offset: What is added to the ports of the client: behind one source address a server remembers the
  ///   ports of sessions before for a minute, whoever had them.
  func placed(_ number: Int, offset: UInt16 = 0) -> Duel {
    var duel = self
    let address = isFixed ? nil : BenchNetwork.clientAddress(client, number, model.dialled.family)
    if let address { duel.model.client = BenchNetwork.client(client, address) }
    let base = UInt16(20_000 + number * 4) + offset
    duel.model.ports = ClientPorts(control: base, data: base + 1, listening: base + 2)
    return duel
  }

  /// Whether the client has one address only: a program on the gateway or on the server's host.
  private var isFixed: Bool { client == .gateway || client == .server }

  var script: ScriptedSession {
    let server = model.server
    var script = ScriptedSession(
      client: client, clientAddress: model.client.address(model.dialled.family)?.description ?? "",
      clientPorts: (model.ports.control, model.ports.data, model.ports.listening),
      dialled: model.dialled.description, dialledPort: model.dialledPort,
      server: serverHost ?? (serverIsLocal ? .gateway : .server), serverAddresses: serverAddresses,
      controlPort: server.controlPort,
      LiveSupport.Encryption(rawValue: model.encryption.rawValue) ?? .plain,
      LiveSupport.DataMode(rawValue: model.mode.rawValue) ?? .pasv, passivePort: model.passivePort)
    script.clearsControl = model.clearsControl
    script.announced = (model.encryption == .plain ? server.announced : server.announcedEncrypted)?.description
    script.wording = server.wording.reply("%")
    script.allowsPlain = server.allowsPlain
    script.offersTLS = server.offersTLS
    script.isImplicit = server.isImplicit
    script.refusesActive = server.refusesActive
    script.checksPeer = server.checksPeer
    script.activePort = server.activePort
    return script
  }
}

extension Performance {
  /// How it ends, in the words of the bench.
  var scriptedEnding: ScriptedEnding? {
    switch ending {
    case .works: return .works
    case .refusedByServer: return .refusedByServer
    case .lost(_, let loss) where loss.isUndecided: return nil
    case .lost(.connection(let isData, _), _), .lost(.answer(let isData), _): return isData ? .data : .control
    case .lost(.line(let text), _): return .command(text.split(separator: " ").first.map(String.init) ?? text)
    case .lost(.content, _): return .content
    case .lost(.closing, _): return .closing
    case .lost(.peer, _): return .peer
    }
  }
}

/// What the model said and what happened.
struct Verdict: Sendable, CustomStringConvertible {
  var duel: Duel
  /// `nil` where the model could not tell.
  var predicted: ScriptedEnding?
  var observed: ScriptedEnding
  var sentence: String

  var agrees: Bool { predicted == observed }

  var description: String {
    "\(duel.name): predicted \(predicted.map(String.init(describing:)) ?? "undecided") (\(sentence)), observed \(observed)"
  }
}

/// Plays sessions in a lab and compares.
struct Arena {
  let lab: Lab

  init(_ lab: Lab) async throws {
    self.lab = lab
    try await BenchNetwork.prepare(lab)
  }

  /// The rules of the gateway as the model reads them.
  func runningRuleset() async throws -> Ruleset { try await lab.runningRuleset(on: .gateway) }

  /// Loads a script in the place of all rules, and plays the sessions side by side, each from an address of its own.
  ///
  /// - Parameter isHurried: Whether nothing is waited for long, as in one of many tries after a disagreement.
  func fight(_ script: String, _ duels: [Duel], isHurried: Bool = false) async throws -> [Verdict] {
    try await lab.load(ruleset: "flush ruleset\n" + script)
    return try await fightUnderLoadedRules(duels, isHurried: isHurried)
  }

  /// - Parameter ruleset: What the model plays instead of the rules that it reads from the kernel.
  func fightUnderLoadedRules(
    _ duels: [Duel], isHurried: Bool = false, model ruleset: Ruleset? = nil, portOffset: UInt16 = 0
  ) async throws -> [Verdict] {
    try await lab.flushConntrack()
    let rules: Ruleset
    if let ruleset { rules = ruleset } else { rules = try await runningRuleset() }
    let theatre = Theatre(Program(rules), BenchNetwork.network)
    let servers = ScriptedServers(lab)
    defer { servers.close() }
    let placed = duels.enumerated().map { $1.placed($0, offset: portOffset) }
    for duel in placed {
      for address in duel.serverAddresses {
        try await servers.listen(
          on: duel.serverIsLocal ? .gateway : .server, address: address, port: duel.model.server.controlPort)
      }
    }
    return try await withThrowingTaskGroup(of: (Int, Verdict).self) { group in
      for (index, duel) in placed.enumerated() {
        group.addTask {
          let performance = theatre.perform(duel.model)
          let result = try await servers.play(
            duel.script, expecting: isHurried ? nil : performance.scriptedEnding)
          return (
            index,
            Verdict(
              duel: duel, predicted: performance.scriptedEnding, observed: result.ending,
              sentence: performance.sentence)
          )
        }
      }
      var verdicts: [(Int, Verdict)] = []
      for try await verdict in group { verdicts.append(verdict) }
      return verdicts.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }
}

extension Lab {
  /// The rules of a gateway as the model reads them.
  func runningRuleset(on host: LabHost) async throws -> Ruleset {
    let worker = URL(fileURLWithPath: Sallyport.besideThisProgram.path).deletingLastPathComponent()
      .appendingPathComponent("sallyport-netfilter").path
    let request = "protocol 1\n1\nverb 12\nlist-ruleset\nend 0\n\n"
    let answer = try await run([worker], on: host, input: request)
    var parts: [String: [UInt8]] = [:]
    var rest = answer.output[...]
    while let newline = rest.firstIndex(of: 0x0A) {
      let words = String(decoding: rest[..<newline], as: UTF8.self).split(separator: " ")
      guard let name = words.first, let length = words.last.flatMap({ Int($0) }), words.count == 2 else { break }
      parts[String(name)] = Array(rest[(newline + 1)...].prefix(length))
      rest = rest[(newline + 1)...].dropFirst(length + 1)
    }
    guard parts["end"] != nil, let listing = parts["output"], parts["status"] == Array("0".utf8) else {
      throw LabError("the worker lists no rules: \(answer.errorText)\(answer.text)")
    }
    var companions = ListingCompanions()
    companions.tables = parts["tables"] ?? []
    companions.chains = parts["chains"] ?? []
    companions.text = parts["text"] ?? []
    companions.rules = parts["rules"] ?? []
    companions.sets = parts["sets"] ?? []
    companions.setNames = parts["set-names"] ?? []
    companions.legacy = parts["legacy"] ?? []
    companions.legacyUnread = parts["legacy-unread"] ?? []
    return try Ruleset.read(listing: listing, with: companions)
  }
}
