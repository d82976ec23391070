import Addressing
package import Diagnostics
package import Flows

extension FlowPlan {
  /// The plan as a platform takes it: one that writes one direction gets the one that the policy asks for.
  package func asked(of platform: any Platform) -> FlowPlan {
    guard !platform.writesBothDirections, services.isEmpty, let outbound else { return self }
    return outbound
  }
}

extension Platforms {
  /// That publications and `reach` blocks stand on one gateway, for which one of them can be written.
  private static func mixture(_ plan: FlowPlan, on platform: any Platform) -> [Diagnostic] {
    guard !platform.writesBothDirections, let outbound = plan.outbound, let first = plan.header,
      platform.capabilities(for: plan).contains(.reach)
    else { return [] }
    var named: Set<String> = []
    return outbound.services.filter { named.insert($0.name).inserted }.map { service in
      .error(
        "platform-unsupported",
        "`\(service.name)` stands on a gateway that publishes as well, and \(platform.name) is written for one direction",
        at: service.header, related: [Label(first, "a publication of the gateway")],
        help: "declare the device once more for its `reach` blocks: what the gateway is told is about one direction")
    }
  }

  /// Objects of such platforms bear the name of the `reach`, so one has one server of a family.
  private static func severalServers(_ plan: FlowPlan, on platform: any Platform) -> [Diagnostic] {
    guard plan.isOutbound, !platform.writesBothDirections else { return [] }
    var known: Set<String> = []
    return plan.services.filter { !known.insert("\($0.family) \($0.name)").inserted }.map { service in
      .error(
        "platform-unsupported",
        "`\(service.name)` names several \(service.family.title) servers, and \(platform.name) is written for one in a `reach`",
        at: service.provenance(of: .address), help: "write a `reach` for each server")
    }
  }

  /// Why the platform of a gateway cannot have what a flow plan asks for: an error at each statement that asks for what
  /// it cannot do, or what is not written for it.
  package static func findings(_ plan: FlowPlan, on platform: any Platform) -> [Diagnostic] {
    let obstacles = platform.obstacles(to: plan).map { $0.from(.writing) }
    let capabilities = platform.capabilities(for: plan)
    let mixture = mixture(plan, on: platform)
    let several = severalServers(plan, on: platform)
    guard mixture.isEmpty, several.isEmpty else { return (mixture + several).map { $0.from(.writing) } }
    guard capabilities.count < FlowFeature.allCases.count else { return obstacles }
    let refusals = plan.demands.filter { !capabilities.contains($0.feature) && !$0.feature.mayBeLeftOut }
    return refusals.map { demand in
      refusal(demand.feature, of: demand.publication, at: demand.provenance, on: platform).from(.writing)
    } + obstacles
  }

  /// That nothing is written for a platform of what a publication asks for: it cannot do it, or nobody knows how.
  static func refusal(
    _ feature: FlowFeature, of publication: String, at span: SourceSpan, on platform: any Platform
  ) -> Diagnostic {
    .error(
      "platform-unsupported", "`\(publication)` asks for \(feature.words), which is not written for \(platform.name)",
      at: span,
      help: platform.advice(on: feature) ?? "leave the statement out, or publish it on a gateway that can have it")
  }

  /// The refusals of what a platform can do for some services and not for others, each once for a publication.
  ///
  /// - Parameter refused: What of a service it cannot do, each with the statement that asks for it.
  static func refusals(
    _ plan: FlowPlan, on platform: any Platform, _ refused: (PublishedService) -> [(FlowFeature, ServiceAspect)]
  ) -> [Diagnostic] {
    var last: (publication: String, features: Set<FlowFeature>) = ("", [])
    return plan.services.flatMap { service in
      if last.publication != service.name { last = (service.name, []) }
      return refused(service).filter { last.features.insert($0.0).inserted }.map { feature, aspect in
        refusal(feature, of: service.name, at: service.provenance(of: aspect), on: platform)
      }
    }
  }

  /// What is wrong with the inputs of a gateway: what its platform needs and does not get, what it gets and has no use
  /// for, and names that it cannot have.
  package static func inputFindings(_ plan: FlowPlan, on platform: any Platform) -> [Diagnostic] {
    guard let gateway = plan.gateway else { return [] }
    return GatewayInput.allCases.flatMap { input -> [Diagnostic] in
      let need = platform.need(of: input, for: plan)
      guard let place = plan.provenance(of: input) else {
        guard need == .required else { return [] }
        let finding = Diagnostic.error(
          "platform-input",
          "\(platform.name) has to be told `\(input.spelling)` of `\(gateway.name)`",
          at: gateway.platform ?? gateway.header,
          help:
            "write a statement such as `\(platform.example(of: input))` into the `gateway` block, as the device has it"
        )
        return [input.isOfPackets ? finding : finding.from(.writing)]
      }
      guard need != .useless else {
        return [
          .error(
            "platform-input", "\(platform.name) has no use for `\(input.spelling)`", at: place,
            help: "leave the statement out")
        ]
      }
      // Without `platform` the policy has judged them.
      guard gateway.platform != nil else { return [] }
      return plan.names(of: input).compactMap { name in
        platform.fault(of: name.name, as: input).map { fault in
          .error(
            "platform-input", "`\(name.name)` cannot be `\(input.spelling)` on \(platform.name): it \(fault)",
            at: name.provenance, help: "write it as the device has it, in quotes where it is no plain name")
        }
      }
    }
  }

  /// What a plan asks for that neither the server nor the platform of the gateway does, and that nothing needs to work:
  /// a note at each statement.
  package static func omissionFindings(_ plan: FlowPlan, on platform: any Platform) -> [Diagnostic] {
    omitted(plan, on: platform).map { demand in
      Diagnostic(
        .note, "platform-omits",
        "`\(demand.publication)` asks for \(demand.feature.words), and \(platform.name) does not do that",
        at: demand.provenance,
        help: "keep it off by other rules of the firewall, or say that it may be on")
    }
  }

  /// The same, a sentence each.
  static func omissions(_ plan: FlowPlan, on platform: any Platform) -> [String] {
    omitted(plan, on: platform).map { demand in
      "`\(demand.publication)` asks for \(demand.feature.words); the gateway does not do that."
    }
  }

  private static func omitted(_ plan: FlowPlan, on platform: any Platform) -> [FlowDemand] {
    let capabilities = platform.capabilities(for: plan)
    return plan.demands.filter { !capabilities.contains($0.feature) && $0.feature.mayBeLeftOut }
  }
}

/// What is wrong with the name of an interface of Linux, at most 15 bytes without what its tools take for something
/// else (`dev_valid_name` in `net/core/dev.c`); `nil` for one that can be.
func faultOfLinuxInterface(_ name: String) -> String? {
  isPossibleInterface(name) ? nil : "has more than 15 characters, or one that interfaces of Linux do not have"
}

extension Platform {
  /// A statement that gives an input, with a name such as its devices have.
  package func example(of input: GatewayInput) -> String {
    switch input {
    case .outside: sampleNames.map { "\(input.spelling) \($0.outside)" } ?? input.example
    case .inside: sampleNames.map { "\(input.spelling) \($0.inside)" } ?? input.example
    default: input.example
    }
  }
}
