extension Ladder {
  /// A picture of something that was not played here, such as a session that somebody recorded: client, one gateway,
  /// server.
  package init(title: String, rows: [Row], conclusion: String, works: Bool) {
    self.title = title
    columns = Role.leftToRight.map { Column($0.rawValue) }
    self.rows = rows
    self.conclusion = conclusion
    self.works = works
  }
}

extension Ladder.Arrow {
  /// A message on the control connection, or a connection, in a picture with one gateway.
  package init(
    from: Role, to: Role, _ label: String, arrived: String? = nil, isLost: Bool = false, isData: Bool = false,
    isEncrypted: Bool = false
  ) {
    let isThrough = from != .gateway && to != .gateway
    self.init(
      from: from.column, to: to.column, label: label, arrived: arrived, isLost: isLost, isData: isData,
      isEncrypted: isEncrypted, passed: isThrough ? [Role.gateway.column] : [])
  }
}

extension Role {
  fileprivate static let leftToRight: [Role] = [.client, .gateway, .server]

  /// Where it stands in a picture with one gateway.
  package var column: Int { Self.leftToRight.firstIndex(of: self) ?? 0 }
}
