import Addressing
import Diagnostics
import Policy

/// What `applicationHost.config` says about access outside of sites: `<system.ftpServer>` of the whole server, and of
/// the `<location>` of each site.
struct IISAccess {
  /// Whether this is the file of a server, rather than a part of one: only the first has `<configSections>`.
  let isWhole: Bool
  private let server: [XMLElement]
  private var locations: [String: [XMLElement]] = [:]

  init(_ document: XMLDocument) {
    isWhole = document.first(["configSections"], below: document.root) != nil
    var everywhere = document.all(["system.ftpServer"], below: document.root)
    for location in document.children(of: document.root, named: "location") {
      let path = location.attribute("path")?.value.value.lowercased() ?? ""
      let sections = document.all(["system.ftpServer"], below: location)
      if path.isEmpty || path == "." { everywhere += sections } else { locations[path, default: []] += sections }
    }
    server = everywhere
  }

  /// The nearest first.
  func scopes(of site: String) -> [XMLElement] { (locations[site.lowercased()] ?? []) + server }
}

extension IISSite {
  /// Who gets in: by a method of authentication, by a rule of authorization, by address.
  func admit(_ service: inout EffectiveService, isWhole: Bool, _ context: inout ReadingContext) {
    if service.nobody == nil { service.nobody = uncertified(service, isWhole) }
    if service.nobody == nil {
      service.nobody = unauthenticated(service.place, isWhole, &context) ?? unauthorized(service.place, isWhole)
    }
    service.admits = clients(&context)
  }

  /// TLS that is required, as it is by default, and cannot begin without a certificate (documented). A part of a file
  /// may leave the certificate to what is there.
  private func uncertified(_ service: EffectiveService, _ isWhole: Bool) -> Refusal? {
    let certificate = service.tls.certificate
    guard service.tls.control.value == .required, certificate.value == nil, isWhole || certificate.span != nil else {
      return nil
    }
    return Refusal(
      "TLS is required, and no certificate is named", certificate.span ?? service.tls.control.span ?? service.place,
      help: #"write `serverCertHash="THUMBPRINT"` in `<ssl>`, or `SslAllow` for both policies"#)
  }

  /// No method of authentication: all of them are off by default (documented). A part of a file says nothing about
  /// them.
  private func unauthenticated(_ place: SourceSpan, _ isWhole: Bool, _ context: inout ReadingContext) -> Refusal? {
    let sections = all(["security", "authentication"])
    var decided: [String: Bool] = [:]
    var span: SourceSpan?
    for section in sections {
      for index in section.children where values.document.elements.indices.contains(index) {
        let method = values.document.elements[index]
        guard decided[method.localName] == nil, method.localName.hasSuffix("Authentication") else { continue }
        let enabled = method.attribute("enabled")
        decided[method.localName] = values.flag(enabled, &context) ?? false
        if span == nil { span = enabled?.value.span ?? method.span }
        // Providers of custom authentication are entries without a switch of their own.
        if method.localName == "customAuthentication", !method.children.isEmpty { decided[method.localName] = true }
      }
    }
    guard !decided.values.contains(true), !decided.isEmpty || isWhole else { return nil }
    return Refusal(
      "no method of authentication is enabled", span ?? place,
      help: #"write `<basicAuthentication enabled="true" />` in `<authentication>`"#)
  }

  /// Rules of authorization that let nobody in; without a rule IIS lets nobody in (documented). A part of a file says
  /// nothing about them.
  private func unauthorized(_ place: SourceSpan, _ isWhole: Bool) -> Refusal? {
    let sections = access.flatMap { values.document.all(["security", "authorization"], below: $0) }
    var rules: [XMLElement] = []
    for section in sections.reversed() {
      for index in section.children where values.document.elements.indices.contains(index) {
        let rule = values.document.elements[index]
        if rule.localName == "clear" { rules = [] } else if rule.localName == "add" { rules.append(rule) }
      }
    }
    let allows = rules.contains {
      ["allow", "0"].contains($0.attribute("accessType")?.value.value.lowercased() ?? "")
    }
    guard !allows, !sections.isEmpty || isWhole else { return nil }
    return Refusal(
      "no rule of authorization lets anybody in", rules.first?.span ?? sections.first?.span ?? place,
      help: #"write `<add accessType="Allow" users="*" permissions="Read" />` in `<authorization>`"#)
  }

  /// The clients that `ipSecurity` lets in: the first entry that names an address decides, then `allowUnlisted`.
  private func clients(_ context: inout ReadingContext) -> Setting<AddressSet>? {
    let sections = access.flatMap { values.document.all(["security", "ipSecurity"], below: $0) }
    guard !sections.isEmpty else { return nil }
    var admitted = AddressSet.any
    var span: SourceSpan?
    let unlisted = sections.lazy.compactMap { $0.attribute("allowUnlisted") }.first
    if let unlisted, values.flag(unlisted, &context) == false {
      admitted = AddressSet()
      span = unlisted.value.span
    }
    // From the last entry to the first, so that the first one decides.
    for section in sections.reversed() {
      for index in section.children.reversed() where values.document.elements.indices.contains(index) {
        let entry = values.document.elements[index]
        if entry.localName == "clear" { break }
        if entry.localName == "add", let name = entry.attribute("domainName"), !name.value.value.isEmpty {
          context.leaveOpen(
            "which clients `\(name.value.value)` is about depends on the names of their addresses",
            at: name.value.span, help: "write addresses in `ipSecurity`")
        }
        guard entry.localName == "add", let prefix = prefix(entry) else { continue }
        if values.flag(entry.attribute("allowed"), &context) ?? false {
          admitted = AddressSet(unionOf: [admitted, AddressSet([prefix])])
        } else {
          admitted = admitted.subtracting(AddressSet([prefix]))
          span = span ?? entry.span
        }
      }
    }
    return Setting(admitted, span ?? sections.first?.span)
  }

  private func prefix(_ entry: XMLElement) -> Prefix? {
    guard let text = entry.attribute("ipAddress")?.value.value, let address = IPAddress(text) else { return nil }
    guard let mask = entry.attribute("subnetMask")?.value.value, !mask.isEmpty else { return Prefix(address) }
    if let length = Int(mask) { return Prefix(address, length: length) }
    guard let bits = IPAddress(mask), bits.family == .ipv4 else { return nil }
    return Prefix(address, length: UInt32(truncatingIfNeeded: bits.value).leadingOnes)
  }
}

extension UInt32 {
  /// How many ones stand in front.
  fileprivate var leadingOnes: Int { (~self).leadingZeroBitCount }
}
