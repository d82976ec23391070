import Diagnostics
import Flows
import Platforms
import Policy

/// The lines that are written for a gateway, by the statement that asks for them: what would mend its configuration in
/// its own words.
final class GatewayMending {
  /// Lines that are told of one statement at most; whoever needs more compiles the policy.
  private static let most = 6

  private let compilation: Compilation
  private let gateway: Int?

  /// - Parameter gateway: Position in `Policy.gateways`; `nil` when the policy declares none.
  init(_ compilation: Compilation, gateway: Int?) { (self.compilation, self.gateway) = (compilation, gateway) }

  /// The configuration, written when somebody asks for it first.
  private lazy var texts: [(lines: [String], provenance: LineProvenance)] = {
    let platform = compilation.platform(of: gateway)
    // Our own table is loaded as a whole, and nobody takes lines out of it.
    guard compilation.isWritable, !(platform is any TablePlatform), compilation.policy.publications.count < 500 else {
      return []
    }
    let files = try? platform.configuration(
      of: compilation.flows(gateway: gateway), as: platform.defaultForm, version: "")
    return (files ?? []).map { file in
      let text = String(decoding: file.pieces.joined(), as: UTF8.self)
      return (text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init), file.provenance)
    }
  }()

  /// The lines that a statement asks for; empty where there are none, or too many.
  func lines(for statement: SourceSpan?) -> [String] {
    guard let statement else { return [] }
    let lines = texts.flatMap { text in
      text.provenance.lines(askedForBy: statement).compactMap { number -> String? in
        text.lines.indices.contains(number - 1) ? text.lines[number - 1].trimmedOfBlanks : nil
      }
    }
    return lines.count > Self.most ? [] : lines.filter { !$0.isEmpty }
  }
}

extension String {
  fileprivate var trimmedOfBlanks: String {
    String(drop { $0 == " " || $0 == "\t" || $0 == "\r" })
  }
}
