import Addressing
import Diagnostics
import Policy

/// Everything that files of SFTPGo set, by the path of the member: `ftpd.bindings.0.port`, in lower case. A variable
/// of the environment stands for a member: `SFTPGO_FTPD__BINDINGS__0__PORT`.
struct SFTPGoSettings {
  static let prefix = "SFTPGO_"
  /// Bindings that variables can set, those with the lowest numbers (source).
  static let mostVariableBindings = 10

  /// The members of the file that decide something about FTP.
  private static let sections = ["common", "ftpd"]
  /// Bytes of a path; what lies deeper, or has a longer name, is passed over.
  private static let longestPath = 120
  /// Members of a binding that are numbers. A variable for one that is no number is passed over (source).
  private static let bindingNumbers: Set<String> = [
    "port", "tls_mode", "tls_session_reuse", "min_tls_version", "client_auth_type", "passive_connections_security",
    "active_connections_security",
  ]
  private static let bindingFlags: Set<String> = ["apply_proxy_config", "debug"]
  private static let numbers = bindingNumbers.union([
    "start", "end", "max_total_connections", "max_per_host_connections", "proxy_protocol",
  ])
  private static let flags = bindingFlags.union(["disable_active_mode", "active_transfers_port_non_20"])
  private static let texts: Set<String> = [
    "address", "force_passive_ip", "passive_host", "certificate_file", "certificate_key_file",
  ]
  /// Members that decide something and have one value: a list or an object there keeps the program from starting.
  private static let scalars = numbers.union(flags).union(texts)

  /// An address that clients of some networks are told.
  struct Override {
    var address: Located<String>?
    var networks: [Located<String>] = []
    var place: SourceSpan
  }

  private(set) var values: [String: Located<String>] = [:]
  /// The positions that the list of bindings has.
  private(set) var bindings: Set<Int> = []
  /// Whether any of them comes from a variable.
  private(set) var hasVariables = false
  /// The member `passive_ip_overrides` of the file, by the position of the binding.
  private var overridesOfFile: [Int: JSONValue] = [:]
  /// Names of variables that an earlier file has set.
  private var variables: Set<String> = []

  subscript(path: String) -> Located<String>? { values[path] }

  /// An address as a binding has it, which joins the port to it (source).
  static func text(_ address: IPAddress) -> String { address.family == .ipv6 ? "[\(address)]" : "\(address)" }

  /// As `strconv.ParseBool` takes it.
  static func flag(_ text: String) -> Bool? {
    switch text {
    case "1", "t", "T", "true", "TRUE", "True": true
    case "0", "f", "F", "false", "FALSE", "False": false
    default: nil
    }
  }

  /// As `strconv.ParseInt` takes it with base 0: a 0 in front means octal, `0x`, `0o` and `0b` their bases.
  static func number(_ text: String) -> Int? {
    let isNegative = text.hasPrefix("-")
    let digits = (isNegative || text.hasPrefix("+") ? text.dropFirst() : text[...]).lowercased()
    let (base, start) =
      digits.hasPrefix("0x")
      ? (16, 2)
      : digits.hasPrefix("0o") ? (8, 2) : digits.hasPrefix("0b") ? (2, 2) : digits.hasPrefix("0") ? (8, 0) : (10, 0)
    let rest = digits.dropFirst(start)
    // A single `_` may stand between digits, and after what tells the base.
    let parts = rest.split(separator: "_", omittingEmptySubsequences: false)
    let isAfterBase = start > 0 && parts.first?.isEmpty == true && parts.count > 1
    guard parts.dropFirst(isAfterBase ? 1 : 0).allSatisfy({ !$0.isEmpty }),
      rest.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: "_") || (0x61...0x66).contains($0) })
    else { return nil }
    return Int((isNegative ? "-" : "") + parts.joined(), radix: base)
  }

  /// A value of JSON as the program converts it to what a member holds: to a whole number, a flag or a text, each from
  /// each of the others (mapstructure with `WeaklyTypedInput`, as viper asks for it). Numbers of JSON are read as
  /// floating-point ones, of which a whole number is the part before the point.
  private static func converted(_ value: JSONValue, for member: String) -> Located<String>? {
    switch value {
    case .object, .list: return nil
    case .text(let text):
      guard text.value.isEmpty else { return text }
      return Located(numbers.contains(member) ? "0" : flags.contains(member) ? "false" : "", text.span)
    case .word(let word):
      let flag = word.value == "true" ? true : word.value == "false" ? false : nil
      let number = flag.map { $0 ? 1 : 0 } ?? Double(word.value)
      guard let number, scalars.contains(member) else { return word }
      if flags.contains(member) { return Located(number == 0 ? "false" : "true", word.span) }
      // What is too large for a number of the program is left as it stands, and so is refused where it is asked for.
      let whole = Int64(exactly: number.rounded(.towardZero))
      let isWhole = whole.map { Double($0) == number } ?? false
      guard let whole, isWhole || numbers.contains(member) else { return word }
      return Located("\(whole)", word.span)
    }
  }

  // MARK: The file

  /// Takes in `sftpgo.json`; what is wrong with it is reported.
  mutating func read(json file: SourceID, _ context: inout ReadingContext) {
    var text = JSONText(file: file, bytes: context.sources[file].bytes)
    do throws(JSONMistake) {
      let root = try text.readAll()
      if root.scalar != nil { throw JSONMistake(message: "it is no object", span: root.span) }
      for section in Self.sections {
        if let value = root[section] { take(value, at: section, &context) }
      }
    } catch {
      context.refuse("SFTPGo does not take this file: \(error.message)", at: error.span)
    }
  }

  /// Takes in a value and what is in it.
  private mutating func take(_ value: JSONValue, at path: String, _ context: inout ReadingContext) {
    guard path.utf8.count < Self.longestPath else { return }
    let name = path.split(separator: ".").last.map(String.init) ?? ""
    if let scalar = Self.converted(value, for: name) { values[path] = scalar }
    if path == "ftpd.bindings" {
      for (position, binding) in value.items.enumerated() {
        bindings.insert(position)
        overridesOfFile[position] = binding["passive_ip_overrides"]
        take(binding, at: "\(path).\(position)", &context)
      }
      return
    }
    if Self.isObject(path), !value.isNull {
      guard case .object = value else {
        context.refuse("SFTPGo does not start: `\(name)` is an object with members", at: value.span)
        return
      }
    }
    if value.scalar == nil, Self.scalars.contains(name) {
      context.refuse("SFTPGo does not start: `\(name)` is one value", at: value.span)
    }
    if case .object(let members, _) = value {
      for (name, member) in members.sorted(by: { $0.key < $1.key }) { take(member, at: "\(path).\(name)", &context) }
    }
  }

  /// Whether members stand at that path, and a list or one value keeps the program from starting.
  private static func isObject(_ path: String) -> Bool {
    ["common", "ftpd", "ftpd.passive_port_range"].contains(path)
      || path.hasPrefix("ftpd.bindings.") && path.utf8.count { $0 == UInt8(ascii: ".") } == 2
  }

  // MARK: Variables

  /// Takes in a file of variables, as those in `env.d`. What an earlier file has set stays; within one file the last
  /// line counts (gotenv).
  mutating func read(variables file: SourceID, _ context: inout ReadingContext) {
    var names: Set<String> = []
    do throws(EnvironmentText.Mistake) {
      for variable in try EnvironmentText(file: file, bytes: context.sources[file].bytes).variables() {
        let name = variable.name.value
        guard name.uppercased().hasPrefix(Self.prefix), !variables.contains(name) else { continue }
        names.insert(name)
        take(variable, &context)
      }
    } catch {
      context.leaveOpen(
        "nothing in this file counts for SFTPGo: \(error.message)", at: error.span,
        help: "correct the line, or remove it")
    }
    variables.formUnion(names)
  }

  /// Takes in the variables with which the program is started; they win over those of files.
  mutating func read(variablesOf start: Invocation, _ context: inout ReadingContext) {
    for (name, value) in start.variables.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Self.prefix) {
      variables.insert(name)
      let name = Located(name, value.span)
      take(EnvironmentText.Variable(name: name, value: value, dependsOnOthers: value.value.contains("$")), &context)
    }
  }

  private mutating func take(_ variable: EnvironmentText.Variable, _ context: inout ReadingContext) {
    let name = variable.name.value
    guard name.hasPrefix(Self.prefix), name == name.uppercased(), !name.contains(".") else {
      context.ignore(
        "SFTPGo does not know `\(name)`: names of variables are written in capitals", at: variable.name.span,
        help: name.contains(".") ? nil : "write `\(name.uppercased())`")
      return
    }
    let path = name.dropFirst(Self.prefix.count).lowercased().replacing("__", with: ".")
    let value = variable.value
    if variable.dependsOnOthers, Self.sections.contains(where: { path.hasPrefix($0 + ".") }) {
      context.leaveOpen(
        "`\(name)` depends on other variables", at: value.span, help: "write the value, or put it in apostrophes")
    }
    hasVariables = true
    guard path.hasPrefix("ftpd.bindings.") else {
      // An empty variable counts in a binding alone (source).
      if !value.value.isEmpty { values[path] = value }
      return
    }
    let parts = path.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count > 3, let position = Int(parts[2]), "\(position)" == parts[2],
      (0..<Self.mostVariableBindings).contains(position)
    else {
      context.ignore(
        "SFTPGo does not look at `\(name)`: variables set the bindings 0 to \(Self.mostVariableBindings - 1)",
        at: variable.name.span)
      return
    }
    let member = String(parts[3])
    // Numbers of bindings are decimal, whatever they begin with (source).
    let text = Self.trimmed(value.value)
    let trimmed = Located(Int(text).map { "\($0)" } ?? text, value.span)
    if parts.count == 4, Self.bindingNumbers.contains(member), Int(trimmed.value) == nil {
      context.ignore("SFTPGo passes over `\(name)`: it is no number", at: value.span)
    } else if parts.count == 4, Self.bindingFlags.contains(member), Self.flag(trimmed.value) == nil {
      context.ignore("SFTPGo passes over `\(name)`: it is neither `true` nor `false`", at: value.span)
    } else {
      let isNumberOrFlag =
        parts.count == 4 && (Self.bindingNumbers.contains(member) || Self.bindingFlags.contains(member))
      values[path] = isNumberOrFlag ? trimmed : value
      bindings.insert(position)
    }
  }

  // MARK: Addresses for some clients

  /// The members of `passive_ip_overrides` of a binding: those of the file, and what variables make of them or add.
  /// A variable that gives an address without networks adds nothing (source).
  func overrides(ofBinding position: Int) -> [Override] {
    var all = (overridesOfFile[position]?.items ?? []).map { item in
      Override(
        address: item["ip"].map { $0.scalar ?? Located("[]", $0.span) },
        networks: item["networks"].map { Self.networks($0) } ?? [], place: item.span)
    }
    guard position < Self.mostVariableBindings else { return all }
    let ofFile = all.count
    for index in 0..<Self.mostVariableBindings {
      let path = "ftpd.bindings.\(position).passive_ip_overrides.\(index)."
      let (address, networks) = (values[path + "ip"], values[path + "networks"].map { Self.networks($0) } ?? [])
      if index < ofFile {
        let isWhole = !networks.isEmpty || !all[index].networks.isEmpty
        if isWhole, let address { all[index].address = address }
        if !networks.isEmpty { all[index].networks = networks }
      } else if let place = networks.first?.span {
        all.append(Override(address: address, networks: networks, place: place))
      }
    }
    return all
  }

  /// A list, or a text with commas.
  private static func networks(_ value: JSONValue) -> [Located<String>] {
    if case .text(let text) = value {
      return text.value.isEmpty
        ? []
        : text.value.split(separator: ",", omittingEmptySubsequences: false).map {
          Located(String($0), text.span)
        }
    }
    return value.items.map { $0.scalar ?? Located("", $0.span) }
  }

  private static func networks(_ variable: Located<String>) -> [Located<String>] {
    variable.value.split(separator: ",").map { Self.trimmed(String($0)) }.filter { !$0.isEmpty }.map {
      Located($0, variable.span)
    }
  }

  private static func trimmed(_ text: String) -> String {
    String(decoding: Array(text.utf8)[...].trimmed, as: UTF8.self)
  }
}
