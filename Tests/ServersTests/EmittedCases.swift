import Policy

/// What a publication may ask of a server, in the combinations that tests go through.
struct EmittedCase: Sendable, CustomStringConvertible {
  var version: String?
  var mode: TLSMode
  var clearControl = false
  var hasRange: Bool
  var helper: Bool
  var active: Bool
  var site = "Default FTP Site"

  var description: String {
    "\(version ?? "any") \(mode.rawValue)\(clearControl ? " clear-control" : "") range \(hasRange) helper \(helper) "
      + "active \(active) \(site)"
  }

  /// Every combination that the language allows.
  static let all: [EmittedCase] = [nil, "7.0", "7.5", "8.5", "10"].flatMap { version in
    TLSMode.allCases.flatMap { mode in
      [true, false].flatMap { active in
        [(true, false), (true, true), (false, true)].compactMap { hasRange, helper in
          // With TLS the helper alone opens nothing, but for CCC.
          if !hasRange, mode.allowsTLS, mode != .explicitRequired { return nil }
          return EmittedCase(
            version: version, mode: mode, clearControl: !hasRange && mode == .explicitRequired, hasRange: hasRange,
            helper: helper, active: active)
        }
      }
    }
  }

  /// A policy of IIS.
  var iis: PolicyBuilder {
    var builder = PolicyBuilder()
    builder.server(
      .iis, version: version, site: site,
      certificate: mode.allowsTLS ? .thumbprint("57686F6120447564652C2049495320526F636B73") : nil,
      maxClients: active ? 50 : nil)
    builder.publish(
      range: hasRange ? 50000...50399 : nil, tls: mode, clearControl: clearControl, helper: helper, active: active)
    return builder
  }
}

/// Names of sites with everything that a shell, PowerShell or XML might take for its own; the same in every run.
enum NastyNames {
  static let all: [String] = {
    var state: UInt64 = 0x5A11
    func next(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(truncatingIfNeeded: state >> 33) % bound
    }
    return (0..<400).map { _ in (0...next(12)).map { _ in pieces[next(pieces.count)] }.joined() } + plain
  }()

  private static let pieces = [
    "a", "Site", "0", "9", " ", "  ", "%", "%%", "%PATH%", "%1", "%*", "%~dp0", "^", "^^", "&", "&&", "|", "||", "<",
    ">",
    ">nul", "!", "!PATH!", "(", ")", "'", "''", "\"", "\\", "\\\"", "[", "]", "]]", "=", ",", ";", ":", "@", "$",
    "$x",
    "$(Stop-Service ftpsvc)", "`", "`n", "~", "#", "<#", "#>", "{", "}", "{{", "}}", "-", "--", "-->", "]]>", "&amp;",
    "é", "ß", "\u{2018}", "\u{2019}", "\u{201A}", "\u{201B}", "\u{201C}", "\u{201D}", "\u{3000}", "🚪", "\u{FFFE}",
    " & net stop ftpsvc & rem ", "\n", "\r", "\t", "\u{85}", "\u{2028}", "\u{0}", "//", "/", "?", "*",
  ]
  /// Each of these alone can be said in every form.
  private static let plain = ["Default FTP Site", "R&D 100%PATH% ^|<>! ünï", "(x)", "a]b[c", "$x `n", "--", "%"]
}
