import LiveSupport

/// Writes random configurations of a server: settings that decide about sessions, often twice, in any order, with the
/// spellings that its grammar allows, and now and then with a mistake.
struct ConfigurationGenerator {
  var random: SeededGenerator
  let trial: DaemonTrial
  let certificate: LabCertificate
  /// Makes the names of files unique.
  let number: Int

  init(seed: UInt64, trial: DaemonTrial, certificate: LabCertificate) {
    random = SeededGenerator(state: seed)
    self.trial = trial
    self.certificate = certificate
    number = Int(seed)
  }

  /// The files, the main one first.
  mutating func files() -> [(name: String, text: [UInt8])] {
    let texts: [(name: String, text: String)] =
      switch trial.kind {
      case .pureFTPD: pureFTPD()
      case .proFTPD: proFTPD()
      case .vsftpd: vsftpd()
      }
    return texts.map { ($0.name, Array($0.text.utf8)) }
  }

  private mutating func chance(_ times: Int) -> Bool { random.chance(times) }
  private mutating func pick<Element>(_ elements: [Element]) -> Element { random.pick(elements) }

  /// Two ports, mostly a range that holds, now and then none.
  private mutating func ports() -> (low: String, high: String) {
    let low = random.number(20_000...60_000)
    if chance(12) {
      return pick([("\(low)", "\(low)"), ("\(low + 9)", "\(low)"), ("900", "\(low)"), ("\(low)", "70000")])
    }
    return ("\(low)", "\(low + random.number(1...60))")
  }

  /// What is given as the address to announce.
  private mutating func announced() -> String {
    pick([
      "203.0.113.\(random.number(1...254))", "203.0.113.\(random.number(1...254))", "198.51.100.7", "10.10.20.200",
      "localhost",
      "2001:db8::7", "\"203.0.113.9\"", "010.1.2.3",
    ])
  }

  // MARK: Pure-FTPd

  private mutating func pureFTPD() -> [(name: String, text: String)] {
    var options: [(String, String)] = []
    for _ in 0..<random.number(0...2) {
      let range = ports()
      options.append(("PassivePortRange", range.low + pick([" ", "\t", "  "]) + range.high))
    }
    for _ in 0..<pick([0, 1, 1, 2]) {
      let text = announced()
      options.append(("ForcePassiveIP", text))
    }
    for _ in 0..<pick([0, 1, 1, 2]) { options.append(("TLS", pick(["0", "1", "2", "3", "03", "1", "3", "4"]))) }
    options.append(("Bind", pick(["10.10.20.200,21", ",21", "21", "0.0.0.0,21", "10.10.20.200,ftp", ",0021"])))
    for flag in ["NATmode", "IPV4Only", "AllowUserFXP", "ChrootEveryone"] where chance(4) {
      for _ in 0..<random.number(1...2) {
        options.append((flag, pick(["yes", "no", "on", "off", "TRUE", "false", "1", "0", "No"])))
      }
    }
    if chance(3) { options.append(("MaxClientsNumber", pick(["5", "010", "40", "1", chance(3) ? "0" : "9"]))) }
    if chance(12) {
      options.append(
        pick([
          ("Frobnicate", "yes"), ("TLS", "3 # all"), ("PassivePortRange", "40000:40010"), ("NATmode", "maybe"),
          ("Quota", "1 2"),
        ]))
    }
    var lines = options.map { option -> String in
      let name = chance(5) ? option.0.lowercased() : option.0
      return (chance(6) ? "  " : "") + name + pick([" ", "   ", "\t", "=", " = ", ": "]) + option.1
        + (chance(8) ? " " : "")
    }
    lines.append(pick(["# a comment", "", "   # indented", "\t"]))
    lines.shuffle(using: &random)
    let end = chance(10) ? "\r\n" : "\n"
    let named = "CertFileAndKey \"\(certificate.path)\" \(certificate.keyPath)\n"
    var files = [(name: "trial.conf", text: trial.base + named)]
    if chance(4), lines.count > 2 {
      let cut = random.number(1...(lines.count - 1))
      let included = "included-\(number).conf"
      files.append((included, lines[cut...].joined(separator: end)))
      lines = lines[..<cut] + ["Include \(trial.folder)/\(chance(8) ? "missing" : included)"]
    }
    files[0].text += lines.joined(separator: end) + end
    return files
  }

  // MARK: vsftpd

  private mutating func vsftpd() -> [(name: String, text: String)] {
    var lines = ["listen=YES", pick(["listen_address=10.10.20.200", "listen_address=0.0.0.0", "listen_ipv6=NO"])]
    for _ in 0..<pick([0, 1, 1, 1, 2]) {
      let range = ports()
      if !chance(6) { lines.append("pasv_min_port=\(range.low)") }
      if !chance(6) { lines.append("pasv_max_port=\(range.high)") }
    }
    if chance(8) { lines.append("pasv_min_port=" + pick(["047040", "12abc", " 20000", "-1", "0x10", "20000 # c"])) }
    for _ in 0..<pick([0, 1, 1, 2]) { lines.append("pasv_address=" + (chance(10) ? "" : announced())) }
    if chance(4) { lines.append("pasv_addr_resolve=" + flag()) }
    if chance(6) { lines.append("pasv_enable=" + flag()) }
    if chance(6) { lines.append("port_enable=" + flag()) }
    for _ in 0..<pick([0, 1, 1, 2]) { lines.append("ssl_enable=" + flag()) }
    for key in ["force_local_logins_ssl", "force_local_data_ssl", "implicit_ssl", "require_ssl_reuse"] where chance(3)
    {
      lines.append("\(key)=\(flag())")
    }
    lines += ["rsa_cert_file=\(certificate.path)", "rsa_private_key_file=\(certificate.keyPath)", "ssl_ciphers=HIGH"]
    lines.append(pick(["# comment", "", " \t", "#=x", "  max_clients=5"]))
    if chance(8) {
      lines.append(
        pick([
          "frobnicate=YES", "ssl_enable =YES", "ssl_enable=YES ", "pasv_enable=maybe", "  # indented",
          "listen_ipv6=YES",
          "pasv_min_port=", "SSL_ENABLE=YES", "listen_address=nowhere", "listen", "ssl_tlsv1_2=YES",
        ]))
    }
    if chance(20) { lines.append("listen=NO") }
    lines.shuffle(using: &random)
    return [("trial.conf", trial.base + lines.joined(separator: "\n") + (chance(4) ? "" : "\n"))]
  }

  private mutating func flag() -> String { pick(["YES", "NO", "yes", "no", "TRUE", "FALSE", "1", "0", "Yes"]) }

  // MARK: ProFTPD

  private mutating func proFTPD() -> [(name: String, text: String)] {
    let hasTLS = !chance(6)
    var head = "ModulePath \(trial.tree)/usr/lib/proftpd\n"
    head += hasTLS ? "LoadModule mod_tls.c\n" : "LoadModule mod_ident.c\n"
    head += "DefaultAddress 10.10.20.200\nSocketBindTight on\nUseIPv6 off\n"
    var blocks = directives(hasTLS)
    for _ in 0..<pick([0, 1, 1, 2]) {
      blocks.append(["<Global>"] + directives(hasTLS).flatMap(\.self) + ["</Global>"])
    }
    if chance(3) {
      blocks.append(
        ["<VirtualHost 10.10.20.201>", "  Port 21"] + directives(hasTLS).flatMap(\.self) + ["</VirtualHost>"])
    }
    if chance(3) {
      let condition = pick(["mod_tls.c", "!mod_tls.c", "mod_nope.c", "mod_tls", "!mod_nope.c"])
      blocks.append(["<IfModule \(condition)>"] + directives(hasTLS).flatMap(\.self) + ["</IfModule>"])
    }
    if chance(6) {
      blocks.append(
        ["Define MARK", "<IfDefine \(pick(["MARK", "!MARK", "OTHER"]))>"] + directives(hasTLS).flatMap(\.self) + [
          "</IfDefine>"
        ])
    }
    if chance(8) {
      blocks.append([pick(["Frobnicate on", "</Global>", "<Global>", "TLSEngine perhaps", "Include nowhere"])])
    }
    blocks.shuffle(using: &random)
    var files = [(name: "trial.conf", text: trial.base + head)]
    if chance(2), blocks.count > 1 { files += include(&blocks, level: 1) }
    files[0].text += blocks.flatMap(\.self).joined(separator: "\n") + "\n"
    return files
  }

  /// Moves some blocks into files that are included in their place, by name, by pattern or as a folder.
  private mutating func include(_ blocks: inout [[String]], level: Int) -> [(name: String, text: String)] {
    let start = random.number(0...(blocks.count - 1))
    let end = min(blocks.count, start + random.number(1...3))
    var moved = Array(blocks[start..<end])
    if level == 1, chance(3) { moved.insert(["Frobnicate on"], at: random.number(0...moved.count)) }
    let folder = "\(number)-\(level)"
    var files: [(name: String, text: String)] = []
    if level < 3, moved.count > 1, chance(3) { files += include(&moved, level: level + 1) }
    let cut = random.number(0...moved.count)
    files.append(("\(folder)/10.conf", moved[..<cut].flatMap(\.self).joined(separator: "\n") + "\n"))
    files.append(("\(folder)/20.conf", moved[cut...].flatMap(\.self).joined(separator: "\n") + "\n"))
    let path = "\(trial.folder)/\(folder)"
    let lines = pick([
      ["Include \(path)/"], ["Include \(path)/*.conf"], ["Include \(path)/10.conf", "Include \(path)/20.conf"],
      ["Include \(path)/[12]0.con?"], ["Include \(path)/missing.conf", "Include \(path)"],
    ])
    blocks.replaceSubrange(start..<end, with: [lines])
    return files
  }

  /// Directives for one context; each element belongs together.
  private mutating func directives(_ hasTLS: Bool) -> [[String]] {
    var blocks: [[String]] = []
    for _ in 0..<pick([0, 1, 1, 2]) {
      let range = ports()
      blocks.append([spelt("PassivePorts") + " \(range.low)\(pick([" ", "\t", " \\\n  "]))\(range.high)" + comment()])
    }
    for _ in 0..<pick([0, 0, 1, 2]) { blocks.append([spelt("MasqueradeAddress") + " " + announced() + comment()]) }
    if hasTLS, chance(2) {
      blocks.append([
        spelt("TLSEngine") + " " + pick(["on", "off", "yes", "true"]), "TLSRSACertificateFile \(certificate.path)",
        "TLSRSACertificateKeyFile \(certificate.keyPath)",
      ])
    }
    if hasTLS, chance(2) {
      blocks.append([
        "TLSRequired "
          + pick([
            "on", "off", "ctrl", "data", "auth", "auth+data", "!data", "yes", "both", chance(8) ? "Ctrl" : "on",
          ])
      ])
    }
    if hasTLS, chance(5) {
      blocks.append([
        "TLSOptions "
          + pick(["NoSessionReuseRequired", "UseImplicitSSL", "StdEnvVars", chance(5) ? "Wrong" : "EnableDiags"])
      ])
    }
    if !hasTLS, chance(20) { blocks.append(["TLSEngine on"]) }
    if chance(5) {
      blocks.append(
        ["<Limit \(pick(["PASV EPSV", "PASV", "PORT EPRT", "pasv epsv", "ALL"]))>"]
          // `Deny from` in a section for several commands crashes 1.3.8 now and then.
          + pick([
            ["  DenyAll"], ["  AllowAll"], ["  DenyUser other"], ["  Order deny,allow", "  DenyAll"],
            ["  AllowAll", "  DenyAll"],
          ])
          + ["</Limit>"])
    }
    if chance(5) { blocks.append(["MaxClients " + pick(["10", "none", chance(6) ? "0" : "20"])]) }
    if chance(5) { blocks.append(["AllowForeignAddress " + pick(["on", "off"])]) }
    return blocks
  }

  private mutating func spelt(_ name: String) -> String {
    (chance(4) ? "  " : "") + (chance(5) ? name.lowercased() : name)
  }

  private mutating func comment() -> String { chance(5) ? "  # \(pick(["why", "\"", "x"]))" : "" }
}
