import Addressing
import Diagnostics
import Nftables

/// A zone: the devices that it stands for, and what becomes of packets that nothing else decides.
struct OpenWrtZone: Sendable {
  enum Verdict: String, CaseIterable, Sendable { case accept, reject, drop }

  /// A verdict, and the line that says it.
  struct Policy: Sendable {
    var verdict: Verdict
    var span: SourceSpan
  }

  var name: String
  var section: UCISection
  var family: AddressFamily?
  var networks: [Choice<String>]
  var devices: [Choice<String>]
  var subnets: [Choice<OpenWrtNetwork>]
  var input: Policy
  var output: Policy
  var forward: Policy
  /// The lines that ask for masquerading.
  var masquerades: [AddressFamily: SourceSpan] = [:]
  var masqueradedSources: [Choice<OpenWrtNetwork>] = []
  var masqueradedDestinations: [Choice<OpenWrtNetwork>] = []
  /// The line that lets the FTP helper have every connection to port 21; `nil` where none does.
  var helper: SourceSpan?
  /// The names by which interfaces of the policy belong to it, or else its own.
  var interfaces: [String] = []

  /// What packets are of the zone: each list of statements is one rule.
  ///
  /// - Parameter leaving: Whether packets to it are meant, and not those from it.
  func conditions(leaving: Bool) -> [[Statement]] {
    var first: [Statement] = []
    let plain = (networks + devices).filter { $0.value != "+" }
    if plain.isEmpty, networks.count + devices.count == 0, subnets.isEmpty {
      // Such a zone has the devices that the network configuration gives it (`option zone`), or none.
      first = [device(leaving), .unread("which devices the zone `\(name)` has")]
    } else if !plain.isEmpty {
      first = [device(leaving)]
      if let other = plain.first(where: \.isInverted) { first.append(.unread("all devices but \(other.value)")) }
    }
    let families = Set(subnets.compactMap(\.value.family))
    guard family != nil || !subnets.isEmpty else { return [first] }
    return AddressFamily.allCases.filter { family == nil || family == $0 }.filter { family in
      subnets.isEmpty || families.contains(family) || families.isEmpty
    }.map { family in
      let match = OpenWrtMatch(
        family: family, proto: OpenWrtMatch.protocolAny, sources: leaving ? [] : subnets,
        destinations: leaving ? subnets : [])
      return first + match.statements
    }
  }

  private func device(_ leaving: Bool) -> Statement {
    let left = leaving ? Expression.outputInterface : .inputInterface
    return .match(left, .equal, interfaces.map { Value.interface($0) })
      ?? .unread("the devices of the zone `\(name)`")
  }
}

extension OpenWrtZone {
  /// - Parameters:
  ///   - defaults: What the section `defaults` says.
  ///   - options: The options of the section; where one is wrong, they say so afterwards.
  init?(_ options: inout OpenWrtOptions, defaults: OpenWrtDefaults) {
    let section = options.section
    let name = options.single("name")
    if name == nil { options.fail("it has no name") }
    if let name, Self.fault(of: name) { options.fail("`\(name)` is no name of a zone") }
    func policy(_ option: String, _ standard: Policy, _ options: inout OpenWrtOptions) -> Policy {
      guard let verdict = options.word(option, Verdict.allCases.map(\.rawValue)).flatMap(Verdict.init(rawValue:))
      else {
        return standard
      }
      return Policy(verdict: verdict, span: options.span(option) ?? section.span)
    }
    self.init(
      name: name ?? "", section: section, family: options.family().only, networks: options.names("network"),
      devices: options.names("device"), subnets: options.networks("subnet"),
      input: policy("input", defaults.input, &options), output: policy("output", defaults.output, &options),
      forward: policy("forward", defaults.forward, &options))
    for (family, option) in [(AddressFamily.ipv4, "masq"), (.ipv6, "masq6")] {
      if options.flag(option) { masquerades[family] = options.span(option) ?? section.span }
    }
    (masqueradedSources, masqueradedDestinations) = (options.networks("masq_src"), options.networks("masq_dest"))
    let isHelped = options.flag("auto_helper", true) && defaults.hasHelpers && masquerades.isEmpty
    let named = options.names("helper").filter { !$0.isInverted }.map(\.value)
    if named.isEmpty {
      helper = isHelped ? section.span : nil
    } else if named.contains("ftp") {
      helper = options.span("helper")
    }
    _ = options.flag("enabled", true)
    for option in ["mtu_fix", "masq_allow_invalid", "counter"] { _ = options.flag(option) }
    if options.fault != nil { return nil }
    let families = OpenWrtFamilies(family.map { .only($0) } ?? .untold, networks: [subnets], zones: [])
    if families.isContradictory { options.fail("its subnets are of another family than it is") }
    family = families.only
    if options.fault != nil { return nil }
  }

  /// `parse_identifier`.
  private static func fault(of name: String) -> Bool {
    guard let first = name.utf8.first else { return true }
    let others: [UInt8] = [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/")]
    return !(isWordCharacter(first) && !(0x30...0x39).contains(first) || first == UInt8(ascii: "."))
      || !name.utf8.allSatisfy { isWordCharacter($0) || others.contains($0) }
  }
}

/// What the section `defaults` says.
struct OpenWrtDefaults: Sendable {
  var input: OpenWrtZone.Policy
  var output: OpenWrtZone.Policy
  var forward: OpenWrtZone.Policy
  var dropsInvalid = false
  /// Whether zones without masquerading have the helpers.
  var hasHelpers = true
  /// Whether TCP is refused by a reset.
  var resets = true

  /// Without a section everything is dropped, and so it is without an option.
  init(_ section: UCISection?, _ whole: SourceSpan) {
    let standard = OpenWrtZone.Policy(verdict: .drop, span: section?.span ?? whole)
    (input, output, forward) = (standard, standard, standard)
    guard let section else { return }
    var options = OpenWrtOptions(section)
    for (option, path) in [
      ("input", \Self.input), ("output", \Self.output), ("forward", \Self.forward),
    ] as [(String, WritableKeyPath<Self, OpenWrtZone.Policy>)] {
      let word = options.word(option, OpenWrtZone.Verdict.allCases.map(\.rawValue))
      guard let verdict = word.flatMap(OpenWrtZone.Verdict.init(rawValue:)) else { continue }
      self[keyPath: path] = OpenWrtZone.Policy(verdict: verdict, span: options.span(option) ?? section.span)
    }
    dropsInvalid = options.flag("drop_invalid")
    hasHelpers = options.flag("auto_helper", true)
    resets = (options.word("tcp_reject_code", Self.codes) ?? "tcp-reset") == "tcp-reset"
    fault = options.fault
  }

  /// What fw4 cannot read in it: it stops there.
  private(set) var fault: String?

  private static let codes = ["tcp-reset", "port-unreachable", "admin-prohibited", "host-unreachable", "no-route"]

  func statement(_ verdict: OpenWrtZone.Verdict) -> Statement {
    switch verdict {
    case .accept: .verdict(.accept)
    case .drop: .verdict(.drop)
    case .reject: .reject(resets ? "tcp reset" : "icmpx", code: resets ? nil : .value(.symbol("port-unreachable")))
    }
  }
}
