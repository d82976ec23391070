import Addressing
import Diagnostics
import PolicySyntax

/// The statements of a `gateway` block.
let gatewayForms = StatementForms<GatewayWord, Gateway> { word in
  switch word {
  case .outside:
    StatementForm {
      $0.interfaces()
    } set: {
      $0.outside = $1.value
    }
  case .inside:
    StatementForm {
      $0.interfaces()
    } set: {
      $0.inside = $1.value
    }
  case .platform:
    StatementForm {
      $0.platform()
    } set: {
      $0.platform = $1.value
    }
  case .externalIP:
    StatementForm {
      $0.externalAddresses()
    } set: {
      $0.externalAddresses = $1.value
    }
  }
}

extension StatementReader {
  /// Names of network interfaces: at most 15 bytes, as the kernel allows (`IFNAMSIZ` in `linux/if.h`).
  mutating func interfaces() -> [Located<String>]? {
    let wanted = wanted
    return list { reader in
      let quoted = reader.accept(.string).map { Located(reader.tree.stringValue($0), reader.tree.span($0)) }
      guard let name = quoted ?? reader.word(wanted) else { return nil }
      if IPAddress(name.value) != nil {
        reader.fail(
          "`\(name.value)` is an address, and an interface is wanted", code: "invalid-interface", at: name.span,
          help: "write its name, for example `eth0`; `ip -brief address` shows which one has this address")
        return nil
      }
      if isInterfaceName(name.value) { return name }
      reader.fail(
        "`\(name.value)` is not the name of an interface", code: "invalid-interface", at: name.span,
        help: "a name has 1 to 15 characters, without `/`, `:`, `*`, quotes and spaces")
      return nil
    }
  }
}

extension StatementReader {
  /// `NAME [VERSION]`. Which platforms there are is not known here.
  mutating func platform() -> PlatformChoice? {
    let wanted = wanted
    guard let name = word(wanted) else { return nil }
    guard !isAtEnd else { return PlatformChoice(name: name) }
    return word("a version").map { PlatformChoice(name: name, version: $0) }
  }
}

/// Whether the kernel could give an interface that name (`dev_valid_name` in `net/core/dev.c`); `*` is left out
/// because nft takes it for a wildcard, quotes and backslash because nft cannot write them.
private func isInterfaceName(_ name: String) -> Bool {
  guard (1...15).contains(name.utf8.count), name != ".", name != ".." else { return false }
  return name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !Array("/:*\"\\".utf8).contains($0) }
}
