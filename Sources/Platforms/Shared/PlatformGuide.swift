package import Flows

/// What people have to know who put a configuration in place. It becomes a part of the README beside it; commands that
/// keep or replace things on the device stand here and never in the configuration, where they would be pasted unread.
package struct PlatformGuide: Sendable {
  /// One thing to do, with the commands that do it.
  package struct Step: Sendable {
    var text: String
    var commands: [String]

    /// - Parameter text: One or more whole sentences.
    init(_ text: String, _ commands: String...) { (self.text, self.commands) = (text, commands) }
    init(_ text: String, commands: [String]) { (self.text, self.commands) = (text, commands) }
  }

  /// What the device is called in headings, for example `Cisco ASA`.
  var device: String
  /// What is taken for granted of the device and of others' configuration on it. Whole sentences.
  var assumes: [String]
  var apply: [Step]
  var verify: [Step]
  /// How the change is kept over a restart.
  var keep: [Step]
  /// How it is taken away again.
  var wayBack: [Step]
  /// What else is worth to know: what is left out, what was not tried. Whole sentences.
  var remarks: [String]

  init(
    device: String, assumes: [String] = [], apply: [Step], verify: [Step] = [], keep: [Step] = [],
    wayBack: [Step], remarks: [String] = []
  ) {
    self.device = device
    self.assumes = assumes
    self.apply = apply
    self.verify = verify
    self.keep = keep
    self.wayBack = wayBack
    self.remarks = remarks
  }
}

extension PlatformGuide {
  /// The name of the file.
  package static let fileName = "README.md"

  /// The README of a gateway.
  ///
  /// - Parameters:
  ///   - gateway: Its name; `nil` for the only one of a policy that names none.
  ///   - omissions: What the platform leaves out.
  func text(for gateway: String?, omissions: [String]) -> String {
    var text = "# \(gateway.map { "Gateway `\($0)`" } ?? "The gateway"): \(device)\n"
    if !assumes.isEmpty { text += "\n## What is taken for granted\n\n" + Self.list(assumes) }
    for (title, steps) in [
      ("How to apply it", apply), ("How to verify it", verify), ("How to keep it", keep),
      ("The way back", wayBack),
    ] where !steps.isEmpty {
      text += "\n## \(title)\n" + steps.map(Self.step).joined()
    }
    let remarks = remarks + omissions
    if !remarks.isEmpty { text += "\n## Worth to know\n\n" + Self.list(remarks) }
    return text
  }

  private static func list(_ sentences: [String]) -> String { sentences.map { "- \($0)\n" }.joined() }

  private static func step(_ step: Step) -> String {
    let commands = step.commands.map { "    \($0)\n" }.joined()
    return "\n\(step.text)\n" + (commands.isEmpty ? "" : "\n" + commands)
  }
}

extension Platforms {
  /// The README of a gateway; `nil` where the commands of sallyport put its configuration in place.
  package static func guide(to plan: FlowPlan, on platform: any Platform) -> Artifact? {
    guard let guide = platform.guide(to: plan) else { return nil }
    let text = guide.text(for: plan.gateway?.name, omissions: omissions(plan, on: platform))
    return Artifact(
      name: PlatformGuide.fileName, pieces: [Array(text.utf8)], purpose: "how to put it in place, and take it back")
  }
}

extension FlowPlan {
  /// From where a configuration is tried.
  var somebodyAllowed: String {
    isOutbound || services.isEmpty ? "a user who is allowed" : "a client that may connect"
  }
}
