import Addressing

/// How the evaluation of a packet goes on.
package enum Verdict: Hashable, Sendable {
  /// Ends the base chain; a later base chain, ours or another table's, can still drop the packet.
  case accept
  case drop
  case `return`
  /// Goes on with the next rule.
  case `continue`
  case jump(String)
  case goto(String)
}

extension Verdict {
  func write(to writer: inout ScriptWriter) {
    writer.write(atMost: writtenLength) { write(to: &$0) }
  }

  /// Bytes that the verdict takes at most.
  var writtenLength: Int {
    switch self {
    case .accept, .drop, .return: 6
    case .continue: 8
    case .jump(let chain), .goto(let chain): chain.utf8.count + 7
    }
  }

  /// Appends the verdict; there must be room for `writtenLength` bytes.
  func write(to output: inout OutputSpan<UInt8>) {
    switch self {
    case .accept: output.append(ascii: "accept")
    case .drop: output.append(ascii: "drop")
    case .return: output.append(ascii: "return")
    case .continue: output.append(ascii: "continue")
    case .jump(let chain):
      output.append(ascii: "jump ")
      output.append(name: chain)
    case .goto(let chain):
      output.append(ascii: "goto ")
      output.append(name: chain)
    }
  }

  var json: JSONValue {
    switch self {
    case .accept: ["accept": .null]
    case .drop: ["drop": .null]
    case .return: ["return": .null]
    case .continue: ["continue": .null]
    case .jump(let chain): ["jump": ["target": .string(chain)]]
    case .goto(let chain): ["goto": ["target": .string(chain)]]
    }
  }
}
