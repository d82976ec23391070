package import Addressing

extension Expression {
  /// The constants that it stands for, as the right side of a match, without what is none; empty for what is no
  /// constant and no set without a name.
  package var constantValues: [Value] {
    switch self {
    case .value(let value): [value]
    case .members(let members):
      members.compactMap { if case .value(let value) = $0.key { value } else { nil } }
    default: []
    }
  }

  /// The same where it stands for constants alone; `nil` otherwise, and for a map.
  package var onlyConstantValues: [Value]? {
    switch self {
    case .value(let value): return [value]
    case .members(let members):
      let values = constantValues
      return values.count == members.count && members.allSatisfy { $0.data == nil } ? values : nil
    default: return nil
    }
  }
}

extension Value {
  /// The address or addresses; `nil` for something else.
  package var addressRange: ClosedRange<IPAddress>? {
    switch self {
    case .address(let address): address...address
    case .addresses(let low, let high): low <= high ? low...high : nil
    default: nil
    }
  }

  /// The port or ports; `nil` for something else.
  package var portRange: PortRange? {
    switch self {
    case .port(let port): PortRange(port)
    case .ports(let range): range
    default: nil
    }
  }

  /// The name, where it is one of an interface.
  package var interfaceName: String? { if case .interface(let name) = self { name } else { nil } }
}
