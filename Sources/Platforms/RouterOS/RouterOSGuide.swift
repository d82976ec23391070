import Addressing
import Flows

/// What people have to know who import the script.
struct RouterOSGuide {
  private let plan: FlowPlan
  private let helper: RouterOSHelper?

  init(_ plan: FlowPlan) {
    self.plan = plan
    helper = RouterOSHelper(plan)
  }

  var guide: PlatformGuide {
    PlatformGuide(
      device: "MikroTik RouterOS", assumes: assumes, apply: apply, verify: verify,
      keep: [.init("RouterOS keeps every change at once, over a restart too.")], wayBack: wayBack, remarks: remarks)
  }

  private var hasFilter: Bool { plan.name(of: .before) != nil }
  private var hasIPv6: Bool { plan.families.contains { $0.family == .ipv6 } }
  private var services: [PublishedService] { plan.services }

  private var assumes: [String] {
    var assumes = ["The router has RouterOS \(plan.platformVersion ?? "6.38 or newer")."]
    if let before = plan.name(of: .before) {
      let menus = plan.families.map { "`\(RouterOSMenu.filter.path($0.family))`" }.joined(separator: ", and one of ")
      assumes.append(
        "One rule of \(menus), in the chain `forward`, has the comment `\(before)`, and refuses new connections from "
          + "outside that nothing permits; no earlier one does. Ours are put before it. The script ends before it "
          + "changes anything where that rule is not there, or is there twice.")
      if hasIPv6 {
        assumes.append(
          "`before` names one comment for both families. Where the rule of IPv6 has another one, or none, give it that "
            + "comment: `/ipv6 firewall filter set NUMBER comment=\(routerOSQuoted(before))`, with its number from "
            + "`print`.")
      }
    } else {
      assumes.append(
        "The chain `forward` permits connections that were translated (`connection-nat-state=dstnat`), as the rule "
          + "from the factory does (\"defconf: drop all from WAN not DSTNATed\"). The policy names no rule by "
          + "`before`, so there is no filter line among ours.")
    }
    assumes.append(
      "The chain `forward` accepts `established,related` before that; without it no answer comes back"
        + (helper == nil ? "." : ", and no data connection of the helper passes."))
    assumes += activeTranslations
    if services.contains(where: { $0.family == .ipv4 && $0.translatesControl && $0.clients != nil }) {
      assumes.append(
        "The chain `input` refuses connections from outside: who is not among the clients is not translated, and "
          + "arrives at the router itself, where `/ip service` may have its own FTP server on port 21.")
    }
    if !plan.outside.isEmpty || !plan.inside.isEmpty {
      assumes.append(
        "`outside` and `inside` are interfaces as rules see them: the bridge, not its ports, and no interface list.")
    }
    return assumes
  }

  /// That a line of ours is added after those of `srcnat` that are there, and the first one that matches decides.
  private var activeTranslations: [String] {
    plan.families.compactMap { family in
      guard !family.activeTranslations.flows.isEmpty else { return nil }
      let menu = RouterOSMenu.nat.path(family.family)
      return "Active mode: no rule of `\(menu)`, chain `srcnat`, takes what the servers open to clients before ours "
        + "do, and ours are added last. The usual `masquerade` for the interface outside does take it: then data "
        + "connections leave with the address that it gives, which is right only where that is the external address. "
        + "Move ours (`sallyport:PUBLICATION:active`) before it, after every import."
    }
  }

  /// The publications for which a rule of ours refuses active mode, while the helper could let it in.
  private var weakRefusals: [String] {
    let all = plan.families.flatMap { family in
      family.activeRefusals.flows.map { family.activeRefusals.service($0) }
    }
    return Set(all.filter(\.mayBeReadable).map { "`\($0.name)`" }).sorted()
  }

  private var apply: [PlatformGuide.Step] {
    var steps: [PlatformGuide.Step] = [
      .init("Save what there is.", "/export file=before-sallyport"),
      .init(
        "Upload `sallyport.rsc`. RouterOS 7.16 and newer can read it without a change; what it prints has to be free "
          + "of errors.",
        "/import file-name=sallyport.rsc verbose=yes dry-run"),
      .init(
        "Take safe mode (Ctrl-X), which undoes everything when the session is lost, import the file, and leave safe "
          + "mode by Ctrl-X when it works. Do not paste it: a pasted script goes on after an error.",
        "/import file-name=sallyport.rsc"),
    ]
    if let helper {
      steps.append(
        .init(
          "The helper is a switch of the whole router, and in a file of its own. Note what it is set to, and import "
            + "the file; it sets the ports \(helper.words), in place of others that may be there.",
          "/ip firewall service-port print where name=ftp", "/import file-name=sallyport-helper.rsc"))
    }
    return steps
  }

  private var verify: [PlatformGuide.Step] {
    let menus: [RouterOSMenu] = hasFilter ? [.nat, .filter] : [.nat]
    return [
      .init(
        "List a folder in passive mode from a client that may connect, and see which rules counted it.",
        commands: plan.families.flatMap { family in
          menus.filter { $0 != .nat || family.family == .ipv4 || plan.routerOSTranslatesIPv6 }.map {
            "\($0.path(family.family)) print stats where comment~\"^sallyport:\""
          }
        })
    ]
  }

  private var wayBack: [PlatformGuide.Step] {
    var steps = [PlatformGuide.Step]()
    steps.append(
      .init(
        "Import the way back. It takes away whatever has a comment of sallyport.",
        "/import file-name=sallyport-remove.rsc"))
    if helper != nil {
      steps.append(.init("Set the helper to what was noted (`/ip firewall service-port set ftp`)."))
    }
    return steps
  }

  private var remarks: [String] {
    var remarks = [
      "Nothing of this was run on a router: menus and parameters are checked with the command trees of 7.9, 7.16 and "
        + "7.24 (of 6 there is none), their effect is that of the manual.",
      "Translations are added after those that are there; one of yours that takes the same packets before still does. "
        + "Connections that are open keep what they have.",
    ]
    if helper == nil {
      remarks.append(
        "The FTP helper (`/ip firewall service-port`) stays as it is, and is on from the factory."
          + (services.contains(where: \.mayBeEncrypted) ? " It reads nothing of a session with TLS." : "")
          + (services.contains(where: \.mayBeReadable)
            ? " Of a session in clear text it reads commands and replies, and the data connections that they name are "
              + "`related`: active mode works by that, whatever the policy says. As the helper of Linux it may change "
              + "addresses and ports of replies, and, where nothing is translated, drop a reply that names a port which "
              + "it still expects; on RouterOS that was not seen."
            : ""))
    } else {
      remarks.append(
        "That the helper looks at the port of the server, after translation, is so in Linux and was not seen on "
          + "RouterOS. Control connections must not be fasttracked, or the helper does not see them.")
    }
    if services.contains(where: { $0.family == .ipv6 && $0.isTranslated }) {
      remarks.append("Translation of IPv6 is in the command tree of 7.9; that 7.1 had it first was not checked.")
    }
    if services.contains(where: { $0.limits.contains { $0.limit.unit != .sessions } }) {
      remarks.append(
        "Limits count with `connection-limit` and `dst-limit`, in chains of our own that `forward` jumps to.")
    }
    if services.contains(where: { $0.wantsGatewaySource || $0.wantsHairpin && $0.isTranslated }) {
      remarks.append(
        "The first packet of a connection whose source is changed gets a packet mark in `mangle`; a later rule of "
          + "yours that marks the same packet undoes that.")
    }
    if hasFilter, !weakRefusals.isEmpty {
      remarks.append(
        "`active off` of \(weakRefusals.joined(separator: ", ")) is not enforced in clear text while the router's FTP "
          + "helper is on"
          + (helper == nil ? ", as it is from the factory" : ", as this policy has it")
          + ": data connections that a client asks for are `related` then, and accepted before the rule that refuses "
          + "them. Require TLS"
          + (helper == nil ? ", or switch the helper off, for the whole router." : "."))
    }
    if hasFilter, services.contains(where: { $0.opensActiveData && $0.activeSourcePort == nil }) {
      remarks.append(
        "Active mode: from which port a server opens data connections is known of some programs only; where it is not, "
          + "no line of ours lets them out.")
    } else if !hasFilter, services.contains(where: \.opensActiveData) {
      remarks.append("Active mode: the chain `forward` has to let out what the servers open; no line of ours does.")
    }
    if !hasIPv6, !plan.routerOSTranslatesIPv6 {
      remarks.append(
        "The menus of IPv6 are not touched. Where an earlier policy had IPv6, import its way back first.")
    }
    return remarks
  }
}
