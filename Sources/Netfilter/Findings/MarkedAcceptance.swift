import FTPSession
import Nftables

/// The rule that lets connections with one bit of the connection mark through a chain of somebody else, in the words of
/// the program whose chain it is.
///
/// `mark` sets the bit before any filter of the usual priorities sees the packet, and it stays with the connection, so
/// the rule covers both directions and every data connection.
func markedAcceptance(_ mark: UInt32, in place: Citation) -> String {
  let bit = "0x" + String(mark, radix: 16)
  let table = place.table.split(separator: " ").map(String.init)
  let (family, name) = (table.first ?? "", table.last ?? "")
  let match = "-m connmark --mark \(bit)/\(bit) -j ACCEPT"
  let nft = "`nft insert rule \(place.table) \(place.chain) ct mark and \(bit) == \(bit) accept`"
  if name == "firewalld" {
    return nft + ", which firewalld forgets when it loads its rules again, so run it after every reload (its own "
      + "configuration cannot ask for a connection mark)"
  }
  guard ["ip", "ip6"].contains(family), ["filter", "mangle", "raw", "security"].contains(name) else {
    return nft + ", and the same line in the file from which that table is loaded"
  }
  let (six, program) = family == "ip" ? ("", "iptables") : ("6", "ip6tables")
  if place.ufw {
    return "`-A ufw\(six)-before-\(place.hook.rawValue) \(match)` in /etc/ufw/before\(six).rules, after its line "
      + "`# End required lines`, and then `ufw reload`"
  }
  let chain = place.hook.rawValue.uppercased()
  return "`\(program) \(name == "filter" ? "" : "-t \(name) ")-I \(chain) \(match)`, saved as the others are"
}

extension Citation {
  /// Whether the chain is one of UFW's, or has rules of UFW on the way to it.
  fileprivate var ufw: Bool { chain.hasPrefix("ufw") || leadsThroughUFW }

  /// Whether a rule on the way to it stands in a chain of UFW, or leads to one.
  private var leadsThroughUFW: Bool { text.contains("ufw-") || text.contains("ufw6-") }
}
