import Addressing
import Mustache
import Policy
import WindowsFirewall

/// What scripts for a server on Windows say to Windows' own firewall, for templates. The text is finished, so it stands
/// in a template as it is: nothing of it comes from there, and every text in it is quoted (`WindowsScript`).
struct HostFirewallView {
  var batch: MustacheTemplate?
  var batchUndo: MustacheTemplate?
  var powerShell: MustacheTemplate?
  var powerShellUndo: MustacheTemplate?

  /// - Parameters:
  ///   - isOld: Whether Windows is older than 8 and Server 2012, which were the first with cmdlets for the firewall.
  ///   - isGuarded: Whether the gateway's configuration opens all ports; then rules of an earlier run go, and no others
  ///     come, because one that lets everybody in would make those of the gateway worthless.
  init(_ rules: WindowsRules, isOld: Bool, isGuarded: Bool) {
    var rules = rules
    if isGuarded { (rules.rules, rules.inspection) = ([], .asItIs) }
    let modern: WindowsScript = isOld ? .powerShellWithNetsh : .powerShell
    let remark = "What has to be let in stands in the configuration of the gateway, which is this host."
    func lines(_ script: WindowsScript, _ mark: String) -> MustacheTemplate? {
      Self.finished((isGuarded ? ["\(mark) \(remark)"] : []) + rules.lines(script).map(\.text))
    }
    batch = lines(.batch, "rem")
    powerShell = lines(modern, "#")
    batchUndo = Self.finished(rules.undoLines(.batch))
    powerShellUndo = Self.finished(rules.undoLines(modern))
  }

  /// Lines as a template without tags. Titles of rules are names of the policy, which have no braces.
  private static func finished(_ lines: [String]) -> MustacheTemplate? {
    let text = lines.joined(separator: "\n")
    return text.contains("{{") ? nil : try? MustacheTemplate(string: text)
  }
}

extension ServerPlan {
  /// The services that Windows' firewall has to let in by rules of the server's own; empty where its machine is the
  /// gateway of all its publications.
  var unguarded: [Service] {
    services.filter { service in !service.publications.allSatisfy(request.isGuarded) }
  }
}

/// The title of all rules for a server.
func hostRuleTitle(_ plan: ServerPlan) -> String { "Sallyport \(plan.server.name.value)" }

extension PortRange {
  /// As Windows' firewall reads it.
  var words: String { low == high ? "\(low)" : "\(low)-\(high)" }
}
