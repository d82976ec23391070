import Diagnostics
import FTPSession
import Platforms
import Policy

/// The picture at the beginning of a report: clients, boxes and gateways, servers, from the left to the right, and
/// which leads where. What are many of a kind is one box with their number.
struct ReportPicture {
  private struct Node {
    var title: String
    var detail: String
    var link: String?
  }

  private var columns: [[Node]] = []
  private var edges: [(from: (column: Int, row: Int), to: (column: Int, row: Int))] = []
  /// What the picture shows, for those who hear it.
  private var sentences: [String] = []

  /// Boxes of a kind that are drawn one by one at most.
  private static let most = (gateways: 40, servers: 8)

  init(_ report: PolicyReport) {
    let policy = report.policy
    let gateways = Array(policy.gatewayPositions.prefix(Self.most.gateways))
    let depths = gateways.map { gateway in gateway.map { policy.path(to: $0).count } ?? 1 }
    let last = (depths.max() ?? 1) * 2 + 1
    columns = Array(repeating: [], count: last + 1)
    _ = add(Node(title: "clients", detail: "outside"), to: 0)
    var places: [Int?: (column: Int, row: Int)] = [:]
    for (gateway, depth) in zip(gateways, depths).sorted(by: { $0.1 < $1.1 }) {
      let place = draw(gateway, depth, of: report, places)
      places[gateway] = place
      drawServers(of: gateway, at: place, last, policy)
      drawUsers(of: gateway, at: place, last, policy)
    }
    let more = policy.gatewayPositions.count - gateways.count
    if more > 0 { _ = add(Node(title: "\(more) more gateways", detail: "see the list", link: "gateways"), to: 2) }
  }

  private mutating func add(_ node: Node, to column: Int) -> (column: Int, row: Int) {
    columns[column].append(node)
    return (column, columns[column].count - 1)
  }

  /// A gateway, and the box before it where the policy names one.
  private mutating func draw(
    _ gateway: Int?, _ depth: Int, of report: PolicyReport, _ places: [Int?: (column: Int, row: Int)]
  ) -> (column: Int, row: Int) {
    let (policy, platform) = (report.policy, report.compilation.platform(of: gateway).name)
    let declared = gateway.flatMap { policy.gateway(at: $0) }
    let name = declared?.name.value ?? "this machine"
    let column = depth * 2
    let place = add(Node(title: name, detail: platform, link: gatewayLink(name)), to: column)
    var before = declared?.behind.flatMap { places[$0.value] } ?? (0, 0)
    let outer = declared?.behind.flatMap { policy.gateway(at: $0.value)?.name.value }
    if let box = policy.seen(fromBoxBefore: gateway) {
      let addresses = box.publications.first?.externalAddresses.first.map { "\($0.dialled.value)" } ?? ""
      let boxPlace = add(Node(title: "a box", detail: addresses), to: column - 1)
      edges.append((before, boxPlace))
      before = boxPlace
      sentences.append("A box that the policy does not describe stands before \(name).")
    }
    edges.append((before, place))
    sentences.append("\(name) (\(platform)) is reached \(outer.map { "through \($0)" } ?? "by clients").")
    return place
  }

  private mutating func drawServers(
    of gateway: Int?, at place: (column: Int, row: Int), _ last: Int, _ policy: Policy
  ) {
    let published = policy.publications.filter { $0.gateway == gateway }
    var ports: [String: (server: Server, ports: Set<UInt16>)] = [:]
    for publication in published {
      guard let server = policy.server(of: publication) else { continue }
      ports[server.name.value, default: (server, [])].ports.insert(publication.controlPort.value.server)
    }
    let name = gateway.flatMap { policy.gateway(at: $0)?.name.value } ?? "this machine"
    guard ports.count <= Self.most.servers else {
      let many = add(Node(title: "\(ports.count) servers", detail: "see the list", link: "servers"), to: last)
      edges.append((place, many))
      return sentences.append("\(name) leads to \(ports.count) servers.")
    }
    for (_, entry) in ports.sorted(by: { $0.key < $1.key }) {
      let server = entry.server
      let numbers = entry.ports.sorted().map { "\($0)" }.joined(separator: ", ")
      let address = server.isLocal ? "on the gateway" : server.addresses.first.map { "\($0.value)" } ?? ""
      let node = Node(
        title: server.name.value, detail: "\(address) port \(numbers)", link: "s-\(server.name.value)")
      edges.append((place, add(node, to: last)))
      sentences.append("\(name) leads to the server \(server.name.value), \(address), port \(numbers).")
    }
  }

  private mutating func drawUsers(
    of gateway: Int?, at place: (column: Int, row: Int), _ last: Int, _ policy: Policy
  ) {
    let count = policy.reaches.count { $0.gateway == gateway }
    guard count > 0 else { return }
    let detail = "\(count) \(count == 1 ? "server" : "servers") outside"
    edges.append((place, add(Node(title: "users", detail: detail, link: "reaches"), to: last)))
    let name = gateway.flatMap { policy.gateway(at: $0)?.name.value } ?? "this machine"
    sentences.append("Users behind \(name) reach \(detail).")
  }

  static let styleSheet = """
    .map { font: 13px system-ui, sans-serif; } .map rect { fill: var(--head); stroke: var(--line); }
    .map text { fill: var(--ink); } .map .detail { fill: var(--note); font-size: 11px; }
    .map path { stroke: var(--line); fill: none; } .map a text:first-of-type { fill: var(--data); }
    """

  private static let size = (width: 150, height: 40, column: 200, row: 54)

  /// A picture and the sentences that say the same.
  var html: String {
    let used = columns.indices.filter { !columns[$0].isEmpty }
    let x = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, 8 + $0 * Self.size.column) })
    let width = 16 + max(used.count - 1, 0) * Self.size.column + Self.size.width
    let height = 16 + (columns.map(\.count).max() ?? 1) * Self.size.row
    func y(_ row: Int) -> Int { 8 + row * Self.size.row }
    let lines = edges.map { from, to -> String in
      let (startX, startY) = ((x[from.column] ?? 0) + Self.size.width, y(from.row) + Self.size.height / 2)
      let (endX, endY) = (x[to.column] ?? 0, y(to.row) + Self.size.height / 2)
      let bend = (startX + endX) / 2
      return "<path d=\"M\(startX) \(startY)C\(bend) \(startY) \(bend) \(endY) \(endX) \(endY)\"/>\n"
    }
    let nodes = used.flatMap { column in
      columns[column].enumerated().map { row, node in box(node, x[column] ?? 0, y(row)) }
    }
    let items = sentences.map { "<li>\(escapedForXML($0))</li>\n" }.joined()
    return """
      <figure>
      <div class="picture wide">
      <svg class="map" xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" aria-hidden="true">
      \(lines.joined())\(nodes.joined())</svg>
      </div>
      <ol class="steps">
      \(items)</ol>
      </figure>

      """
  }

  private func box(_ node: Node, _ x: Int, _ y: Int) -> String {
    func clipped(_ text: String, _ length: Int) -> String {
      escapedForXML(text.count > length ? "\(text.prefix(length - 1))…" : text)
    }
    let middle = x + Self.size.width / 2
    let text = """
      <rect x="\(x)" y="\(y)" width="\(Self.size.width)" height="\(Self.size.height)" rx="5"/>
      <text x="\(middle)" y="\(y + 17)" text-anchor="middle">\(clipped(node.title, 20))</text>
      <text class="detail" x="\(middle)" y="\(y + 32)" text-anchor="middle">\(clipped(node.detail, 24))</text>

      """
    return node.link.map { "<a href=\"#\($0)\" tabindex=\"-1\">\(text)</a>\n" } ?? text
  }
}
