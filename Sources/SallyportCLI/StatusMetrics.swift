import Netfilter
import Nftables
import Platforms

/// The status in the text format of Prometheus, version 0.0.4, as the textfile collector of the node exporter reads it.
///
/// Times are left out: the collector refuses samples with timestamps. Names of publications are letters, digits, `-`
/// and `_`, so labels need no escapes; where several share what is counted, the label holds all of them.
struct StatusMetrics {
  private let status: RuleStatus?

  init(_ status: RuleStatus?) { self.status = status }

  var text: String {
    metric("sallyport_up", "gauge", "Whether the table inet sallyport runs.", [("", status == nil ? 0 : 1)])
      + standing + counts
  }

  private var standing: String {
    guard let status else { return "" }
    var text = ""
    if let change = status.change {
      text += metric(
        "sallyport_change_info", "gauge", "The change that made the table.", [(#"{change="\#(change.name)"}"#, 1)])
    }
    if let madeAt = status.madeAt {
      text += metric(
        "sallyport_change_time_seconds", "gauge", "When the change was made, in seconds since 1970.",
        [("", UInt64(clamping: madeAt))])
    }
    var waits = false
    if case .waits = status.standing { waits = true }
    text += metric(
      "sallyport_change_waiting", "gauge", "Whether the change waits for its confirmation.", [("", waits ? 1 : 0)])
    // Without a record of the change nobody knows.
    switch status.standing {
    case .confirmed, .waits: break
    case .restored, .unrecorded, .unknown: return text
    }
    var isPersisted = false
    if case .written = status.bootFile { isPersisted = true }
    return text
      + metric(
        "sallyport_persisted", "gauge", "Whether the file that apply --persist wrote is there unchanged.",
        [("", isPersisted ? 1 : 0)])
  }

  private var counts: String {
    let counts = status?.counts ?? []
    func samples(_ field: KeyPath<PublicationCounts, UInt64?>, _ result: String? = nil) -> [(String, UInt64)] {
      counts.compactMap { count in
        count[keyPath: field].map { value in
          let kind = count.isReach ? "reach" : "publish"
          let last = result.map { #",result="\#($0)""# } ?? ""
          return (#"{kind="\#(kind)",name="\#(count.names.joined(separator: ","))"\#(last)}"#, value)
        }
      }
    }
    return metric(
      "sallyport_connections_total", "counter", "Control connections admitted or limited; refused ones of any kind.",
      samples(\.admitted, "admitted") + samples(\.refused, "refused") + samples(\.limited, "limited"))
      + metric(
        "sallyport_data_connections_total", "counter", "Data connections through the gateway.",
        samples(\.dataConnections))
  }

  /// Nothing for a metric without samples.
  private func metric(_ name: String, _ type: String, _ help: String, _ samples: [(labels: String, value: UInt64)])
    -> String
  {
    guard !samples.isEmpty else { return "" }
    return "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
      + samples.map { "\(name)\($0.labels) \($0.value)\n" }.joined()
  }
}
