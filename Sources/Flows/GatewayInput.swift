package import Diagnostics
import Policy
import PolicySyntax

/// What a policy may say of a gateway for the sake of its platform.
package enum GatewayInput: CaseIterable, Hashable, Sendable {
  case outside, inside, accessList, externalIsInterface, unitOutside, unitInside, before, numbers, helperScope, mark

  /// The keyword of the statement.
  package var spelling: String { word.spelling }
  /// The statement as it may stand in a policy.
  package var example: String { word.facts.example }

  /// Whether it says by which way packets come, which also decides what a configuration that is there does to them;
  /// the others are there for what is written.
  package var isOfPackets: Bool { self == .outside || self == .inside }

  private var word: GatewayWord {
    switch self {
    case .outside: .outside
    case .inside: .inside
    case .accessList: .accessList
    case .externalIsInterface: .externalIs
    case .unitOutside: .unitOutside
    case .unitInside: .unitInside
    case .before: .before
    case .numbers: .numbers
    case .helperScope: .helperScope
    case .mark: .mark
    }
  }
}

extension FlowPlan {
  /// Where the policy gives an input; `nil` where it does not.
  package func provenance(of input: GatewayInput) -> SourceSpan? {
    switch input {
    case .outside: outside.first?.provenance
    case .inside: inside.first?.provenance
    case .accessList: inputs.accessList?.span
    case .externalIsInterface: inputs.externalIsInterface
    case .unitOutside: inputs.unitOutside?.span
    case .unitInside: inputs.unitInside?.span
    case .before: inputs.before?.span
    case .numbers: inputs.numbers?.span
    case .helperScope: inputs.helperScope?.span
    case .mark: mark?.provenance
    }
  }

  /// The names that an input gives to things of the device, with their places.
  package func names(of input: GatewayInput) -> [GatewayInterface] {
    let one: Located<String>? =
      switch input {
      case .accessList: inputs.accessList
      case .unitOutside: inputs.unitOutside
      case .unitInside: inputs.unitInside
      case .before: inputs.before
      case .outside, .inside, .externalIsInterface, .numbers, .helperScope, .mark: nil
      }
    switch input {
    case .outside: return outside
    case .inside: return inside
    default: return one.map { [GatewayInterface(name: $0.value, provenance: $0.span)] } ?? []
    }
  }

  /// The name that an input gives to one thing; `nil` where the policy gives none.
  package func name(of input: GatewayInput) -> String? { names(of: input).first?.name }

  /// `numbers`: the numbers that our rules may have.
  package var numbers: ClosedRange<UInt32>? { inputs.numbers?.value }

  /// `helper scope device`: whether a switch of the helper may be written that holds for the whole device.
  package var mayUseDeviceSwitch: Bool { inputs.scope == .device }

  /// The version of the platform, as the policy writes it.
  package var platformVersion: String? { gateway?.version?.value }
  /// Where it stands.
  package var platformVersionProvenance: SourceSpan? { gateway?.version?.span }
}
