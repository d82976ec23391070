import Nftables

extension ExtensionTarget {
  /// `ttl_tg` and `hl_tg6` in xt_HL.c: the TTL is set, or counted up or down.
  @Sendable static func timeToLive(_ arguments: ExtensionArguments) -> ExtensionTarget? {
    guard let mode = arguments.info.u8(0), let number = arguments.info.u8(1), mode < 3 else { return nil }
    let option = arguments.name == "TTL" ? "ttl" : "hl"
    let field = arguments.name == "TTL" ? "ip ttl" : "ip6 hoplimit"
    let change = ["set", "inc", "dec"][Int(mode)]
    let amount = UInt128(number)
    return ExtensionTarget("-j \(arguments.name) --\(option)-\(change) \(number)") { context in
      if mode == 0 { return .goesOn([.field(field, amount)]) }
      guard let old = context.view.lifetime else { return .goesOn([.field(field, nil)]) }
      guard old.lowerBound == old.upperBound else {
        // Of what nobody has set the range is known, and it stays far from 1.
        return mode == 1 || amount + 10 < old.lowerBound ? .goesOn([]) : .goesOn([.field(field, nil)])
      }
      let value = old.lowerBound
      return .goesOn([.field(field, mode == 1 ? min(255, value + amount) : value - min(value, amount))])
    }
  }
}
