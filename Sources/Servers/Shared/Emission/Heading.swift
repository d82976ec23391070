import Policy

extension ServerPlan {
  /// The comment at the head of a document: whose settings these are, and which lines of the policy ask for them.
  func heading(_ services: [Service]) -> [String] {
    let blocks = [server.writtenSettings] + services.flatMap(\.publications).map(\.writtenSettings)
    let rows = blocks.flatMap(rows(of:))
    let width = rows.map(\.text.count).max() ?? 0
    return [
      "Settings of \(request.software.title) for server `\(server.name.value)`, written by sallyport.",
      "Change the policy and not this file; these lines of it are meant:",
    ] + rows.map { "  " + $0.text + String(repeating: " ", count: width + 2 - $0.text.count) + $0.place }
  }

  private func rows(of block: WrittenBlock) -> [(text: String, place: String)] {
    [(block.header.value, request.locate(block.header.span))]
      + block.statements.map { ("  " + $0.value, request.locate($0.span)) }
  }
}
