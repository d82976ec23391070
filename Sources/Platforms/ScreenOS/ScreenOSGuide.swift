import Addressing
import Flows

/// What people have to know who put the lines in place.
struct ScreenOSGuide {
  private let plan: FlowPlan
  private let configuration: ScreenOSConfiguration

  init(_ plan: FlowPlan) {
    self.plan = plan
    configuration = ScreenOSConfiguration(plan)
  }

  var guide: PlatformGuide {
    PlatformGuide(
      device: "Juniper ScreenOS", assumes: assumes, apply: apply, verify: verify, keep: keep, wayBack: wayBack,
      remarks: remarks)
  }

  private var translates: Bool { configuration.policies.contains { $0.service.isTranslated } }

  private var assumes: [String] {
    let outside = plan.outside.map { "`\($0.name)`" }.joined(separator: ", ")
    let inside = plan.inside.map { "`\($0.name)`" }.joined(separator: ", ")
    var sentences = [
      "The zones \(outside) (\(plan.isOutbound ? "users" : "clients")) and \(inside) (servers) exist, and the latter leads "
        + "to the servers."
    ]
    if plan.isOutbound {
      sentences.append(
        "Users leave with the addresses that the device gives them: those of the interface where that of the users is in "
          + "NAT mode or another policy says `nat src`, else their own.")
    }
    if let numbers = plan.numbers {
      sentences.append(
        "Nothing else has the ids \(numbers.lowerBound) to \(numbers.upperBound) of policies. The text takes away what "
          + "has those that it uses.")
    }
    if translates {
      sentences.append(
        "The external addresses are not those of an interface. Each is routed to `\(plan.name(of: .unitInside) ?? "")`, "
          + "because a policy is looked up by the zone to which the address that clients dial is routed.")
      sentences.append(
        "Packets for them come to the device. Where they lie in the subnet of the outer interface somebody has to answer "
          + "ARP for them; `set arp nat-dst` is said to do it, and was not tried.")
    }
    return sentences
  }

  private var apply: [PlatformGuide.Step] {
    [
      .init("Keep the configuration as it is, in a file elsewhere. Nothing here goes back by itself.", "get config"),
      .init(
        "Where an earlier version of this gateway is in place, paste the way back that was written with it first: ids "
          + "move when publications come and go, and it alone knows those that are gone since."),
      .init(
        "Paste `screenos.txt`, in a window in which nothing is lost by it. Every line counts at once. The first lines "
          + "remove the policies with our ids; where there are none, each of them is an error that means nothing. Read "
          + "what every other line is answered with."),
      .init(
        plan.isOutbound
          ? "New policies come last between their zones. Where one before them permits or denies these connections, move "
            + "all of ours before it, in the order of their ids: those that keep users out come after those that permit."
          : "New policies come last between their zones. Where one before them denies these connections, move ours before it.",
        commands: configuration.policies.prefix(1).map { "set policy move \($0.number) before ID" }),
    ]
  }

  private var verify: [PlatformGuide.Step] {
    guard let first = configuration.policies.first else { return [] }
    return [
      .init("Read each policy as the device has it.", "get policy id \(first.number)"),
      .init(
        "From \(plan.somebodyAllowed), list a folder in passive mode, with TLS where the policy asks for it. A "
          + "login alone shows nothing. Then look at the sessions.", "get session dst-ip \(first.service.arrival)"),
    ]
  }

  private var keep: [PlatformGuide.Step] {
    [.init("Only when a listing has come through: until then a restart is the way back.", "save")]
  }

  private var wayBack: [PlatformGuide.Step] {
    [
      .init(
        "Paste `\(ScreenOSPlatform.wayBack)`, see that nothing of it is left, and save. Objects that others have come to "
          + "use stay, with an error that says so.", "get config | include sallyport", "save")
    ]
  }

  private var remarks: [String] {
    var sentences = [
      "Nothing could check this: there was no device, there is no published schema, and no program was found that reads "
        + "such a configuration. The forms of `set` are those of published configurations; that what they say together "
        + "does what the policy asks, that names may have 31 characters, and every form of `unset` were not tried.",
      "`application \"IGNORE\"` keeps the FTP ALG off these connections. Whether the ALG would harm TLS is not known, "
        + "so nothing is written that needs it.",
      "ScreenOS is no longer maintained by its vendor.",
    ]
    let nobody = plan.services.filter { $0.family == .ipv4 && $0.clientPrefixes?.isEmpty == true }
    if !nobody.isEmpty {
      sentences.append(
        "No client is left for \(nobody.map { "`\($0.name)`" }.joined(separator: ", ")): nothing is written for that."
      )
    }
    sentences.append(
      "A connection without packets ends after the timeout of its service, for TCP after 30 minutes unless somebody "
        + "changed it (from experience). A control connection is silent for as long as a transfer lasts, so one that "
        + "lasts longer loses it.")
    return sentences
  }
}
