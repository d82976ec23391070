import Foundation
import Testing

/// A table in the JSON of nft, without what the kernel adds and what has no meaning: handles, the order of objects and
/// of elements, counters that have counted.
struct TableListing {
  /// Table, helpers, sets, maps and chains as JSON, by kind and name.
  private(set) var objects: [String: String] = [:]
  /// Rules as JSON, each with its chain; chains in the order of their names, rules in their order.
  private(set) var rules: [String] = []

  init(_ bytes: [UInt8]) throws {
    let top = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    var rulesByChain: [String: [String]] = [:]
    for entry in try #require(top["nftables"] as? [[String: Any]]) {
      for (kind, value) in entry where kind != "metainfo" {
        let object = try #require(Self.normal(value) as? [String: Any])
        let text = try Self.text(object)
        if kind == "rule" {
          rulesByChain[object["chain"] as? String ?? "", default: []].append(text)
        } else {
          objects["\(kind) \(object["name"] as? String ?? "")"] = text
        }
      }
    }
    rules = rulesByChain.sorted { $0.key < $1.key }.flatMap(\.value)
  }

  private static func normal(_ value: Any) throws -> Any {
    if let list = value as? [Any] { return try list.map(normal) }
    guard var object = value as? [String: Any] else { return value }
    object["handle"] = nil
    if object["packets"] != nil, object["bytes"] != nil { (object["packets"], object["bytes"]) = (0, 0) }
    // What an element of a set has counted; that the set counts stands in its `stmt`.
    if object["val"] != nil { object["counter"] = nil }
    // nft 1.0.6 loses this flag in JSON.
    if let flags = object["flags"] as? [String] {
      let others = flags.filter { $0 != "dynamic" }
      object["flags"] = others.isEmpty ? nil : others
    }
    for (key, value) in object { object[key] = try normal(value) }
    if let elements = object["elem"] as? [Any], object["name"] != nil {
      object["elem"] = try elements.map { try text($0) }.sorted()
    }
    return object
  }

  private static func text(_ value: Any) throws -> String {
    let data = try JSONSerialization.data(
      withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes])
    return String(decoding: data, as: UTF8.self)
  }
}
