import Addressing

/// What a rule does with the packets that it matches.
extension SavedRule {
  mutating func readTarget() -> Statement? {
    guard let name = next("a target") else { return nil }
    switch name {
    case "ACCEPT": return .verdict(.accept)
    case "DROP": return .verdict(.drop)
    case "RETURN": return .verdict(.return)
    case "REJECT":
      let options = targetOptions()
      let isReset = options["--reject-with"]?.contains("tcp-reset") == true
      return .reject(isReset ? "tcp reset" : nil, code: nil)
    case "LOG", "NFLOG", "ULOG", "TRACE", "TOS", "DSCP", "CLASSIFY", "TCPMSS", "AUDIT", "TTL", "HL", "CHECKSUM":
      // What they change decides about no session here, but for lifetimes, which are told apart.
      let options = targetOptions()
      guard name != "TTL" && name != "HL" else { return .unread("-j \(name)") }
      return name == "LOG" ? .log(Log(prefix: options["--log-prefix"] ?? "")) : .counter
    case "NOTRACK": return .notrack
    case "CT": return tracking(targetOptions())
    case "DNAT", "SNAT": return translation(name, targetOptions())
    case "MASQUERADE", "REDIRECT":
      let options = targetOptions()
      let kind: Translation.Kind = name == "REDIRECT" ? .redirect : .masquerade
      guard let text = options["--to-ports"] else { return .translate(Translation(kind, flags: Self.flags(options))) }
      guard let ports = Self.range(text, "-") else {
        wrong("--to-ports")
        return nil
      }
      return .translate(Translation(kind, port: .value(Value(ports)), flags: Self.flags(options)))
    case "MARK", "CONNMARK": return setMark(name, targetOptions())
    case "SET", "NETMAP", "QUEUE", "NFQUEUE", "TPROXY", "TEE", "SYNPROXY", "HMARK", "IDLETIMER", "LED", "SECMARK",
      "CONNSECMARK", "RATEEST", "TCPOPTSTRIP", "ECN", "DNPT", "SNPT", "RAWNAT", "CLUSTERIP":
      _ = targetOptions()
      return .unread("-j \(name)")
    default:
      guard words.allSatisfy({ !$0.text.hasPrefix("--") }) else {
        _ = targetOptions()
        return .unread("-j \(name)")
      }
      return .verdict(.jump(name))
    }
  }

  /// The options after a target, each with its value; those without one have an empty value.
  private mutating func targetOptions() -> [String: String] {
    var options: [String: String] = [:]
    while let word = words.first, word.text.hasPrefix("--") {
      words = words.dropFirst()
      var value: [String] = []
      while let next = words.first, Self.isValue(next.text) {
        value.append(next.text)
        words = words.dropFirst()
      }
      options[word.text] = value.joined(separator: " ")
    }
    return options
  }

  private static func flags(_ options: [String: String]) -> [String] {
    ["random", "random-fully", "persistent"].filter { options["--\($0)"] != nil }
      .map { $0 == "random-fully" ? "fully-random" : $0 }
  }

  private mutating func translation(_ name: String, _ options: [String: String]) -> Statement? {
    let kind: Translation.Kind = name == "DNAT" ? .destination : .source
    guard let text = options[name == "DNAT" ? "--to-destination" : "--to-source"] else {
      fault = fault ?? "`-j \(name)` does not say where to"
      return nil
    }
    // `A`, `A-B`, `A:P`, `A:P-Q`, `:P`; IPv6 addresses stand in brackets before ports.
    var addresses = text
    var ports: String?
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      addresses = text[text.index(after: text.startIndex)..<end] + ""
      let rest = text[text.index(after: end)...]
      ports = rest.hasPrefix(":") ? String(rest.dropFirst()) : nil
    } else if family == .ipv4, let colon = text.firstIndex(of: ":") {
      addresses = String(text[..<colon])
      ports = String(text[text.index(after: colon)...])
    }
    if let shown = ports, shown.contains("/") { return .unread("-j \(name) \(text)") }
    let ends = addresses.split(separator: "-", maxSplits: 1).map { IPAddress(String($0)) }
    let range = ports.map { Self.range($0, "-") }
    guard !ends.contains(nil), range.map({ $0 != nil }) ?? true, !(ends.isEmpty && range == nil),
      ends.allSatisfy({ $0?.family == family })
    else {
      fault = fault ?? "`\(text)` is nowhere that `-j \(name)` could lead"
      return nil
    }
    let found = ends.compactMap(\.self)
    var address: Expression?
    if let low = found.first, let high = found.last { address = .value(Value(low...max(low, high))) }
    return .translate(
      Translation(
        kind, family, address: address, port: range.flatMap(\.self).map { .value(Value($0)) },
        flags: Self.flags(options)))
  }

  /// `-j CT`, in the form in which the kernel has it (`struct xt_ct_target_info_v1` in `linux/netfilter/xt_CT.h`): it
  /// attaches a template before connections are tracked, which no statement of nft does.
  private func tracking(_ options: [String: String]) -> Statement {
    let known: Set = [
      "--notrack", "--helper", "--zone", "--zone-orig", "--zone-reply", "--ctevents", "--expevents", "--timeout",
    ]
    guard options.keys.allSatisfy(known.contains), options["--zone-orig"] == nil, options["--zone-reply"] == nil,
      options["--timeout"] == nil
    else { return .unread("-j CT \(options.map { "\($0) \($1)" }.sorted().joined(separator: " "))") }
    if options["--notrack"] != nil { return .notrack }
    let zone = UInt16(options["--zone"] ?? "0") ?? 0
    let helper = Array((options["--helper"] ?? "").utf8.prefix(15))
    var info: [UInt8] = [0, 0] + Self.bytes(UInt32(zone)).prefix(2)
    info += [UInt8](repeating: 0, count: 8) + helper
    info += [UInt8](repeating: 0, count: 72 - info.count)
    return Self.xtables("target", "CT", 2, info)
  }

  /// `--set-mark`, `--set-xmark` and their kin; bits of the mask are cleared, those of the value turned over.
  private mutating func setMark(_ name: String, _ options: [String: String]) -> Statement {
    if name == "CONNMARK", let mode = ["--save-mark", "--restore-mark"].firstIndex(where: { options[$0] != nil }) {
      return moveMark(mode, options)
    }
    let field: Expression = name == "MARK" ? .meta("mark") : .conntrack("mark")
    guard options.count == 1, let (option, text) = options.first else { return .unread("-j \(name)") }
    let parts = text.split(separator: "/").map { Self.number(String($0)) }
    let value = parts.first.flatMap(\.self)
    let mask = parts.count > 1 ? parts.last.flatMap(\.self) : 0xFFFF_FFFF
    func changed(clearing mask: Int64, turning value: Int64) -> Statement {
      if mask == 0xFFFF_FFFF { return .set(field, to: .value(.number(value))) }
      let kept = Expression.arithmetic(.and, [field, .value(.number(0xFFFF_FFFF ^ mask))])
      return .set(field, to: value == 0 ? kept : .arithmetic(.xor, [kept, .value(.number(value))]))
    }
    switch (option, value, mask) {
    case ("--set-xmark", let value?, let mask?): return changed(clearing: mask, turning: value)
    case ("--set-mark", let value?, let mask?): return changed(clearing: mask | value, turning: value)
    case ("--or-mark", let value?, _): return changed(clearing: value, turning: value)
    case ("--and-mark", let value?, _): return changed(clearing: 0xFFFF_FFFF ^ value, turning: 0)
    case ("--xor-mark", let value?, _): return changed(clearing: 0, turning: value)
    default: return .unread("-j \(name) \(option) \(text)")
    }
  }

  /// `--save-mark` and `--restore-mark` with their masks (`struct xt_connmark_tginfo1` in
  /// `linux/netfilter/xt_connmark.h`).
  ///
  /// - Parameter mode: 0 to save the packet's mark, 1 to restore it.
  private func moveMark(_ mode: Int, _ options: [String: String]) -> Statement {
    let all = options["--mask"] ?? "0xffffffff"
    let masks = [options["--ctmask"] ?? all, options["--nfmask"] ?? all].map { Self.number($0) }
    guard
      options.keys.allSatisfy({ ["--save-mark", "--restore-mark", "--mask", "--ctmask", "--nfmask"].contains($0) }),
      let connection = masks.first.flatMap(\.self), let packet = masks.last.flatMap(\.self)
    else { return .unread("-j CONNMARK \(options.keys.sorted().joined(separator: " "))") }
    let numbers = [0, UInt32(truncatingIfNeeded: connection), UInt32(truncatingIfNeeded: packet)]
    return Self.xtables("target", "CONNMARK", 1, numbers.flatMap(Self.bytes) + [UInt8(mode + 1)])
  }
}
