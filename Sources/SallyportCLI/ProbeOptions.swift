import Addressing
import ArgumentParser
import Compilation
import FTPSession
import Files
import Glibc
import Probing
import Trials

extension ClientPlace: ExpressibleByArgument {}

/// Which sessions `probe` tries.
struct ProbeChoiceOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Kinds of encryption: plain, explicit, implicit, with commas between.", valueName: "kinds"),
    completion: .list(Encryption.allCases.map(\.rawValue)))
  var tls: String?

  @Option(
    help: ArgumentHelp("Modes: pasv, epsv, port, eprt, with commas between.", valueName: "modes"),
    completion: .list(DataMode.allCases.map(\.rawValue)))
  var mode: String?

  @Option(
    help: ArgumentHelp("Families: ipv4, ipv6, with a comma between.", valueName: "families"),
    completion: .list(["ipv4", "ipv6"]))
  var family: String?

  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "Which client of the policy this machine is: allowed, stranger or inside, as `explain` has them.",
      valueName: "client"))
  var place: ClientPlace = .allowed

  @Option(
    help: ArgumentHelp("For whom the server's certificate has to be, where an address is dialled.", valueName: "host")
  )
  var name: String?

  func validate() throws {
    _ = try words(tls, Encryption.allCases.map(\.rawValue), "--tls")
    _ = try words(mode, DataMode.allCases.map(\.rawValue), "--mode")
    _ = try words(family, ["ipv4", "ipv6"], "--family")
    if let name, (try? ProbeTarget(name))?.port != nil || (try? ProbeTarget(name)) == nil {
      throw ValidationError("--name wants the name of a host")
    }
  }

  var choice: TrialChoice {
    func parts(_ text: String?) -> [String] { text.map { $0.split(separator: ",").map(String.init) } ?? [] }
    return TrialChoice(
      encryptions: Set(parts(tls).compactMap(Encryption.init)), modes: Set(parts(mode).compactMap(DataMode.init)),
      families: Set(parts(family).compactMap { $0 == "ipv4" ? .ipv4 : $0 == "ipv6" ? .ipv6 : nil }))
  }

  private func words(_ text: String?, _ known: [String], _ option: String) throws -> [String] {
    guard let text else { return [] }
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard words.allSatisfy(known.contains) else {
      throw ValidationError("\(option) wants words out of \(known.joined(separator: ", ")), with commas between")
    }
    return words
  }
}

/// With which account `probe` logs in.
struct ProbeAccountOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Who logs in; the password comes from elsewhere.", valueName: "name"))
  var user: String?

  @Option(help: ArgumentHelp("A file of accounts in place of ~/.netrc.", valueName: "path"), completion: .file())
  var netrc: String?

  /// A file of accounts may have that many bytes.
  private static let largestFile = 1 << 20

  /// From the environment, a file or a prompt; anonymous otherwise.
  ///
  /// - Throws: `ExitStatus.inputMissing` when the named file cannot be read, `ExitStatus.usage` when there is no
  ///   password.
  func account(for names: [String], _ console: Console) throws -> Account {
    let (given, secret) = (environmentText("SALLYPORT_USER"), environmentText("SALLYPORT_PASSWORD"))
    let user = self.user ?? given
    if let user, let secret { return Account(user: user, password: secret) }
    if let netrc {
      let text = String(
        decoding: try console.content(of: netrc, readInput(netrc, limit: Self.largestFile)), as: UTF8.self)
      guard let found = Netrc(text).account(for: names, user: user) else {
        throw console.failure("\(netrc): it has no account for \(names.joined(separator: " or "))", .usage)
      }
      return found
    }
    if let home = environmentText("HOME"),
      let bytes = try? readRegularFile("\(home)/.netrc", limit: Self.largestFile),
      let found = Netrc(String(decoding: bytes, as: UTF8.self)).account(for: names, user: user)
    {
      return found
    }
    guard let user else { return .anonymous }
    guard let password = askedPassword("password of \(user): ") else {
      throw console.failure(
        "there is no password for \(user): set SALLYPORT_PASSWORD, give --netrc, or run this on a terminal", .usage)
    }
    return Account(user: user, password: password)
  }
}

/// How `probe` plays sessions.
struct ProbeMannerOptions: ParsableArguments {
  @Flag(help: "Go on under a certificate that nobody vouches for; what is wrong with it is told.")
  var acceptCertificate = false

  @Option(
    help: ArgumentHelp("A file of certificates to trust, in place of the system's.", valueName: "path"),
    completion: .file())
  var ca: String?

  @Flag(name: .customLong("no-session-reuse"), help: "Begin a new TLS session for each data connection.")
  var noSessionReuse = false

  @Option(help: ArgumentHelp("Write a small file of that name, and delete it again.", valueName: "name"))
  var upload: String?

  @Option(
    help: ArgumentHelp("Time without a word between the two listings, for example 90s or 10m.", valueName: "time"))
  var idle: String?

  @Option(help: ArgumentHelp("Seconds to wait for a connection or an answer.", valueName: "seconds"))
  var timeout = 10

  @Option(help: ArgumentHelp("Sessions at the same time, at most 4.", valueName: "number"))
  var parallel = 2

  @Option(help: ArgumentHelp("Sessions that are begun in a minute at most.", valueName: "number"))
  var rate = 60

  func validate() throws {
    guard (1...ProbeRunner.mostAtOnce).contains(parallel) else { throw ValidationError("--parallel wants 1 to 4") }
    guard (1...6000).contains(rate) else { throw ValidationError("--rate wants 1 to 6000") }
    guard (1...300).contains(timeout) else { throw ValidationError("--timeout wants 1 to 300 seconds") }
    guard idle == nil || seconds != nil else {
      throw ValidationError("--idle wants a time such as 90s or 10m, at most 2h")
    }
    guard upload.map(isFileName) != false else {
      throw ValidationError("--upload wants the name of a file: letters, digits, and any of - . _ /")
    }
    if let ca, access(ca, R_OK) != 0 { throw ValidationError("--ca \(ca): it cannot be read") }
  }

  private func isFileName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 200 && !text.hasSuffix("/") && !text.hasPrefix("-")
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
          || [0x2D, 0x2E, 0x2F, 0x5F].contains(byte)
      }
  }

  private var seconds: Int? {
    guard let idle else { return 0 }
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
    let unit = idle.last.flatMap { units[$0] }
    guard let number = Int(unit == nil ? idle[...] : idle.dropLast()), (0...7200).contains(number) else { return nil }
    let seconds = number * (unit ?? 1)
    return seconds <= 7200 ? seconds : nil
  }

  var manner: TrialManner {
    var manner = TrialManner()
    manner.acceptsCertificate = acceptCertificate
    // The other program may run in another folder.
    manner.authorities = ca.map { realPath($0) ?? $0 }
    manner.reusesSession = !noSessionReuse
    (manner.patience, manner.idle, manner.upload) = (timeout, seconds ?? 0, upload)
    return manner
  }
}

/// An environment variable that is set to something.
private func environmentText(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}
