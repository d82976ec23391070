package import Diagnostics
package import Policy

/// Compares what the files of a server decide with what a policy asks of it.
package enum ServerAudit {
  /// The comparisons, each with what has to be decided for it; a new one is one function and one line here.
  private static let comparisons: [(topic: SettingTopic, findings: @Sendable (AuditPair) -> [Diagnostic])] = [
    (.start, { $0.stopped() }), (.login, { $0.nobodyLogsIn() }), (.login, { $0.loginAddress() }),
    (.login, { $0.refusedClients() }),
    (.login, { $0.login() }), (.login, { $0.listings() }), (.announced, { $0.privatePeers() }),
    (.passiveMode, { $0.passiveOff() }), (.passivePorts, { $0.passiveRange() }),
    (.announced, { $0.announcedAddress() }), (.tls, { $0.tls() }), (.tls, { $0.clearControl() }),
    (.tls, { $0.sessionReuse() }), (.certificate, { $0.certificate() }), (.maxClients, { $0.maxClients() }),
    (.maxClients, { $0.maxPerClient() }), (.maxClients, { $0.rangeAgainstClients() }),
    (.activeMode, { $0.activeMode() }),
    (.activeMode, { $0.activePort() }), (.foreign, { $0.foreignAddresses() }),
  ]

  /// The findings about one server of a policy that has no errors, in the order of the server's files. Those of the
  /// reading come first, and alone when the program would not start with these files or something could not be read:
  /// what it would do is not known then.
  package static func findings(
    _ policy: Policy, server index: Int, against settings: EffectiveSettings
  ) -> [Diagnostic] {
    guard policy.servers.indices.contains(index) else { return [] }
    let read = settings.diagnostics.inSourceOrder()
    guard !settings.isRefused, !settings.isUnreadable else { return read }
    let server = policy.servers[index]
    let request = ServerRequest(
      server: server, publications: policy.publications.filter { $0.server == index }, locate: { _ in "" })
    let onPorts = ServicesByPort(server, settings)
    let found = request.services().flatMap { wanted -> [Diagnostic] in
      let match = Listening(wanted: wanted, server: server, onPorts, settings)
      let clients = AuditClients(wanted, policy)
      return match.diagnostics
        + match.services.filter { clients.meet($0) }.flatMap { actual in
          let pair = AuditPair(
            policy: policy, server: server, wanted: wanted, actual: actual, software: settings.software)
          return comparisons.flatMap { actual.undecided.contains($0.topic) ? [] : $0.findings(pair) }
        }
    }
    return read + found.map { $0.from(.audit) }.inSourceOrder()
  }
}

/// One service that the policy asks for, and one that the server has on its port.
struct AuditPair {
  let policy: Policy
  let server: Server
  let wanted: Service
  let actual: EffectiveService
  let software: SoftwareKind

  var program: any ServerProgram.Type { software.program }
  var words: any ServerWords { program.words(actual.form) }
  var title: String { software.title }

  /// The statement of the policy that a comparison is about, as a second label.
  func policyLabel(_ message: String, _ span: (Publication) -> SourceSpan?) -> [Label] {
    guard let publication = wanted.publications.first else { return [] }
    return [Label(span(publication) ?? publication.header, message)]
  }

  /// Where the server's files decide something; their beginning, or the section, when they are silent about it.
  func place(_ span: SourceSpan?) -> SourceSpan { span ?? actual.place }

  /// A label for something that the files say nothing about.
  func label(_ span: SourceSpan?, _ name: String) -> String { span == nil ? "nothing here sets \(name)" : "" }

  /// The way out: the one that the reading found, or the usual one of the program.
  func remedy(_ subject: EffectiveService.Subject, _ usual: String, _ wanted: String = "") -> String {
    actual.remedies[subject].map { $0(wanted) } ?? usual
  }

  /// `on <VirtualHost 192.0.2.10>`, where the service has a name.
  var onTitle: String {
    (actual.title.isEmpty ? "" : " on `\(actual.title)`")
      + (actual.clientsTitle.isEmpty ? "" : " \(actual.clientsTitle)")
  }
}
