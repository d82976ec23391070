import Addressing
import Diagnostics
import PolicySyntax

/// A block as a policy writes it, with the place of each line: for comments in what is made of it.
package struct WrittenBlock: Sendable {
  /// Keyword and name.
  package var header: Located<String>
  /// Statements that stand there; those that are left at their defaults have no place.
  package var statements: [Located<String>]

  fileprivate init(_ declaration: FileWord, _ name: Located<String>, _ statements: [Located<String>?]) {
    header = Located("\(declaration.spelling) \(name.value)", name.span)
    self.statements = statements.compactMap(\.self)
  }
}

extension Server {
  /// What its settings follow: its statements but those that lead to the server, a certificate without its paths.
  package var writtenSettings: WrittenBlock {
    WrittenBlock(
      .server, name,
      [
        certificate.map { Located(ServerWord.certificate.spelling, $0.span) },
        ServerWord.maxClients.written(maxClients?.value.description ?? "", maxClients?.span),
      ])
  }
}

extension Publication {
  /// What the settings of its server follow: its statements but those that the gateway alone heeds.
  package var writtenSettings: WrittenBlock {
    let addresses = externalAddresses.map { PublishWord.externalIP.written("\($0)", $0.dialled.span) }
    return WrittenBlock(
      .publish, name,
      addresses + [
        PublishWord.controlPort.written(controlPort.value.text, controlPort.span),
        PublishWord.passiveRange.written(passiveRange?.value.description ?? "", passiveRange?.span),
        PublishWord.tls.written(tls.value.rawValue + (clearControl == nil ? "" : " clear-control"), tls.span),
        PublishWord.helper.written(helper.value ? "on" : "off", helper.span),
        PublishWord.active.written(active.value ? "on" : "off", active.span),
      ])
  }
}

extension BlockWord {
  /// The statement with a value; `nil` for one that stands nowhere.
  fileprivate func written(_ value: String, _ span: SourceSpan?) -> Located<String>? {
    span.map { Located("\(spelling) \(value)", $0) }
  }
}

extension ControlPort {
  fileprivate var text: String { isTranslated ? "\(external) -> \(server)" : "\(external)" }
}
