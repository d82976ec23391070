import Addressing
import Policy

/// How each program is told things, for the help of findings.
struct ServerWords {
  let software: SoftwareKind
  /// Debian's folder of Pure-FTPd has the name of an option as that of a file; a command line has flags in their place.
  var form = SettingsForm.file

  private var isOptionFolder: Bool { form == .folder }

  /// The names of settings, as a person looks for them.
  enum Topic {
    case port, range, announced, tlsControl, tlsData, maxClients, foreign
  }

  func name(_ topic: Topic) -> String {
    switch (software, topic) {
    case (.pureFTPd, .port) where form == .flags: "`-S`"
    case (.pureFTPd, .range) where form == .flags: "`-p`"
    case (.pureFTPd, .announced) where form == .flags: "`-P`"
    case (.pureFTPd, .tlsControl) where form == .flags, (.pureFTPd, .tlsData) where form == .flags: "`-Y`"
    case (.pureFTPd, .maxClients) where form == .flags: "`-c`"
    case (.pureFTPd, .foreign) where form == .flags: "`-w`"
    case (.pureFTPd, .port): "`Bind`"
    case (.pureFTPd, .range): "`PassivePortRange`"
    case (.pureFTPd, .announced): "`ForcePassiveIP`"
    case (.pureFTPd, .tlsControl), (.pureFTPd, .tlsData): "`TLS`"
    case (.pureFTPd, .maxClients): "`MaxClientsNumber`"
    case (.pureFTPd, .foreign): "`AllowUserFXP`"
    case (.proftpd, .port): "`Port`"
    case (.proftpd, .range): "`PassivePorts`"
    case (.proftpd, .announced): "`MasqueradeAddress`"
    case (.proftpd, .tlsControl), (.proftpd, .tlsData): "`TLSEngine` and `TLSRequired`"
    case (.proftpd, .maxClients): "`MaxClients`"
    case (.proftpd, .foreign): "`AllowForeignAddress`"
    case (.vsftpd, .port): "`listen_port`"
    case (.vsftpd, .range): "`pasv_min_port` and `pasv_max_port`"
    case (.vsftpd, .announced): "`pasv_address`"
    case (.vsftpd, .tlsControl), (.vsftpd, .tlsData): "`ssl_enable`"
    case (.vsftpd, .maxClients): "`max_clients`"
    case (.vsftpd, .foreign): "`pasv_promiscuous`"
    case (.iis, .port): "a `binding` with protocol `ftp`"
    case (.iis, .range): "`lowDataChannelPort` and `highDataChannelPort`"
    case (.iis, .announced): "`externalIp4Address`"
    case (.iis, .tlsControl): "`controlChannelPolicy` with `serverCertHash`"
    case (.iis, .tlsData): "`dataChannelPolicy`"
    case (.iis, .maxClients): "`maxConnections`"
    case (.iis, .foreign): "`dataChannelSecurity`"
    case (.filezilla, .port) where form == .legacy: "`Serverports`"
    case (.filezilla, .range) where form == .legacy: "`Use custom PASV ports`"
    case (.filezilla, .announced) where form == .legacy: "`Custom PASV IP type`"
    case (.filezilla, .tlsControl) where form == .legacy: "`Enable SSL`"
    case (.filezilla, .tlsData) where form == .legacy: "`Force PROT P`"
    case (.filezilla, .maxClients): "`Maximum user count`"
    case (.filezilla, .port): "a `listener`"
    case (.filezilla, .range): "`port_range`"
    case (.filezilla, .announced): "`host_override`"
    case (.filezilla, .tlsControl), (.filezilla, .tlsData): "`tls_mode`"
    default: "it"
    }
  }

  /// `write X and Y`, or for a folder of options `write V into the file F`.
  func write(_ lines: [String], then more: String = "") -> String {
    if form == .flags, software == .pureFTPd { return flags(lines) }
    guard isOptionFolder else {
      return "write " + lines.map { "`\($0)`" }.joined(separator: " and ") + more
    }
    return lines.map { line in
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      return "write `\(parts.last ?? "")` into the file `\(parts.first ?? "")`"
    }.joined(separator: " and ") + more
  }

  /// The same as flags of a command line.
  private func flags(_ lines: [String]) -> String {
    let steps = lines.compactMap { line in PureFTPdFlags.words(for: line) }
    let (unset, set) = (steps.filter(\.isRemoved), steps.filter { !$0.isRemoved })
    let list = { (steps: [PureFTPdFlags.Step]) in steps.map { "`\($0.text)`" }.joined(separator: " and ") }
    return [set.isEmpty ? nil : "write \(list(set))", unset.isEmpty ? nil : "remove \(list(unset))"].compactMap(
      \.self
    )
    .joined(separator: ", and ")
  }

  /// `<Item>` elements of FileZilla Server 0.9.
  private func items(_ items: [(name: String, value: String)]) -> String {
    let lines = items.map { item in
      let type = item.value.utf8.allSatisfy(\.isDigit) && item.name != "Serverports" ? "numeric" : "string"
      return "`<Item name=\"\(item.name)\" type=\"\(type)\">\(item.value)</Item>`"
    }
    return "write " + lines.joined(separator: " and ")
  }

  /// One line that replaces the one in the file, where one line is the whole setting.
  func line(range: PortRange) -> String? {
    switch software {
    case .pureFTPd:
      switch form {
      case .folder: "\(range.low) \(range.high)"
      case .flags: "-p \(range.low):\(range.high)"
      default: "PassivePortRange \(range.low) \(range.high)"
      }
    case .proftpd: "PassivePorts \(range.low) \(range.high)"
    default: nil
    }
  }

  func line(announced address: IPAddress) -> String? {
    switch software {
    case .pureFTPd: form == .folder ? "\(address)" : form == .flags ? "-P \(address)" : "ForcePassiveIP \(address)"
    case .proftpd: "MasqueradeAddress \(address)"
    case .vsftpd: form == .flags ? nil : "pasv_address=\(address)"
    default: nil
    }
  }

  func range(_ range: PortRange) -> String {
    switch software {
    case .pureFTPd: write(["PassivePortRange \(range.low) \(range.high)"], then: ", and restart the daemon")
    case .proftpd: write(["PassivePorts \(range.low) \(range.high)"], then: " before any other `PassivePorts`")
    case .vsftpd: write(["pasv_min_port=\(range.low)", "pasv_max_port=\(range.high)"])
    case .iis:
      write(
        [#"<firewallSupport lowDataChannelPort="\#(range.low)" highDataChannelPort="\#(range.high)" />"#],
        then: " in `system.ftpServer`, and restart the service `ftpsvc`")
    case .filezilla where form == .legacy:
      items([
        ("Use custom PASV ports", "1"), ("Custom PASV min port", "\(range.low)"),
        ("Custom PASV max port", "\(range.high)"),
      ])
    case .filezilla:
      write(["<port_range><min>\(range.low)</min><max>\(range.high)</max></port_range>"], then: " in `pasv`")
    case .other: "set the range to \(range)"
    }
  }

  func announced(_ address: IPAddress) -> String {
    switch software {
    case .pureFTPd: write(["ForcePassiveIP \(address)"])
    case .proftpd: write(["MasqueradeAddress \(address)"])
    case .vsftpd: write(["pasv_address=\(address)"], then: " without quotation marks")
    case .iis:
      write([#"<firewallSupport externalIp4Address="\#(address)" />"#], then: " in the `ftpServer` of the site")
    case .filezilla where form == .legacy:
      items([("Custom PASV IP type", "1"), ("Custom PASV IP", "\(address)")])
    case .filezilla: write(["<host_override>\(address)</host_override>"], then: " in `pasv`")
    case .other: "announce \(address)"
    }
  }

  var announcedOwn: String { "remove \(name(.announced)): the server then announces its own address" }

  func tls(_ mode: TLSMode, clearControl: Bool) -> String {
    let required = mode == .explicitRequired || mode == .implicit
    switch software {
    case .pureFTPd: return write(["TLS \(required ? 3 : mode == .off ? 0 : 1)"])
    case .proftpd:
      if mode == .off { return write(["TLSEngine off"]) }
      let level = !required ? "off" : clearControl ? "auth+data" : "on"
      return write(
        ["TLSEngine on", "TLSRequired \(level)"] + (mode == .implicit ? ["TLSOptions UseImplicitSSL"] : []))
    case .vsftpd:
      if mode == .off { return write(["ssl_enable=NO"]) }
      let value = required ? "YES" : "NO"
      let keys = ["local_logins", "local_data", "anon_logins", "anon_data"].map { "force_\($0)_ssl=\(value)" }
      return write(["ssl_enable=YES", "implicit_ssl=\(mode == .implicit ? "YES" : "NO")"] + keys)
    case .iis:
      let data = required ? "SslRequire" : "SslAllow"
      // `SslRequire` refuses CCC.
      let control = required && clearControl ? "SslRequireCredentialsOnly" : data
      let attributes = #"controlChannelPolicy="\#(control)" dataChannelPolicy="\#(data)""#
      if mode == .off { return write(["<ssl \(attributes) />"], then: " without `serverCertHash`") }
      return write([#"<ssl \#(attributes) serverCertHash="THUMBPRINT" />"#])
    case .filezilla where form == .legacy:
      if mode == .off { return items([("Enable SSL", "0")]) }
      let ports = mode == .implicit ? [(name: "Implicit SSL ports", value: "990")] : [("Allow explicit SSL", "1")]
      return items(
        [("Enable SSL", "1")] + ports
          + [("Force explicit SSL", required ? "1" : "0"), ("Force PROT P", required ? "1" : "0")])
    case .filezilla:
      return write(["<tls_mode>\(mode == .implicit ? 1 : required ? 2 : 0)</tls_mode>"], then: " in the `listener`")
    case .other: return "set TLS to `\(mode.rawValue)`"
    }
  }

  func port(_ port: UInt16, _ addresses: [IPAddress]) -> String {
    let address = addresses.first { $0.family == .ipv4 }.map { "\($0)" }
    switch software {
    case .pureFTPd: return write(["Bind \(address ?? ""),\(port)"])
    case .proftpd: return write(["Port \(port)"], then: " before any other `Port`, or a `<VirtualHost>` with it")
    case .vsftpd: return write(["listen=YES", "listen_port=\(port)"])
    case .iis: return write([#"<binding protocol="ftp" bindingInformation="\#(address ?? "*"):\#(port):" />"#])
    case .filezilla where form == .legacy: return items([("Serverports", "\(port)")])
    case .filezilla:
      return write(["<listener><address>\(address ?? "0.0.0.0")</address><port>\(port)</port></listener>"])
    case .other: return "listen on port \(port)"
    }
  }

  func maxClients(_ count: Int) -> String {
    switch software {
    case .pureFTPd: write(["MaxClientsNumber \(count)"])
    case .proftpd: write(["MaxClients \(count)"])
    case .vsftpd: write(["max_clients=\(count)"])
    case .iis: write([#"<connections maxConnections="\#(count)" />"#])
    case .filezilla where form == .legacy: items([("Maximum user count", "\(count)")])
    case .filezilla, .other: "limit the sessions to \(count)"
    }
  }

  func active(_ isOn: Bool) -> String {
    switch software {
    case .proftpd:
      isOn ? "remove `<Limit PORT EPRT>`" : "write `<Limit PORT EPRT>`, `DenyAll`, `</Limit>`"
    case .vsftpd: write(["port_enable=\(isOn ? "YES" : "NO")"])
    case .iis:
      isOn
        ? "remove PORT and EPRT from `commandFiltering`"
        : write([#"<add command="PORT" allowed="false" />"#, #"<add command="EPRT" allowed="false" />"#])
    case .pureFTPd, .filezilla, .other: ""
    }
  }

  var passiveOn: String {
    switch software {
    case .pureFTPd: "remove `\(form == .flags ? "-N" : "NATmode")`: in spite of its name it takes PASV and EPSV away"
    case .proftpd: "remove `<Limit PASV EPSV>`"
    case .vsftpd: write(["pasv_enable=YES"])
    case .iis: "remove PASV and EPSV from `commandFiltering`"
    case .filezilla, .other: "let the server answer PASV and EPSV"
    }
  }

  var extendedOn: String {
    software == .pureFTPd ? write(["BrokenClientsCompatibility no"]) : passiveOn
  }

  /// What lets private peers be told the announced address too.
  var privatePeers: String {
    form == .legacy
      ? items([("No External IP On Local", "0")])
      : "write `<do_not_override_host_if_peer_is_local>false</do_not_override_host_if_peer_is_local>` in `pasv`"
  }

  var sessionReuse: String {
    switch software {
    case .proftpd: "remove `NoSessionReuseRequired` from `TLSOptions`"
    default: write(["require_ssl_reuse=YES"])
    }
  }

  var pinnedDataPort: String {
    switch software {
    case .proftpd: write(["RootRevoke off"])
    default: write(["connect_from_port_20=YES", "ftp_data_port=20"])
    }
  }

  func foreign(port: Bool) -> String {
    switch software {
    case .pureFTPd: write(["AllowUserFXP no", "AllowAnonymousFXP no"])
    case .proftpd: write(["AllowForeignAddress off"])
    case .vsftpd: write([port ? "port_promiscuous=NO" : "pasv_promiscuous=NO"])
    case .iis:
      write([#"<dataChannelSecurity matchClientAddressForPort="true" matchClientAddressForPasv="true" />"#])
    case .filezilla, .other: ""
    }
  }
}
