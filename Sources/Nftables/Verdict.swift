/// How the evaluation of a packet goes on.
package enum Verdict: Hashable, Sendable {
  /// Ends the base chain; a later base chain, ours or another table's, can still drop the packet.
  case accept
  case drop
  case `return`
  case jump(String)
  case goto(String)
}

extension Verdict {
  func write(to writer: inout ScriptWriter) {
    switch self {
    case .accept: writer.write("accept")
    case .drop: writer.write("drop")
    case .return: writer.write("return")
    case .jump(let chain): writer.write("jump \(chain)")
    case .goto(let chain): writer.write("goto \(chain)")
    }
  }

  var json: JSONValue {
    switch self {
    case .accept: ["accept": .null]
    case .drop: ["drop": .null]
    case .return: ["return": .null]
    case .jump(let chain): ["jump": ["target": .string(chain)]]
    case .goto(let chain): ["goto": ["target": .string(chain)]]
    }
  }
}
