import FoundationEssentials

/// Who asked: a number or a text, which the answer repeats.
enum RequestID: Hashable, Codable, Sendable {
  case number(Int)
  case text(String)

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Int.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }
}

/// Why a request has no answer, in the numbers of JSON-RPC 2.0 and of the protocol.
struct RequestFailure: Error, Encodable {
  var code: Int
  var message: String

  static func parseError(_ reason: String) -> Self { Self(code: -32700, message: reason) }
  static func invalidRequest(_ reason: String) -> Self { Self(code: -32600, message: reason) }
  static func methodNotFound(_ method: String) -> Self {
    Self(code: -32601, message: "there is no method `\(method)`")
  }
  static func invalidParams(_ reason: String) -> Self { Self(code: -32602, message: reason) }
  static let internalError = Self(code: -32603, message: "the answer cannot be written")
  static let notInitialized = Self(code: -32002, message: "the first request is `initialize`")
  /// The request was in order, and nothing can be done.
  static func failed(_ reason: String) -> Self { Self(code: -32803, message: reason) }
  static let cancelled = Self(code: -32800, message: "the request was cancelled")
}

/// What every message has besides its `params`.
struct Envelope: Decodable {
  var jsonrpc: String
  var id: RequestID?
  var hasNullID: Bool
  var method: String?
  /// Whether it answers a request of ours.
  var isAnswer: Bool

  private enum Key: String, CodingKey { case jsonrpc, id, method, result, error }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    jsonrpc = try container.decode(String.self, forKey: .jsonrpc)
    hasNullID = try container.contains(.id) && container.decodeNil(forKey: .id)
    id = try container.decodeIfPresent(RequestID.self, forKey: .id)
    method = try container.decodeIfPresent(String.self, forKey: .method)
    isAnswer = container.contains(.result) || container.contains(.error)
  }
}

/// The parameters of a message.
struct Carrier<Params: Decodable>: Decodable {
  var params: Params
}

/// Parameters that a method does without.
struct NoParams: Codable {}

/// The answer to a request.
struct Answer<Result: Encodable>: Encodable {
  var id: RequestID
  /// `nil` is written as `null`.
  var result: Result?

  private enum Key: String, CodingKey { case jsonrpc, id, result }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode("2.0", forKey: .jsonrpc)
    try container.encode(id, forKey: .id)
    try container.encode(result, forKey: .result)
  }
}

/// The failure of a request; without `id` where nobody knows which one.
struct FailureAnswer: Encodable {
  var id: RequestID?
  var error: RequestFailure

  private enum Key: String, CodingKey { case jsonrpc, id, error }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode("2.0", forKey: .jsonrpc)
    try container.encode(id, forKey: .id)
    try container.encode(error, forKey: .error)
  }
}

/// A notification, or a request of ours when it has an `id`.
struct Outgoing<Params: Encodable>: Encodable {
  var jsonrpc = "2.0"
  var id: String?
  var method: String
  var params: Params
}

/// One message as its bytes, without header.
func encoded(_ message: some Encodable) -> [UInt8]? {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
  return (try? encoder.encode(message)).map { Array($0) }
}
