extension Ladder {
  /// A picture of something that was not played here, such as a session that somebody recorded.
  package init(title: String, rows: [Row], conclusion: String, works: Bool) {
    self.title = title
    self.rows = rows
    self.conclusion = conclusion
    self.works = works
  }
}

extension Ladder.Arrow {
  /// A message on the control connection, or a connection.
  package init(
    from: Role, to: Role, _ label: String, arrived: String? = nil, isLost: Bool = false, isData: Bool = false,
    isEncrypted: Bool = false
  ) {
    self.from = from
    self.to = to
    self.label = label
    self.arrived = arrived
    self.isLost = isLost
    self.isData = isData
    self.isEncrypted = isEncrypted
    passesGateway = true
  }
}
