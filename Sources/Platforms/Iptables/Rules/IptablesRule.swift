import Addressing
import Diagnostics

/// One rule of iptables. Its text and its meaning for the session model are both made from it.
struct IptablesRule: Hashable, Sendable {
  /// In the order in which they are written; no kind of them twice.
  var matches: [IptablesMatch]
  var target: IptablesTarget
  /// The text of `-m comment`.
  var comment: String?
  /// The statement of the policy that asked for it.
  var provenance: SourceSpan?

  init(
    _ matches: [IptablesMatch], _ target: IptablesTarget, comment: String? = nil, for provenance: SourceSpan? = nil
  ) {
    self.matches = matches
    self.target = target
    self.comment = comment
    self.provenance = provenance
  }
}

/// What a packet must be for a rule.
enum IptablesMatch: Hashable, Sendable {
  case comesIn(String)
  case leaves(String)
  case from(Prefix)
  case to(Prefix)
  /// A segment of TCP, whatever its ports.
  case tcp
  /// The port from which it was sent.
  case sends(PortRange)
  /// The port to which it goes.
  case dials(PortRange)
  case state(ConnectionState)
  /// A connection in that state whose first packet had that destination.
  case dialled(IPAddress, port: UInt16?, ConnectionState?)
  /// A connection whose answers go to that address.
  case answered(IPAddress)
  /// A data connection that an FTP helper expected which takes its name from that control port, as helpers for other
  /// ports than 21 do that the kernel assigns by itself.
  case helper(port: UInt16)
  /// More connections than so many, of those whose addresses have so many bits in common; 0 bits for all together.
  case connections(over: UInt32, bits: Int)
  /// More than so many packets a minute from one address, counted in a table of that name.
  case rate(over: UInt32, table: String)
  /// No more than what a log may say.
  case loggable
  /// The source is in a set of ipset.
  case fromSet(String)
  /// The packet bears our mark.
  case marked
}

enum ConnectionState: String, Sendable {
  case new = "NEW"
  case established = "ESTABLISHED"
  case related = "RELATED"
}

/// What a rule does.
enum IptablesTarget: Hashable, Sendable {
  case accept, drop
  case `return`
  case jump(String)
  case goto(String)
  case destination(IPAddress, port: UInt16?)
  case source(IPAddress)
  case masquerade
  /// The FTP helper for the connection that the packet begins.
  case help
  case log(prefix: String)
  /// Our mark for the packet.
  case mark
}

/// The bit of packet marks that says "masquerade": on the first packet of some connections, from the hook forward to
/// postrouting, where no rule can see on which interface a packet came in.
let masqueradeMark: UInt32 = 0x2000_0000

/// The most characters of `--log-prefix` (`struct ipt_log_info`, 30 with the zero byte).
let longestLogPrefix = 29

/// The most bytes of a comment; `XT_MAX_COMMENT_LEN` is 256 with the zero byte, and `--test` does not check it.
private let longestComment = 255

extension IptablesRule {
  /// The rule after `-A CHAIN`.
  var text: String {
    var words: [String] = []
    var isTCP = false
    for match in matches { match.write(to: &words, isTCP: &isTCP) }
    if let comment { words.append("-m comment --comment \"\(Self.quotable(comment))\"") }
    words.append(target.text)
    return words.joined(separator: " ")
  }

  /// Only names of publications and words of ours ever stand here; whatever else would leave its quoting becomes `?`.
  private static func quotable(_ text: String) -> String {
    String(
      decoding: text.utf8.prefix(longestComment).map { byte in
        let isPlain = byte >= 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
        return isPlain ? byte : UInt8(ascii: "?")
      }, as: UTF8.self)
  }
}

extension IptablesMatch {
  fileprivate func write(to words: inout [String], isTCP: inout Bool) {
    switch self {
    case .comesIn(let name): words.append("-i \(name)")
    case .leaves(let name): words.append("-o \(name)")
    case .from(let prefix): words.append("-s \(prefix.address)/\(prefix.length)")
    case .to(let prefix): words.append("-d \(prefix.address)/\(prefix.length)")
    case .tcp: words.append("-p tcp")
    case .sends(let ports): Self.port("--sport", ports, to: &words, isTCP: &isTCP)
    case .dials(let ports): Self.port("--dport", ports, to: &words, isTCP: &isTCP)
    case .state(let state): words.append("-m conntrack --ctstate \(state.rawValue)")
    case .dialled(let address, let port, let state):
      words.append("-m conntrack")
      if let state { words.append("--ctstate \(state.rawValue)") }
      words.append("--ctorigdst \(address)")
      if let port { words.append("--ctorigdstport \(port)") }
    case .answered(let address): words.append("-m conntrack --ctrepldst \(address)")
    case .helper(let port): words.append("-m helper --helper \(port == 21 ? "ftp" : "ftp-\(port)")")
    case .connections(let limit, let bits):
      words.append("-m connlimit --connlimit-above \(limit) --connlimit-mask \(bits)")
    case .rate(let count, let table):
      words.append("-m hashlimit --hashlimit-above \(count)/minute --hashlimit-burst \(count)")
      words.append("--hashlimit-mode srcip --hashlimit-name \(table) --hashlimit-htable-expire 300000")
    case .loggable: words.append("-m limit --limit 5/second --limit-burst 10")
    case .fromSet(let name): words.append("-m set --match-set \(name) src")
    case .marked: words.append("-m mark --mark \(Self.mark)/\(Self.mark)")
    }
  }

  private static func port(_ option: String, _ ports: PortRange, to words: inout [String], isTCP: inout Bool) {
    if !isTCP { words.append("-p tcp -m tcp") }
    isTCP = true
    words.append("\(option) \(ports.count == 1 ? "\(ports.low)" : "\(ports.low):\(ports.high)")")
  }

  fileprivate static var mark: String { "0x" + String(masqueradeMark, radix: 16) }
}

extension IptablesTarget {
  fileprivate var text: String {
    switch self {
    case .accept: "-j ACCEPT"
    case .drop: "-j DROP"
    case .return: "-j RETURN"
    case .jump(let chain): "-j \(chain)"
    case .goto(let chain): "-g \(chain)"
    case .destination(let address, let port): "-j DNAT --to-destination \(Self.end(address, port))"
    case .source(let address): "-j SNAT --to-source \(address)"
    case .masquerade: "-j MASQUERADE"
    case .help: "-j CT --helper ftp"
    case .log(let prefix): "-j LOG --log-prefix \"\(prefix)\""
    case .mark: "-j MARK --set-xmark \(IptablesMatch.mark)/\(IptablesMatch.mark)"
    }
  }

  private static func end(_ address: IPAddress, _ port: UInt16?) -> String {
    guard let port else { return "\(address)" }
    return address.family == .ipv4 ? "\(address):\(port)" : "[\(address)]:\(port)"
  }
}
