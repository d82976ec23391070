import Addressing
import Diagnostics
import Policy

extension ServerPlan {
  /// The comment at the head of a document: whose settings these are, and which lines of the policy ask for them.
  func heading(_ services: [Service]) -> [String] {
    let rows = [row("server", server.name)] + serverRows + services.flatMap(\.publications).flatMap(rows(of:))
    let width = rows.map(\.text.count).max() ?? 0
    return [
      "Settings of \(request.software.title) for server `\(server.name.value)`, written by sallyport.",
      "Change the policy and not this file; these lines of it are meant:",
    ] + rows.map { "  " + $0.text + String(repeating: " ", count: width + 2 - $0.text.count) + $0.place }
  }

  private typealias Row = (text: String, place: String)

  private func row(_ keyword: String, _ name: Located<String>) -> Row {
    ("\(keyword) \(name.value)", request.locate(name.span))
  }

  private var serverRows: [Row] {
    var rows: [Row] = []
    if let certificate = server.certificate {
      rows.append(("  certificate", request.locate(certificate.span)))
    }
    if let clients = server.maxClients {
      rows.append(("  max clients \(clients.value)", request.locate(clients.span)))
    }
    return rows
  }

  private func rows(of publication: Publication) -> [Row] {
    var rows = [row("publish", publication.name)]
    func add(_ text: String, _ span: SourceSpan?) {
      if let span { rows.append(("  " + text, request.locate(span))) }
    }
    for address in publication.externalAddresses { add("external ip \(address)", address.dialled.span) }
    let port = publication.controlPort
    add("control port \(port.value.text)", port.span)
    add("passive range \(publication.passiveRange?.value.description ?? "")", publication.passiveRange?.span)
    let clearControl = publication.clearControl == nil ? "" : " clear-control"
    add("tls \(publication.tls.value.rawValue)\(clearControl)", publication.tls.span)
    add("helper \(publication.helper.value ? "on" : "off")", publication.helper.span)
    add("active \(publication.active.value ? "on" : "off")", publication.active.span)
    return rows
  }
}

extension ControlPort {
  /// As the policy writes it.
  fileprivate var text: String { isTranslated ? "\(external) -> \(server)" : "\(external)" }
}
